//! Signing in, and what a token still means at the next request.

use super::*;
use crate::policy::Credential;
use crate::service::credential::Passwords;
use crate::store::users as rows;

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_answers_with_tokens_and_the_grants_in_force() {
    everywhere(|world| async move {
        let scope = GrantScope::Unit(world.bureau);
        let user = world
            .user("li.wei", vec![grant(Role::Signatory, scope)])
            .await;
        let signed_in = world.sign_in("Li.Wei").await;
        assert_eq!(signed_in.expires_in, 600);
        assert_eq!(signed_in.person.user.id, user.id);
        assert_eq!(signed_in.person.grants.len(), 1);
        let principal = world.authenticate(&signed_in.access_token).await.unwrap();
        assert_eq!(principal, signed_in.principal);
        assert!(principal.belongs_to(world.bureau) && principal.belongs_to(world.office));
        assert!(!principal.belongs_to(world.foreign));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_and_disabled_read_alike() {
    everywhere(|world| async move {
        world.user("active", vec![]).await;
        let gone = world.user("gone", vec![]).await;
        world
            .services
            .disable_user(&system(), gone.id, None)
            .await
            .unwrap();
        let refusal = async |username: &str, password: &str| {
            let from = from("192.0.2.9");
            let result = world.services.sign_in(&from, username, password).await;
            format!("{:?}", result.unwrap_err())
        };
        let wrong = refusal("active", "not the right one").await;
        assert!(wrong.starts_with("Unauthenticated"));
        for (username, password) in [
            ("nobody", PASSWORD),
            ("gone", PASSWORD),
            ("gone", "not the right one"),
            ("not a user name", PASSWORD),
            ("", ""),
            ("active", ""),
            ("active", &PASSWORD.repeat(1_000)),
        ] {
            assert_eq!(refusal(username, password).await, wrong, "{username}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_away_is_gone_with_the_next_request() {
    everywhere(|world| async move {
        let scope = GrantScope::Unit(world.bureau);
        let user = world
            .user("li.wei", vec![grant(Role::Reporter, scope)])
            .await;
        let signed_in = world.sign_in("li.wei").await;
        let again = world.sign_in("li.wei").await;
        let held = signed_in.person.grants[0].id;
        world
            .services
            .end_grant(&system(), held, None)
            .await
            .unwrap();
        let principal = world.authenticate(&signed_in.access_token).await.unwrap();
        assert!(principal.grants.is_empty());
        let Credential::Session(session) = again.principal.credential else {
            panic!("not a session");
        };
        let call = by(principal);
        world.services.end_session(&call, session).await.unwrap();
        assert_eq!(
            code(world.authenticate(&again.access_token).await),
            "UNAUTHENTICATED"
        );
        world.authenticate(&signed_in.access_token).await.unwrap();
        world
            .services
            .disable_user(&system(), user.id, None)
            .await
            .unwrap();
        assert_eq!(
            code(world.authenticate(&signed_in.access_token).await),
            "UNAUTHENTICATED"
        );
        world
            .services
            .enable_user(&system(), user.id, None)
            .await
            .unwrap();
        assert_eq!(
            code(world.authenticate(&signed_in.access_token).await),
            "UNAUTHENTICATED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_holds_from_its_beginning_to_its_end() {
    everywhere(|world| async move {
        let mut bounded = grant(Role::Viewer, GrantScope::Jurisdiction(world.home));
        bounded.valid_from = Some(noon() + TimeDelta::minutes(2));
        bounded.valid_to = Some(noon() + TimeDelta::minutes(4));
        world.user("guest", vec![bounded]).await;
        let token = world.sign_in("guest").await.access_token;
        let count = async || world.authenticate(&token).await.unwrap().grants.len();
        assert_eq!(count().await, 0);
        world.later(TimeDelta::minutes(2));
        assert_eq!(count().await, 1);
        world.later(TimeDelta::minutes(2));
        assert_eq!(count().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_ends_after_ten_minutes() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let token = world.sign_in("li.wei").await.access_token;
        world.later(TimeDelta::seconds(599));
        world.authenticate(&token).await.unwrap();
        world.later(TimeDelta::seconds(7));
        assert_eq!(code(world.authenticate(&token).await), "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_by_either_token() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let by_access = world.sign_in("li.wei").await;
        let by_refresh = world.sign_in("li.wei").await;
        let call = by(by_access.principal);
        assert_eq!(world.services.sessions(&call).await.unwrap().len(), 2);
        let nobody = Call::anonymous(from("192.0.2.1"));
        let token = by_refresh.refresh_token.expose();
        world.services.sign_out(&nobody, Some(token)).await.unwrap();
        world
            .services
            .sign_out(&nobody, Some("unknown"))
            .await
            .unwrap();
        assert_eq!(world.services.sessions(&call).await.unwrap().len(), 1);
        world.services.sign_out(&call, None).await.unwrap();
        assert_eq!(
            code(world.services.sign_out(&nobody, None).await),
            "UNAUTHENTICATED"
        );
        for token in [&by_access.access_token, &by_refresh.access_token] {
            assert_eq!(code(world.authenticate(token).await), "UNAUTHENTICATED");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_session_is_not_there() {
    everywhere(|world| async move {
        world.user("one", vec![]).await;
        world.user("two", vec![]).await;
        let one = world.sign_in("one").await;
        let two = world.call("two").await;
        let Credential::Session(session) = one.principal.credential else {
            panic!("not a session");
        };
        let unknown = new_id(world.clock.as_ref());
        let foreign = world.services.end_session(&two, session).await.unwrap_err();
        let missing = world.services.end_session(&two, unknown).await.unwrap_err();
        assert_eq!(format!("{foreign:?}"), format!("{missing:?}"));
        world.authenticate(&one.access_token).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_hash_is_replaced_at_the_next_sign_in() {
    everywhere(|world| async move {
        let user = world.user("li.wei", vec![]).await;
        let weak = Passwords::weak_for_tests().hash(PASSWORD).await.unwrap();
        let (before, old) = (user.clone(), weak.clone());
        let write = system().write(None);
        let rehash = world.services.store.write(write, move |work| {
            Box::pin(async move { rows::rehash(work, &before, &old).await })
        });
        rehash.await.unwrap();
        world.sign_in("li.wei").await;
        let now = rows::find(world.services.store.read(), user.id)
            .await
            .unwrap();
        assert!(now.password_hash.contains("m=19456,t=2,p=1"));
        world.sign_in("li.wei").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_password_allows_nothing_but_its_change() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        let scope = GrantScope::Jurisdiction(world.home);
        let user = world.user("li.wei", vec![grant(Role::Viewer, scope)]).await;
        let before = world.sign_in("li.wei").await;
        let temporary = "a temporary phrase";
        let reset = world
            .services
            .reset_password(&admin, user.id, temporary, None);
        assert!(reset.await.unwrap().must_change_password);
        assert_eq!(
            code(world.authenticate(&before.access_token).await),
            "UNAUTHENTICATED"
        );
        let peer = from("192.0.2.1");
        let old = world.services.sign_in(&peer, "li.wei", PASSWORD);
        assert_eq!(code(old.await), "UNAUTHENTICATED");
        let signed_in = world.services.sign_in(&peer, "li.wei", temporary);
        let call = by(signed_in.await.unwrap().principal);
        assert_eq!(code(world.services.user(&call, user.id).await), "FORBIDDEN");
        let same = world.services.change_password(&call, temporary, temporary);
        assert_eq!(field(same.await), "newPassword");
        let changed = world.services.change_password(&call, temporary, PASSWORD);
        assert!(!changed.await.unwrap().must_change_password);
        let call = world.call("li.wei").await;
        world.services.user(&call, user.id).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password_ends_the_other_sessions() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let other = world.sign_in("li.wei").await;
        let own = world.sign_in("li.wei").await;
        let call = by(own.principal);
        let wrong = world
            .services
            .change_password(&call, "not the right one", "x");
        assert_eq!(field(wrong.await), "currentPassword");
        let weak = world
            .services
            .change_password(&call, PASSWORD, "li.wei-li.wei-1");
        assert_eq!(field(weak.await), "newPassword");
        let new = "raise the eastern dyke";
        world
            .services
            .change_password(&call, PASSWORD, new)
            .await
            .unwrap();
        world.authenticate(&own.access_token).await.unwrap();
        assert_eq!(
            code(world.authenticate(&other.access_token).await),
            "UNAUTHENTICATED"
        );
        let ledger = crate::store::ledger::after(world.services.store.read(), 0, 1_000);
        let last = ledger.await.unwrap().pop().unwrap();
        assert_eq!(last.action, "password.change");
        assert!(last.changes.contains("passwordSetAt") && !last.changes.contains("argon2"));
    })
    .await;
}
