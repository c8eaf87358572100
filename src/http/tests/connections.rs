//! Slow, huge, broken and too many connections, and the end of serving.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::support::{Host, patiently, post_head, post_query, read_to_close, read_until, write};

/// A deadline that passes soon, and not before a busy machine has sent a request.
const SHORT: Duration = Duration::from_millis(400);
const HUNDRED_MEGABYTES: usize = 100_000_000;

#[tokio::test]
async fn a_hundred_megabytes_are_refused_by_code() {
    let host = Host::start().await;
    let request = host.post().header("content-type", "application/json");
    let reply = host.send(request.body(vec![b' '; HUNDRED_MEGABYTES])).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (413, "LIMIT_EXCEEDED")
    );
    host.assert_lives().await;
}

#[tokio::test]
async fn a_declared_length_is_refused_before_the_body_is_sent() {
    let host = Host::start().await;
    let mut stream = host.connect().await;
    write(&mut stream, &post_head("Content-Length: 100000000\r\n")).await;
    let answer = read_until(&mut stream, "]}").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn chunks_without_a_length_are_counted() {
    let host = Host::start().await;
    let (mut read, mut write) = host.connect().await.into_split();
    let sending = tokio::spawn(async move {
        let head = post_head("Transfer-Encoding: chunked\r\n");
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let _ = write.write_all(head.as_bytes()).await;
        for _ in 0..HUNDRED_MEGABYTES / 0x10000 {
            // Refused, the server may close under us.
            if write.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        write
    });
    let mut answer = vec![0; 13];
    let reading = tokio::io::AsyncReadExt::read_exact(&mut read, &mut answer);
    patiently(reading).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413 ");
    drop(patiently(sending).await.unwrap());
    host.assert_lives().await;
}

#[tokio::test]
async fn a_body_at_the_limit_is_read() {
    let host = Host::start().await;
    let padded = |length: usize| {
        let body = json!({"query": "{ hello }"}).to_string();
        let padding = " ".repeat(length - body.len());
        host.post()
            .header("content-type", "application/json")
            .body(body + &padding)
    };
    assert_eq!(host.send(padded(262_144)).await.status, 200);
    assert_eq!(host.send(padded(262_145)).await.status, 413);
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let host = Host::with(|settings| settings.body = SHORT).await;
    let mut stream = host.connect().await;
    write(&mut stream, &post_head("Content-Length: 100\r\n")).await;
    write(&mut stream, "{").await;
    let answer = read_until(&mut stream, "]}").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn a_slow_head_is_closed() {
    let host = Host::with(|settings| settings.connections.head = SHORT).await;
    let mut silent = host.connect().await;
    let mut half = host.connect().await;
    write(&mut half, "\r\n\r\nPOST /graphql HTTP/1.1\r\nHost: ").await;
    assert_eq!(read_to_close(&mut silent).await, "");
    assert_eq!(read_to_close(&mut half).await, "");
    // A busy machine may be too slow for such a deadline: then once more.
    let lives = async {
        let ask = || host.post().json(&json!({ "query": "{ hello }" }));
        while ask().send().await.is_err() {}
    };
    patiently(lives).await;
}

/// True if so many requests were answered on a connection before it was closed.
async fn answers(stream: &mut TcpStream, requests: usize) -> bool {
    for _ in 0..requests {
        if stream
            .write_all(post_query("{ hello }").as_bytes())
            .await
            .is_err()
        {
            return false;
        }
        let mut answer = Vec::new();
        while !answer.ends_with(b"}}") {
            let read = tokio::io::AsyncReadExt::read_buf(stream, &mut answer);
            if !matches!(patiently(read).await, Ok(1..)) {
                return false;
            }
        }
    }
    true
}

#[tokio::test]
async fn a_slow_head_after_an_answer_is_closed() {
    // The deadline holds for the answered heads, too: where a busy machine misses it, a longer
    // one is tried.
    for times in [1, 4, 16] {
        let host = Host::with(|settings| settings.connections.head = SHORT * times).await;
        let mut stream = host.connect().await;
        if answers(&mut stream, 3).await {
            write(&mut stream, "P").await;
            assert_eq!(read_to_close(&mut stream).await, "");
            return;
        }
    }
    panic!("no head came in time");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let host = Host::with(|settings| settings.connections.idle = SHORT).await;
    let mut busy = host.connect().await;
    write(&mut busy, &post_query("mutation { commit }")).await;
    patiently(host.probe.begun.notified()).await;
    let mut idle = host.connect().await;
    write(&mut idle, &post_query("{ hello }")).await;
    read_until(&mut idle, "}}").await;
    assert_eq!(read_to_close(&mut idle).await, "");
    // The busy one has now waited longer than an idle one may.
    host.probe.gate.add_permits(1);
    assert!(
        read_until(&mut busy, "}}")
            .await
            .contains("\"commit\":true")
    );
}

#[tokio::test]
async fn a_peer_has_so_many_connections() {
    let host = Host::with(|settings| settings.connections.per_peer = 2).await;
    let mut first = host.connect().await;
    let mut second = host.connect().await;
    for stream in [&mut first, &mut second] {
        write(stream, &post_query("{ hello }")).await;
        read_until(stream, "}}").await;
    }
    let mut third = host.connect().await;
    assert_eq!(read_to_close(&mut third).await, "");
    drop(first);
    admitted(&host).await;
}

/// Connects until the server admits it, which it does once a place is free.
async fn admitted(host: &Host) -> TcpStream {
    loop {
        let mut stream = host.connect().await;
        let sent = stream.write_all(post_query("{ hello }").as_bytes()).await;
        let mut first = [0; 1];
        let read = tokio::io::AsyncReadExt::read(&mut stream, &mut first);
        if sent.is_ok() && matches!(patiently(read).await, Ok(1)) {
            return stream;
        }
    }
}

#[tokio::test]
async fn a_mutation_ends_although_its_connection_is_reset() {
    let host = Host::with(|settings| settings.connections.per_peer = 1).await;
    let mut stream = host.connect().await;
    write(&mut stream, &post_query("mutation { commit }")).await;
    patiently(host.probe.begun.notified()).await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    // Another connection is admitted once the server has dropped the first.
    drop(admitted(&host).await);
    assert_eq!(host.probe.commits.load(Ordering::SeqCst), 0);
    host.probe.gate.add_permits(1);
    patiently(host.probe.committed.notified()).await;
    assert_eq!(host.probe.commits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn stopping_says_so_then_waits_for_what_runs() {
    let noticed = Arc::new(Notify::new());
    let host = Host::with(|settings| {
        settings.notice = Duration::from_secs(60);
        settings.noticed = Arc::clone(&noticed);
    })
    .await;
    let mut kept = host.connect().await;
    write(&mut kept, &post_query("mutation { commit }")).await;
    patiently(host.probe.begun.notified()).await;
    let mut broken = host.connect().await;
    write(&mut broken, &post_query("mutation { commit }")).await;
    patiently(host.probe.begun.notified()).await;
    broken.set_zero_linger().unwrap();
    drop(broken);

    host.stop();
    let unready = async { while host.get("/health/ready").await.status != 503 {} };
    patiently(unready).await;
    assert_eq!(host.get("/health/live").await.status, 200);
    noticed.notify_one();
    let stopped = tokio::spawn(host.serving.stopped());
    assert!(!stopped.is_finished());
    host.probe.gate.add_permits(2);
    assert!(
        read_until(&mut kept, "}}")
            .await
            .contains("\"commit\":true")
    );
    patiently(stopped).await.unwrap().unwrap();
    assert_eq!(host.probe.commits.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_drain_has_an_end() {
    let host = Host::with(|settings| settings.drain = SHORT).await;
    let mut stream = host.connect().await;
    write(&mut stream, &post_query("mutation { commit }")).await;
    patiently(host.probe.begun.notified()).await;
    host.stop();
    patiently(host.serving.stopped()).await.unwrap();
}
