//! The body of a request: one JSON object, its four fields and nothing else.

use async_graphql::Variables;
use serde_json::{Map, Value};

use crate::error::{Error, Problems, Result};

/// A GraphQL request as it came.
#[derive(Debug)]
pub(super) struct Envelope {
    /// The document.
    pub(super) query: String,
    /// Which operation of the document.
    pub(super) operation_name: Option<String>,
    /// The variables.
    pub(super) variables: Variables,
}

impl Envelope {
    /// Reads a body. `extensions` may be there and is not looked at.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem. An array, a batch, is no request.
    pub(super) fn parse(body: &[u8]) -> Result<Self> {
        let value = serde_json::from_slice(body)
            .map_err(|_| Error::invalid("body", "the body is not JSON in UTF-8"))?;
        match value {
            Value::Object(fields) => Self::from_fields(fields),
            Value::Array(_) => Err(Error::invalid(
                "body",
                "batches are not served: send one request",
            )),
            _ => Err(Error::invalid("body", "the body is not a JSON object")),
        }
    }

    fn from_fields(fields: Map<String, Value>) -> Result<Self> {
        let mut problems = Problems::default();
        let mut query = None;
        let mut operation_name = None;
        let mut variables = Map::new();
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("query", Value::String(text)) => query = Some(text),
                ("operationName", Value::String(name)) => operation_name = Some(name),
                ("variables", Value::Object(values)) => variables = values,
                ("operationName" | "variables" | "extensions", Value::Null)
                | ("extensions", Value::Object(_)) => {}
                ("query" | "operationName", _) => problems.add(name, "a string is expected"),
                ("variables" | "extensions", _) => problems.add(name, "an object is expected"),
                _ => problems.add(
                    "body",
                    "only query, variables, operationName and extensions",
                ),
            }
        }
        problems.require(query.is_some(), "query", "the query is missing");
        problems.finish()?;
        Ok(Self {
            query: query.unwrap_or_default(),
            operation_name,
            variables: Variables::from_json(Value::Object(variables)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_fields_are_read() {
        let body = br#"{"query":"{ a }","operationName":null,"variables":{"n":1},"extensions":{}}"#;
        let envelope = Envelope::parse(body).unwrap();
        assert_eq!(envelope.query, "{ a }");
        assert_eq!(envelope.operation_name, None);
        assert_eq!(envelope.variables.len(), 1);
    }

    #[test]
    fn anything_else_is_refused() {
        let deep = format!("{{\"query\":\"{{a}}\",\"variables\":{}", "[".repeat(10_000));
        for body in [
            "",
            "null",
            "\"{ a }\"",
            "[]",
            r#"[{"query":"{ a }"}]"#,
            r#"["{ a }", null, {}]"#,
            "{}",
            r#"{"query":null}"#,
            r#"{"query":7}"#,
            r#"{"query":"{ a }","variables":[]}"#,
            r#"{"query":"{ a }","variables":"{}"}"#,
            r#"{"query":"{ a }","operationName":1}"#,
            r#"{"query":"{ a }","extensions":[]}"#,
            r#"{"query":"{ a }","more":1}"#,
            r#"{"query":"{ a }"} trailing"#,
            r#"{"query":"\ud800"}"#,
            &deep,
        ] {
            let refused = Envelope::parse(body.as_bytes()).unwrap_err();
            assert_eq!(refused.code(), "INVALID", "{body}");
        }
        assert!(Envelope::parse(b"{\"query\":\"\xff\"}").is_err());
    }
}
