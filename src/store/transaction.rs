//! The transaction of a unit of work, on either database.

use sea_orm::DatabaseTransaction;

use super::ledger::Head;
use super::reader::{On, Reads};
use super::sqlite::Unit;
use crate::error::Result;

/// What a unit of work reads and writes on.
#[derive(Debug)]
pub enum Transaction {
    /// PostgreSQL: a connection of the pool.
    Pool(DatabaseTransaction),
    /// SQLite: a savepoint on the one connection that writes.
    Unit(Unit),
}

impl Transaction {
    /// The ledger's end, where it is known: nobody else writes meanwhile.
    pub(super) fn chain(&self) -> Option<Head> {
        match self {
            Self::Pool(_) => None,
            Self::Unit(unit) => unit.chain(),
        }
    }

    /// Keeps what was done. On SQLite, `chain` is where the ledger ends now.
    ///
    /// # Errors
    /// When it could not be committed: nothing was written.
    pub(super) async fn commit(self, chain: Option<Head>) -> Result<()> {
        match self {
            Self::Pool(transaction) => Ok(transaction.commit().await?),
            Self::Unit(unit) => unit.commit(chain).await,
        }
    }

    /// Takes back what was done. On SQLite, `chain` is where the ledger ended before.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn rollback(self, chain: Option<Head>) -> Result<()> {
        match self {
            Self::Pool(transaction) => Ok(transaction.rollback().await?),
            Self::Unit(unit) => unit.rollback(chain).await,
        }
    }
}

/// A unit of work reads what it has written.
impl Reads for Transaction {
    fn on(&self) -> On<'_> {
        match self {
            Self::Pool(transaction) => On::Transaction(transaction),
            Self::Unit(unit) => On::Unit(unit),
        }
    }
}
