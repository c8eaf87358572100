//! Holds operations against the schema, and their cost against the limits of the request.
//!
//! What passed is remembered, so that a document that comes again is not held against the
//! schema again. Of the variables as much belongs to the question as the rules look at: what
//! they are made of, numbers, and texts that may be members of an enumeration, whose names
//! have no small letters. No rule tells two other texts apart: no scalar of ours refuses one
//! before it is parsed.

use std::fmt::Write as _;
use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{
    ErrorExtensionValues, Request, Response, ServerError, ValidationResult, Value, Variables,
};
use async_trait::async_trait;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::Limits;

/// Bytes of memory for what passed.
const MEMORY: u64 = 2 << 20;
/// The longest question that is remembered, in bytes.
const LONGEST: usize = 16 << 10;

/// The questions of one server that passed, in bounded memory; the least used go first.
#[derive(Debug)]
pub(super) struct Passed(Cache<String, ValidationResult, Lengths>);

#[derive(Clone, Debug)]
struct Lengths;

impl Weighter<String, ValidationResult> for Lengths {
    fn weight(&self, question: &String, _: &ValidationResult) -> u64 {
        question.len() as u64 + 128
    }
}

impl Default for Passed {
    fn default() -> Self {
        Self(Cache::with_weighter(1_000, MEMORY, Lengths))
    }
}

/// A question, and where it is remembered.
pub(super) struct Asked {
    question: String,
    passed: Arc<Passed>,
}

impl Asked {
    /// The question that a request puts; none where it is too long to be remembered, or has
    /// fragments: objects with fragments are never ready.
    pub(super) fn of(request: &mut Request, passed: &Arc<Passed>) -> Option<Self> {
        let variables = std::mem::take(&mut request.variables);
        let question = question(request, &variables);
        request.variables = variables;
        let passed = Arc::clone(passed);
        question.map(|question| Self { question, passed })
    }
}

fn question(request: &mut Request, variables: &Variables) -> Option<String> {
    let mut question = format!("{:?} {}\0", request.operation_name, request.query);
    let document = request.parsed_query().ok()?;
    let operations = document.operations.iter();
    let defined = operations.flat_map(|(_, operation)| &operation.node.variable_definitions);
    for definition in defined {
        let given = variables.get(&definition.node.name.node);
        match given {
            Some(value) => outline(value, &mut question),
            None => question.push('-'),
        }
        question.push(',');
    }
    (document.fragments.is_empty() && question.len() <= LONGEST).then_some(question)
}

/// As much of a value as the rules look at.
fn outline(value: &Value, into: &mut String) {
    match value {
        Value::String(text) if may_be_a_member(text) => {
            into.push('\'');
            into.push_str(text);
            into.push('\'');
        }
        Value::String(_) => into.push('"'),
        Value::List(items) => {
            into.push('[');
            for item in items {
                outline(item, into);
                into.push(',');
            }
            into.push(']');
        }
        Value::Object(members) => {
            into.push('{');
            for (name, member) in members {
                // A name may hold anything.
                let _ = write!(into, "{:?}:", name.as_str());
                outline(member, into);
                into.push(',');
            }
            into.push('}');
        }
        other => {
            let _ = write!(into, "{other} ");
        }
    }
}

fn may_be_a_member(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.bytes().all(is_part)
}

/// True of a schema's own refusal of an operation that costs too much; it does not say how
/// much that is.
pub(super) fn is_refused(response: &Response) -> bool {
    let first = response.errors.first();
    first.is_some_and(|error| error.message == "Query is too complex." && error.path.is_empty())
}

/// Validates as the schema does, unless the request's question has passed before, and refuses
/// an operation that costs more than the request's [`Limits`] allow.
#[derive(Debug)]
pub(super) struct Validation;

impl ExtensionFactory for Validation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Validation {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let asked = ctx.data_opt::<Asked>();
        let known = asked.and_then(|asked| asked.passed.0.get(&asked.question));
        let result = match known {
            Some(known) => known,
            None => next.run(ctx).await?,
        };
        if let (Some(asked), None) = (asked, known) {
            asked.passed.0.insert(asked.question.clone(), result);
        }
        let limits = ctx
            .data_opt::<Limits>()
            .copied()
            .unwrap_or(Limits::ANONYMOUS);
        within(result, limits)
    }
}

fn within(result: ValidationResult, limits: Limits) -> Result<ValidationResult, Vec<ServerError>> {
    if result.complexity <= limits.complexity {
        return Ok(result);
    }
    let message = format!(
        "the operation costs {} points: at most {}",
        result.complexity, limits.complexity
    );
    let mut error = ServerError::new(message, None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", "LIMIT_EXCEEDED");
    extensions.set("limit", "complexity");
    error.extensions = Some(extensions);
    Err(vec![error])
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_schema;
    use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
    use serde_json::json;

    use super::*;
    use crate::graphql::sdl;

    #[test]
    fn every_member_of_an_enumeration_is_told_apart() {
        let mut members = 0;
        for definition in parse_schema(sdl()).unwrap().definitions {
            let TypeSystemDefinition::Type(found) = definition else {
                continue;
            };
            if let TypeKind::Enum(found) = found.node.kind {
                let values = found.values.iter();
                assert!(
                    values
                        .clone()
                        .all(|value| may_be_a_member(&value.node.value.node))
                );
                members += values.len();
            }
        }
        assert!(members > 50, "{members}");
    }

    #[test]
    fn variables_of_other_make_are_other_questions() {
        let question = |variables: serde_json::Value| {
            let request = Request::new("query($a: A, $b: B) { a }");
            let mut request = request.variables(Variables::from_json(variables));
            Asked::of(&mut request, &Arc::default()).unwrap().question
        };
        let id = question(json!({ "a": "project_01a1f3ad91e87264b52e06a2e1000001" }));
        assert_eq!(id, question(json!({ "a": "水库" })));
        assert_eq!(id, question(json!({ "a": "x", "not defined": 1 })));
        for other in [
            json!({}),
            json!({ "b": "x" }),
            json!({ "a": null }),
            json!({ "a": "OPEN" }),
            json!({ "a": 1 }),
            json!({ "a": [] }),
            json!({ "a": ["x"] }),
            json!({ "a": { "b": "x" } }),
            json!({ "a": "x", "b": "x" }),
        ] {
            assert_ne!(id, question(other));
        }
        let items = |items: serde_json::Value| question(json!({ "a": items }));
        assert_ne!(items(json!([["x"], []])), items(json!([[], ["x"]])));
        assert_ne!(items(json!([1, 2])), items(json!([12])));
        assert_ne!(items(json!({ "b": 1 })), items(json!({ "b": 2 })));
    }
}
