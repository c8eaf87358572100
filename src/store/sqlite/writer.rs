//! The one writer of a SQLite file, and one commit for several units of work.
//!
//! A durable commit waits for the disk. Units that come while another one runs join its
//! transaction, each behind a savepoint of its own ([`Unit`]): one that fails takes back what
//! it did and nothing else. The last of them commits, and nobody is answered before that. A
//! unit that nobody waits behind commits at once.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::runtime::Handle;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard, watch};
use tokio::time::{Instant, timeout};

use super::checkpoint::Checkpoints;
use super::{File, OF_WRITERS, Unit, aside, set};
use crate::error::{Error, Result};
use crate::store::failure::busy;
use crate::store::ledger::Head;
use crate::store::statements::Statements;
use crate::store::{Access, Patience};

/// Most units behind one commit.
const LARGEST: usize = 64;

/// KiB of pages that the connection keeps: what the largest group changes is not written before
/// its commit.
const PAGES: i64 = 8_192;
/// Pages of the log, 32 MiB, behind which a commit folds in what [`Checkpoints`] have left.
const LONGEST_LOG: i64 = 8_192;

/// The connection that writes, and the queue before it.
#[derive(Debug)]
pub(in crate::store) struct Writer {
    file: File,
    access: Access,
    held: Arc<Queue<Held>>,
    waiting: AtomicUsize,
    /// None where nothing may be changed.
    checkpoints: Option<Arc<Checkpoints>>,
    pub(super) statements: Arc<Statements>,
}

/// What the one that writes has in its hands.
#[derive(Debug)]
pub(super) struct Held {
    /// None before the first unit, and once the store is closed. Behind a lock of its own as
    /// a unit may be shared by what it waits for.
    connection: Option<Mutex<Connection>>,
    closed: bool,
    open: Option<Open>,
}

/// A transaction that units have joined.
#[derive(Debug)]
pub(super) struct Open {
    since: Instant,
    units: usize,
    /// The ledger's end, once a unit has read or moved it: nobody else writes meanwhile.
    chain: Option<Head>,
    ended: watch::Sender<Option<Ended>>,
}

/// How a group ended, for all who wait for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended {
    Committed,
    /// Nothing was written; another try may succeed.
    Busy,
    /// Nothing was written.
    Failed,
}

/// The place of the one that writes now.
#[derive(Debug)]
pub(super) struct Turn {
    writer: Arc<Writer>,
    held: OwnedMutexGuard<Held>,
}

/// A place in the queue; whoever gives it up looks after those who rely on it.
struct Place<'w>(Option<&'w Arc<Writer>>);

impl Writer {
    pub(in crate::store) fn new(
        path: &Path,
        access: Access,
        patience: Patience,
        statements: Arc<Statements>,
    ) -> Self {
        let held = Held {
            connection: None,
            closed: false,
            open: None,
        };
        let file = File::new(path, patience);
        let writes = access == Access::ReadWrite;
        Self {
            checkpoints: writes.then(|| Arc::new(Checkpoints::new(file.clone()))),
            file,
            access,
            held: Arc::new(Queue::new(held)),
            waiting: AtomicUsize::default(),
            statements,
        }
    }

    /// How many wait for their turn.
    pub(in crate::store) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Waits for the turn, and begins a unit of work. With `alone`, what others have done is
    /// committed first, and nobody joins: for a unit that takes long.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the turn does not come in time; when the database refuses.
    pub(in crate::store) async fn unit(self: &Arc<Self>, alone: bool) -> Result<Unit> {
        let mut turn = self.turn().await?;
        if alone {
            turn.settle();
        }
        turn.begin()?;
        Ok(Unit::new(turn, alone))
    }

    async fn turn(self: &Arc<Self>) -> Result<Turn> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut place = Place(Some(self));
        let held = timeout(self.file.patience.wait, Arc::clone(&self.held).lock_owned()).await;
        let held = held.map_err(|_| busy())?;
        place.0 = None;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let writer = Arc::clone(self);
        Ok(Turn { writer, held })
    }

    /// The turn, however long it takes.
    async fn take(self: &Arc<Self>) -> Turn {
        let held = Arc::clone(&self.held).lock_owned().await;
        let writer = Arc::clone(self);
        Turn { writer, held }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = self.file.open(match self.access {
            Access::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        })?;
        set(&connection, &OF_WRITERS)?;
        connection.pragma_update(None, "cache_size", -PAGES)?;
        connection.pragma_update(None, "wal_autocheckpoint", LONGEST_LOG)?;
        Ok(connection)
    }

    /// Behind whoever writes: lets SQLite look at what its planner should know, and closes.
    pub(in crate::store) async fn close(self: &Arc<Self>) -> Result<()> {
        let mut turn = self.take().await;
        turn.settle();
        turn.held.closed = true;
        let connection = turn.held.connection.take();
        aside(|| {
            let checkpoints = self.checkpoints.as_ref().map_or(Ok(()), |own| own.close());
            let closed = connection.map_or(Ok(()), |connection| self.close_connection(connection));
            Ok(checkpoints.and(closed)?)
        })
    }

    fn close_connection(&self, connection: Mutex<Connection>) -> rusqlite::Result<()> {
        let connection = connection.into_inner();
        let connection = connection.unwrap_or_else(PoisonError::into_inner);
        if self.access == Access::ReadWrite
            && let Err(error) =
                connection.execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize")
        {
            tracing::warn!(%error, "what SQLite's planner knows was not brought up to date");
        }
        connection.close().map_err(|(_, error)| error)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(writer) = self.0.take() else {
            return;
        };
        writer.waiting.fetch_sub(1, Ordering::SeqCst);
        // The group may have been left open for this one to commit.
        if let Ok(runtime) = Handle::try_current() {
            let writer = Arc::clone(writer);
            runtime.spawn(async move { writer.take().await.settle_unless_awaited() });
        }
    }
}

