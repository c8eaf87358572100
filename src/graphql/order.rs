//! Puts an answer's members into the order in which the document asks for them.
//!
//! Resolvers of one level run side by side, and the executor writes each member when it is
//! ready. The specification asks for the query's order ("Executing Selection Sets").

use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, Value};

/// The fragments of a document, by name.
type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// The members of an object.
type Members = IndexMap<Name, Value>;

/// The response keys of a selection set in order, each with those below it.
#[derive(Debug, Default)]
struct Plan(Vec<(Name, Plan)>);

/// The order of an operation's answer.
#[derive(Debug)]
pub(super) struct Order(Plan);

impl Order {
    /// The order in which the chosen operation of a document asks.
    pub(super) fn of(document: &ExecutableDocument, name: Option<&str>) -> Self {
        let mut plan = Plan::default();
        if let Some(operation) = chosen(&document.operations, name) {
            plan.read(&document.fragments, &operation.selection_set.node);
        }
        Self(plan)
    }

    /// Puts the data of an answer into this order, as far as it is not written yet.
    pub(super) fn arrange(&self, data: &mut Value) {
        self.0.apply(data);
    }
}

/// Puts what a field came to into the order in which its selections ask, before it is written.
pub(super) fn arrange(value: &mut Value, selections: &SelectionSet, fragments: &Fragments) {
    if matches!(value, Value::Object(_) | Value::List(_)) {
        let mut plan = Plan::default();
        plan.read(fragments, selections);
        plan.apply(value);
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
    fn read(&mut self, fragments: &Fragments, selections: &SelectionSet) {
        for Positioned { node, .. } in &selections.items {
            match node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let below = &field.node.selection_set.node;
                    self.entry(key).read(fragments, below);
                }
                Selection::InlineFragment(fragment) => {
                    self.read(fragments, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = fragments.get(name) {
                        self.read(fragments, &fragment.node.selection_set.node);
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
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(members) => {
                if !self.is_order_of(members) {
                    self.sort(members);
                }
                let mut plans = self.0.iter();
                for (key, member) in members {
                    // Members that the object's type does not have are not there.
                    if let Some((_, below)) = plans.find(|(planned, _)| planned == key) {
                        below.apply(member);
                    }
                }
            }
            _ => {}
        }
    }

    /// Mostly so: only members that had to wait for something come late.
    fn is_order_of(&self, members: &Members) -> bool {
        let mut plans = self.0.iter();
        members
            .keys()
            .all(|key| plans.any(|(planned, _)| planned == key))
    }

    fn sort(&self, members: &mut Members) {
        let mut unsorted = std::mem::take(members);
        for (key, _) in &self.0 {
            if let Some((key, member)) = unsorted.swap_remove_entry(key) {
                members.insert(key, member);
            }
        }
        members.extend(unsorted);
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
        Order::of(&document, None).arrange(&mut data);
        let text = serde_json::to_string(&data).unwrap();
        assert_eq!(
            text,
            r#"{"b":[{"c":3,"e":{"g":2,"f":1},"x":4},{"c":null,"x":5}],"a":1}"#
        );
    }
}
