//! Whether the process lives, and whether it should be sent work.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use poem::http::StatusCode;
use poem::{Endpoint, Request, Response};
use tokio::time::{Instant, timeout};

/// How long a readiness check may take.
const CHECK: Duration = Duration::from_secs(2);

/// Tells whether what the service needs is there, such as its database.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// True if requests can be served. Longer than two seconds counts as false.
    async fn ready(&self) -> bool;
}

/// Set once, when the server begins to stop.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopping(Arc<OnceLock<Instant>>);

impl Stopping {
    /// From now on the server is not ready.
    pub(super) fn begin(&self) {
        self.0.get_or_init(Instant::now);
    }

    /// When it began.
    pub(super) fn since(&self) -> Option<Instant> {
        self.0.get().copied()
    }
}

/// `/health/live`: 200 while the process can answer at all.
pub(super) struct Live;

impl Endpoint for Live {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        Ok(text(StatusCode::OK, "live\n"))
    }
}

/// `/health/ready`: 200, or 503 while a check fails or the server stops.
pub(super) struct Ready {
    pub(super) check: Arc<dyn Readiness>,
    pub(super) stopping: Stopping,
}

impl Endpoint for Ready {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        if self.stopping.since().is_some() {
            return Ok(text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"));
        }
        let ready = timeout(CHECK, self.check.ready()).await;
        Ok(if ready == Ok(true) {
            text(StatusCode::OK, "ready\n")
        } else {
            text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        })
    }
}

/// `/schema.graphql`: the published contract.
pub(super) struct Sdl(pub(super) String);

impl Endpoint for Sdl {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        let mut response = text(StatusCode::OK, self.0.clone());
        response.headers_mut().insert(
            poem::http::header::CACHE_CONTROL,
            poem::http::HeaderValue::from_static("public, max-age=300"),
        );
        Ok(response)
    }
}

fn text(status: StatusCode, body: impl Into<poem::Body>) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .body(body)
}
