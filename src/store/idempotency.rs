//! What was answered under an idempotency key.

use chrono::{DateTime, Utc};
use duban_entities::idempotency;
use duban_entities::ids::UserId;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::Work;
use crate::error::Result;

/// The row of this key, if there is one.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn find(
    work: &Work,
    user: UserId,
    mutation: &str,
    key: &str,
) -> Result<Option<idempotency::Model>> {
    let id = (user, mutation.to_owned(), key.to_owned());
    let found = idempotency::Entity::find_by_id(id);
    Ok(found.one(work.connection()).await?)
}

/// Keeps the row.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database fails.
pub async fn insert(work: &Work, row: idempotency::Model) -> Result<()> {
    idempotency::Entity::insert(row.into_active_model())
        .exec_without_returning(work.connection())
        .await?;
    Ok(())
}

/// Forgets keys from before then.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database fails.
pub async fn forget_older(work: &Work, before: DateTime<Utc>) -> Result<()> {
    idempotency::Entity::delete_many()
        .filter(idempotency::Column::CreatedAt.lt(before))
        .exec(work.connection())
        .await?;
    Ok(())
}
