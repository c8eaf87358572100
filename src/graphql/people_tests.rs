//! Sign-in and administration as clients write them.

use async_graphql::{Executor, Request, Variables};
use duban_entities::vocabulary::Role;
use serde_json::{Value, json};

use super::{Api, Limits};
use crate::policy::Principal;
use crate::service::people_tests::{PASSWORD, World, everywhere, from, grant};
use crate::service::{GrantScope, Secret};

const SIGN_IN: &str = include_str!("../../tests/contract/sign-in.graphql");

/// Runs a document, with the limits that the endpoint would give it.
async fn run(world: &World, principal: Principal, document: &str, variables: Value) -> Value {
    let limits = Limits::of(&principal, false).unwrap();
    let request = Request::new(document)
        .variables(Variables::from_json(variables))
        .data(principal)
        .data(from("192.0.2.1"))
        .data(limits);
    let answer = Api::new(world.services.clone()).execute(request).await;
    serde_json::to_value(answer).unwrap()
}

async fn signed_in(world: &World, username: &str) -> Value {
    let input = json!({ "input": { "username": username, "password": PASSWORD } });
    let answer = run(world, Principal::anonymous(), SIGN_IN, input).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"]["signIn"].clone()
}

async fn principal(world: &World, username: &str) -> Principal {
    let token = signed_in(world, username).await["accessToken"].clone();
    let token = Secret::new(token.as_str().unwrap().to_owned());
    world.authenticate(&token).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contracts_sign_in_runs_as_written() {
    everywhere(|world| async move {
        let unit = grant(Role::Signatory, GrantScope::Unit(world.bureau));
        world.user("li.wei", vec![unit]).await;
        let all = vec![grant(Role::Administrator, GrantScope::Everything)];
        world.user("admin", all).await;
        let answer = signed_in(&world, "li.wei").await;
        assert_eq!(answer["expiresIn"], 600);
        assert_eq!(answer["viewer"]["username"], "li.wei");
        let held = &answer["viewer"]["grants"][0];
        assert_eq!(held["role"], "SIGNATORY");
        assert_eq!(held["scopeType"], "UNIT");
        assert_eq!(held["scope"]["__typename"], "Unit");
        assert_eq!(held["scope"]["name"], "ZMD-SL");
        let answer = signed_in(&world, "admin").await;
        assert_eq!(answer["viewer"]["grants"][0]["scope"], Value::Null);
        let wrong = json!({ "input": { "username": "li.wei", "password": "wrong" } });
        let refused = run(&world, Principal::anonymous(), SIGN_IN, wrong).await;
        assert_eq!(
            refused["errors"][0]["extensions"]["code"],
            "UNAUTHENTICATED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_refreshed_listed_and_ended() {
    everywhere(|world| async move {
        world.user("li.wei", vec![]).await;
        let answer = signed_in(&world, "li.wei").await;
        let refresh = "mutation R($token: String!) { sessionRefresh(input: { refreshToken: $token }) \
            { accessToken refreshToken expiresIn viewer { sessions { id current peer } } } }";
        let token = json!({ "token": answer["refreshToken"] });
        let answer = run(&world, Principal::anonymous(), refresh, token).await;
        let session = &answer["data"]["sessionRefresh"]["viewer"]["sessions"][0];
        assert_eq!(session["current"], true, "{answer}");
        let principal = principal(&world, "li.wei").await;
        let end = "mutation E($id: ID!) { sessionEnd(input: { sessionId: $id }) { session { endedAt } } }";
        let ended = run(&world, principal.clone(), end, json!({ "id": session["id"] })).await;
        assert!(ended["data"]["sessionEnd"]["session"]["endedAt"].is_string(), "{ended}");
        let viewer = "{ viewer { username mustChangePassword apiTokens { id } sessions { current } } }";
        let answer = run(&world, principal.clone(), viewer, json!({})).await;
        assert_eq!(answer["data"]["viewer"]["sessions"], json!([{ "current": true }]));
        let change = "mutation P($old: String!, $new: String!) { passwordChange(input: \
            { currentPassword: $old, newPassword: $new }) { user { mustChangePassword } } }";
        let words = json!({ "old": PASSWORD, "new": "raise the eastern dyke" });
        let changed = run(&world, principal.clone(), change, words).await;
        assert_eq!(changed["errors"], Value::Null, "{changed}");
        let out = run(&world, principal, "mutation { signOut { signedOut } }", json!({})).await;
        assert_eq!(out["data"]["signOut"]["signedOut"], true, "{out}");
        let nobody = run(&world, Principal::anonymous(), "{ viewer { id } }", json!({})).await;
        assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_keeps_users_grants_and_tokens() {
    everywhere(|world| async move {
        let all = vec![grant(Role::Administrator, GrantScope::Everything)];
        world.user("admin", all).await;
        let admin = principal(&world, "admin").await;
        let create = "mutation C($input: UserCreateInput!) { userCreate(input: $input) \
            { user { id username grants { role scope { ... on Jurisdiction { id } } } permissions { disable } } } }";
        let jurisdiction = json!({ "jurisdictionId": world.home.to_string() });
        let input = json!({ "input": {
            "username": "robot", "name": "数据对接", "password": PASSWORD,
            "grants": [{ "role": "INTEGRATOR", "scope": jurisdiction }],
            "idempotencyKey": "1",
        } });
        let made = run(&world, admin.clone(), create, input.clone()).await;
        let user = made["data"]["userCreate"]["user"].clone();
        assert_eq!(user["grants"][0]["scope"]["id"], world.home.to_string(), "{made}");
        assert_eq!(user["permissions"]["disable"], true);
        let again = run(&world, admin.clone(), create, input).await;
        assert_eq!(again["data"]["userCreate"]["user"]["id"], user["id"]);

        let id = json!({ "id": user["id"], "jurisdiction": world.home.to_string() });
        let add = "mutation G($id: ID!, $jurisdiction: ID!) { grantAdd(input: { userId: $id, \
            grant: { role: VIEWER, scope: { jurisdictionId: $jurisdiction } } }) { grant { id role } } }";
        let added = run(&world, admin.clone(), add, id.clone()).await;
        assert_eq!(added["data"]["grantAdd"]["grant"]["role"], "VIEWER", "{added}");
        let end = "mutation E($id: ID!) { grantEnd(input: { grantId: $id, reason: \"调岗\" }) { grant { validTo } } }";
        let held = json!({ "id": added["data"]["grantAdd"]["grant"]["id"] });
        let ended = run(&world, admin.clone(), end, held).await;
        assert!(ended["data"]["grantEnd"]["grant"]["validTo"].is_string(), "{ended}");

        let issue = "mutation T($id: ID!) { apiTokenIssue(input: { userId: $id, name: \"etl\" }) \
            { token apiToken { id user { name } } } }";
        let issued = run(&world, admin.clone(), issue, id.clone()).await;
        let issued = &issued["data"]["apiTokenIssue"];
        let secret = Secret::new(issued["token"].as_str().unwrap().to_owned());
        world.authenticate(&secret).await.unwrap();
        let revoke = "mutation R($id: ID!) { apiTokenRevoke(input: { apiTokenId: $id }) { apiToken { revokedAt } } }";
        let token = json!({ "id": issued["apiToken"]["id"] });
        let revoked = run(&world, admin.clone(), revoke, token).await;
        assert!(revoked["data"]["apiTokenRevoke"]["apiToken"]["revokedAt"].is_string());

        for (document, field) in [
            ("mutation D($id: ID!) { userDisable(input: { userId: $id }) { user { disabledAt } } }", "userDisable"),
            ("mutation N($id: ID!) { userEnable(input: { userId: $id }) { user { disabledAt } } }", "userEnable"),
            ("mutation P($id: ID!) { passwordReset(input: { userId: $id, password: \"a temporary phrase\" }) { user { mustChangePassword } } }", "passwordReset"),
            ("query U($id: ID!) { user(id: $id) { name apiTokens { name } } }", "user"),
            ("query N($id: ID!) { node(id: $id) { __typename ... on User { username } } }", "node"),
        ] {
            let answer = run(&world, admin.clone(), document, json!({ "id": user["id"] })).await;
            assert!(answer["data"][field].is_object(), "{answer}");
        }
        let list = "{ users(first: 1) { totalCount nodes { username } pageInfo { hasNextPage } } }";
        let listed = run(&world, admin, list, json!({})).await;
        assert_eq!(listed["data"]["users"]["totalCount"], 2, "{listed}");
        assert_eq!(listed["data"]["users"]["nodes"], json!([{ "username": "admin" }]));
    })
    .await;
}
