//! A person as others see one: a name.

use async_graphql::{Context, ID, SimpleObject};
use duban_entities::ids::UserId;

use super::context::loaders;
use super::error::Result;

/// A person who did something, as others see one.
#[derive(Clone, Debug, SimpleObject)]
pub struct Person {
    /// Opaque id of the user.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Display name.
    name: String,
}

impl Person {
    /// The person of this id, if there is one.
    pub(super) async fn load(ctx: &Context<'_>, id: Option<UserId>) -> Result<Option<Self>> {
        let Some(id) = id else { return Ok(None) };
        let row = loaders(ctx)?.load_one(id).await?;
        Ok(row.map(|row| Self {
            id: ID(row.id.to_string()),
            name: row.name,
        }))
    }
}
