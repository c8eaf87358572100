//! What is answered to which request.

use std::sync::atomic::Ordering;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::support::Host;

#[tokio::test]
async fn a_query_is_answered_under_a_request_id_of_ours() {
    let host = Host::start().await;
    let request = host.post().header("x-request-id", "mine");
    let reply = host
        .send(request.json(&json!({"query": "{ hello }"})))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), json!({"data": {"hello": "hello"}}));
    let id = reply.header("x-request-id").unwrap();
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        reply.header("content-type"),
        Some("application/json; charset=utf-8")
    );
}

#[tokio::test]
async fn only_post_is_served() {
    let host = Host::start().await;
    let methods = ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];
    for method in methods {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let head = method == Method::HEAD;
        let url = host.url("/graphql?query=mutation%20%7B%20commit%20%7D");
        let request = reqwest::Client::new().request(method, url);
        let reply = host
            .send(request.json(&json!({"query": "mutation { commit }"})))
            .await;
        assert_eq!(reply.status, 405);
        assert_eq!(reply.header("allow"), Some("POST"));
        assert!(head || reply.code() == "INVALID");
    }
    assert_eq!(host.probe.commits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn bodies_other_than_json_are_refused() {
    let host = Host::start().await;
    let text = r#"{"query":"mutation { commit }"}"#;
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
    ] {
        let reply = host
            .send(host.post().header(CONTENT_TYPE, media).body(text))
            .await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (415, "INVALID"),
            "{media}"
        );
    }
    let form = "query=mutation+%7B+commit+%7D";
    let request = host
        .post()
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(host.send(request.body(form)).await.status, 415);
    assert_eq!(host.send(host.post().body(text)).await.status, 415);
    let request = host.post().header(CONTENT_TYPE, "application/json");
    let encoded = request.header("content-encoding", "gzip").body(text);
    assert_eq!(host.send(encoded).await.status, 415);
}

#[tokio::test]
async fn malformed_bodies_and_batches_are_refused() {
    let host = Host::start().await;
    let batch: Vec<Value> = vec![json!({"query": "{ hello }"}); 1_000];
    for body in [
        json!(batch).to_string(),
        r#"["{ hello }", null, {}]"#.to_owned(),
        "{".to_owned(),
        r#"{"query":"{ hello }","more":1}"#.to_owned(),
        r#"{"query":"{ hello }","variables":"{}"}"#.to_owned(),
        r#"{"query":"{ hello"}"#.to_owned(),
        r#"{"query":"{ hello }","operationName":"X"}"#.to_owned(),
        r#"{"query":"{ unknown }"}"#.to_owned(),
        r#"{"query":"{ number }"}"#.to_owned(),
        r#"{"query":"subscription { hello }"}"#.to_owned(),
    ] {
        let request = host.post().header(CONTENT_TYPE, "application/json");
        let reply = host.send(request.body(body.clone())).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "INVALID"),
            "{body}"
        );
        assert!(reply.json().get("data").is_none());
    }
    let request = host.post().header(CONTENT_TYPE, "application/json");
    let reply = host
        .send(request.body(b"{\"query\":\"\xff\"}".to_vec()))
        .await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn hostile_documents_are_refused_and_the_process_lives() {
    let host = Host::start().await;
    let bomb = (0..30).fold("{ ...f0 }".to_owned(), |text, link| {
        let next = link + 1;
        text + &format!(" fragment f{link} on Query {{ ...f{next} ...f{next} }}")
    }) + " fragment f30 on Query { hello }";
    let aliases = (0..101)
        .map(|n| format!("a{n}:__typename "))
        .collect::<String>();
    for (query, limit) in [
        (
            format!("{{ number(value: {}", "[".repeat(2_000)),
            "brackets",
        ),
        (
            format!("{{ number(value: {}", "{a:".repeat(1_500)),
            "brackets",
        ),
        (bomb, "selections"),
        (format!("{{ {aliases} }}"), "aliases"),
        (format!("{{ {} }}", "hello ".repeat(500)), "repeated"),
        (format!("{{ hello }} {}", " ".repeat(10_000)), "characters"),
        (
            format!("{}hello{}", "{ deep ".repeat(15) + "{ ", " }".repeat(16)),
            "depth",
        ),
        ("mutation { commit commit }".to_owned(), "mutationFields"),
    ] {
        let reply = host.ask(&query).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "LIMIT_EXCEEDED"),
            "{limit}"
        );
        assert_eq!(reply.json()["errors"][0]["extensions"]["limit"], limit);
    }
    host.assert_lives().await;
}

