//! The schema as data, read from its definition language.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};

/// The types by name.
pub type Types = BTreeMap<String, TypeDefinition>;

/// Every type that the schema defines.
pub fn types() -> Types {
    let document = parse_schema(duban::graphql::sdl()).unwrap();
    let definitions = document.definitions.into_iter();
    let types = definitions.filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types.map(|t| (t.name.node.to_string(), t)).collect()
}

/// The fields of an object or interface; none of anything else.
pub fn fields(definition: &TypeDefinition) -> Vec<&FieldDefinition> {
    match &definition.kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Interface(face) => face.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => {
            Vec::new()
        }
    }
}

/// The fields of an input object; none of anything else.
pub fn inputs(definition: &TypeDefinition) -> Vec<&InputValueDefinition> {
    match &definition.kind {
        TypeKind::InputObject(object) => object.fields.iter().map(|field| &field.node).collect(),
        _ => Vec::new(),
    }
}

/// The names of the fields of `Query` or `Mutation`.
pub fn root_fields(root: &str) -> Vec<String> {
    let types = types();
    let fields = types.get(root).map(fields).unwrap_or_default();
    fields
        .iter()
        .map(|field| field.name.node.to_string())
        .collect()
}

/// True for a list, null or not.
pub const fn is_list(of: &Type) -> bool {
    matches!(of.base, BaseType::List(_))
}

/// The name of a type without its lists and exclamation marks.
pub fn named(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => named(inner),
    }
}
