//! Holds operations against the schema, and their cost against the limits of the request.
//!
//! What passed is remembered, so that a document that comes again is not held against the
//! schema again. Of the variables as much belongs to the question as the rules look at: what
//! they are made of, numbers, and texts that name something in the schema, as members of
//! enumerations do. No rule tells two other texts apart: no scalar of ours refuses one before
//! it is parsed. So what people write, and secrets, are no part of a question.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::parser::types::{Selection, SelectionSet};
use async_graphql::{
    ErrorExtensionValues, Request, Response, ServerError, ValidationResult, Value, Variables,
};
use async_trait::async_trait;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::Limits;
use super::context::{Unrepeated, given};

/// Bytes of memory for what passed.
const MEMORY: u64 = 2 << 20;
/// The longest question that is remembered, in bytes.
const LONGEST: usize = 16 << 10;

/// The questions of one server that passed, in bounded memory; the least used go first.
pub(super) struct Passed {
    known: Cache<String, ValidationResult, Lengths>,
    /// The names of the schema.
    names: HashSet<String>,
}

#[derive(Clone, Debug)]
struct Lengths;

impl Weighter<String, ValidationResult> for Lengths {
    fn weight(&self, question: &String, _: &ValidationResult) -> u64 {
        question.len() as u64 + 128
    }
}

impl Passed {
    /// Nothing yet, of a schema with these names.
    pub(super) fn of(names: Vec<String>) -> Self {
        Self {
            known: Cache::with_weighter(1_000, MEMORY, Lengths),
            names: names.into_iter().collect(),
        }
    }

    /// The question that a request puts; none where it is too long to be remembered, or its
    /// lists will not be ready.
    pub(super) fn asked(self: &Arc<Self>, request: &mut Request) -> Option<Asked> {
        given::<Unrepeated>(request)?;
        let variables = std::mem::take(&mut request.variables);
        let question = self.question(request, &variables);
        request.variables = variables;
        let passed = Arc::clone(self);
        question.map(|question| Asked { question, passed })
    }

    fn question(&self, request: &mut Request, variables: &Variables) -> Option<String> {
        let mut question = format!("{:?} {}\0", request.operation_name, request.query);
        let document = request.parsed_query().ok()?;
        for (_, operation) in document.operations.iter() {
            if !is_ready(&operation.node.selection_set.node) {
                return None;
            }
            for definition in &operation.node.variable_definitions {
                // Operations come in any order.
                let name = &definition.node.name.node;
                question.push_str(name);
                if let Some(value) = variables.get(name) {
                    question.push(':');
                    self.outline(value, &mut question)?;
                }
                question.push(',');
            }
        }
        Some(question)
    }

    /// As much of a value as the rules look at; nothing where that is too long.
    fn outline(&self, value: &Value, into: &mut String) -> Option<()> {
        match value {
            Value::String(text) if self.names.contains(text) => {
                into.push('\'');
                into.push_str(text);
                into.push('\'');
            }
            Value::String(_) => into.push('"'),
            Value::List(items) => {
                into.push('[');
                for item in items {
                    self.outline(item, into)?;
                    into.push(',');
                }
                into.push(']');
            }
            Value::Object(members) => {
                into.push('{');
                for (name, member) in members {
                    // A name may hold anything.
                    let _ = write!(into, "{:?}:", name.as_str());
                    self.outline(member, into)?;
                    into.push(',');
                }
                into.push('}');
            }
            other => {
                let _ = write!(into, "{other} ");
            }
        }
        (into.len() <= LONGEST).then_some(())
    }
}

/// True where what is asked for in lists will be ready: without fragments, and not by edges. An
/// extension is asked at every field of all else, which costs more than validation.
fn is_ready(asked: &SelectionSet) -> bool {
    asked.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            let field = &field.node;
            field.name.node != "edges" && is_ready(&field.selection_set.node)
        }
        _ => false,
    })
}

/// A question, and where it is remembered.
pub(super) struct Asked {
    question: String,
    passed: Arc<Passed>,
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
        let known = asked.and_then(|asked| asked.passed.known.get(&asked.question));
        let result = match known {
            Some(known) => known,
            None => next.run(ctx).await?,
        };
        if let (Some(asked), None) = (asked, known) {
            asked.passed.known.insert(asked.question.clone(), result);
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
    use serde_json::json;

    use super::*;

    fn question(document: &str, variables: serde_json::Value) -> Option<String> {
        let passed = Arc::new(Passed::of(vec!["OPEN".to_owned()]));
        let variables = Variables::from_json(variables);
        let mut request = Request::new(document).data(Unrepeated).variables(variables);
        Some(passed.asked(&mut request)?.question)
    }

    #[test]
    fn variables_of_other_make_are_other_questions() {
        let question = |variables| question("query($a: A, $b: B) { a }", variables).unwrap();
        let id = question(json!({ "a": "project_01a1f3ad91e87264b52e06a2e1000001" }));
        assert_eq!(id, question(json!({ "a": "水库" })));
        assert_eq!(id, question(json!({ "a": "SECRET_1", "not defined": 1 })));
        assert!(!question(json!({ "a": "SECRET_1" })).contains("SECRET_1"));
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

    #[test]
    fn what_is_long_or_not_ready_is_not_remembered() {
        let none = || json!({});
        assert!(question("{ a { nodes { b } } }", none()).is_some());
        for document in [
            "{ a { edges { node { b } } } }",
            "{ a { nodes { ... on B { b } } } }",
            "fragment F on A { b } { a { ...F } }",
        ] {
            assert_eq!(question(document, none()), None, "{document}");
        }
        let long = json!({ "a": vec!["x"; LONGEST] });
        assert_eq!(question("query($a: [A]) { a }", long), None);
    }
}
