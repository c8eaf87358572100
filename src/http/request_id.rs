//! The outermost layer: an id, a log line and a net under every request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::web::RemoteAddr;
use poem::{Addr, Endpoint, IntoResponse, Request, Response};
use tracing::Instrument;
use uuid::Uuid;

use super::connections::Connections;
use super::refusal;
use crate::clock::{Clock, new_id};
use crate::error::Error;

/// The response header that carries the request's id.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest path in the log, in characters.
const LOGGED_PATH: usize = 200;

/// Which request this is and whose, as the layers below find it in the request's data.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    /// Made here; one that the client sends is not looked at.
    pub(super) request_id: String,
    /// The connection's other end without its port. No header changes it.
    pub(super) peer: String,
}

/// Wraps an endpoint.
pub(super) struct Traced<E> {
    inner: E,
    clock: Arc<dyn Clock>,
    connections: Arc<Connections>,
}

impl<E> Traced<E> {
    /// Ids by this clock; the requests' beginnings and ends are told to `connections`.
    pub(super) const fn new(
        inner: E,
        clock: Arc<dyn Clock>,
        connections: Arc<Connections>,
    ) -> Self {
        Self {
            inner,
            clock,
            connections,
        }
    }
}

impl<E: Endpoint> Endpoint for Traced<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let _busy = self.connections.busy(&request.remote_addr().0);
        let id: Uuid = new_id(self.clock.as_ref());
        let identity = Identity {
            request_id: id.to_string(),
            peer: peer(request.remote_addr()),
        };
        let mut line = Line::begin(&request, identity.clone());
        request.extensions_mut().insert(identity);

        let span = tracing::info_span!("request", request_id = line.identity.request_id);
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        let mut response = match answer.instrument(span).await {
            Ok(Ok(response)) => response.into_response(),
            Ok(Err(error)) => error.into_response(),
            Err(_) => panicked(&line.identity.request_id),
        };
        line.status = Some(response.status());
        finish(&mut response, &line.identity.request_id);
        Ok(response)
    }
}

fn peer(address: &RemoteAddr) -> String {
    match &address.0 {
        Addr::SocketAddr(address) => address.ip().to_canonical().to_string(),
        other => other.to_string(),
    }
}

fn panicked(request_id: &str) -> Response {
    tracing::error!(request_id, "a request panicked");
    let body = refusal::body(&Error::internal("panic"), request_id);
    refusal::response(
        StatusCode::INTERNAL_SERVER_ERROR,
        "application/json",
        body.to_string().into_bytes(),
        None,
    )
}

fn finish(response: &mut Response, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// The log line of a request: written when it is dropped, so also for a request whose
/// connection breaks off before the answer (without a status).
struct Line {
    identity: Identity,
    method: String,
    path: String,
    status: Option<StatusCode>,
    begun: Instant,
}

impl Line {
    fn begin(request: &Request, identity: Identity) -> Self {
        Self {
            identity,
            method: request.method().to_string(),
            path: request.uri().path().chars().take(LOGGED_PATH).collect(),
            status: None,
            begun: Instant::now(),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed().as_millis();
        tracing::info!(
            method = self.method,
            path = self.path,
            status = self.status.map(|status| status.as_u16()),
            duration_ms = u64::try_from(elapsed).unwrap_or(u64::MAX),
            request_id = self.identity.request_id,
            peer = self.identity.peer,
            "request"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Mutex, MutexGuard};

    use poem::endpoint::make;
    use poem::http::Method;
    use tracing_subscriber::fmt::MakeWriter;

    use super::super::connections::ConnectionLimits;
    use super::*;
    use crate::clock::SystemClock;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    struct Writer<'a>(MutexGuard<'a, Vec<u8>>);

    impl Write for Writer<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Log {
        type Writer = Writer<'a>;

        fn make_writer(&'a self) -> Writer<'a> {
            Writer(self.0.lock().unwrap())
        }
    }

    fn traced<E: Endpoint>(inner: E) -> Traced<E> {
        let connections = Connections::new(ConnectionLimits::default());
        Traced::new(inner, Arc::new(SystemClock), connections)
    }

    fn request() -> Request {
        Request::builder()
            .method(Method::POST)
            .uri_str("/graphql?query=secretquery")
            .header("authorization", "Bearer secrettoken")
            .header("x-request-id", "theirs")
            .body("secretbody")
    }

    #[tokio::test]
    async fn a_request_is_one_line_without_its_secrets() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(log.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let response = traced(make(|_| async { Ok::<_, poem::Error>("done") }))
            .call(request())
            .await
            .unwrap();

        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            !text.contains("secret") && !text.contains("theirs"),
            "{text}"
        );
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        let fields = &line["fields"];
        assert_eq!(fields["method"], "POST");
        assert_eq!(fields["path"], "/graphql");
        assert_eq!(fields["status"], 200);
        assert!(fields["duration_ms"].is_u64());
        let id = response.headers()[X_REQUEST_ID].to_str().unwrap();
        assert_eq!(fields["request_id"], id);
    }

    #[tokio::test]
    async fn a_request_that_breaks_off_is_logged() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(log.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let endless = traced(make(|_| std::future::pending::<poem::Result<()>>()));
        assert!(endless.call(request()).now_or_never().is_none());
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains("\"status\""), "{text}");
    }

    #[tokio::test]
    async fn a_panic_anywhere_is_answered() {
        fn explode() -> &'static str {
            panic!("secret")
        }
        let panics = make(|_| async { Ok::<_, poem::Error>(explode()) });
        let response = traced(panics).call(request()).await.unwrap();
        assert_eq!(response.status(), 500);
        let text = response.into_body().into_string().await.unwrap();
        assert!(
            text.contains("INTERNAL") && !text.contains("secret"),
            "{text}"
        );
    }
}