impl Held {
    /// # Errors
    /// Where the store was closed.
    pub(super) fn connection(&self) -> rusqlite::Result<MutexGuard<'_, Connection>> {
        let connection = self.connection.as_ref().ok_or_else(closed)?;
        Ok(connection.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn closed() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_MISUSE);
    rusqlite::Error::SqliteFailure(code, Some("the database is closed".to_owned()))
}

impl Turn {
    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(super) fn held(&self) -> &Held {
        &self.held
    }

    /// The ledger's end, where those before have left it.
    pub(super) fn chain(&self) -> Option<Head> {
        let open = self.held.open.as_ref()?;
        open.chain.clone()
    }

    /// A savepoint in the group's transaction, which begins where there is none.
    fn begin(&mut self) -> Result<()> {
        if self.held.connection.is_none() && !self.held.closed {
            self.held.connection = Some(Mutex::new(self.writer.open()?));
        }
        if self.held.open.is_none() {
            self.begin_transaction()?;
            self.held.open = Some(Open {
                since: Instant::now(),
                units: 0,
                chain: None,
                ended: watch::Sender::new(None),
            });
        }
        let begun = self.run("SAVEPOINT unit");
        if let Err(error) = &begun {
            self.abandon(error);
        }
        Ok(begun?)
    }

    /// `BEGIN IMMEDIATE`: a transaction that reads and then writes would otherwise fail at
    /// once when another process wrote in between.
    fn begin_transaction(&self) -> rusqlite::Result<()> {
        const BEGIN: &str = "BEGIN IMMEDIATE";
        let connection = self.held.connection()?;
        // Nobody else writes as a rule: only who has to wait for another process steps aside.
        connection.busy_timeout(Duration::ZERO)?;
        let begun = connection.prepare_cached(BEGIN)?.execute([]);
        connection.busy_timeout(self.writer.file.patience.wait)?;
        match begun {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                aside(|| connection.prepare_cached(BEGIN)?.execute([]))?;
            }
            begun => _ = begun?,
        }
        Ok(())
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        let connection = self.held.connection()?;
        connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Ends a unit's savepoint, keeping what was done behind it or taking it back. Then
    /// commits, unless others wait and the group may still grow. Answers where the group's
    /// end will be told.
    pub(super) fn end(
        mut self,
        keep: bool,
        chain: Option<Head>,
        alone: bool,
    ) -> Result<watch::Receiver<Option<Ended>>> {
        let left = self.leave(keep);
        let longest = self.writer.file.patience.group;
        let Some(open) = self.held.open.as_mut() else {
            return Err(Error::internal("a unit of work without a transaction"));
        };
        open.units += 1;
        open.chain = chain;
        let ended = open.ended.subscribe();
        let full = alone || open.units >= LARGEST || open.since.elapsed() >= longest;
        match left {
            Err(error) => self.abandon(&error),
            Ok(()) if full => self.settle(),
            Ok(()) => self.settle_unless_awaited(),
        }
        Ok(ended)
    }

    /// As [`Turn::end`], for a unit that broke off: those who have ended before it shall not
    /// wait in vain.
    pub(super) fn break_off(&mut self) {
        let left = self.leave(false);
        let Some(open) = self.held.open.as_mut() else {
            return;
        };
        // What broke off may have kept its entries: where the ledger ends is to be read.
        open.chain = None;
        match left {
            Ok(()) if open.units == 0 => {
                self.held.open = None;
                self.take_back();
            }
            Ok(()) => self.settle_unless_awaited(),
            Err(error) => self.abandon(&error),
        }
    }

    fn leave(&self, keep: bool) -> rusqlite::Result<()> {
        if !keep {
            self.run("ROLLBACK TO unit")?;
        }
        self.run("RELEASE unit")
    }

    /// Commits, unless somebody waits who will.
    fn settle_unless_awaited(&mut self) {
        if self.writer.waiting() == 0 {
            self.settle();
        }
    }

    /// Commits what there is, and tells all who wait for it.
    fn settle(&mut self) {
        let Some(open) = self.held.open.take() else {
            return;
        };
        let ended = match aside(|| self.run("COMMIT")) {
            Ok(()) => {
                if let Some(checkpoints) = &self.writer.checkpoints {
                    checkpoints.committed(open.units);
                }
                Ended::Committed
            }
            Err(error) => {
                tracing::error!(%error, units = open.units, "a commit failed");
                self.take_back();
                match Error::from(error) {
                    Error::Unavailable { .. } => Ended::Busy,
                    _ => Ended::Failed,
                }
            }
        };
        open.ended.send_replace(Some(ended));
    }

    /// A savepoint that cannot begin or end: SQLite has taken back the whole transaction, as
    /// it does when the disk is full.
    fn abandon(&mut self, error: &rusqlite::Error) {
        let Some(open) = self.held.open.take() else {
            return;
        };
        tracing::error!(%error, units = open.units, "a unit of work took its group with it");
        self.take_back();
        open.ended.send_replace(Some(Ended::Failed));
    }

    /// Leaves no transaction behind. A connection that cannot is closed.
    fn take_back(&mut self) {
        let over = |connection: &Connection| connection.is_autocommit();
        if self.held.connection().is_ok_and(|held| over(&held)) {
            return;
        }
        if let Err(error) = self.run("ROLLBACK") {
            tracing::error!(%error, "a rollback failed");
            self.held.connection = None;
        }
    }
}
