//! The limits of sign-in.

use super::*;

async fn guess(services: &Services, peer: &str, username: &str) -> &'static str {
    let from = from(peer);
    let tried = services.sign_in(&from, username, "not the right one");
    code(tried.await)
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_guesses_cannot_pass_the_limit() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let limits = SignInLimits {
            address_burst: 5,
            ..SignInLimits::default()
        };
        let services = world.restarted(limits).await;
        let all: Vec<_> = (0..100)
            .map(|_| {
                let services = services.clone();
                tokio::spawn(async move { guess(&services, "192.0.2.7", "li.wei").await })
            })
            .collect();
        let mut answers = Vec::new();
        for one in all {
            answers.push(one.await.unwrap());
        }
        let verified = answers
            .iter()
            .filter(|code| **code == "UNAUTHENTICATED")
            .count();
        let refused = answers
            .iter()
            .filter(|code| **code == "RATE_LIMITED")
            .count();
        assert_eq!((verified, refused), (5, 95));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_waits_after_its_burst_and_others_do_not() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        for _ in 0..20 {
            assert_eq!(
                guess(&world.services, "192.0.2.7", "li.wei").await,
                "UNAUTHENTICATED"
            );
        }
        let refused = world
            .services
            .sign_in(&from("192.0.2.7"), "li.wei", PASSWORD)
            .await;
        let Err(Error::RateLimited { retry_after }) = refused else {
            panic!("it was let through");
        };
        assert_eq!(retry_after.as_secs(), 3);
        world.sign_in("li.wei").await;
        let restarted = world.restarted(SignInLimits::default()).await;
        assert_eq!(
            guess(&restarted, "192.0.2.7", "li.wei").await,
            "RATE_LIMITED"
        );
        world.later(TimeDelta::seconds(3));
        assert_eq!(
            guess(&restarted, "192.0.2.7", "li.wei").await,
            "UNAUTHENTICATED"
        );
        assert_eq!(
            guess(&restarted, "192.0.2.7", "li.wei").await,
            "RATE_LIMITED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_costs_nothing() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        for _ in 0..30 {
            world.sign_in("li.wei").await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_lock_anybody_out() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let limits = SignInLimits {
            account_burst: 3,
            ..SignInLimits::default()
        };
        let services = world.restarted(limits).await;
        let known = from("192.0.2.1");
        services.sign_in(&known, "li.wei", PASSWORD).await.unwrap();
        for n in 0..3 {
            let stranger = format!("198.51.100.{n}");
            assert_eq!(
                guess(&services, &stranger, "li.wei").await,
                "UNAUTHENTICATED"
            );
        }
        assert_eq!(
            guess(&services, "198.51.100.9", "li.wei").await,
            "RATE_LIMITED"
        );
        services.sign_in(&known, "li.wei", PASSWORD).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_in_a_row_wait_longer_and_longer() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let limits = SignInLimits {
            consecutive: 2,
            ..SignInLimits::default()
        };
        let services = world.restarted(limits).await;
        let peer = "192.0.2.7";
        for _ in 0..2 {
            assert_eq!(guess(&services, peer, "li.wei").await, "UNAUTHENTICATED");
        }
        for wait in [1, 2, 4] {
            assert_eq!(guess(&services, peer, "li.wei").await, "RATE_LIMITED");
            world.later(TimeDelta::seconds(wait));
            assert_eq!(guess(&services, peer, "li.wei").await, "UNAUTHENTICATED");
        }
        world.later(TimeDelta::seconds(8));
        services
            .sign_in(&from(peer), "li.wei", PASSWORD)
            .await
            .unwrap();
        assert_eq!(guess(&services, peer, "li.wei").await, "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_session_does_not_serve_to_guess() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let call = world.call("li.wei").await;
        let limits = SignInLimits {
            address_burst: 2,
            ..SignInLimits::default()
        };
        let services = world.restarted(limits).await;
        for _ in 0..2 {
            let tried = services
                .change_password(&call, "not the right one", "x")
                .await;
            assert_eq!(code(tried), "INVALID");
        }
        let tried = services.change_password(&call, PASSWORD, "x").await;
        assert_eq!(code(tried), "RATE_LIMITED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_are_forgotten() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let signed_in = world.sign_in("li.wei").await;
        let token = signed_in.refresh_token.expose();
        let info = from("192.0.2.1");
        world.services.refresh(&info, token).await.unwrap();
        assert_eq!(
            guess(&world.services, "192.0.2.7", "nobody").await,
            "UNAUTHENTICATED"
        );
        world.later(TimeDelta::days(61));
        world.services.tidy().await.unwrap();
        use duban_entities::{refresh_token, session, throttle};
        use sea_orm::{EntityTrait, PaginatorTrait};
        let read = world.services.store.read().pool();
        assert_eq!(throttle::Entity::find().count(read).await.unwrap(), 0);
        assert_eq!(session::Entity::find().count(read).await.unwrap(), 0);
        assert_eq!(refresh_token::Entity::find().count(read).await.unwrap(), 0);
    })
    .await;
}
