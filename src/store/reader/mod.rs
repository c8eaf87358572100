//! What reads are made on.
//!
//! On SQLite the rows of entities are read in the program's own threads (`reader/local.rs`): the
//! driver of the pool has a thread for each connection and hands over row by row, which costs
//! more than the database itself does. All else (what is no row of an entity,
//! PostgreSQL, and whatever is read within a unit of work) goes through the pool.

mod cell;
mod columns;
mod local;
mod plain;

use std::sync::Arc;

use async_trait::async_trait;
use duban_entities::row::{Cells, FromCells};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    ExecResult, FromQueryResult, QueryResult, QuerySelect, QueryTrait, Select, Statement,
    TryGetableMany,
};

use crate::error::Result;

pub use columns::find;
pub(super) use local::Local;
pub(super) use plain::{for_each, numbered, rows};

/// The pool for reads. On SQLite its connections cannot write.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: DatabaseConnection,
    local: Option<Arc<Local>>,
}

impl Reader {
    pub(super) const fn new(pool: DatabaseConnection, local: Option<Arc<Local>>) -> Self {
        Self { pool, local }
    }

    /// The connections of the pool.
    #[must_use]
    pub const fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub(super) async fn close(self) -> Result<()> {
        if let Some(local) = &self.local {
            local.close();
        }
        Ok(self.pool.close().await?)
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.pool.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.pool.query_all_raw(statement).await
    }
}

/// A connection on which rows of entities are read the quickest way that it has.
pub trait Reads: ConnectionTrait {
    /// SQLite in the program's own threads, where the connection may be read so.
    fn local(&self) -> Option<&Arc<Local>> {
        None
    }
}

impl Reads for Reader {
    fn local(&self) -> Option<&Arc<Local>> {
        self.local.as_ref()
    }
}

/// A unit of work reads what it has written.
impl Reads for DatabaseTransaction {}

impl Reads for DatabaseConnection {}

/// Every row of a select.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn all<E>(on: &impl Reads, select: Select<E>) -> Result<Vec<E::Model>>
where
    E: EntityTrait,
    E::Model: FromCells,
{
    match on.local() {
        Some(local) => local.rows(&statement(on, &select)),
        None => Ok(select.all(on).await?),
    }
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
    let rows = all(on, select).await?;
    Ok(rows.into_iter().next())
}

/// The name of the column behind those of an entity.
pub(super) const NUMBER: &str = "number";

/// A row with a number.
struct With<M>(M, i64);

impl<M: FromQueryResult> FromQueryResult for With<M> {
    fn from_query_result(result: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let number = result
            .try_get::<i64>(prefix, NUMBER)
            .or_else(|_| result.try_get::<i32>(prefix, NUMBER).map(i64::from));
        Ok(Self(M::from_query_result(result, prefix)?, number?))
    }
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
    T: TryGetableMany + FromCells,
{
    match on.local() {
        Some(local) => local.rows(&statement(on, &select)),
        None => Ok(select.into_tuple().all(on).await?),
    }
}

/// What a statement that is written out makes, in the order in which `T` takes its columns.
///
/// # Errors
/// As [`all`].
pub async fn written<T>(on: &impl Reads, statement: Statement) -> Result<Vec<T>>
where
    T: FromQueryResult + FromCells,
{
    match on.local() {
        Some(local) => local.rows(&statement),
        None => Ok(T::find_by_statement(statement).all(on).await?),
    }
}

/// What the names of the columns of a row's second and third entity begin with.
const PREFIXES: [&str; 2] = ["second_", "third_"];

/// A row of three entities.
struct Three<A, B, C>(A, B, C);

impl<A, B, C> FromQueryResult for Three<A, B, C>
where
    A: FromQueryResult,
    B: FromQueryResult,
    C: FromQueryResult,
{
    fn from_query_result(result: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let [second, third] = PREFIXES;
        Ok(Self(
            A::from_query_result(result, prefix)?,
            B::from_query_result(result, second)?,
            C::from_query_result(result, third)?,
        ))
    }
}

impl<A: FromCells, B: FromCells, C: FromCells> FromCells for Three<A, B, C> {
    fn from_cells<R: Cells>(cells: &mut R) -> Result<Self, R::Error> {
        Ok(Self(
            A::from_cells(cells)?,
            B::from_cells(cells)?,
            C::from_cells(cells)?,
        ))
    }
}

/// As [`all`], each row with the rows of two other entities that the select joins.
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
    let rows: Vec<Three<A::Model, B::Model, C::Model>> = match on.local() {
        Some(local) => local.rows(&statement(on, &select))?,
        None => select.into_model().all(on).await?,
    };
    Ok(rows.into_iter().map(|Three(a, b, c)| (a, b, c)).collect())
}

/// As [`one`], of a select of some columns alone, in the order in which `T` takes them.
///
/// # Errors
/// As [`all`].
pub async fn one_of<E, T>(on: &impl Reads, select: Select<E>) -> Result<Option<T>>
where
    E: EntityTrait,
    T: FromQueryResult + FromCells,
{
    let Some(local) = on.local() else {
        return Ok(select.into_model().one(on).await?);
    };
    let made = local.rows(&statement(on, &select))?;
    Ok(made.into_iter().next())
}

fn statement<E: EntityTrait>(on: &impl Reads, select: &Select<E>) -> Statement {
    select.build(on.get_database_backend())
}
