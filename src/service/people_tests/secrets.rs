//! Nothing that was shown once is kept.

use super::*;
use crate::service::NewToken;

#[tokio::test(flavor = "multi_thread")]
async fn no_issued_secret_is_in_the_database() {
    everywhere(|world| async move {
        let here = GrantScope::Jurisdiction(world.home);
        world
            .user("robot", vec![grant(Role::Integrator, here)])
            .await;
        let mut secrets = vec![PASSWORD.to_owned()];
        let mut signed_in = world.sign_in("robot").await;
        for _ in 0..5 {
            let token = signed_in.refresh_token.expose().to_owned();
            world.authenticate(&signed_in.access_token).await.unwrap();
            secrets.push(signed_in.access_token.expose().to_owned());
            signed_in = world
                .services
                .refresh(&from("192.0.2.1"), &token)
                .await
                .unwrap();
            secrets.push(token);
        }
        let call = world.call("robot").await;
        let new = NewToken {
            user: None,
            name: "etl".to_owned(),
            expires_at: None,
            idempotency_key: None,
        };
        let issued = world.services.issue_token(&call, new).await.unwrap();
        secrets.push(issued.secret.unwrap().expose().to_owned());
        let Some(file) = world.file() else {
            return;
        };
        let mut dump = std::fs::read(&file).unwrap();
        dump.extend(std::fs::read(file.with_extension("db-wal")).unwrap());
        assert!(
            contains(&dump, issued.token.token_hash.as_bytes()),
            "the dump is not whole"
        );
        for secret in secrets {
            assert!(!contains(&dump, secret.as_bytes()), "{secret}");
        }
    })
    .await;
}

fn contains(dump: &[u8], secret: &[u8]) -> bool {
    dump.windows(secret.len()).any(|window| window == secret)
}
