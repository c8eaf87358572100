//! The edge: what the network sees of the service.
//!
//! | path | |
//! |---|---|
//! | `POST /graphql` | the API; `refusal` has the table of statuses |
//! | `/schema.graphql` | the published contract |
//! | `/health/live`, `/health/ready` | for whoever supervises the process |
//!
//! A request passes, from the outside in: `listener` and `connections` (how many, how
//! slow), `request_id` (an id, a log line, a net for panics), `head`, `body` and
//! `envelope` (HTTP), [`guard`] (the document), an [`Authenticator`], the executor, and
//! `answer` (what of the outcome may be seen).
//!
//! ```text
//! let serving = http::serve(Settings::new(address), site, shutdown).await?;
//! println!("listening on http://{}", serving.address());
//! serving.stopped().await?;
//! ```

mod answer;
mod body;
mod connections;
mod endpoint;
mod envelope;
pub mod guard;
mod head;
mod health;
mod kept;
mod listener;
mod refusal;
mod request_id;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Route, Server, get};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

pub use body::BODY_BYTES;
pub use connections::ConnectionLimits;
pub use endpoint::Authenticator;
pub use health::Readiness;
pub use request_id::X_REQUEST_ID;

use crate::clock::Clock;
use crate::error::{Error, Result};
use connections::Connections;
use endpoint::GraphQl;
use guard::Documents;
use health::{Live, Ready, Sdl, Stopping};
use kept::Answers;
use listener::Guarded;
use request_id::Traced;

/// Requests at a time on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What connections may take.
    pub connections: ConnectionLimits,
    /// Memory for answers that are given again, in bytes; 0 keeps none.
    pub answers: usize,
    /// Time for a request's body to arrive.
    pub body: Duration,
    /// How long the server still serves when it has said that it is not ready, so that a
    /// load balancer can notice.
    pub notice: Duration,
    /// Ends that notice before its time.
    pub noticed: Arc<Notify>,
    /// How long requests may take to end after that.
    pub drain: Duration,
}

impl Settings {
    /// The defaults: 8 MiB of answers, bodies within 10 s, a notice of 2 s, a drain of 30 s.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            connections: ConnectionLimits::default(),
            answers: 8 << 20,
            body: Duration::from_secs(10),
            notice: Duration::from_secs(2),
            noticed: Arc::default(),
            drain: Duration::from_secs(30),
        }
    }
}

/// What to serve.
pub struct Site<E> {
    /// Executes the operations.
    pub executor: E,
    /// Where mutations are executed; all else where it is served.
    pub mutations: Handle,
    /// Tells who asks.
    pub authenticator: Arc<dyn Authenticator>,
    /// Tells whether requests can be served.
    pub readiness: Arc<dyn Readiness>,
    /// The schema in its definition language.
    pub sdl: String,
    /// For the ids of requests.
    pub clock: Arc<dyn Clock>,
}

/// A server that runs.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it has stopped. Dropping a `Serving` does not stop it.
    ///
    /// # Errors
    /// [`Error::Internal`] if it stopped for a fault.
    pub async fn stopped(self) -> Result<()> {
        let ended = self.task.await.map_err(Error::internal)?;
        ended.map_err(Error::internal)
    }
}

/// Binds the address and serves in a task of its own until `shutdown` completes: then
/// the server is not ready, takes no new connections after the notice, and ends what
/// runs within the drain. Mutations whose connection is gone are waited for, too.
///
/// # Errors
/// [`Error::Internal`] if the address cannot be bound.
pub async fn serve<E: Executor>(
    settings: Settings,
    site: Site<E>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving> {
    let bound = TcpListener::bind(settings.listen).into_acceptor().await;
    let acceptor = bound.map_err(|cause| cannot_bind(settings.listen, &cause))?;
    let address = bound_address(&acceptor).unwrap_or(settings.listen);
    let connections = Connections::new(settings.connections);
    let stopping = Stopping::default();
    let (running, ended) = mpsc::channel(1);

    let guarded = Guarded::new(acceptor, Arc::clone(&connections));
    let clock = Arc::clone(&site.clock);
    let routes = routes(site, &settings, stopping.clone(), running);
    let routes = Traced::new(routes, clock, connections);
    let task = tokio::spawn(async move {
        run(guarded, routes, &settings, &stopping, shutdown).await?;
        let stopped = stopping.since().unwrap_or_else(Instant::now);
        let deadline = stopped + settings.notice + settings.drain;
        wait_for_mutations(ended, deadline).await;
        Ok(())
    });
    Ok(Serving { address, task })
}

fn cannot_bind(address: SocketAddr, cause: &io::Error) -> Error {
    Error::Internal(format!("cannot listen on {address}: {cause}"))
}

fn bound_address(acceptor: &impl Acceptor) -> Option<SocketAddr> {
    let first = acceptor.local_addr().into_iter().next()?;
    first.as_socket_addr().copied()
}

fn routes<E: Executor>(
    site: Site<E>,
    settings: &Settings,
    stopping: Stopping,
    running: Sender<Infallible>,
) -> Route {
    let graphql = GraphQl {
        executor: site.executor,
        mutations: site.mutations,
        authenticator: site.authenticator,
        answers: Answers::new(settings.answers),
        documents: Documents::default(),
        clock: site.clock,
        body_deadline: settings.body,
        running,
    };
    let ready = Ready {
        check: site.readiness,
        stopping,
    };
    Route::new()
        .at("/graphql", graphql)
        .at("/schema.graphql", get(Sdl(site.sdl)))
        .at("/health/live", get(Live))
        .at("/health/ready", get(ready))
}

async fn run(
    acceptor: impl Acceptor + 'static,
    routes: Traced<Route>,
    settings: &Settings,
    stopping: &Stopping,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let stop = async {
        shutdown.await;
        stopping.begin();
        let _ = timeout(settings.notice, settings.noticed.notified()).await;
    };
    Server::new_with_acceptor(acceptor)
        .http2_max_concurrent_streams(STREAMS)
        .run_with_graceful_shutdown(routes, stop, Some(settings.drain))
        .await
}

/// A mutation outlives its connection: its task is waited for here.
async fn wait_for_mutations(mut ended: Receiver<Infallible>, deadline: Instant) {
    if timeout_at(deadline, ended.recv()).await.is_err() {
        tracing::warn!("mutations are still running at the end of the drain");
    }
}
