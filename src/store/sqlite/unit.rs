//! A unit of work on SQLite: a savepoint in the transaction that it shares with others.

use duban_entities::row::FromCells;
use rusqlite::Connection;
use sea_orm::Statement;

use super::cell::RowCells;
use super::writer::{Ended, Turn};
use super::{aside, each, execute};
use crate::error::{Error, Result};
use crate::store::failure::busy;
use crate::store::ledger::Head;

/// Holds the turn of the one writer until it is ended, or dropped: then it is taken back.
#[derive(Debug)]
pub struct Unit {
    /// None once it has ended.
    turn: Option<Turn>,
    alone: bool,
}

impl Unit {
    pub(super) const fn new(turn: Turn, alone: bool) -> Self {
        let turn = Some(turn);
        Self { turn, alone }
    }

    /// The ledger's end, where those before have left it.
    pub(in crate::store) fn chain(&self) -> Option<Head> {
        self.turn.as_ref()?.chain()
    }

    /// Every row, as what it is made into.
    pub(in crate::store) fn rows<T: FromCells>(&self, statement: &Statement) -> Result<Vec<T>> {
        let mut read = |cells: &mut RowCells<'_>| T::from_cells(cells);
        let rows = self.run(statement, |connection| {
            each(connection, statement, &mut read)
        });
        Ok(rows?)
    }

    /// Hands over each row of a statement that takes long as a rule.
    pub(in crate::store) fn for_each<T: FromCells>(
        &self,
        statement: &Statement,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let mut read = |cells: &mut RowCells<'_>| take(T::from_cells(cells)?);
        let _: Vec<()> = self.run(statement, |connection| {
            aside(|| each(connection, statement, &mut read))
        })?;
        Ok(())
    }

    /// Runs a statement that makes no rows, and says how many it changed.
    pub(in crate::store) fn execute(&self, statement: &Statement) -> rusqlite::Result<u64> {
        self.run(statement, |connection| execute(connection, statement))
    }

    /// Runs statements that are written out, one behind the other.
    pub(in crate::store) fn execute_batch(&self, sql: &str) -> rusqlite::Result<()> {
        let statement = Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
        self.run(&statement, |connection| connection.execute_batch(sql))
    }

    fn run<T, E: From<rusqlite::Error>>(
        &self,
        statement: &Statement,
        run: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let turn = self.turn.as_ref().ok_or_else(over)?;
        let connection = turn.held().connection()?;
        if connection.is_autocommit() {
            // SQLite has taken the transaction back: nothing is written outside of one.
            return Err(over().into());
        }
        let made = if self.alone {
            aside(|| run(&connection))
        } else {
            run(&connection)
        };
        turn.writer().statements.ran(statement);
        made
    }

    /// Keeps what was done, leaves the ledger's end to the next, and waits for the commit.
    ///
    /// # Errors
    /// When the group could not be committed: nothing of it was written.
    pub(in crate::store) async fn commit(self, chain: Option<Head>) -> Result<()> {
        self.end(true, chain).await
    }

    /// Takes back what was done, and waits until what it has seen of others is committed.
    ///
    /// # Errors
    /// As [`Unit::commit`].
    pub(in crate::store) async fn rollback(self, chain: Option<Head>) -> Result<()> {
        self.end(false, chain).await
    }

    async fn end(mut self, keep: bool, chain: Option<Head>) -> Result<()> {
        let turn = self.turn.take().ok_or_else(over)?;
        let mut ended = turn.end(keep, chain, self.alone)?;
        let ended = ended.wait_for(Option::is_some).await;
        match ended.ok().and_then(|ended| *ended) {
            Some(Ended::Committed) => Ok(()),
            Some(Ended::Busy) => Err(busy()),
            Some(Ended::Failed) | None => Err(Error::internal("the commit failed")),
        }
    }
}

/// A unit that broke off, its future dropped or panicked.
impl Drop for Unit {
    fn drop(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.break_off();
        }
    }
}

fn over() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT);
    rusqlite::Error::SqliteFailure(code, Some("the transaction is over".to_owned()))
}
