//! The database: connections, the unit of work, scoped selects, the ledger. All SQL of
//! the program is here.
//!
//! Reads start from [`scope`], so that lists and counts show what the principal may see.
//! Writes go through [`Store::write`], which is the only commit: its [`Work`] hands out a
//! row together with the policy's permit, takes the permit back at each change, and
//! turns what changed into ledger entries in the same transaction.

pub mod assignments;
pub mod bank;
pub mod briefings;
pub mod bulk;
pub mod catalogue;
pub mod changes;
mod connect;
pub mod copy;
pub mod demonstration;
pub mod duty;
pub mod facts;
mod failure;
pub mod idempotency;
pub mod inbox;
pub mod ladder;
pub mod ledger;
pub mod migrate;
pub mod numbers;
pub mod orders;
pub mod outline;
pub mod page;
pub mod portfolio;
pub mod projects;
pub mod ratings;
pub mod reader;
pub mod record;
pub mod reports;
pub mod scope;
pub mod search;
pub mod sessions;
mod sqlite;
mod statements;
mod steady;
pub mod tallies;
pub mod tasks;
pub mod throttle;
pub mod today;
pub mod tokens;
mod transaction;
pub mod users;
mod work;
pub mod writes;

use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbBackend, Statement};

use crate::clock::Clock;

pub use connect::{Access, DatabaseUrl, Patience};
pub use reader::{Reader, Reads};
use statements::Statements;
pub use steady::{Kept, Steady};
pub use transaction::Transaction;
pub use work::{Work, WriteContext, authorise, part};
pub use writes::{Run, Writes};

/// The database of one installation.
#[derive(Clone, Debug)]
pub struct Store {
    backend: DbBackend,
    reader: Reader,
    /// The pool for writes. On SQLite units of work do not come here, but to the `writer`.
    pool: DatabaseConnection,
    clock: Arc<dyn Clock>,
    statements: Arc<Statements>,
    /// SQLite's one writer.
    writer: Option<Arc<sqlite::Writer>>,
    zones: Arc<today::KnownZones>,
    steady: Arc<Steady>,
}

impl Store {
    /// What reads are made on. On SQLite it cannot write.
    #[must_use]
    pub const fn read(&self) -> &Reader {
        &self.reader
    }

    /// Rows that seldom change.
    #[must_use]
    pub fn steady(&self) -> &Steady {
        &self.steady
    }

    /// Which database it is.
    #[must_use]
    pub const fn backend(&self) -> DbBackend {
        self.backend
    }

    /// The injected clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// How many statements have run since the store was opened.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.count()
    }

    /// Shows every statement that runs from now on to a watcher: for tools that look at the
    /// statements themselves, such as the tests of query plans. A store takes one watcher;
    /// without one, a statement pays for a look at an empty cell.
    pub fn watch(&self, watcher: impl Fn(&Statement) + Send + Sync + 'static) {
        self.statements.watch(Box::new(watcher));
    }

    /// How many units of work wait for SQLite's one writer; none on PostgreSQL.
    #[must_use]
    pub fn waiting_writers(&self) -> usize {
        self.writer.as_ref().map_or(0, |writer| writer.waiting())
    }

    /// Closes every connection; on SQLite the write-ahead log is folded into the file.
    ///
    /// # Errors
    /// When a connection cannot be closed.
    pub async fn close(self) -> crate::error::Result<()> {
        let reader = self.reader.close().await;
        let writer = match &self.writer {
            Some(writer) => writer.close().await,
            None => Ok(()),
        };
        let pool = self.pool.close().await;
        // All are closed, whichever fails.
        reader?;
        writer?;
        Ok(pool?)
    }
}
