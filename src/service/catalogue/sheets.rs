//! What an import is given: the rows of the spreadsheets, read and checked cell by cell.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// A table of the spreadsheet format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Table { $($(#[$doc])* $name,)+ }

        impl Table {
            /// Every table, in the order in which they build on each other.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stem of its files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

tables! {
    /// Governments.
    Jurisdictions = "jurisdictions",
    /// Counties, districts and zones.
    Areas = "areas",
    /// Bureaus, governments, committees, companies.
    Units = "units",
    /// Other names of units.
    UnitAliases = "unit_aliases",
    /// Plans.
    Plans = "plans",
    /// The outlines of plans.
    Clauses = "clauses",
    /// The target figures of plans.
    Indicators = "indicators",
    /// Works.
    Projects = "projects",
    /// Other names of projects.
    ProjectAliases = "project_aliases",
    /// Identifiers of projects in other schemes.
    ProjectExternalIds = "project_external_ids",
    /// Mentions of projects.
    Citations = "citations",
    /// Units that a text suggests as lead.
    SuggestedLeads = "suggested_leads",
    /// Cooperating units.
    CooperatingUnits = "cooperating_units",
    /// Quantities.
    Targets = "targets",
    /// What a verb phrase demands.
    Phrases = "phrases",
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where something stands: a file as the user named it, and a 1-based line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: Arc<str>,
    /// The line; 0 for the file as a whole.
    pub line: u64,
}

/// Something that keeps an import from happening.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// In which column, if in one.
    pub column: Option<String>,
    /// What was found.
    pub found: String,
    /// What is expected instead.
    pub expected: String,
}

impl Problem {
    /// A problem in this column.
    pub fn new(
        place: &Place,
        column: &str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            place: place.clone(),
            column: Some(column.to_owned()),
            found: found.into(),
            expected: expected.into(),
        }
    }
}

/// `file:line: column: found …, expected …`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.file)?;
        if self.place.line > 0 {
            write!(f, ":{}", self.place.line)?;
        }
        if let Some(column) = &self.column {
            write!(f, ": {column}")?;
        }
        write!(f, ": found {}, expected {}", self.found, self.expected)
    }
}

/// Cells by column. An empty cell is none: not stated.
pub type Cells = BTreeMap<String, Option<String>>;

/// One row: only the columns that its file has, each cell in its canonical text.
#[derive(Clone, Debug)]
pub struct SheetRow {
    /// Where it stands.
    pub place: Place,
    /// Its cells.
    pub cells: Cells,
}

impl SheetRow {
    /// The text of a cell; none where it is empty or its column is missing.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        self.cells.get(column)?.as_deref()
    }

    /// The text of a required cell, which the reader has made sure of.
    #[must_use]
    pub fn text(&self, column: &str) -> &str {
        self.get(column).unwrap_or_default()
    }

    /// The row's code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.text("code")
    }
}

/// All rows of one run.
#[derive(Clone, Debug, Default)]
pub struct Sheets {
    /// What was read, in the user's words, for the ledger's reason.
    pub sources: Vec<String>,
    /// The rows of each table, in the order of the files.
    pub rows: HashMap<Table, Vec<SheetRow>>,
    /// What could not be read. The rest is checked all the same, so that a run reports
    /// everything at once.
    pub problems: Vec<Problem>,
    /// Codes of rows that could not be read: references to them are not reported again.
    pub unread: HashSet<(Table, String)>,
    /// Tables with a file, or a row without a code, that could not be read.
    pub torn: HashSet<Table>,
}

impl Sheets {
    /// The rows of a table.
    #[must_use]
    pub fn of(&self, table: Table) -> &[SheetRow] {
        self.rows.get(&table).map_or(&[], Vec::as_slice)
    }
}
