//! A SQLite file that is being filled, and that nobody else has open.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, params_from_iter};
use sea_orm::Value;

use super::cell::Parameter;
use super::{File, SORTERS, aside, set};
use crate::error::{Error, Result};
use crate::store::Patience;

/// What a crash of the machine leaves of it is to be thrown away: nothing waits for the disk.
const SETTINGS: [(&str, &str); 3] = [
    ("synchronous", "OFF"),
    ("foreign_keys", "OFF"),
    ("cache_size", "-262144"),
];

/// The one connection to it.
#[derive(Debug)]
pub(in crate::store) struct Filling(Connection);

impl Filling {
    /// Opens a migrated file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when somebody else has it open.
    pub(in crate::store) fn open(path: &Path) -> Result<Self> {
        let file = File::new(path, Patience::default());
        let connection = file.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        set(&connection, &SETTINGS)?;
        connection.pragma_update_and_check(None, "threads", SORTERS, |_| Ok(()))?;
        let filling = Self(connection);
        // Pages behind the end of the file need no copy in this journal.
        filling.journal("delete")?;
        Ok(filling)
    }

    fn journal(&self, mode: &str) -> Result<()> {
        let mut pragma = self.0.prepare(&format!("PRAGMA journal_mode = {mode}"))?;
        let modes = pragma.query_map([], |row| row.get(0))?;
        // Read to the end: what is written behind the answer may fail, too.
        let modes: Vec<String> = modes.collect::<rusqlite::Result<_>>()?;
        if modes == [mode] {
            Ok(())
        } else {
            Err(Error::internal(format!(
                "the journal is {modes:?}, not {mode}"
            )))
        }
    }

    /// The indexes that no constraint needs, by name, each with how it is made: but those of the
    /// ledger, which grow at their end. Sorting all keys afterwards costs less than finding the
    /// place of each, but reads the whole table, and the ledger is most of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(in crate::store) fn indexes(&self) -> Result<Vec<(String, String)>> {
        let mut select = self.0.prepare(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL \
             AND tbl_name <> 'ledger' ORDER BY name",
        )?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Runs statements that are written out.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub(in crate::store) fn run(&self, sql: &str) -> Result<()> {
        Ok(aside(|| self.0.execute_batch(sql))?)
    }

    /// Runs a statement once for each row, of so many values each.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub(in crate::store) fn insert(&self, sql: &str, width: usize, values: &[Value]) -> Result<()> {
        aside(|| {
            let mut insert = self.0.prepare_cached(sql)?;
            for row in values.chunks_exact(width) {
                insert.execute(params_from_iter(row.iter().map(Parameter)))?;
            }
            Ok(())
        })
    }

    /// Makes it a file that may be served: what was written is on the disk behind this.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub(in crate::store) fn close(self) -> Result<()> {
        self.run("PRAGMA synchronous = FULL")?;
        self.journal("wal")?;
        Ok(self.0.close().map_err(|(_, error)| error)?)
    }
}
