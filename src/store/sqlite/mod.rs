//! SQLite in the program's own threads.
//!
//! The pool's driver has a thread for each connection, to which a statement is sent and from
//! which each row comes back: that costs more than what the database does. So everything is
//! read ([`Readers`]) and units of work are run ([`Writer`]) on connections that belong to
//! whoever asks. The pool is left with what happens beside the service: migrations,
//! copies, the making of an index.

mod cell;
mod checkpoint;
mod filling;
mod readers;
mod unit;
mod writer;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params_from_iter};
use sea_orm::{Statement, Values};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use super::Patience;
use crate::error::{Error, Result};
use cell::{Parameter, RowCells};

pub(super) use filling::Filling;
pub use readers::Readers;
pub(super) use unit::Unit;
pub(super) use writer::Writer;

/// Settings of every connection to a file, the pool's too.
pub(super) const SETTINGS: [(&str, &str); 3] = [
    ("trusted_schema", "OFF"),
    ("cell_size_check", "ON"),
    ("mmap_size", "0"),
];

/// Settings of every connection that writes, the pool's too.
pub(super) const OF_WRITERS: [(&str, &str); 4] = [
    ("synchronous", "FULL"),
    ("foreign_keys", "ON"),
    // Without it INSERT OR REPLACE would slip past the ledger's delete trigger.
    ("recursive_triggers", "ON"),
    ("journal_size_limit", "67108864"),
];

/// Prepared statements that a connection keeps.
pub(super) const STATEMENTS: u16 = 256;

/// Threads that sort very many rows beside the one that reads them.
pub(super) const SORTERS: u8 = 2;

/// Where a file is, and how long its connections wait for a lock.
#[derive(Clone, Debug)]
struct File {
    path: PathBuf,
    patience: Patience,
}

impl File {
    fn new(path: &Path, patience: Patience) -> Self {
        Self {
            path: path.to_owned(),
            patience,
        }
    }

    fn open(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.patience.wait)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS.into());
        set(&connection, &SETTINGS)?;
        Ok(connection)
    }
}

fn set(connection: &Connection, settings: &[(&str, &str)]) -> rusqlite::Result<()> {
    settings
        .iter()
        .try_for_each(|(name, value)| connection.pragma_update(None, name, value))
}

/// What ended a statement before its end.
enum Stop {
    Sqlite(rusqlite::Error),
    Read(Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Sqlite(error) => error.into(),
            Stop::Read(error) => error,
        }
    }
}

/// What `read` makes of each row of a statement.
fn each<T>(
    connection: &Connection,
    statement: &Statement,
    read: &mut impl FnMut(&mut RowCells<'_>) -> Result<T>,
) -> Result<Vec<T>, Stop> {
    let mut made = Vec::new();
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let mut rows = prepared.query(params_from_iter(parameters(statement)))?;
    while let Some(row) = rows.next()? {
        made.push(read(&mut RowCells::of(row)).map_err(Stop::Read)?);
    }
    Ok(made)
}

/// Runs a statement that makes no rows, and says how many it changed.
fn execute(connection: &Connection, statement: &Statement) -> rusqlite::Result<u64> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let changed = prepared.execute(params_from_iter(parameters(statement)))?;
    Ok(changed as u64)
}

fn parameters(statement: &Statement) -> impl Iterator<Item = Parameter<'_>> {
    let values = statement.values.as_ref().map_or(&[][..], |Values(all)| all);
    values.iter().map(Parameter)
}

/// Runs what may take long: another thread takes over what else this one would have done.
fn aside<T>(run: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(run),
        // There is no other thread.
        _ => run(),
    }
}
