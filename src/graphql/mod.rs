//! The GraphQL schema.

mod limits;

pub use limits::Limits;
