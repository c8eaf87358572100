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
use tokio::sync::mpsc::Sender;
use tracing::Instrument;

use super::answer::Answer;
use super::body::RequestBody;
use super::envelope::Envelope;
use super::guard::{self, OperationKind};
use super::head::{self, Head};
use super::refusal::{Refusal, response};
use crate::error::{Error, Result};
use crate::graphql::Limits;
use crate::policy::Principal;
use crate::service::RequestInfo;

/// Tells who a request comes from.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// The principal behind a bearer token. Without a token it is
    /// [`Principal::anonymous`]. `peer` is the connection's address without its port.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a token that is malformed, unknown, expired or
    /// revoked: the answer is 401. Other errors keep their meaning.
    async fn authenticate(&self, token: Option<&str>, peer: &str) -> Result<Principal>;
}

/// The GraphQL endpoint over an executor.
pub(super) struct GraphQl<E> {
    pub(super) executor: E,
    pub(super) authenticator: Arc<dyn Authenticator>,
    /// How long a body may take to arrive.
    pub(super) body_deadline: Duration,
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
            Ok(head) => self.answer(head, &mut body).await,
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
        let envelope = Envelope::parse(&body)?;
        let name = envelope.operation_name.as_deref();
        let checked = guard::check(&envelope.query, name, &envelope.variables)?;
        if checked.operation == OperationKind::Subscription {
            return Err(Error::invalid("query", "subscriptions are not served here").into());
        }
        let principal = self
            .authenticator
            .authenticate(head.token.as_deref(), &head.info.peer)
            .await
            .map_err(Refusal::authentication)?;
        let limits = Limits::of(&principal, checked.introspection)?;

        let id = head.info.request_id.clone();
        let kind = checked.operation;
        let mut operation = operation(envelope, principal, head.info, limits);
        operation.set_parsed_query(checked.document);
        let outcome = self.execute(operation, kind).await?;
        Ok(Answer::of(outcome, &id))
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
    /// a mutation is never cut between its commit and what follows it.
    async fn execute_whole(&self, operation: Operation) -> Option<Outcome> {
        let executor = self.executor.clone();
        let running = self.running.clone();
        let run = async move {
            let outcome = executor.execute(operation).await;
            drop(running);
            outcome
        };
        tokio::spawn(run.in_current_span()).await.ok()
    }
}

fn operation(
    envelope: Envelope,
    principal: Principal,
    info: RequestInfo,
    limits: Limits,
) -> Operation {
    let mut operation = Operation::new(envelope.query)
        .variables(envelope.variables)
        .data(principal)
        .data(info)
        .data(limits);
    operation.operation_name = envelope.operation_name;
    operation
}
