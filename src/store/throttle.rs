//! Rows of the throttles: what each counts is the caller's rule.

use chrono::{DateTime, Utc};
use duban_entities::throttle;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::{Work, reader};
use crate::error::{Error, Result};
use crate::store::writes::Run;

/// The row of this key, locked until the work ends. A new one is empty.
///
/// Callers that take several keys take them in one order, so that they never wait for each
/// other in a circle.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn lock(work: &Work, key: &str) -> Result<throttle::Model> {
    let empty = throttle::Model {
        key: key.to_owned(),
        level: 0,
        updated_at: work.at(),
    };
    let keep = OnConflict::column(throttle::Column::Key)
        .do_nothing()
        .to_owned();
    throttle::Entity::insert(empty.into_active_model())
        .on_conflict(keep)
        .run(work.connection())
        .await?;
    let select = reader::find::<throttle::Entity>()
        .filter(throttle::Column::Key.eq(key))
        .lock_exclusive();
    let found = reader::one(work.connection(), select).await?;
    found.ok_or_else(|| Error::internal("a throttle vanished under its lock"))
}

/// Writes a locked row.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn set(work: &Work, row: throttle::Model) -> Result<()> {
    throttle::Entity::update_many()
        .filter(throttle::Column::Key.eq(&row.key))
        .set(row.into_active_model().reset_all())
        .run(work.connection())
        .await?;
    Ok(())
}

/// Forgets a key.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn forget(work: &Work, key: &str) -> Result<()> {
    throttle::Entity::delete_by_id(key)
        .run(work.connection())
        .await?;
    Ok(())
}

/// Forgets every key that has not changed since `before`.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn forget_older(work: &Work, before: DateTime<Utc>) -> Result<()> {
    throttle::Entity::delete_many()
        .filter(throttle::Column::UpdatedAt.lt(before))
        .run(work.connection())
        .await?;
    Ok(())
}
