//! The program's errors as GraphQL errors: a message and `extensions.code`.

use std::time::Duration;

use async_graphql::{Error as GraphqlError, ErrorExtensionValues, ErrorExtensions, Value, value};

use crate::error::{Blocker, Error, FieldProblem};

/// What resolvers return.
pub type Result<T> = std::result::Result<T, GraphqlError>;

/// The error as clients see it (table in docs/api.md). The text of an internal error is
/// logged here and nowhere shown.
#[must_use]
pub fn public(error: Error) -> GraphqlError {
    if let Error::Internal(cause) = &error {
        tracing::error!(%cause, "internal error");
        return with_code("internal error", "INTERNAL", |_| ());
    }
    let message = error.to_string();
    let code = error.code();
    with_code(&message, code, |extensions| match error {
        Error::Invalid(problems) => {
            extensions.set("fields", problems.iter().map(field).collect::<Vec<_>>());
        }
        Error::Conflict { current } => extensions.set("currentVersion", current),
        Error::Blocked(blockers) => {
            extensions.set("blockers", blockers.iter().map(blocker).collect::<Vec<_>>());
        }
        Error::RateLimited { retry_after } | Error::Unavailable { retry_after } => {
            extensions.set("retryAfter", whole_seconds(retry_after));
        }
        Error::LimitExceeded { limit, .. } => extensions.set("limit", limit),
        Error::Unauthenticated(_) | Error::Forbidden(_) | Error::NotFound | Error::Internal(_) => {}
    })
}

/// Rounded up: a client that waits so long is not refused again for coming early.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

fn with_code(
    message: &str,
    code: &str,
    more: impl FnOnce(&mut ErrorExtensionValues),
) -> GraphqlError {
    GraphqlError::new(message).extend_with(|_, extensions| {
        extensions.set("code", code);
        more(extensions);
    })
}

fn field(problem: &FieldProblem) -> Value {
    value!({ "field": problem.field.clone(), "message": problem.message.clone() })
}

fn blocker(blocker: &Blocker) -> Value {
    value!({ "code": blocker.code, "message": blocker.message.clone() })
}
