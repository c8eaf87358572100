//! One state of a database, however long it is read.

use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Order, Query};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, Value,
};
use uuid::Uuid;

use super::{Row, Table};
use crate::error::Result;
use crate::store::Store;
use crate::store::ledger::{self, Broken, Head, Report};

/// A reading transaction that sees what stood when it began.
#[derive(Debug)]
pub struct Snapshot(DatabaseTransaction);

impl Snapshot {
    /// Begins to read. On SQLite the write-ahead log of a served database grows until it
    /// ends; on PostgreSQL old rows are kept.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub async fn open(store: &Store) -> Result<Self> {
        let sqlite = store.backend() == DbBackend::Sqlite;
        let options = TransactionOptions {
            isolation_level: (!sqlite).then_some(IsolationLevel::RepeatableRead),
            access_mode: (!sqlite).then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Deferred),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the one transaction that only reads"
        )]
        let transaction = store.read().pool().begin_with_options(options).await?;
        if !sqlite {
            patient(&transaction).await?;
        }
        let snapshot = Self(transaction);
        // SQLite's begins with the first read.
        snapshot.head().await?;
        Ok(snapshot)
    }

    /// The rows of a table behind a key, in the order of the key.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] naming the table, when a row cannot be read as the
    /// entity has it.
    pub async fn rows(
        &self,
        table: &Table,
        after: Option<&[Value]>,
        limit: u64,
    ) -> Result<Vec<Row>> {
        let rows = (table.select)(&self.0, after, limit).await;
        rows.map_err(|error| table.blame(&error))
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when it cannot be read.
    pub async fn count(&self, table: &Table) -> Result<u64> {
        count(&self.0, table).await
    }

    /// The rows that refer to one of the same table that stands behind them: key, and the
    /// key of the other.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the table cannot be read.
    pub async fn backward(
        &self,
        table: &Table,
        parent: &str,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<(Uuid, Uuid)>> {
        let (id, parent) = (Alias::new("id"), Alias::new(parent));
        let mut select = Query::select();
        select
            .columns([id.clone(), parent.clone()])
            .from(Alias::new(table.name()))
            .and_where(Expr::col(parent.clone()).gt(Expr::col(id.clone())))
            .order_by(id.clone(), Order::Asc)
            .limit(limit);
        if let Some(after) = after {
            select.and_where(Expr::col(id).gt(after));
        }
        let rows = self.0.query_all(&select).await?;
        let pairs = rows.iter().map(|row| {
            let pair: (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok(pair)
        });
        pairs.collect()
    }

    /// The end of the ledger.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when it cannot be read.
    pub async fn head(&self) -> Result<Head> {
        ledger::head(&self.0).await
    }

    /// Recomputes the ledger.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when it cannot be read.
    pub async fn verify(&self, kept: Head) -> Result<std::result::Result<Report, Broken>> {
        ledger::verify(&self.0, Some(kept)).await
    }
}

/// How many rows a table has.
pub(super) async fn count(on: &DatabaseTransaction, table: &Table) -> Result<u64> {
    let select = Query::select()
        .expr(Expr::col(Asterisk).count())
        .from(Alias::new(table.name()))
        .to_owned();
    let row = on.query_one(&select).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Lets the statements of this transaction take as long as they need.
pub(super) async fn patient(transaction: &DatabaseTransaction) -> Result<()> {
    let sql = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
    transaction.execute_unprepared(sql).await?;
    Ok(())
}
