//! What of an execution's outcome reaches the client.
//!
//! Errors of our own carry a code. The rest are async-graphql's: a refusal of the
//! document or of an input, which is INVALID, or what a resolver let through by `?`, which
//! is a fault of ours and stays in the log. async-graphql keeps such a value as the
//! error's source; a source that is a constant text was written for people.

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use bytes::Bytes;
use poem::http::StatusCode;
use serde_json::json;

use super::refusal::{INTERNAL, status};
use crate::graphql;

/// The most errors in one answer.
const ERRORS: usize = 20;
/// The longest message of async-graphql's, in characters: it may quote the input.
const MESSAGE: usize = 300;

/// An answer, ready to be sent.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Seconds to wait, for `Retry-After`.
    pub(super) retry_after: Option<u64>,
    /// JSON.
    pub(super) body: Bytes,
    /// True where nothing is wrong in it.
    pub(super) is_whole: bool,
}

impl Answer {
    /// An answer that was given before.
    pub(super) const fn again(body: Bytes) -> Self {
        Self {
            status: StatusCode::OK,
            retry_after: None,
            body,
            is_whole: true,
        }
    }

    /// The answer to an executed or refused operation.
    pub(super) fn of(mut response: Response, request_id: &str) -> Self {
        response.errors.truncate(ERRORS);
        for error in &mut response.errors {
            settle(error, request_id);
        }
        let refused = is_refused(&response);
        let gravest = response
            .errors
            .iter()
            .map(|error| (status(&code(error), refused), retry_after(error)))
            .max();
        let (status, wait) = gravest.unwrap_or((StatusCode::OK, 0));
        let waits = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        Self {
            status,
            retry_after: waits.then_some(wait.max(1)),
            is_whole: response.errors.is_empty(),
            body: body(&response, refused).into(),
        }
    }
}

/// True where nothing was executed: then there is no data, and no error has a path.
fn is_refused(response: &Response) -> bool {
    let nowhere = |error: &ServerError| error.path.is_empty();
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(nowhere)
}

fn body(response: &Response, refused: bool) -> Vec<u8> {
    let written = if refused {
        serde_json::to_vec(&json!({ "errors": response.errors }))
    } else {
        graphql::to_vec(response)
    };
    written.unwrap_or_else(|cause| {
        tracing::error!(%cause, "an answer is not JSON");
        br#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}"#.to_vec()
    })
}

/// Gives the error its code, and takes from it what is not for the client.
fn settle(error: &mut ServerError, request_id: &str) {
    let code = code(error);
    if code.is_empty() && !is_internal(error) {
        shorten(&mut error.message);
        set(error, "code", "INVALID".into());
    } else if code.is_empty() || code == "INTERNAL" {
        tracing::error!(request_id, cause = error.message, path = ?error.path, "internal error");
        INTERNAL.clone_into(&mut error.message);
        error.extensions = None;
        set(error, "code", "INTERNAL".into());
        set(error, "requestId", request_id.into());
    }
}

fn is_internal(error: &ServerError) -> bool {
    error.source.is_some() && error.source::<&'static str>().is_none()
}

fn set(error: &mut ServerError, name: &str, value: Value) {
    let extensions = error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default);
    extensions.set(name, value);
}

fn shorten(message: &mut String) {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
}

fn extension<'a>(error: &'a ServerError, name: &str) -> Option<&'a Value> {
    error.extensions.as_ref()?.get(name)
}

fn code(error: &ServerError) -> String {
    match extension(error, "code") {
        Some(Value::String(code)) => code.clone(),
        Some(Value::Enum(code)) => code.to_string(),
        _ => String::new(),
    }
}

fn retry_after(error: &ServerError) -> u64 {
    match extension(error, "retryAfter") {
        Some(Value::Number(seconds)) => seconds.as_u64().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Error, ErrorExtensions, PathSegment, Pos};

    use super::*;

    fn at_field(error: &Error) -> ServerError {
        let path = vec![PathSegment::Field("a".to_owned())];
        error
            .clone()
            .into_server_error(Pos::default())
            .with_path(path)
    }

    fn coded(code: &str, retry: Option<u64>) -> ServerError {
        at_field(&Error::new("told").extend_with(|_, values| {
            values.set("code", code);
            if let Some(seconds) = retry {
                values.set("retryAfter", seconds);
            }
        }))
    }

    fn answer(errors: Vec<ServerError>) -> (u16, Option<u64>, serde_json::Value) {
        let answer = Answer::of(Response::from_errors(errors), "r1");
        let body = serde_json::from_slice(&answer.body).unwrap();
        (answer.status.as_u16(), answer.retry_after, body)
    }

    #[test]
    fn a_refused_document_is_400_without_data() {
        let error = ServerError::new("x".repeat(1_000), Some(Pos { line: 1, column: 2 }));
        let (status, _, body) = answer(vec![error]);
        assert_eq!(status, 400);
        assert!(body.get("data").is_none());
        assert_eq!(body["errors"][0]["extensions"]["code"], "INVALID");
        assert_eq!(
            body["errors"][0]["message"]
                .as_str()
                .unwrap()
                .chars()
                .count(),
            301
        );
    }

    #[test]
    fn a_resolvers_error_keeps_its_code_and_the_status_200() {
        let (status, _, body) = answer(vec![coded("NOT_FOUND", None)]);
        assert_eq!(status, 200);
        assert_eq!(body["data"], serde_json::Value::Null);
        assert_eq!(body["errors"][0]["message"], "told");
    }

    #[test]
    fn the_gravest_code_sets_the_status() {
        let errors = vec![coded("RATE_LIMITED", Some(7)), coded("NOT_FOUND", None)];
        let (status, retry, _) = answer(errors);
        assert_eq!((status, retry), (429, Some(7)));
        let (status, retry, _) = answer(vec![coded("UNAVAILABLE", Some(2))]);
        assert_eq!((status, retry), (503, Some(2)));
        let errors = vec![coded("RATE_LIMITED", None), coded("INVALID", Some(8))];
        let (status, retry, _) = answer(errors);
        assert_eq!((status, retry), (429, Some(1)));
    }

    #[test]
    fn what_a_resolver_lets_through_is_masked() {
        let leak = at_field(&std::fmt::Error.into());
        let (_, _, body) = answer(vec![leak, coded("INTERNAL", Some(1))]);
        for error in body["errors"].as_array().unwrap() {
            assert_eq!(error["message"], INTERNAL);
            assert_eq!(
                error["extensions"],
                json!({"code": "INTERNAL", "requestId": "r1"})
            );
        }
        let (_, _, body) = answer(vec![at_field(&"written for people".into())]);
        assert_eq!(body["errors"][0]["extensions"]["code"], "INVALID");
    }

    #[test]
    fn errors_are_capped() {
        let many = (0..50).map(|_| coded("INVALID", None)).collect();
        let (_, _, body) = answer(many);
        assert_eq!(body["errors"].as_array().unwrap().len(), ERRORS);
    }
}
