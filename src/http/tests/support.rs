//! A served schema whose resolvers tell what reached them, and clients for it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_graphql::{
    Context, EmptySubscription, Error as GqlError, ErrorExtensions, Object, Schema,
};
use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::timeout;

use crate::clock::SystemClock;
use crate::error::{Error, Result};
use crate::graphql::Limits;
use crate::http::{Authenticator, Readiness, Serving, Settings, Site, serve};
use crate::policy::Principal;
use crate::poll_local;
use crate::service::{Caller, RequestInfo};

/// Longer than anything here takes: a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the tests share with the resolvers and checks behind the server.
pub(super) struct Probe {
    /// A mutation has begun.
    pub(super) begun: Notify,
    /// Lets mutations go on.
    pub(super) gate: Semaphore,
    /// Mutations that ended.
    pub(super) commits: AtomicU32,
    /// A mutation has ended.
    pub(super) committed: Notify,
    /// What the readiness check says.
    pub(super) ready: AtomicBool,
}

fn explode() -> i32 {
    panic!("a secret of the resolver")
}

pub(super) struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &'static str {
        "hello"
    }

    async fn deep(&self) -> Self {
        Self
    }

    async fn boom(&self) -> Option<i32> {
        Some(explode())
    }

    async fn leak(&self) -> async_graphql::Result<Option<i32>> {
        Err(std::io::Error::other(
            "UNIQUE constraint failed: users.email",
        ))?
    }

    async fn fails(&self, code: String) -> async_graphql::Result<Option<i32>> {
        Err(GqlError::new("told").extend_with(|_, values| {
            values.set("code", code.as_str());
            values.set("retryAfter", 9);
        }))
    }

    async fn number(&self, value: i32) -> i32 {
        value
    }

    /// The thread that executes it.
    async fn thread(&self) -> Option<String> {
        thread::current().name().map(str::to_owned)
    }

    /// Whether what is read may be read together.
    async fn together(&self) -> bool {
        poll_local::is_open()
    }

    /// Who asks and within which limits.
    async fn seen(&self, context: &Context<'_>) -> async_graphql::Result<String> {
        let info = context.data::<RequestInfo>()?;
        let limits = context.data::<Limits>()?;
        let grants = context.data::<Principal>()?.grants.len();
        let agent = info.user_agent.as_deref().unwrap_or("-");
        Ok(format!(
            "{} {agent} {grants} {}",
            info.peer, limits.complexity
        ))
    }
}

pub(super) struct Mutation;

#[Object]
impl Mutation {
    async fn commit(&self, context: &Context<'_>) -> async_graphql::Result<bool> {
        let probe = context.data::<Arc<Probe>>()?;
        probe.begun.notify_one();
        probe.gate.acquire().await?.forget();
        probe.commits.fetch_add(1, Ordering::SeqCst);
        probe.committed.notify_one();
        Ok(true)
    }

    async fn boom(&self) -> Option<i32> {
        Some(explode())
    }

    /// The thread that executes it.
    async fn thread(&self) -> Option<String> {
        thread::current().name().map(str::to_owned)
    }

    /// As of a query: what a mutation reads, it reads behind its own commit.
    async fn together(&self) -> bool {
        poll_local::is_open()
    }
}

struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: Option<&str>, _: &str) -> Result<Caller> {
        let mut person = Principal::system("test");
        match token {
            None => return Ok(Caller::anonymous()),
            Some("good") => {}
            Some("reset") => person.must_change_password = true,
            Some("throttled") => {
                return Err(Error::RateLimited {
                    retry_after: Duration::from_millis(2_500),
                });
            }
            Some("broken") => return Err(Error::internal("no such table: sessions")),
            Some(_) => return Err(Error::Unauthenticated("the token is not valid")),
        }
        Ok(Caller {
            principal: Arc::new(person),
            version: None,
        })
    }

    async fn version(&self) -> Result<i64> {
        Ok(0)
    }
}

struct Check(Arc<Probe>);

