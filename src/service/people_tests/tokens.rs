//! API tokens.

use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::*;
use crate::poll_local;
use crate::service::NewToken;
use crate::store::ledger;

fn token(name: &str) -> NewToken {
    NewToken {
        user: None,
        name: name.to_owned(),
        expires_at: None,
        idempotency_key: None,
    }
}

async fn integrator(world: &World) -> Call {
    let here = GrantScope::Jurisdiction(world.home);
    let grants = vec![grant(Role::Integrator, here), grant(Role::Viewer, here)];
    world.user("robot", grants).await;
    world.call("robot").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reads_as_integrator_and_nothing_else() {
    everywhere(|world| async move {
        let call = integrator(&world).await;
        let issued = world
            .services
            .issue_token(&call, token("etl"))
            .await
            .unwrap();
        assert_eq!(issued.token.expires_at, noon() + TimeDelta::days(90));
        let secret = issued.secret.unwrap();
        let principal = world.authenticate(&secret).await.unwrap();
        let roles: Vec<Role> = principal.grants.iter().map(|held| held.role).collect();
        assert_eq!(roles, [Role::Integrator]);
        let by_token = by(principal);
        let more = world.services.issue_token(&by_token, token("more")).await;
        assert_eq!(code(more), "FORBIDDEN");
        assert_eq!(code(world.services.sessions(&by_token).await), "FORBIDDEN");
        let changed = world
            .services
            .change_password(&by_token, PASSWORD, "x")
            .await;
        assert_eq!(code(changed), "FORBIDDEN");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_day_its_user_or_its_revocation() {
    everywhere(|world| async move {
        let call = integrator(&world).await;
        let id = id_of(&call.principal);
        let issue = async |name: &str| {
            let issued = world
                .services
                .issue_token(&call, token(name))
                .await
                .unwrap();
            (issued.token.id, issued.secret.unwrap())
        };
        let (first, revoked) = issue("revoked").await;
        let (_, kept) = issue("kept").await;
        world
            .services
            .revoke_token(&call, first, None)
            .await
            .unwrap();
        assert_eq!(code(world.authenticate(&revoked).await), "UNAUTHENTICATED");
        world.authenticate(&kept).await.unwrap();
        world
            .services
            .disable_user(&system(), id, None)
            .await
            .unwrap();
        assert_eq!(code(world.authenticate(&kept).await), "UNAUTHENTICATED");
        world
            .services
            .enable_user(&system(), id, None)
            .await
            .unwrap();
        world.later(TimeDelta::days(89));
        world.authenticate(&kept).await.unwrap();
        world.later(TimeDelta::days(1));
        assert_eq!(code(world.authenticate(&kept).await), "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_is_noted_to_the_minute() {
    everywhere(|world| async move {
        let call = integrator(&world).await;
        let id = id_of(&call.principal);
        let issued = world
            .services
            .issue_token(&call, token("etl"))
            .await
            .unwrap();
        let secret = issued.secret.unwrap();
        world.later(TimeDelta::seconds(90));
        world.authenticate(&secret).await.unwrap();
        while world.services.tokens(&call, id).await.unwrap()[0]
            .last_used_at
            .is_none()
        {
            tokio::task::yield_now().await;
        }
        let before = world.services.store.statements();
        world.authenticate(&secret).await.unwrap();
        assert_eq!(
            world.services.store.statements() - before,
            2,
            "it wrote again"
        );
        let known = world.services.tokens(&call, id).await.unwrap();
        assert_eq!(known[0].last_used_at, Some(noon() + TimeDelta::minutes(1)));
        assert_eq!(known[0].last_used_peer.as_deref(), Some("192.0.2.1"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_issues_and_revokes_for_integrators_alone() {
    everywhere(|world| async move {
        let robot = integrator(&world).await;
        let admin = world.administrator().await;
        let here = GrantScope::Jurisdiction(world.home);
        let viewer = world.user("viewer", vec![grant(Role::Viewer, here)]).await;
        let issue = |user| {
            let new = NewToken {
                user: Some(user),
                ..token("for another")
            };
            world.services.issue_token(&admin, new)
        };
        assert_eq!(code(issue(viewer.id).await), "BLOCKED");
        let issued = issue(id_of(&robot.principal)).await.unwrap();
        let stranger = world.call("viewer").await;
        let foreign = world
            .services
            .revoke_token(&stranger, issued.token.id, None)
            .await;
        assert_eq!(code(foreign), "NOT_FOUND");
        world
            .services
            .revoke_token(&admin, issued.token.id, None)
            .await
            .unwrap();
        let too_long = NewToken {
            expires_at: Some(noon() + TimeDelta::days(366)),
            ..token("")
        };
        let refused = world.services.issue_token(&robot, too_long).await;
        assert_eq!(field(refused), "name");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_token_is_not_shown_again() {
    everywhere(|world| async move {
        let call = integrator(&world).await;
        let keyed = || NewToken {
            idempotency_key: Some("key-1".to_owned()),
            ..token("etl")
        };
        let first = world.services.issue_token(&call, keyed()).await.unwrap();
        let second = world.services.issue_token(&call, keyed()).await.unwrap();
        assert_eq!(first.token.id, second.token.id);
        assert!(first.secret.is_some() && second.secret.is_none());
    })
    .await;
}

/// Two requests of one token: one has seen an entry of the ledger that the other one, which reads
/// all at one state, has not.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_behind_what_a_poll_reads_is_not_passed_over() {
    everywhere(|world| async move {
        // All of it, or the rest is gone before this runs.
        let World { services, .. } = &world;
        let store = &services.store;
        let version = async || ledger::version(store.read()).await.unwrap();
        let before = version().await;
        store.changes(before).await.unwrap();
        let other = services.clone();
        let one = async {
            assert_eq!(version().await, before);
            let other = tokio::spawn(async move {
                let (call, new) = (system(), new_user("li.wei", vec![]));
                other.create_simulated_user(&call, new).await.unwrap();
                ledger::version(other.store.read()).await.unwrap()
            });
            // Within the same poll.
            let after = block_in_place(|| Handle::current().block_on(other)).unwrap();
            let known = store.changes(after).await.unwrap();
            assert_eq!((before < after, known.people), (true, after));
        };
        poll_local::scope(one).await;
    })
    .await;
}
