//! Statements that make no rows, on whatever they are run.

use std::future::Future;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, IntoActiveModel,
    Iterable, QueryTrait, Statement,
};
use tokio::task::coop::consume_budget;

use super::reader::{On, Reads};
use super::transaction::Transaction;
use crate::error::{Error, Result};

/// SQLite binds at most 32,766 values a statement.
const BIND_LIMIT: usize = 32_766;

/// A connection that writes.
pub trait Writes: Reads {}

impl Writes for Transaction {}
impl Writes for DatabaseTransaction {}
impl Writes for DatabaseConnection {}

/// What can be run.
pub trait Run: QueryTrait + Sized + Send {
    /// Runs it, and says how many rows it changed.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    fn run(self, on: &impl Writes) -> impl Future<Output = Result<u64>> + Send {
        let statement = self.build(on.backend());
        async move { run(on, statement).await }
    }
}

impl<Q: QueryTrait + Send> Run for Q {}

/// Runs a statement, and says how many rows it changed.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn run(on: &impl Writes, statement: Statement) -> Result<u64> {
    let done = match on.on() {
        On::Readers(_) => return Err(Error::internal("nothing is written where one reads")),
        On::Unit(unit) => {
            // A unit never waits for its own statements: others shall come in now and then.
            consume_budget().await;
            return Ok(unit.execute(&statement)?);
        }
        On::Pool(pool) => pool.execute_raw(statement).await?,
        On::Transaction(transaction) => transaction.execute_raw(statement).await?,
    };
    Ok(done.rows_affected())
}

/// Runs statements that are written out, one behind the other.
///
/// # Errors
/// As [`run`].
pub async fn run_unprepared(on: &impl Writes, sql: &str) -> Result<()> {
    match on.on() {
        On::Readers(_) => return Err(Error::internal("nothing is written where one reads")),
        On::Unit(unit) => unit.execute_batch(sql)?,
        On::Pool(pool) => _ = pool.execute_unprepared(sql).await?,
        On::Transaction(transaction) => _ = transaction.execute_unprepared(sql).await?,
    }
    Ok(())
}

/// Rows of this table that one statement takes.
pub(super) fn chunk_size<E: EntityTrait>() -> usize {
    (BIND_LIMIT / E::Column::iter().count().max(1)).min(1_000)
}

/// Inserts rows, a few statements in all.
///
/// # Errors
/// As [`run`].
pub async fn insert_all<E>(on: &impl Writes, rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    let mut models = rows.into_iter().map(IntoActiveModel::into_active_model);
    loop {
        let some: Vec<E::ActiveModel> = models.by_ref().take(chunk_size::<E>()).collect();
        if some.is_empty() {
            return Ok(());
        }
        E::insert_many(some).run(on).await?;
    }
}
