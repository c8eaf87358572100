//! Folds the write-ahead log into the file while the writer goes on.
//!
//! SQLite would do it within a commit, when the log has become long: everybody who waits for
//! that commit, and for the turn, would wait for the pages of the file, too. A commit still
//! does it for a log that could not begin anew for long, as under many writers, but then most
//! of it has been folded in here.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Handle;

use super::{File, OF_WRITERS, set};

/// Units of work between two checkpoints: some 500 pages of the log.
const UNITS: usize = 32;

/// A connection that does nothing else.
#[derive(Debug)]
pub(super) struct Checkpoints {
    file: File,
    held: Mutex<Held>,
    /// Units that were committed since the last one.
    behind: AtomicUsize,
    running: AtomicBool,
}

#[derive(Debug, Default)]
struct Held {
    /// None before the first checkpoint.
    connection: Option<Connection>,
    closed: bool,
}

/// One at a time.
struct Running(Arc<Checkpoints>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::SeqCst);
    }
}

impl Checkpoints {
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            held: Mutex::default(),
            behind: AtomicUsize::default(),
            running: AtomicBool::default(),
        }
    }

    /// So many units were committed: begins a checkpoint where it is time for one.
    pub(super) fn committed(self: &Arc<Self>, units: usize) {
        if self.behind.fetch_add(units, Ordering::Relaxed) + units < UNITS {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if self.running.swap(true, Ordering::SeqCst) {
            return;
        }
        self.behind.store(0, Ordering::Relaxed);
        let running = Running(Arc::clone(self));
        runtime.spawn_blocking(move || {
            if let Err(error) = running.0.run() {
                // A commit will do it.
                tracing::warn!(%error, "a checkpoint failed");
            }
        });
    }

    /// Waits for nobody, and lets nobody wait: what cannot be folded in yet stays in the log.
    fn run(&self) -> rusqlite::Result<()> {
        let mut held = self.held();
        if held.closed {
            return Ok(());
        }
        let connection = match held.connection.take() {
            Some(connection) => connection,
            None => self.open()?,
        };
        let sql = "PRAGMA wal_checkpoint(PASSIVE)";
        connection.prepare_cached(sql)?.query_row([], |_| Ok(()))?;
        held.connection = Some(connection);
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = self.file.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        set(&connection, &OF_WRITERS)?;
        Ok(connection)
    }

    /// Behind the one that runs.
    pub(super) fn close(&self) -> rusqlite::Result<()> {
        let mut held = self.held();
        held.closed = true;
        match held.connection.take() {
            Some(connection) => connection.close().map_err(|(_, error)| error),
            None => Ok(()),
        }
    }
}
