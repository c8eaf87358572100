//! What reads are made on.
//!
//! On SQLite rows are read in the program's own threads (`store/sqlite/`), on PostgreSQL they
//! come from the pool (`reader/driver.rs`). Either way they are made of their cells from left
//! to right.

mod columns;
mod driver;
mod fixed;
mod plain;

use std::sync::Arc;

use duban_entities::row::{Cells, FromCells};
use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait,
    QuerySelect, QueryTrait, Select, Statement,
};

use super::search::LongLists;
use super::sqlite::{Readers, Unit};
use crate::error::Result;

pub use columns::find;
pub(super) use fixed::Fixed;
pub(super) use plain::{NUMBER, for_each, numbered, rows};

/// The pool for reads. On SQLite its connections cannot write.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: DatabaseConnection,
    own: Option<Arc<Readers>>,
    long_lists: Arc<LongLists>,
}

impl Reader {
    pub(super) fn new(pool: DatabaseConnection, own: Option<Arc<Readers>>) -> Self {
        Self {
            pool,
            own,
            long_lists: Arc::default(),
        }
    }

    /// The connections of the pool.
    #[must_use]
    pub const fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub(super) async fn close(self) -> Result<()> {
        if let Some(own) = &self.own {
            own.close();
        }
        Ok(self.pool.close().await?)
    }
}

