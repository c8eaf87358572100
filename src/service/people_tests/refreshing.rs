//! Rotating refresh tokens and the detection of a second holder.

use super::*;

async fn refresh(world: &World, token: &Secret) -> Result<SignedIn> {
    world
        .services
        .refresh(&from("192.0.2.1"), token.expose())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_token_continues_the_session_once() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let first = world.sign_in("li.wei").await;
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        assert_eq!(second.principal.credential, first.principal.credential);
        assert_ne!(second.refresh_token, first.refresh_token);
        world.authenticate(&second.access_token).await.unwrap();
        world.authenticate(&first.access_token).await.unwrap();
        assert_eq!(
            world
                .services
                .sessions(&by(second.principal))
                .await
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_made_again() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let first = world.sign_in("li.wei").await;
        let lost = refresh(&world, &first.refresh_token).await.unwrap();
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        assert_eq!(
            code(world.authenticate(&lost.access_token).await),
            "UNAUTHENTICATED"
        );
        world.authenticate(&second.access_token).await.unwrap();
        refresh(&world, &second.refresh_token).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_after_use_ends_the_session() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let first = world.sign_in("li.wei").await;
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        world.authenticate(&second.access_token).await.unwrap();
        assert_eq!(
            code(refresh(&world, &first.refresh_token).await),
            "UNAUTHENTICATED"
        );
        assert_eq!(
            code(world.authenticate(&second.access_token).await),
            "UNAUTHENTICATED"
        );
        assert_eq!(
            code(refresh(&world, &second.refresh_token).await),
            "UNAUTHENTICATED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_after_the_next_exchange_ends_the_session() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let first = world.sign_in("li.wei").await;
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        let third = refresh(&world, &second.refresh_token).await.unwrap();
        assert_eq!(
            code(refresh(&world, &first.refresh_token).await),
            "UNAUTHENTICATED"
        );
        assert_eq!(
            code(world.authenticate(&third.access_token).await),
            "UNAUTHENTICATED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_successor_that_turns_up_ends_the_session() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let first = world.sign_in("li.wei").await;
        let lost = refresh(&world, &first.refresh_token).await.unwrap();
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        assert_eq!(
            code(refresh(&world, &lost.refresh_token).await),
            "UNAUTHENTICATED"
        );
        assert_eq!(
            code(world.authenticate(&second.access_token).await),
            "UNAUTHENTICATED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_exchanges_at_once_leave_one_live_chain() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let first = world.sign_in("li.wei").await;
        let all: Vec<_> = (0..50)
            .map(|_| {
                let (services, token) = (world.services.clone(), first.refresh_token.clone());
                tokio::spawn(
                    async move { services.refresh(&from("192.0.2.1"), token.expose()).await },
                )
            })
            .collect();
        let mut answers = Vec::new();
        for one in all {
            answers.push(one.await.unwrap().unwrap());
        }
        let mut live = Vec::new();
        for answer in &answers {
            if world.authenticate(&answer.access_token).await.is_ok() {
                live.push(answer);
            }
        }
        assert_eq!(live.len(), 1);
        refresh(&world, &live[0].refresh_token).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_idle_and_after_thirty_days() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let idle = world.sign_in("li.wei").await;
        world.later(TimeDelta::hours(9));
        assert_eq!(
            code(refresh(&world, &idle.refresh_token).await),
            "UNAUTHENTICATED"
        );
        let mut kept = world.sign_in("li.wei").await;
        for _ in 0..89 {
            world.later(TimeDelta::hours(8));
            kept = refresh(&world, &kept.refresh_token).await.unwrap();
        }
        world.later(TimeDelta::hours(8));
        assert_eq!(
            code(refresh(&world, &kept.refresh_token).await),
            "UNAUTHENTICATED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tokens_do_not_refresh() {
    everywhere(|world| async move {
        let user = world.user("li.wei", vec![]).await;
        let signed_in = world.sign_in("li.wei").await;
        let mut texts = Vec::new();
        for token in ["", "dbn_ref_", signed_in.access_token.expose()] {
            let refused = refresh(&world, &Secret::new(token.to_owned())).await;
            texts.push(refused.unwrap_err().to_string());
        }
        world
            .services
            .disable_user(&system(), user.id, None)
            .await
            .unwrap();
        let refused = refresh(&world, &signed_in.refresh_token).await;
        texts.push(refused.unwrap_err().to_string());
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
    })
    .await;
}
