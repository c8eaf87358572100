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
use crate::poll_local;
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

/// The rows, and how many [`STEPS`] they took; nothing where that was as many as they might.
type Made<T> = Option<(Vec<T>, u32)>;

/// A connection within a transaction, for all that is read in one poll: each statement would
/// otherwise take and give back the locks of a read of its own, which costs as much as a row that
/// it looks up. What is read so is read at one state of the database.
#[derive(Debug)]
struct Together {
    readers: Arc<Readers>,
    /// None while a statement runs, and where one has failed.
    reading: Option<Reading>,
}

impl Drop for Together {
    fn drop(&mut self) {
        if let Some(reading) = self.reading.take()
            && reading.run("COMMIT").is_ok()
        {
            self.readers.put_back(reading);
        }
    }
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
                // What is read next is not read at an older state.
                poll_local::clear();
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
            let made = readers.run_alone(&statement, &mut read_row, u32::MAX);
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
        // The log could not be folded in meanwhile, were it read together with all else.
        poll_local::clear();
        let made = aside(|| self.run_alone(statement, &mut read, u32::MAX))?;
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

    /// Runs a statement together with what else its poll reads.
    fn run<T>(
        self: &Arc<Self>,
        statement: &Statement,
        read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
        most: u32,
    ) -> Result<Made<T>> {
        if !poll_local::is_open() {
            return self.run_alone(statement, read, most);
        }
        let mut together = self.together()?;
        let reading = together.reading.take().ok_or_else(closed)?;
        let made = reading.made(statement, read, most)?;
        together.reading = Some(reading);
        poll_local::put(together);
        Ok(made)
    }

    /// As [`Readers::run`], at the newest state. A connection whose statement failed is not put
    /// back.
    fn run_alone<T>(
        &self,
        statement: &Statement,
        read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
        most: u32,
    ) -> Result<Made<T>> {
        let reading = self.reading()?;
        let made = reading.made(statement, read, most)?;
        self.put_back(reading);
        Ok(made)
    }

    /// The connection of the poll under way.
    fn together(self: &Arc<Self>) -> Result<Box<Together>> {
        let is_ours = |together: &Together| Arc::ptr_eq(&together.readers, self);
        if let Some(together) = poll_local::take(is_ours) {
            return Ok(together);
        }
        let reading = self.reading()?;
        reading.run("BEGIN")?;
        Ok(Box::new(Together {
            readers: Arc::clone(self),
            reading: Some(reading),
        }))
    }

    fn reading(&self) -> Result<Reading> {
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.as_mut().ok_or_else(closed)?.pop()
        };
        match idle {
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
    fn made<T>(
        &self,
        statement: &Statement,
        read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
        most: u32,
    ) -> Result<Made<T>> {
        self.left.store(most, Ordering::Relaxed);
        let rows = self.rows(statement, read)?;
        let left = self.left.load(Ordering::Relaxed);
        Ok(rows.map(|rows| (rows, most - left)))
    }

    /// Runs a statement that begins or ends a transaction, however often it was run before.
    fn run(&self, text: &str) -> rusqlite::Result<()> {
        self.left.store(u32::MAX, Ordering::Relaxed);
        self.connection.prepare_cached(text)?.execute(())?;
        Ok(())
    }

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
    use std::path::PathBuf;

    use rusqlite::StatementStatus::VmStep;
    use sea_orm::{DbBackend, Value};
    use tempfile::TempDir;
    use tokio::task::yield_now;

    use super::*;

    const COUNT: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
        WHERE x < ?) SELECT max(x) FROM n";

    fn path(folder: &TempDir) -> PathBuf {
        folder.path().join("file.db")
    }

    /// Keep one connection.
    fn readers(folder: &TempDir) -> Arc<Readers> {
        let path = path(folder);
        let file = Connection::open(&path).unwrap();
        file.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER) STRICT")
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

