//! Rows of selects that start from no entity: figures, keys, rows that several tables lead to.

use duban_entities::row::FromCells;
use sea_orm::EntityTrait;
use sea_orm::sea_query::SelectStatement;

use super::{Beside, On, Reads, driver, written};
use crate::error::Result;

/// The rows of a select, whose columns stand in the order in which `T` takes them.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn rows<T: FromCells>(on: &impl Reads, select: &SelectStatement) -> Result<Vec<T>> {
    written(on, on.backend().build(select)).await
}

/// As [`rows`], row by row, of a select that takes long as a rule; on SQLite no more than one
/// row is held at a time.
///
/// # Errors
/// As [`rows`]; what `take` returned.
pub async fn for_each<T: FromCells>(
    on: &impl Reads,
    select: &SelectStatement,
    take: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let statement = on.backend().build(select);
    match on.on() {
        On::Readers(readers) => readers.for_each(&statement, take).await,
        On::Unit(unit) => unit.for_each(&statement, take),
        On::Pool(pool) => driver::for_each(pool, statement, take).await,
        On::Transaction(transaction) => driver::for_each(transaction, statement, take).await,
    }
}

/// The name of the column behind those of an entity.
pub const NUMBER: &str = "number";

/// The rows of an entity, and a number behind its columns.
///
/// # Errors
/// As [`rows`].
pub async fn numbered<E>(on: &impl Reads, select: &SelectStatement) -> Result<Vec<(E::Model, i64)>>
where
    E: EntityTrait,
    E::Model: FromCells,
{
    let made = rows(on, select).await?.into_iter();
    Ok(made.map(|Beside(row, (number,))| (row, number)).collect())
}
