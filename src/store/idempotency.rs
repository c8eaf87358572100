//! Rows of answers once given under an idempotency key.

use chrono::{DateTime, TimeDelta, Utc};
use duban_entities::idempotency::{Column, Entity, Model};
use duban_entities::ids::UserId;
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, Statement,
};

use crate::error::Result;
use crate::store::reader;
use crate::store::writes::{Run, Writes, run};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Queues calls with the same key until the transaction ends: two at the same moment would
/// otherwise both find nothing. SQLite has one writer anyway.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database fails.
pub async fn queue(
    connection: &impl Writes,
    user: UserId,
    mutation: &str,
    key: &str,
) -> Result<()> {
    if connection.backend() == DbBackend::Postgres {
        let name = format!("{user} {mutation} {key}");
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, lock, [name.into()]);
        run(connection, statement).await?;
    }
    Ok(())
}

/// The answer under a key, if it is not older than 30 days. An older one goes.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database fails.
pub async fn find(
    connection: &impl Writes,
    user: UserId,
    mutation: &str,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<Model>> {
    let under = Condition::all()
        .add(Column::UserId.eq(user))
        .add(Column::Mutation.eq(mutation))
        .add(Column::Key.eq(key));
    let select = reader::find::<Entity>().filter(under.clone());
    let Some(found) = reader::one(connection, select).await? else {
        return Ok(None);
    };
    if found.created_at >= now - KEPT {
        return Ok(Some(found));
    }
    let old = Entity::delete_many().filter(under);
    old.run(connection).await?;
    Ok(None)
}

/// Keeps an answer.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn keep(connection: &impl Writes, row: Model) -> Result<()> {
    Entity::insert(row.into_active_model())
        .run(connection)
        .await?;
    Ok(())
}

/// Forgets every answer from before then, of all users.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database fails.
pub async fn forget_older(connection: &impl Writes, before: DateTime<Utc>) -> Result<()> {
    Entity::delete_many()
        .filter(Column::CreatedAt.lt(before))
        .run(connection)
        .await?;
    Ok(())
}