    /// Writes a row, as another program would.
    fn write(folder: &TempDir) {
        let file = Connection::open(path(folder)).unwrap();
        file.execute("INSERT INTO t VALUES (1)", ()).unwrap();
    }

    /// How many rows are read now.
    async fn written(readers: &Arc<Readers>) -> i64 {
        let count = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM t");
        let counted: Vec<(i64,)> = readers.rows(&count).await.unwrap();
        counted[0].0
    }

    fn idle(readers: &Readers) -> usize {
        readers.idle.lock().unwrap().as_ref().unwrap().len()
    }

    #[tokio::test]
    async fn a_poll_reads_at_one_state() {
        let folder = TempDir::new().unwrap();
        let readers = readers(&folder);
        let within = async {
            assert_eq!(written(&readers).await, 0);
            write(&folder);
            assert_eq!(written(&readers).await, 0);
            assert_eq!(idle(&readers), 0);
            yield_now().await;
            assert_eq!(idle(&readers), 1);
            assert_eq!(written(&readers).await, 1);
        };
        poll_local::scope(within).await;
        write(&folder);
        assert_eq!(written(&readers).await, 2);
        assert_eq!(idle(&readers), 1);
    }

    #[tokio::test]
    async fn a_poll_may_read_two_files() {
        let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        let [one, other] = [readers(&folders[0]), readers(&folders[1])];
        let within = async {
            for times in 0..3 {
                assert_eq!(written(&one).await, times);
                assert_eq!(written(&other).await, times);
                folders.iter().for_each(write);
            }
        };
        poll_local::scope(within).await;
        assert_eq!((idle(&one), idle(&other)), (1, 1));
    }

    #[tokio::test]
    async fn what_is_closed_in_a_poll_stays_closed() {
        let folder = TempDir::new().unwrap();
        let readers = readers(&folder);
        let within = async {
            assert_eq!(written(&readers).await, 0);
            readers.close();
        };
        poll_local::scope(within).await;
        assert!(readers.idle.lock().unwrap().is_none());
        assert!(readers.rows::<(i64,)>(&counting(1)).await.is_err());
    }

    #[tokio::test]
    async fn a_failure_in_a_poll_costs_its_connection_alone() {
        let folder = TempDir::new().unwrap();
        let readers = readers(&folder);
        let within = async {
            assert_eq!(written(&readers).await, 0);
            let wrong = Statement::from_string(DbBackend::Sqlite, "SELECT x FROM nowhere");
            assert!(readers.rows::<(i64,)>(&wrong).await.is_err());
            write(&folder);
            // Another connection, and so another state.
            assert_eq!(written(&readers).await, 1);
        };
        poll_local::scope(within).await;
        assert_eq!(idle(&readers), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_takes_long_is_read_apart_and_nothing_older_behind_it() {
        let folder = TempDir::new().unwrap();
        let readers = readers(&folder);
        let within = async {
            assert_eq!(written(&readers).await, 0);
            write(&folder);
            let long = counting(100_000);
            let read = readers.for_each(&long, |_: (i64,)| {
                // The one that it is read on is not idle, and no other one is open.
                assert_eq!(idle(&readers), 0);
                assert!(poll_local::take(|_: &Together| true).is_none());
                Ok(())
            });
            read.await.unwrap();
            assert_eq!(written(&readers).await, 1);
        };
        poll_local::scope(within).await;
        assert_eq!(idle(&readers), 1);
    }

    /// The statements that begin and end what is read together take steps, too, which SQLite
    /// counts on from poll to poll.
    #[tokio::test]
    async fn what_was_interrupted_in_a_poll_is_ended_with_it() {
        let folder = TempDir::new().unwrap();
        let readers = readers(&folder);
        for _ in 0..STEPS {
            let within = async {
                let cut = readers.run(&counting(5_000), &mut read_row::<(i64,)>, 1);
                assert!(cut.unwrap().is_none());
            };
            poll_local::scope(within).await;
            assert_eq!(idle(&readers), 1);
        }
    }
}
