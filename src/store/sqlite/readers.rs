//! Reads of a SQLite file.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use duban_entities::row::FromCells;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use sea_orm::Statement;

use super::cell::RowCells;
use super::{File, Stop, aside, each, has_others, set};
use crate::error::{Error, Result};
use crate::store::Patience;
use crate::store::statements::Statements;

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
pub struct Readers {
    file: File,
    /// Those that nobody uses; none once the store is closed.
    idle: Mutex<Option<Vec<Reading>>>,
    /// So many are kept open.
    most: usize,
    statements: Arc<Statements>,
}

impl Readers {
    pub(in crate::store) fn new(
        path: &Path,
        patience: Patience,
        most: usize,
        statements: Arc<Statements>,
    ) -> Self {
        Self {
            file: File::new(path, patience),
            idle: Mutex::new(Some(Vec::new())),
            most,
            statements,
        }
    }

    /// Every row, as what it is made into.
    pub(in crate::store) fn rows<T: FromCells>(&self, statement: &Statement) -> Result<Vec<T>> {
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
        let most = if has_others() { SHORT } else { u32::MAX };
        let made = match self.run(statement, &mut read, most)? {
            Some(made) => Some(made),
            None => aside(|| self.run(statement, &mut read, u32::MAX))?,
        };
        self.statements.ran(statement);
        made.ok_or(Error::internal("a read was interrupted"))
    }

    /// Hands over each row of a statement that takes long as a rule: another thread takes over
    /// at once, so that no row is met twice.
    pub(in crate::store) fn for_each<T: FromCells>(
        &self,
        statement: &Statement,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let mut read = |cells: &mut RowCells<'_>| take(T::from_cells(cells)?);
        let met = aside(|| self.run(statement, &mut read, u32::MAX))?;
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

    fn open(&self) -> rusqlite::Result<Reading> {
        let connection = self.file.open(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        set(&connection, &[("query_only", "ON")])?;
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
    pub(in crate::store) fn close(&self) {
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
        match each(&self.connection, statement, read) {
            Ok(made) => Ok(Some(made)),
            Err(Stop::Sqlite(error)) if is_interruption(&error) => Ok(None),
            Err(stop) => Err(stop.into()),
        }
    }
}

fn is_interruption(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}
