//! What administrators may do with users and grants, and what nobody may.

use super::*;
use crate::service::NewToken;
use crate::store::page::PageRequest;

fn adding(user: UserId, grant: NewGrant) -> GrantAdd {
    GrantAdd {
        user,
        grant,
        reason: None,
        idempotency_key: None,
    }
}

fn everything() -> Vec<NewGrant> {
    vec![grant(Role::Administrator, GrantScope::Everything)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_changes_the_password_first() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        let scope = GrantScope::Unit(world.office);
        let new = new_user("li.wei", vec![grant(Role::Reporter, scope)]);
        let user = world.services.create_user(&admin, new).await.unwrap();
        assert!(user.must_change_password && !user.simulated);
        let call = world.call("li.wei").await;
        assert_eq!(code(world.services.user(&call, user.id).await), "FORBIDDEN");
        let entries = crate::store::ledger::after(world.services.store.read(), 0, 1_000);
        let entries = entries.await.unwrap();
        let actions: Vec<&str> = entries
            .iter()
            .rev()
            .take(2)
            .map(|e| e.action.as_str())
            .collect();
        assert_eq!(actions, ["grant.add", "user.create"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_of_an_input_is_reported_together() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        let mut new = new_user("No Good", vec![]);
        new.name = "\n".to_owned();
        new.password = Secret::new("short".to_owned());
        let refused = world.services.create_user(&admin, new).await;
        let Err(Error::Invalid(problems)) = refused else {
            panic!("it was accepted");
        };
        let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["username", "name", "password"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_goes_with_its_scopes_alone() {
    everywhere(|world| async move {
        let scopes = [
            GrantScope::Everything,
            GrantScope::Jurisdiction(world.home),
            GrantScope::Area(world.area),
            GrantScope::Unit(world.bureau),
        ];
        let allowed = [
            (Role::Reporter, "...U"),
            (Role::Signatory, "...U"),
            (Role::Supervisor, ".JA."),
            (Role::Auditor, ".J.."),
            (Role::Viewer, ".J.."),
            (Role::Integrator, ".J.."),
            (Role::Administrator, "EJ.."),
        ];
        for (role, allowed) in allowed {
            for (scope, mark) in scopes.iter().zip(allowed.chars()) {
                let name = format!("{role}-{:?}", scope.clone()).to_lowercase();
                let name: String = name.chars().filter(char::is_ascii_lowercase).collect();
                let new = new_user(&name, vec![grant(role, *scope)]);
                let made = world.services.create_simulated_user(&system(), new).await;
                assert_eq!(made.is_ok(), mark != '.', "{role} over {scope:?}: {made:?}");
            }
        }
        let collective = vec![grant(Role::Reporter, GrantScope::Unit(world.collective))];
        let new = new_user("collective", collective);
        let refused = world.services.create_simulated_user(&system(), new).await;
        assert_eq!(field(refused), "grants.0.scope");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_unit_is_a_supervisors_and_near() {
    everywhere(|world| async move {
        let try_home = async |role, unit, scope| {
            let mut with_home = grant(role, scope);
            with_home.home_unit = Some(unit);
            let new = new_user(&format!("home{unit}").replace('_', ""), vec![with_home]);
            world.services.create_simulated_user(&system(), new).await
        };
        let here = GrantScope::Jurisdiction(world.home);
        let viewer = try_home(Role::Viewer, world.bureau, here).await;
        assert_eq!(field(viewer), "grants.0.homeUnit");
        let far = try_home(Role::Supervisor, world.foreign, here).await;
        assert_eq!(field(far), "grants.0.homeUnit");
        let near = try_home(Role::Supervisor, world.bureau, here)
            .await
            .unwrap();
        let principal = world.sign_in(&near.username).await.principal;
        let home: Vec<UnitId> = principal.grants[0].home.iter().copied().collect();
        assert!(home.contains(&world.bureau) && home.contains(&world.office));
        assert_eq!(home.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_holds_nothing_else() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        let viewer = grant(Role::Viewer, GrantScope::Jurisdiction(world.home));
        let mut both = everything();
        both.push(viewer.clone());
        let new = new_user("both", both);
        let refused = world.services.create_user(&admin, new).await;
        assert_eq!(field(refused), "grants");
        let user = world.user("viewer", vec![viewer.clone()]).await;
        let add = |new| world.services.add_grant(&admin, adding(user.id, new));
        assert_eq!(field(add(everything().remove(0)).await), "role");
        assert_eq!(field(add(viewer.clone()).await), "role");
        let held = world
            .services
            .viewer(&world.call("viewer").await)
            .await
            .unwrap();
        let services = &world.services;
        services
            .end_grant(&admin, held.grants[0].id, None)
            .await
            .unwrap();
        add(everything().remove(0)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_their_own_grants() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        let id = id_of(&admin.principal);
        let more = grant(Role::Administrator, GrantScope::Jurisdiction(world.home));
        let added = world.services.add_grant(&admin, adding(id, more)).await;
        assert_eq!(code(added), "FORBIDDEN");
        let own = world.services.viewer(&admin).await.unwrap().grants[0].id;
        assert_eq!(
            code(world.services.end_grant(&admin, own, None).await),
            "FORBIDDEN"
        );
        let reset = world
            .services
            .reset_password(&admin, id, PASSWORD, None)
            .await;
        assert_eq!(code(reset), "INVALID");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_left_who_administers_everything() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        let own = world.services.viewer(&admin).await.unwrap();
        let (id, held) = (own.user.id, own.grants[0].id);
        let disabled = world.services.disable_user(&system(), id, None).await;
        assert_eq!(code(disabled), "BLOCKED");
        assert_eq!(
            code(world.services.end_grant(&system(), held, None).await),
            "BLOCKED"
        );
        let second = world.user("second", everything()).await;
        world
            .services
            .disable_user(&admin, second.id, None)
            .await
            .unwrap();
        assert_eq!(
            code(world.services.disable_user(&system(), id, None).await),
            "BLOCKED"
        );
        world
            .services
            .enable_user(&admin, second.id, None)
            .await
            .unwrap();
        world
            .services
            .disable_user(&system(), id, None)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_cannot_remove_each_other_at_once() {
    everywhere(|world| async move {
        let one = world.user("one", everything()).await;
        let two = world.user("two", everything()).await;
        let calls = [
            (world.call("one").await, two.id),
            (world.call("two").await, one.id),
        ];
        let all = calls.map(|(call, other)| {
            let services = world.services.clone();
            tokio::spawn(async move { services.disable_user(&call, other, None).await })
        });
        let mut gone = 0;
        for one in all {
            gone += usize::from(one.await.unwrap().is_ok());
        }
        assert_eq!(gone, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scoped_administrator_stays_inside() {
    everywhere(|world| async move {
        let here = GrantScope::Jurisdiction(world.home);
        let there = GrantScope::Jurisdiction(world.abroad);
        world
            .user("scoped", vec![grant(Role::Administrator, here)])
            .await;
        let scoped = world.call("scoped").await;
        let mine = world.user("mine", vec![grant(Role::Viewer, here)]).await;
        let theirs = world.user("theirs", vec![grant(Role::Viewer, there)]).await;
        let both = vec![grant(Role::Viewer, here), grant(Role::Viewer, there)];
        let shared = world.user("shared", both).await;
        let top = world.user("top", everything()).await;
        let services = &world.services;
        services.user(&scoped, mine.id).await.unwrap();
        for other in [&theirs, &shared, &top] {
            assert_eq!(code(services.user(&scoped, other.id).await), "NOT_FOUND");
            assert_eq!(
                code(services.disable_user(&scoped, other.id, None).await),
                "NOT_FOUND"
            );
            let reset = services
                .reset_password(&scoped, other.id, PASSWORD, None)
                .await;
            assert_eq!(code(reset), "NOT_FOUND");
        }
        let create = |name, grants| services.create_user(&scoped, new_user(name, grants));
        assert_eq!(field(create("nowhere", vec![]).await), "grants");
        assert_eq!(
            code(create("there", vec![grant(Role::Viewer, there)]).await),
            "NOT_FOUND"
        );
        assert_eq!(code(create("over", everything()).await), "NOT_FOUND");
        let foreign = vec![grant(Role::Reporter, GrantScope::Unit(world.foreign))];
        assert_eq!(code(create("foreign", foreign).await), "NOT_FOUND");
        create("here", vec![grant(Role::Viewer, here)])
            .await
            .unwrap();
        let add = services.add_grant(&scoped, adding(mine.id, grant(Role::Viewer, there)));
        assert_eq!(code(add.await), "NOT_FOUND");
        let page = services
            .users(&scoped, &PageRequest::default())
            .await
            .unwrap();
        let names: Vec<String> = page.rows.into_iter().map(|(_, row)| row.username).collect();
        assert_eq!(names, ["here", "mine", "scoped"]);
        assert_eq!(services.count_users(&scoped).await.unwrap(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_see_users() {
    everywhere(|world| async move {
        let here = GrantScope::Jurisdiction(world.home);
        for (name, role) in [("viewer", Role::Viewer), ("auditor", Role::Auditor)] {
            let user = world.user(name, vec![grant(role, here)]).await;
            let call = world.call(name).await;
            let services = &world.services;
            assert_eq!(
                code(services.users(&call, &PageRequest::default()).await),
                "FORBIDDEN"
            );
            services.user(&call, user.id).await.unwrap();
            let new = new_user("another", vec![grant(Role::Viewer, here)]);
            assert_eq!(code(services.create_user(&call, new).await), "FORBIDDEN");
            let token = NewToken {
                user: None,
                name: "x".to_owned(),
                expires_at: None,
                idempotency_key: None,
            };
            assert_eq!(code(services.issue_token(&call, token).await), "FORBIDDEN");
        }
        let nobody = Call::anonymous(from("192.0.2.1"));
        let listed = world.services.users(&nobody, &PageRequest::default()).await;
        assert_eq!(code(listed), "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_paged_by_name_both_ways() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        for name in ["ba", "bb", "bc", "bd"] {
            world.user(name, vec![]).await;
        }
        let ask = async |request: PageRequest| {
            let page = world.services.users(&admin, &request).await.unwrap();
            let names = page.rows.iter().map(|(_, row)| row.username.clone());
            (names.collect::<Vec<_>>(), page)
        };
        let first = |n| PageRequest {
            first: Some(n),
            ..PageRequest::default()
        };
        let (names, page) = ask(first(3)).await;
        assert_eq!(
            (names, page.has_next),
            (vec!["admin".into(), "ba".into(), "bb".into()], true)
        );
        let cursor = page.rows[2].0.clone();
        let (names, page) = ask(PageRequest {
            after: Some(cursor.clone()),
            ..first(3)
        })
        .await;
        assert_eq!(
            (names, page.has_next),
            (vec!["bc".into(), "bd".into()], false)
        );
        let (names, _) = ask(PageRequest {
            last: Some(1),
            before: Some(cursor),
            ..PageRequest::default()
        })
        .await;
        assert_eq!(names, ["ba"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_with_one_name_one_is_made() {
    everywhere(|world| async move {
        let all: Vec<_> = (0..100)
            .map(|n| {
                let (services, shared) = (world.services.clone(), n % 2 == 0);
                let name = if shared {
                    "root".to_owned()
                } else {
                    format!("root{n}")
                };
                tokio::spawn(async move {
                    let (call, title) = (system(), "Root".to_owned());
                    let password = Secret::new(PASSWORD.to_owned());
                    loop {
                        let (name, title) = (name.clone(), title.clone());
                        let made = services.create_admin(&call, name, title, password.clone());
                        match made.await {
                            Err(Error::Unavailable { .. }) => tokio::task::yield_now().await,
                            other => return (shared, other),
                        }
                    }
                })
            })
            .collect();
        let mut made = [0, 0];
        for one in all {
            match one.await.unwrap() {
                (shared, Ok(_)) => made[usize::from(shared)] += 1,
                (_, other) => assert_eq!(field(other), "username"),
            }
        }
        assert_eq!(made, [50, 1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_one_user() {
    everywhere(|world| async move {
        let admin = world.administrator().await;
        let create = |username| {
            let mut new = new_user(username, vec![]);
            new.idempotency_key = Some("key-1".to_owned());
            world.services.create_user(&admin, new)
        };
        let first = create("li.wei").await.unwrap();
        let second = create("li.wei").await.unwrap();
        assert_eq!(first.id, second.id);
        assert_eq!(field(create("other").await), "idempotencyKey");
    })
    .await;
}
