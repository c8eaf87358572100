//! Puts an answer's members into the order in which the document asks for them.
//!
//! Resolvers of one level run side by side, and the executor writes each member when it is
//! ready. The specification asks for the query's order ("Executing Selection Sets").

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};

/// The response keys of a selection set in order, each with those below it.
#[derive(Debug, Default)]
struct Plan(Vec<(Name, Plan)>);

/// Orders the data of an answer to this document.
pub(super) fn arrange(data: &mut Value, document: &ExecutableDocument, name: Option<&str>) {
    if let Some(operation) = chosen(&document.operations, name) {
        let mut plan = Plan::default();
        plan.read(document, &operation.selection_set.node);
        plan.apply(data);
    }
}

fn chosen<'a>(
    operations: &'a DocumentOperations,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match (operations, name) {
        (DocumentOperations::Single(only), _) => Some(&only.node),
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name).map(|found| &found.node),
        (DocumentOperations::Multiple(all), None) => all.values().next().map(|found| &found.node),
    }
}

impl Plan {
    /// The guard has bounded the document: its expansion is short and has no cycle.
    fn read(&mut self, document: &ExecutableDocument, selections: &SelectionSet) {
        for Positioned { node, .. } in &selections.items {
            match node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let below = &field.node.selection_set.node;
                    self.entry(key).read(document, below);
                }
                Selection::InlineFragment(fragment) => {
                    self.read(document, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = document.fragments.get(name) {
                        self.read(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn entry(&mut self, key: &Name) -> &mut Self {
        let at = self.0.iter().position(|(known, _)| known == key);
        let at = at.unwrap_or_else(|| {
            self.0.push((key.clone(), Self::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    fn apply(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(members) => {
                for (key, below) in &self.0 {
                    // Members that the object's type does not have are not there.
                    if let Some(mut member) = members.shift_remove(key) {
                        below.apply(&mut member);
                        members.insert(key.clone(), member);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{parser::parse_query, value};

    use super::*;

    #[test]
    fn members_stand_as_they_were_asked_for() {
        let document =
            parse_query("{ b { ...F x: d } a } fragment F on T { c ... on U { e { g f } } }")
                .unwrap();
        let mut data = value!({
            "a": 1,
            "b": [{ "x": 4, "e": { "f": 1, "g": 2 }, "c": 3 }, { "x": 5, "c": null }],
        });
        arrange(&mut data, &document, None);
        let text = serde_json::to_string(&data).unwrap();
        assert_eq!(
            text,
            r#"{"b":[{"c":3,"e":{"g":2,"f":1},"x":4},{"c":null,"x":5}],"a":1}"#
        );
    }
}