#[tokio::test]
async fn tokens_are_checked_and_nothing_else_is_believed() {
    let host = Host::start().await;
    let reply = host.ask_as("forged", "{ hello }").await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (401, "UNAUTHENTICATED")
    );
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    let basic = host.post().basic_auth("a", Some("b"));
    assert_eq!(
        host.send(basic.json(&json!({"query": "{ hello }"})))
            .await
            .status,
        401
    );

    let reply = host.ask_as("throttled", "{ hello }").await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "RATE_LIMITED"));
    assert_eq!(reply.header("retry-after"), Some("3"));
    assert_eq!(reply.json()["errors"][0]["extensions"]["retryAfter"], 3);
    let reply = host.ask_as("broken", "{ hello }").await;
    assert_eq!(reply.code(), "INTERNAL");
    assert!(!reply.text.contains("sessions"));

    let request = host
        .post()
        .header("x-forwarded-for", "6.6.6.6")
        .header("user-agent", "u");
    let reply = host.send(request.json(&json!({"query": "{ seen }"}))).await;
    assert_eq!(reply.json()["data"]["seen"], "127.0.0.1 u 0 250");
    let reply = host.ask_as("good", "{ seen }").await;
    assert_eq!(reply.json()["data"]["seen"], "127.0.0.1 - 1 30000");
}

#[tokio::test]
async fn introspection_is_for_who_is_signed_in() {
    let host = Host::start().await;
    let query = "{ seen __schema { queryType { name } } }";
    assert_eq!(host.ask(query).await.code(), "UNAUTHENTICATED");
    assert_eq!(host.ask_as("reset", query).await.code(), "FORBIDDEN");
    let reply = host.ask_as("good", query).await.json();
    assert_eq!(reply["data"]["__schema"]["queryType"]["name"], "Query");
    assert_eq!(reply["data"]["seen"], "127.0.0.1 - 1 1000");
}

#[tokio::test]
async fn failures_of_resolvers_have_their_code_and_status() {
    let host = Host::start().await;
    for (code, status, retry) in [
        ("NOT_FOUND", 200, None),
        ("INVALID", 200, None),
        ("LIMIT_EXCEEDED", 200, None),
        ("RATE_LIMITED", 429, Some("9")),
        ("UNAVAILABLE", 503, Some("9")),
    ] {
        let reply = host.ask(&format!("{{ fails(code: \"{code}\") }}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code));
        assert_eq!(reply.header("retry-after"), retry);
    }
    let leak = host.ask("{ leak }").await;
    assert_eq!(leak.code(), "INTERNAL");
    assert!(!leak.text.contains("UNIQUE"));
    let accept = "application/graphql-response+json";
    let request = host
        .post()
        .header("accept", accept)
        .json(&json!({"query": "{ hello }"}));
    assert!(
        host.send(request)
            .await
            .header("content-type")
            .unwrap()
            .starts_with(accept)
    );
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_process_lives() {
    let host = Host::start().await;
    for query in ["{ boom }", "mutation { boom }"] {
        let reply = host.ask(query).await;
        let id = reply.header("x-request-id").unwrap();
        let extensions = json!({"code": "INTERNAL", "requestId": id});
        let expected = json!({"errors": [{"message": "internal error", "extensions": extensions}]});
        assert_eq!((reply.status, reply.json()), (200, expected));
    }
    host.assert_lives().await;
}

#[tokio::test]
async fn a_query_is_read_together_and_a_mutation_is_not() {
    let host = Host::start().await;
    for (document, together) in [("{ together }", true), ("mutation { together }", false)] {
        let reply = host.ask(document).await;
        assert_eq!(reply.json(), json!({"data": {"together": together}}));
    }
}

#[test]
fn mutations_have_threads_of_their_own() {
    let [serving, mutations] = ["serving", "mutations"].map(|name| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name(name).enable_all();
        builder.build().unwrap()
    });
    serving.block_on(async {
        let host = Host::on(mutations.handle().clone(), |_| ()).await;
        for (document, thread) in [
            ("{ thread }", "serving"),
            ("mutation { thread }", "mutations"),
        ] {
            let reply = host.ask(document).await;
            assert_eq!(reply.json(), json!({"data": {"thread": thread}}));
        }
    });
}

#[tokio::test]
async fn health_and_the_schema_are_served() {
    let host = Host::start().await;
    assert_eq!(host.get("/health/live").await.status, 200);
    assert_eq!(host.get("/health/ready").await.status, 200);
    host.probe.ready.store(false, Ordering::SeqCst);
    assert_eq!(host.get("/health/ready").await.status, 503);
    assert_eq!(host.get("/health/live").await.status, 200);
    let sdl = host.get("/schema.graphql").await;
    assert!(sdl.text.contains("type Mutation"));
    assert!(
        sdl.header("content-type")
            .unwrap()
            .starts_with("text/plain")
    );
    let missing = host.get("/nothing").await;
    assert_eq!(missing.status, 404);
    assert!(missing.header("x-request-id").is_some());
}
