//! Reads of a SQLite file.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use duban_entities::row::FromCells;
use quick_cache::sync::Cache;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use sea_orm::Statement;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::cell::RowCells;
use super::{File, Stop, aside, each, set};
use crate::error::{Error, Result};
use crate::store::Patience;
use crate::store::failure::busy;
use crate::store::statements::Statements;

/// KiB of pages that a connection keeps.
const PAGES: i64 = 8_192;

/// Steps of SQLite's machine between two looks at how many were taken.
const STEPS: i32 = 5_000;

/// A read is short that takes fewer than so many [`STEPS`], about two milliseconds. SQLite counts
/// on from a statement's last run, so that one and the same read is looked at once more or less.
const SHORT: u32 = 8;

/// So many statements are known to take longer.
const LONG: usize = 256;

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
    /// As many reads that take long run at once, and the others queue: more of them would be
    /// done no sooner, each with a thread, a connection and its pages.
    places: Arc<Semaphore>,
    /// The texts of statements that took long when they last ran.
    long: Cache<String, ()>,
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
            places: Arc::new(Semaphore::new(most)),
            long: Cache::new(LONG),
            statements,
        }
    }

    /// Every row, as what it is made into. The thread that asks reads them: most statements
    /// take less than it would to hand them over. One that goes on is begun anew by another
    /// thread, and so from the first when it comes again.
    pub(in crate::store) async fn rows<T: FromCells>(
        self: &Arc<Self>,
        statement: &Statement,
    ) -> Result<Vec<T>> {
        let text = statement.sql.as_str();
        let at_once = match self.long.get(text) {
            None => self.run(statement, &mut read_row, SHORT)?,
            Some(()) => None,
        };
        let made = match at_once {
            Some((made, _)) => made,
            None => {
                let (made, steps) = self.rows_elsewhere(statement.clone()).await?;
                // Otherwise a read near the limit would be begun anew every other time.
                match steps + 1 >= SHORT {
                    true => self.long.insert(text.to_owned(), ()),
                    false => _ = self.long.remove(text),
                }
                made
            }
        };
        self.statements.ran(statement);
        Ok(made)
    }

    /// The rows, and how many [`STEPS`] they took.
    async fn rows_elsewhere<T: FromCells>(
        self: &Arc<Self>,
        statement: Statement,
    ) -> Result<(Vec<T>, u32)> {
        let place = self.place().await?;
        let readers = Arc::clone(self);
        let reading = spawn_blocking(move || {
            let made = readers.run(&statement, &mut read_row, u32::MAX);
            drop(place);
            made
        });
        let made = reading.await.map_err(Error::internal)??;
        made.ok_or_else(interrupted)
    }

    /// Hands over each row of a statement that takes long as a rule. What takes them may belong
    /// to the thread that asks: another one takes over what else this one would have done.
    pub(in crate::store) async fn for_each<T: FromCells>(
        self: &Arc<Self>,
        statement: &Statement,
        mut take: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()> {
        let mut read = |cells: &mut RowCells<'_>| take(T::from_cells(cells)?);
        let _place = self.place().await?;
        let made = aside(|| self.run(statement, &mut read, u32::MAX))?;
        let (_, _): (Vec<()>, _) = made.ok_or_else(interrupted)?;
        self.statements.ran(statement);
        Ok(())
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).acquire_owned();
        match timeout(self.file.patience.wait, place).await {
            Ok(place) => place.map_err(|_| closed()),
            Err(_) => Err(busy()),
        }
    }

    /// The rows, and how many [`STEPS`] they took; nothing where that is `most`.
    fn run<T>(
        &self,
        statement: &Statement,
        read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
        most: u32,
    ) -> Result<Option<(Vec<T>, u32)>> {
        let reading = self.reading()?;
        reading.left.store(most, Ordering::Relaxed);
        let made = reading.rows(statement, read);
        let left = reading.left.load(Ordering::Relaxed);
        if made.is_ok() || left == 0 {
            // A connection whose statement failed is not put back.
            self.put_back(reading);
        }
        Ok(made?.map(|made| (made, most - left)))
    }

    fn reading(&self) -> Result<Reading> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle.as_mut().ok_or_else(closed)?;
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
        self.places.close();
    }
}

fn closed() -> Error {
    Error::internal("the database is closed")
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

fn interrupted() -> Error {
    Error::internal("a read was interrupted")
}

fn read_row<T: FromCells>(cells: &mut RowCells<'_>) -> Result<T> {
    T::from_cells(cells)
}

fn is_interruption(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus::VmStep;
    use sea_orm::{DbBackend, Value};
    use tempfile::TempDir;

    use super::*;

    const COUNT: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
        WHERE x < ?) SELECT max(x) FROM n";

    /// Keep one connection.
    fn readers(folder: &TempDir) -> Arc<Readers> {
        let path = folder.path().join("file.db");
        let file = Connection::open(&path).unwrap();
        file.execute_batch("CREATE TABLE t (x INTEGER) STRICT")
            .unwrap();
        let statements = Arc::default();
        Arc::new(Readers::new(&path, Patience::default(), 1, statements))
    }

    fn counting(to: i64) -> Statement {
        Statement::from_sql_and_values(DbBackend::Sqlite, COUNT, [Value::from(to)])
    }

    async fn count(readers: &Arc<Readers>, to: i64) {
        let counted: Vec<(i64,)> = readers.rows(&counting(to)).await.unwrap();
        assert_eq!(counted, [(to,)]);
    }

    /// The steps that the connection has taken to count, whether it came to an end or not.
    fn steps(readers: &Readers) -> i64 {
        let reading = readers.reading().unwrap();
        let prepared = reading.connection.prepare_cached(COUNT).unwrap();
        let steps = prepared.get_status(VmStep);
        drop(prepared);
        readers.put_back(reading);
        steps.into()
    }

    #[tokio::test]
    async fn a_read_is_begun_anew_once_at_most() {
        for to in (250..5_000).step_by(250) {
            let folder = TempDir::new().unwrap();
            let readers = readers(&folder);
            let whole = readers.run(&counting(to), &mut read_row::<(i64,)>, u32::MAX);
            assert!(whole.unwrap().is_some());
            let one = steps(&readers);
            for _ in 0..24 {
                count(&readers, to).await;
            }
            let all = steps(&readers);
            assert!(all <= 26 * one, "{to}: {all} steps, {one} each");
        }
    }

    #[tokio::test]
    async fn a_long_read_is_short_again_when_it_has_become_so() {
        let folder = TempDir::new().unwrap();
        let readers = readers(&folder);
        count(&readers, 100_000).await;
        assert!(readers.long.get(COUNT).is_some());
        count(&readers, 10).await;
        assert!(readers.long.get(COUNT).is_none());
    }
}
