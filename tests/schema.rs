//! The published contract, and that it explains itself.

use async_graphql::parser::types::{EnumValueDefinition, TypeDefinition, TypeKind};

use crate::support::{assert_committed, sdl};

#[test]
fn the_published_schema_is_what_the_code_says() {
    assert_committed("schema.graphql", &duban::graphql::sdl());
}

#[test]
fn everything_is_described() {
    let types = sdl::types();
    let bare: Vec<String> = types
        .iter()
        .flat_map(|(name, t)| undescribed(name, t))
        .collect();
    assert!(bare.is_empty(), "no description: {bare:#?}");
}

/// What of a type has no description: `Type`, `Type.field`, `Type.field(argument)`.
fn undescribed(name: &str, definition: &TypeDefinition) -> Vec<String> {
    let mut bare = Vec::new();
    let root = ["Query", "Mutation", "Subscription"].contains(&name);
    if definition.description.is_none() && !root {
        bare.push(name.to_owned());
    }
    for field in sdl::fields(definition) {
        let path = format!("{name}.{}", field.name.node);
        for argument in &field.arguments {
            if argument.node.description.is_none() {
                bare.push(format!("{path}({})", argument.node.name.node));
            }
        }
        if field.description.is_none() {
            bare.push(path);
        }
    }
    let inputs = sdl::inputs(definition).into_iter();
    let inputs = inputs.filter(|input| input.description.is_none());
    bare.extend(inputs.map(|input| format!("{name}.{}", input.name.node)));
    let values = values(definition).into_iter();
    let values = values.filter(|value| value.description.is_none());
    bare.extend(values.map(|value| format!("{name}.{}", value.value.node)));
    bare
}

fn values(definition: &TypeDefinition) -> Vec<&EnumValueDefinition> {
    match &definition.kind {
        TypeKind::Enum(list) => list.values.iter().map(|value| &value.node).collect(),
        _ => Vec::new(),
    }
}
