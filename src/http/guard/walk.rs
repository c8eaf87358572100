//! A walk of the expanded operations, which `measure` has found short enough to take.

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Value, Variables};

use super::{DEFAULT_PAGE, LIMITS, Sizes, within};
use crate::error::Result;

/// What a walk has found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    /// How large the document is.
    pub(super) sizes: Sizes,
    /// True if the chosen operation asks about the schema.
    pub(super) introspection: bool,
    /// True if a page is as large as a variable says, so that other variables make other sizes.
    pub(super) varies: bool,
}

/// Adds depth, repeated keys, root fields and nodes to `sizes`.
///
/// # Errors
/// Over a limit.
pub(super) fn walk(
    document: &ExecutableDocument,
    chosen: &OperationDefinition,
    variables: &Variables,
    mut sizes: Sizes,
) -> Result<Walked> {
    for (_, operation) in document.operations.iter() {
        Walk::of(document, &operation.node, variables).run(&mut sizes)?;
    }
    let mut walk = Walk::of(document, chosen, variables);
    let roots = walk.run(&mut sizes)?;
    sizes.nodes = walk.nodes;
    if chosen.ty == OperationType::Mutation {
        sizes.mutation_fields = roots.len() as u64;
    }
    within(
        "mutationFields",
        sizes.mutation_fields,
        LIMITS.mutation_fields,
    )?;
    within("nodes", sizes.nodes, LIMITS.nodes)?;
    let about_schema = |field: &&Field| matches!(name(field), "__schema" | "__type");
    Ok(Walked {
        sizes,
        introspection: roots.iter().any(about_schema),
        varies: walk.varies,
    })
}

fn name(field: &Field) -> &str {
    &field.name.node
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    nodes: u64,
    varies: bool,
}

impl<'a> Walk<'a> {
    const fn of(
        document: &'a ExecutableDocument,
        operation: &'a OperationDefinition,
        variables: &'a Variables,
    ) -> Self {
        Self {
            document,
            operation,
            variables,
            nodes: 0,
            varies: false,
        }
    }

    fn run(&mut self, sizes: &mut Sizes) -> Result<Vec<&'a Field>> {
        let roots = self.fields(&self.operation.selection_set.node);
        self.visit(&roots, 1, 1, sizes)?;
        Ok(roots)
    }

    /// Visits the fields of one expanded selection set. `times` is how often the set may
    /// be filled: the product of the pages around it.
    fn visit(
        &mut self,
        fields: &[&'a Field],
        depth: u64,
        times: u64,
        sizes: &mut Sizes,
    ) -> Result<()> {
        if !fields.is_empty() {
            sizes.depth = sizes.depth.max(depth);
            within("depth", depth, LIMITS.depth)?;
        }
        sizes.repeated = sizes.repeated.max(most_repeated(fields));
        within("repeated", sizes.repeated, LIMITS.repeated)?;
        for field in fields {
            let inner = self.fields(&field.selection_set.node);
            let mut times = times;
            if is_connection(&inner) {
                times = times.saturating_mul(self.page(field));
                self.nodes = self.nodes.saturating_add(times);
            }
            self.visit(&inner, depth + 1, times, sizes)?;
        }
        Ok(())
    }

    /// The fields of a set, those of its fragments included.
    fn fields(&self, set: &'a SelectionSet) -> Vec<&'a Field> {
        let mut fields = Vec::new();
        self.collect(set, &mut fields);
        fields
    }

    fn collect(&self, set: &'a SelectionSet, into: &mut Vec<&'a Field>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => into.push(&field.node),
                Selection::InlineFragment(inline) => {
                    self.collect(&inline.node.selection_set.node, into);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name) {
                        self.collect(&fragment.node.selection_set.node, into);
                    }
                }
            }
        }
    }

    /// How many nodes a connection may return: the larger of `first` and `last`.
    fn page(&mut self, field: &Field) -> u64 {
        let mut varies = false;
        let given = ["first", "last"]
            .iter()
            .filter_map(|name| field.get_argument(name))
            .filter_map(|value| {
                let value = value.node.clone();
                let variable = |name| {
                    varies = true;
                    self.variable(&name)
                };
                value.into_const_with(variable).ok()
            })
            .filter_map(|value| match value {
                Value::Number(number) => number.as_u64(),
                _ => None,
            })
            .max();
        self.varies |= varies;
        given.unwrap_or(DEFAULT_PAGE)
    }

    /// The value of a variable, or nothing: validation will say what is wrong with it.
    fn variable(&self, name: &Name) -> Result<Value, ()> {
        let mut definitions = self.operation.variable_definitions.iter();
        let default = || {
            definitions
                .find(|definition| definition.node.name.node == *name)
                .and_then(|definition| definition.node.default_value())
        };
        let given = self.variables.get(name);
        given.or_else(default).cloned().ok_or(())
    }
}

/// A connection is a field that is asked for its nodes or edges.
fn is_connection(fields: &[&Field]) -> bool {
    fields
        .iter()
        .any(|field| matches!(name(field), "nodes" | "edges"))
}

fn most_repeated(fields: &[&Field]) -> u64 {
    let mut keys: Vec<&str> = fields
        .iter()
        .map(|field| field.response_key().node.as_str())
        .collect();
    keys.sort_unstable();
    let lengths = keys.chunk_by(|a, b| a == b).map(<[_]>::len);
    lengths.max().unwrap_or(0) as u64
}