/// Where a statement runs.
#[derive(Clone, Copy, Debug)]
pub enum On<'c> {
    /// SQLite in the program's own threads: what was committed.
    Readers(&'c Arc<Readers>),
    /// SQLite in the program's own threads: what a unit of work sees.
    Unit(&'c Unit),
    /// A connection of the pool, whichever is free.
    Pool(&'c DatabaseConnection),
    /// One connection of the pool.
    Transaction(&'c DatabaseTransaction),
}

/// A connection on which rows are read.
pub trait Reads: Send + Sync {
    /// Where its statements run.
    fn on(&self) -> On<'_>;

    /// Which database it is.
    fn backend(&self) -> DbBackend {
        match self.on() {
            On::Readers(_) | On::Unit(_) => DbBackend::Sqlite,
            On::Pool(pool) => pool.get_database_backend(),
            On::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    /// What searches remember of the database; nothing within a unit of work.
    fn long_lists(&self) -> Option<&LongLists> {
        None
    }
}

impl Reads for Reader {
    fn on(&self) -> On<'_> {
        let pool = On::Pool(&self.pool);
        self.own.as_ref().map_or(pool, On::Readers)
    }

    fn long_lists(&self) -> Option<&LongLists> {
        Some(&self.long_lists)
    }
}

impl Reads for DatabaseConnection {
    fn on(&self) -> On<'_> {
        On::Pool(self)
    }
}

impl Reads for DatabaseTransaction {
    fn on(&self) -> On<'_> {
        On::Transaction(self)
    }
}

/// Every row of a table.
///
/// # Errors
/// As [`all`].
pub async fn every<E>(on: &impl Reads) -> Result<Vec<E::Model>>
where
    E: EntityTrait,
    E::Model: FromCells,
{
    all(on, find::<E>()).await
}

/// Every row of a select.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn all<E>(on: &impl Reads, select: Select<E>) -> Result<Vec<E::Model>>
where
    E: EntityTrait,
    E::Model: FromCells,
{
    written(on, statement(on, &select)).await
}

/// The first row of a select that makes one at the most: it names it by a key, or takes it alone.
///
/// # Errors
/// As [`all`].
pub async fn one<E>(on: &impl Reads, select: Select<E>) -> Result<Option<E::Model>>
where
    E: EntityTrait,
    E::Model: FromCells,
{
    one_of(on, select).await
}

/// As [`all`], each row with a number that is calculated behind its columns; 0 where none
/// is asked for.
///
/// # Errors
/// As [`all`].
pub async fn all_with<E>(
    on: &impl Reads,
    select: Select<E>,
    number: Option<SimpleExpr>,
) -> Result<Vec<(E::Model, i64)>>
where
    E: EntityTrait,
    E::Model: FromCells,
{
    let Some(number) = number else {
        let rows = all(on, select).await?.into_iter();
        return Ok(rows.map(|row| (row, 0)).collect());
    };
    let select = select.expr_as(number, NUMBER).into_query();
    numbered::<E>(on, &select).await
}

/// As [`all`], of a select of some columns alone.
///
/// # Errors
/// As [`all`].
pub async fn tuples<E, T>(on: &impl Reads, select: Select<E>) -> Result<Vec<T>>
where
    E: EntityTrait,
    T: FromCells,
{
    written(on, statement(on, &select)).await
}

/// What a statement that is written out makes, in the order in which `T` takes its columns.
///
/// # Errors
/// As [`all`].
pub async fn written<T: FromCells>(on: &impl Reads, statement: Statement) -> Result<Vec<T>> {
    match on.on() {
        On::Readers(readers) => readers.rows(&statement).await,
        On::Unit(unit) => unit.rows(&statement),
        On::Pool(pool) => driver::rows(pool, statement).await,
        On::Transaction(transaction) => driver::rows(transaction, statement).await,
    }
}

/// How many rows a select makes.
///
/// # Errors
/// As [`all`].
pub async fn count<E: EntityTrait>(on: &impl Reads, select: Select<E>) -> Result<u64> {
    let counted = select.into_query().clear_order_by().to_owned();
    let count = Query::select()
        .expr(Expr::col(Asterisk).count())
        .from_subquery(counted, "counted")
        .to_owned();
    let made: Vec<(i64,)> = rows(on, &count).await?;
    let count = made.first().map_or(0, |(count,)| *count);
    Ok(u64::try_from(count).unwrap_or(0))
}

/// What the names of the columns of a row's second and third entity begin with.
const PREFIXES: [&str; 2] = ["second_", "third_"];

/// As [`all`], each row with the row of another entity that the select joins.
///
/// # Errors
/// As [`all`].
pub async fn paired<A, B>(on: &impl Reads, select: Select<A>) -> Result<Vec<(A::Model, B::Model)>>
where
    A: EntityTrait,
    B: EntityTrait,
    A::Model: FromCells,
    B::Model: FromCells,
{
    let [second, _] = PREFIXES;
    let select = columns::with::<A, B>(select, second);
    let rows = written(on, statement(on, &select)).await?.into_iter();
    Ok(rows.map(|Beside(a, b)| (a, b)).collect())
}

/// As [`paired`], with the rows of two other entities.
///
/// # Errors
/// As [`all`].
pub async fn joined<A, B, C>(
    on: &impl Reads,
    select: Select<A>,
) -> Result<Vec<(A::Model, B::Model, C::Model)>>
where
    A: EntityTrait,
    B: EntityTrait,
    C: EntityTrait,
    A::Model: FromCells,
    B::Model: FromCells,
    C::Model: FromCells,
{
    let [second, third] = PREFIXES;
    let select = columns::with::<A, C>(columns::with::<A, B>(select, second), third);
    let rows = written(on, statement(on, &select)).await?.into_iter();
    Ok(rows.map(|Beside(a, Beside(b, c))| (a, b, c)).collect())
}

/// As [`one`], of a select of some columns alone, in the order in which `T` takes them.
///
/// # Errors
/// As [`all`].
pub async fn one_of<E, T>(on: &impl Reads, select: Select<E>) -> Result<Option<T>>
where
    E: EntityTrait,
    T: FromCells,
{
    let made = written(on, statement(on, &select)).await?;
    Ok(made.into_iter().next())
}

/// Something behind which something else stands in the same row.
struct Beside<A, B>(A, B);

impl<A: FromCells, B: FromCells> FromCells for Beside<A, B> {
    fn from_cells<C: Cells>(cells: &mut C) -> Result<Self, C::Error> {
        Ok(Self(A::from_cells(cells)?, B::from_cells(cells)?))
    }
}

fn statement<E: EntityTrait>(on: &impl Reads, select: &Select<E>) -> Statement {
    select.build(on.backend())
}