#[async_trait]
impl Readiness for Check {
    async fn ready(&self) -> bool {
        self.0.ready.load(Ordering::SeqCst)
    }
}

/// A running server.
pub(super) struct Host {
    pub(super) address: SocketAddr,
    pub(super) probe: Arc<Probe>,
    pub(super) serving: Serving,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

/// An answer: status, headers in lower case, body.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Reply {
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The code of the only error, whose body has the documented shape.
    #[track_caller]
    pub(super) fn code(&self) -> String {
        let json = self.json();
        let errors = json["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{json}");
        assert!(errors[0]["message"].is_string(), "{json}");
        errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Host {
    /// A server with the default settings.
    pub(super) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// A server with settings of its own.
    pub(super) async fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        Self::on(Handle::current(), adjust).await
    }

    /// As [`Host::with`], with mutations on this runtime.
    pub(super) async fn on(mutations: Handle, adjust: impl FnOnce(&mut Settings)) -> Self {
        let probe = Arc::new(Probe {
            begun: Notify::new(),
            gate: Semaphore::new(0),
            commits: AtomicU32::new(0),
            committed: Notify::new(),
            ready: AtomicBool::new(true),
        });
        let schema = Schema::build(Query, Mutation, EmptySubscription)
            .data(Arc::clone(&probe))
            .finish();
        let mut settings = Settings::new(([127, 0, 0, 1], 0).into());
        settings.notice = Duration::ZERO;
        adjust(&mut settings);
        let site = Site {
            sdl: schema.sdl(),
            executor: schema,
            mutations,
            authenticator: Arc::new(Tokens),
            readiness: Arc::new(Check(Arc::clone(&probe))),
            clock: Arc::new(SystemClock),
        };
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let serving = serve(settings, site, shutdown).await.unwrap();
        Self {
            address: serving.address(),
            probe,
            serving,
            stop: Mutex::new(Some(stop)),
        }
    }

    /// Asks the server to stop.
    pub(super) fn stop(&self) {
        self.stop.lock().unwrap().take().unwrap().send(()).unwrap();
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a prepared request.
    pub(super) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub(super) fn post(&self) -> reqwest::RequestBuilder {
        reqwest::Client::new().post(self.url("/graphql"))
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(reqwest::Client::new().get(self.url(path))).await
    }

    /// Asks a query without a token.
    pub(super) async fn ask(&self, query: &str) -> Reply {
        self.send(self.post().json(&json!({ "query": query })))
            .await
    }

    /// Asks a query with a token.
    pub(super) async fn ask_as(&self, token: &str, query: &str) -> Reply {
        let request = self.post().bearer_auth(token);
        self.send(request.json(&json!({ "query": query }))).await
    }

    /// Fails unless the server still answers.
    pub(super) async fn assert_lives(&self) {
        let reply = self.ask("{ hello }").await;
        assert_eq!(reply.json(), json!({"data": {"hello": "hello"}}));
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// The head of a POST to `/graphql` with these further header lines, and the blank line.
pub(super) fn post_head(further: &str) -> String {
    format!("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{further}\r\n")
}

/// A whole POST of a query.
pub(super) fn post_query(query: &str) -> String {
    let body = json!({ "query": query }).to_string();
    post_head(&format!("Content-Length: {}\r\n", body.len())) + &body
}

pub(super) async fn write(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// Reads until the text so far ends the way it should.
pub(super) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    let read = async {
        while !String::from_utf8_lossy(&all).ends_with(end) {
            let mut chunk = [0; 1_024];
            let count = stream.read(&mut chunk).await.unwrap();
            assert!(count > 0, "closed after {}", String::from_utf8_lossy(&all));
            all.extend_from_slice(&chunk[..count]);
        }
    };
    timeout(PATIENCE, read).await.unwrap();
    String::from_utf8(all).unwrap()
}

/// Waits until the server closes; what it sent before.
pub(super) async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A reset is a close, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut all))
        .await
        .unwrap();
    String::from_utf8_lossy(&all).into_owned()
}

/// Waits for something the server does.
pub(super) async fn patiently<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap()
}
