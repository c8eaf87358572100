//! SQLite, read in the program's own threads.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use duban_entities::row::FromCells;
use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};
use sea_orm::{Statement, Values};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use super::cell::{Parameter, RowCells};
use crate::error::{Error, Result};
use crate::store::Patience;
use crate::store::statements::Statements;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// KiB of pages that a connection keeps.
const PAGES: i64 = 8_192;

/// Steps of SQLite's machine between two looks at how many were taken.
const STEPS: i32 = 20_000;

/// A read is short that takes no more than so many [`STEPS`]: about two milliseconds.
const SHORT: u32 = 2;

/// A connection, and how many more [`STEPS`] its statement may take.
#[derive(Debug)]
struct Reading {
    connection: Connection,
    left: Arc<AtomicU32>,
}

/// Connections that read one file; each is used by one thread at a time.
#[derive(Debug)]
pub struct Local {
    path: PathBuf,
    patience: Patience,
    /// Those that nobody uses; none once the store is closed.
    idle: Mutex<Option<Vec<Reading>>>,
    /// So many are kept open.
    most: usize,
    statements: Arc<Statements>,
}

impl Local {
    pub(in crate::store) fn new(
        path: &Path,
        patience: Patience,
        most: usize,
        statements: Arc<Statements>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            patience,
            idle: Mutex::new(Some(Vec::new())),
            most,
            statements,
        }
    }

    /// Every row, as what it is made into.
    pub(super) fn rows<T: FromCells>(&self, statement: &Statement) -> Result<Vec<T>> {
        self.each(statement, |cells| T::from_cells(cells))
    }

    /// What `read` makes of each row. The thread that asks does it: most statements take less
    /// than it would to hand them over. One that goes on is begun anew, while another thread
    /// takes over what else this one would have done.
    fn each<T>(
        &self,
        statement: &Statement,
        mut read: impl FnMut(&mut RowCells<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let made = match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => match self.run(statement, &mut read, SHORT)? {
                Some(made) => Some(made),
                None => block_in_place(|| self.run(statement, &mut read, u32::MAX))?,
            },
            // There is no other thread.
            _ => self.run(statement, &mut read, u32::MAX)?,
        };
        self.statements.ran(statement);
        made.ok_or(Error::internal("a read was interrupted"))
    }

    /// Hands over each row of a statement that takes long as a rule: another thread takes over
    /// at once, so that no row is met twice.
    pub(super) fn for_each<T: FromCells>(
        &self,
        statement: &Statement,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let mut read = |cells: &mut RowCells<'_>| take(T::from_cells(cells)?);
        let met = match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => {
                block_in_place(|| self.run(statement, &mut read, u32::MAX))?
            }
            // There is no other thread.
            _ => self.run(statement, &mut read, u32::MAX)?,
        };
        self.statements.ran(statement);
        met.map(|_: Vec<()>| ())
            .ok_or(Error::internal("a read was interrupted"))
    }

    /// Nothing where it takes more than so many [`STEPS`].
    fn run<T>(
        &self,
        statement: &Statement,
        read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
        most: u32,
    ) -> Result<Option<Vec<T>>> {
        let reading = self.reading()?;
        reading.left.store(most, Ordering::Relaxed);
        let made = reading.rows(statement, read);
        if made.is_ok() || reading.left.load(Ordering::Relaxed) == 0 {
            // A connection whose statement failed is not put back.
            self.put_back(reading);
        }
        made
    }

    fn reading(&self) -> Result<Reading> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle
            .as_mut()
            .ok_or(Error::internal("the database is closed"))?;
        match idle.pop() {
            Some(reading) => Ok(reading),
            None => Ok(self.open()?),
        }
    }

    fn put_back(&self, reading: Reading) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(idle) = idle.as_mut().filter(|idle| idle.len() < self.most) {
            idle.push(reading);
        }
    }

    /// With the settings of the pool's readers (`store/connect.rs`).
    fn open(&self) -> rusqlite::Result<Reading> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.patience.wait)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        for pragma in ["trusted_schema", "mmap_size"] {
            connection.pragma_update(None, pragma, 0)?;
        }
        for pragma in ["query_only", "cell_size_check"] {
            connection.pragma_update(None, pragma, 1)?;
        }
        connection.pragma_update(None, "cache_size", -PAGES)?;
        let left = Arc::new(AtomicU32::new(u32::MAX));
        let counted = Arc::clone(&left);
        // The handler is called with true once nothing is left.
        let handler = move || {
            let one_less = |left: u32| Some(left.saturating_sub(1));
            let order = Ordering::Relaxed;
            counted
                .fetch_update(order, order, one_less)
                .is_ok_and(|left| left <= 1)
        };
        connection.progress_handler(STEPS, Some(handler))?;
        Ok(Reading { connection, left })
    }

    /// Closes what nobody uses; what somebody uses is closed behind them.
    pub(super) fn close(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.take();
    }
}

impl Reading {
    /// What `read` makes of each row; nothing where it was interrupted.
    fn rows<T>(
        &self,
        statement: &Statement,
        read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
    ) -> Result<Option<Vec<T>>> {
        match self.met(statement, read) {
            Ok(made) => Ok(Some(made)),
            Err(Stop::Sqlite(error)) if is_interruption(&error) => Ok(None),
            Err(Stop::Sqlite(error)) => Err(error.into()),
            Err(Stop::Read(error)) => Err(error),
        }
    }

    fn met<T>(
        &self,
        statement: &Statement,
        read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
    ) -> Result<Vec<T>, Stop> {
        let mut made = Vec::new();
        let mut prepared = self.connection.prepare_cached(&statement.sql)?;
        let values = statement.values.as_ref().map_or(&[][..], |Values(all)| all);
        let mut rows = prepared.query(params_from_iter(values.iter().map(Parameter)))?;
        while let Some(row) = rows.next()? {
            made.push(read(&mut RowCells::of(row)).map_err(Stop::Read)?);
        }
        Ok(made)
    }
}

/// What ended a read before its end.
enum Stop {
    Sqlite(rusqlite::Error),
    Read(Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn is_interruption(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}
