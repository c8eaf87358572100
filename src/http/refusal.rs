//! Refusals at `/graphql`: one table of statuses, one body.
//!
//! | refused | status | code |
//! |---|---|---|
//! | a method other than POST | 405, `Allow` | INVALID |
//! | a media type other than JSON, a content encoding | 415 | INVALID |
//! | a body over the limit | 413 | LIMIT_EXCEEDED |
//! | a malformed body or document | 400 | INVALID |
//! | a document over a limit | 400 | LIMIT_EXCEEDED |
//! | a bad or expired token | 401, `WWW-Authenticate` | UNAUTHENTICATED |
//! | too many attempts | 429, `Retry-After` | RATE_LIMITED |
//! | a busy server | 503, `Retry-After` | UNAVAILABLE |
//! | anything else | 200 | its own |
//!
//! The body is always `{"errors":[{"message","extensions":{"code"}}]}`.

use std::time::Duration;

use poem::http::{StatusCode, header};
use poem::{Body, Response};
use serde_json::{Map, Value, json};

use crate::error::{Error, FieldProblem};

/// What an internal error says in public.
pub(super) const INTERNAL: &str = "internal error";

/// An answer to a request that is not executed.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Error,
}

impl Refusal {
    /// A method other than POST.
    pub(super) fn method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            error: Error::invalid("method", "GraphQL is asked by POST"),
        }
    }

    /// A header that says the body is not plain JSON.
    pub(super) fn media(header: &str, expected: &str) -> Self {
        Self {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            error: Error::invalid(header, expected),
        }
    }

    /// A body longer than `most` bytes.
    pub(super) fn too_large(most: usize) -> Self {
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            error: Error::LimitExceeded {
                limit: "bodyBytes",
                message: format!("the request is too large: at most {most} bytes"),
            },
        }
    }

    /// A bad `Authorization` header or token.
    pub(super) const fn token(reason: &'static str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: Error::Unauthenticated(reason),
        }
    }

    /// A failed authentication: what is not about the token keeps its own status.
    pub(super) fn authentication(error: Error) -> Self {
        match error {
            Error::Unauthenticated(reason) => Self::token(reason),
            other => other.into(),
        }
    }

    /// The response, under the request's id.
    pub(super) fn into_response(self, request_id: &str, media: &'static str) -> Response {
        if let Error::Internal(cause) = &self.error {
            tracing::error!(request_id, cause, "request failed");
        }
        let retry = retry_after(&self.error);
        let body = body(&self.error, request_id);
        let mut response = response(self.status, media, body.to_string().into_bytes(), retry);
        let extra = match self.status {
            StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, "POST")),
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            let value = header::HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            status: status(error.code(), true),
            error,
        }
    }
}

/// The status for a code. `refused` says that nothing was executed.
pub(super) fn status(code: &str, refused: bool) -> StatusCode {
    match code {
        "RATE_LIMITED" => StatusCode::TOO_MANY_REQUESTS,
        "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        "INVALID" | "LIMIT_EXCEEDED" if refused => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

/// A response of this media type; `retry` becomes `Retry-After`, in seconds.
pub(super) fn response(
    status: StatusCode,
    media: &'static str,
    body: impl Into<Body>,
    retry: Option<u64>,
) -> Response {
    let mut response = Response::builder()
        .status(status)
        .content_type(media)
        .body(body);
    if let Some(seconds) = retry {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// The body for an error; the text of an internal one stays here.
pub(super) fn body(error: &Error, request_id: &str) -> Value {
    let mut extensions = Map::new();
    extensions.insert("code".to_owned(), error.code().into());
    let mut add = |name: &str, value: Value| extensions.insert(name.to_owned(), value);
    let mut message = error.to_string();
    match error {
        Error::Invalid(problems) => {
            message = problems_message(problems);
            add("fields", fields(problems));
        }
        Error::LimitExceeded { limit, .. } => {
            add("limit", (*limit).into());
        }
        Error::RateLimited { retry_after } | Error::Unavailable { retry_after } => {
            add("retryAfter", whole_seconds(*retry_after).into());
        }
        Error::Internal(_) => {
            INTERNAL.clone_into(&mut message);
            add("requestId", request_id.into());
        }
        Error::Unauthenticated(_)
        | Error::Forbidden(_)
        | Error::NotFound
        | Error::Conflict { .. }
        | Error::Blocked(_) => {}
    }
    json!({ "errors": [{ "message": message, "extensions": extensions }] })
}

fn problems_message(problems: &[FieldProblem]) -> String {
    let all: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
    all.join("; ")
}

fn fields(problems: &[FieldProblem]) -> Value {
    let one = |p: &FieldProblem| json!({ "field": p.field, "message": p.message });
    problems.iter().map(one).collect()
}

fn retry_after(error: &Error) -> Option<u64> {
    match error {
        Error::RateLimited { retry_after } | Error::Unavailable { retry_after } => {
            Some(whole_seconds(*retry_after))
        }
        _ => None,
    }
}

/// Seconds, rounded up and never 0: who waits that long has waited long enough.
fn whole_seconds(duration: Duration) -> u64 {
    let started = u64::from(duration.subsec_nanos() > 0);
    (duration.as_secs() + started).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_error_tells_its_id_alone() {
        let error = Error::internal("UNIQUE constraint failed: users.email");
        let expected = json!({"errors": [{
            "message": "internal error",
            "extensions": {"code": "INTERNAL", "requestId": "r1"},
        }]});
        assert_eq!(body(&error, "r1"), expected);
    }

    #[test]
    fn waiting_is_rounded_up() {
        assert_eq!(whole_seconds(Duration::ZERO), 1);
        assert_eq!(whole_seconds(Duration::from_secs(3)), 3);
        assert_eq!(whole_seconds(Duration::from_millis(3_001)), 4);
    }
}
