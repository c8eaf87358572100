//! `/graphql`: from an HTTP request to an executed operation.
//!
//! The order is from cheap to dear: headers, body, guard, token, execution. Until the
//! guard has passed, nothing has touched the database.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Executor, Request as Operation, Response as Outcome};
use async_trait::async_trait;
use futures_util::FutureExt;
use poem::{Endpoint, Request, Response};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tracing::Instrument;

use super::answer::Answer;
use super::body::RequestBody;
use super::envelope::Envelope;
use super::guard::{Checked, Documents, OperationKind};
use super::head::{self, Head};
use super::kept::{Answers, Basis, Key};
use super::refusal::{Refusal, response};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::graphql::{Fleeting, Limits, Reading, Unrepeated, Version};
use crate::poll_local;
use crate::service::{Caller, RequestInfo};

/// Tells who a request comes from.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// The principal behind a bearer token, and the version of the ledger at which it was
    /// checked. Without a token it is [`Caller::anonymous`]. `peer` is the connection's address
    /// without its port.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a token that is malformed, unknown, expired or
    /// revoked: the answer is 401. Other errors keep their meaning.
    async fn authenticate(&self, token: Option<&str>, peer: &str) -> Result<Caller>;

    /// The version of the ledger now.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn version(&self) -> Result<i64>;
}

/// The GraphQL endpoint over an executor.
pub(super) struct GraphQl<E> {
    pub(super) executor: E,
    pub(super) authenticator: Arc<dyn Authenticator>,
    pub(super) answers: Answers,
    pub(super) documents: Documents,
    pub(super) clock: Arc<dyn Clock>,
    /// How long a body may take to arrive.
    pub(super) body_deadline: Duration,
    /// Where mutations are executed.
    pub(super) mutations: Handle,
    /// Every running mutation holds one: when all are gone, none is running.
    pub(super) running: Sender<Infallible>,
}

impl<E: Executor> Endpoint for GraphQl<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let mut body = RequestBody::of(request.take_body(), request.headers());
        let id = head::identity(&request).request_id;
        let media = head::answer_media(&request);
        let answered = match Head::of(&request) {
            Ok(head) => poll_local::scope(self.answer(head, &mut body)).await,
            Err(refusal) => Err(refusal),
        };
        body.finish();
        Ok(match answered {
            Ok(answer) => response(answer.status, media, answer.body, answer.retry_after),
            Err(refusal) => refusal.into_response(&id, media),
        })
    }
}

impl<E: Executor> GraphQl<E> {
    async fn answer(&self, head: Head, body: &mut RequestBody) -> Result<Answer, Refusal> {
        let body = body.read(self.body_deadline).await?;
        let key = head.token.as_deref().map(|token| Key::of(token, &body));
        let mut caller = None;
        // A body that has an answer has passed the guard before; any other is held against it
        // first.
        let asked_again = key.filter(|key| !head.no_cache && self.answers.knows(key));
        if let Some(key) = asked_again {
            let known = self.authenticate(&head).await?;
            let basis = Basis::of(&known, self.clock.now());
            if let Some(kept) = basis.and_then(|basis| self.answers.get(&key, &basis)) {
                return Ok(Answer::again(kept));
            }
            caller = Some(known);
        }
        let envelope = Envelope::parse(&body)?;
        let name = envelope.operation_name.as_deref();
        let documents = &self.documents;
        let checked = documents.check(&envelope.query, name, &envelope.variables)?;
        if checked.operation == OperationKind::Subscription {
            return Err(Error::invalid("query", "subscriptions are not served here").into());
        }
        let caller = match caller {
            Some(caller) => caller,
            None => self.authenticate(&head).await?,
        };
        self.compute(head, envelope, checked, caller, key).await
    }

    async fn authenticate(&self, head: &Head) -> Result<Caller, Refusal> {
        let token = head.token.as_deref();
        let caller = self.authenticator.authenticate(token, &head.info.peer);
        caller.await.map_err(Refusal::authentication)
    }

    /// Executes what has passed the guard, and keeps the answer where it can be given again.
    async fn compute(
        &self,
        head: Head,
        envelope: Envelope,
        checked: Checked,
        caller: Caller,
        key: Option<Key>,
    ) -> Result<Answer, Refusal> {
        let limits = Limits::of(&caller.principal, checked.introspection)?;
        let basis = Basis::of(&caller, self.clock.now());
        let fleeting = Fleeting::default();
        let id = head.info.request_id.clone();
        let kind = checked.operation;
        let mut operation = operation(envelope, &caller, head.info, limits);
        operation = operation.data(fleeting.clone());
        if checked.sizes.repeated <= 1 {
            operation = operation.data(Unrepeated);
        }
        if kind == OperationKind::Query {
            operation = operation.data(Reading);
        }
        operation.set_parsed_query(checked.document);
        let outcome = self.execute(operation, kind).await?;
        let answer = Answer::of(outcome, &id);
        let lasting = kind == OperationKind::Query && answer.is_whole && !fleeting.is_marked();
        if let (true, Some(key), Some(basis)) = (lasting, key, basis) {
            // All of it was read at one version only if that has not moved meanwhile: now, and not
            // when this poll began to read.
            poll_local::clear();
            if self.authenticator.version().await.ok() == Some(basis.version()) {
                self.answers.keep(key, basis, answer.body.clone());
            }
        }
        Ok(answer)
    }

    /// Executes the operation; a panic in it is an internal error.
    async fn execute(&self, operation: Operation, kind: OperationKind) -> Result<Outcome> {
        let outcome = if kind == OperationKind::Mutation {
            self.execute_whole(operation).await
        } else {
            let run = AssertUnwindSafe(self.executor.execute(operation));
            run.catch_unwind().await.ok()
        };
        outcome.ok_or_else(|| Error::internal("the execution panicked"))
    }

    /// Executes to the end, even if the connection breaks off and this future is dropped:
    /// a mutation is never cut between its commit and what follows it. The threads that do it
    /// leave the processors to those that read.
    async fn execute_whole(&self, operation: Operation) -> Option<Outcome> {
        let executor = self.executor.clone();
        let running = self.running.clone();
        let run = async move {
            let outcome = executor.execute(operation).await;
            // Whoever waits for those that run closes what the executor holds.
            drop(executor);
            drop(running);
            outcome
        };
        let run = self.mutations.spawn(run.in_current_span());
        run.await.ok()
    }
}

fn operation(envelope: Envelope, caller: &Caller, info: RequestInfo, limits: Limits) -> Operation {
    let mut operation = Operation::new(envelope.query)
        .variables(envelope.variables)
        .data(caller.principal.as_ref().clone())
        .data(info)
        .data(limits);
    if let Some(version) = caller.version {
        operation = operation.data(Version(version));
    }
    operation.operation_name = envelope.operation_name;
    operation
}
