//! Selects of users.

use duban_entities::ids::UserId;
use duban_entities::user;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::Result;

/// The users of these ids.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    ids: Vec<UserId>,
) -> Result<Vec<user::Model>> {
    Ok(user::Entity::find()
        .filter(user::Column::Id.is_in(ids))
        .all(connection)
        .await?)
}
