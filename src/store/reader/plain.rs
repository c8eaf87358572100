//! Rows that are no rows of an entity: figures, keys, what several tables say together.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{EntityTrait, FromQueryResult, TryIntoModel};

use super::{FromCells, Reads, With, aside};
use crate::error::Result;

/// The rows of a select, whose columns stand in the order in which `T` takes them: so few, and
/// so soon found, that the thread that asks may wait for them.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn rows<T>(on: &impl Reads, select: &SelectStatement) -> Result<Vec<T>>
where
    T: FromQueryResult + FromCells,
{
    let statement = on.get_database_backend().build(select);
    match on.local() {
        Some(local) => local.each(&statement, T::from_cells),
        None => Ok(T::find_by_statement(statement).all(on).await?),
    }
}

/// As [`rows`], however long that takes: nobody else is held up.
///
/// # Errors
/// As [`rows`].
pub async fn sought<T>(on: &impl Reads, select: &SelectStatement) -> Result<Vec<T>>
where
    T: FromQueryResult + FromCells,
{
    let mut all = Vec::new();
    let take = |row| {
        all.push(row);
        Ok(())
    };
    each_sought(on, select, take).await?;
    Ok(all)
}

/// As [`sought`], row by row: on SQLite no more than one is held at a time.
///
/// # Errors
/// As [`rows`]; what `take` returned.
pub async fn each_sought<T>(
    on: &impl Reads,
    select: &SelectStatement,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()>
where
    T: FromQueryResult + FromCells,
{
    let statement = on.get_database_backend().build(select);
    if let Some(local) = on.local() {
        aside(|| local.each(&statement, |cells| take(T::from_cells(cells)?)))?;
        return Ok(());
    }
    let rows = T::find_by_statement(statement).all(on).await?;
    rows.into_iter().try_for_each(take)
}

/// As [`found`](super::found), of a select that names the columns of the entity in their order.
///
/// # Errors
/// As [`rows`].
pub async fn entities<E>(on: &impl Reads, select: &SelectStatement) -> Result<Vec<E::Model>>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    let statement = on.get_database_backend().build(select);
    match on.local() {
        Some(local) => aside(|| local.rows::<E>(&statement)),
        None => Ok(E::Model::find_by_statement(statement).all(on).await?),
    }
}

/// The same, with a number in the column [`NUMBER`](super::NUMBER) behind those of the entity.
///
/// # Errors
/// As [`rows`].
pub async fn entities_with<E>(
    on: &impl Reads,
    select: &SelectStatement,
) -> Result<Vec<(E::Model, i64)>>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    let statement = on.get_database_backend().build(select);
    if let Some(local) = on.local() {
        return aside(|| local.rows_with::<E>(&statement));
    }
    let rows = With::<E::Model>::find_by_statement(statement)
        .all(on)
        .await?;
    Ok(rows
        .into_iter()
        .map(|With(row, number)| (row, number))
        .collect())
}
