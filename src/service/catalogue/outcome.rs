//! What an import did, or would do.

use std::collections::BTreeMap;

use super::sheets::{Problem, Table};
use crate::error::Error;

/// Whether an import writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It writes.
    Apply,
    /// It says what it would write.
    DryRun,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: &'static str,
    /// Rows done in this step.
    pub done: usize,
    /// Rows of this step; 0 where it has none.
    pub total: usize,
}

/// Rows of one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that are new.
    pub added: usize,
    /// Rows of which a field changed.
    pub changed: usize,
    /// Rows that stay as they are.
    pub unchanged: usize,
    /// Fields that a person has changed since, and that stay so.
    pub kept: usize,
}

/// A row that is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its table.
    pub table: Table,
    /// Its code.
    pub code: String,
}

/// A row that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its table.
    pub table: Table,
    /// Its code.
    pub code: String,
    /// The fields, in the API's names.
    pub fields: Vec<String>,
}

/// A field that a person has changed since the last import, and that stays so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The row's table.
    pub table: Table,
    /// The row's code.
    pub code: String,
    /// The column.
    pub field: String,
    /// What the spreadsheet says.
    pub imported: Option<String>,
    /// What stays.
    pub current: Option<String>,
}

/// A new project that may be an existing one under another code: for a person to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PossibleMatch {
    /// Code of the new project.
    pub code: String,
    /// Its title or other name.
    pub name: String,
    /// Code of the existing project.
    pub existing: String,
    /// Its title or other name.
    pub existing_name: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Counts by table.
    pub counts: BTreeMap<Table, Counts>,
    /// What is new.
    pub added: Vec<Added>,
    /// What changed.
    pub changed: Vec<Changed>,
    /// What a person's change kept as it was.
    pub kept: Vec<Kept>,
    /// New projects that may be known under another code.
    pub matches: Vec<PossibleMatch>,
}

impl Outcome {
    /// The counts of a table.
    #[must_use]
    pub fn of(&self, table: Table) -> Counts {
        self.counts.get(&table).copied().unwrap_or_default()
    }

    /// True if nothing is new and nothing changed.
    #[must_use]
    pub const fn is_unchanged(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty()
    }
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailure {
    /// The spreadsheets have problems: all of them, in the order of the files.
    #[error("the spreadsheets have {} problems", .0.len())]
    Problems(Vec<Problem>),
    /// Something else went wrong.
    #[error(transparent)]
    Failed(#[from] Error),
}
