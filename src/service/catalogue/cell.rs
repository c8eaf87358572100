//! Cells and columns of rows: codes instead of keys, words instead of enums.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::NaiveDate;
use duban_entities::ids::{AreaId, ClauseId, JurisdictionId, PlanId, ProjectId, UnitId};
use duban_entities::vocabulary::{
    AreaKind, Disclosure, IndicatorNature, Participation, PlanStatus, ProjectKind, Qualifier,
    Stage, UnitKind,
};

use crate::error::{Error, Result};

/// Codes and keys of one table, both ways.
#[derive(Debug)]
pub(super) struct Codes<T> {
    by_code: HashMap<String, T>,
    by_id: HashMap<T, String>,
}

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self {
            by_code: HashMap::new(),
            by_id: HashMap::new(),
        }
    }
}

impl<T: Copy + Eq + Hash> Codes<T> {
    /// Notes a row.
    pub(super) fn add(&mut self, code: &str, id: T) {
        self.by_code.insert(code.to_owned(), id);
        self.by_id.insert(id, code.to_owned());
    }

    /// True if the code is known.
    pub(super) fn contains(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }

    /// The key of a code.
    pub(super) fn id(&self, code: &str) -> Result<T> {
        let unknown = || Error::internal(format!("the sheets were not checked: no {code}"));
        self.by_code.get(code).copied().ok_or_else(unknown)
    }

    /// The code of a key.
    pub(super) fn code(&self, id: T) -> Option<String> {
        self.by_id.get(&id).cloned()
    }
}

/// Codes and keys of everything that is referred to.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Jurisdictions.
    pub(super) jurisdictions: Codes<JurisdictionId>,
    /// Areas.
    pub(super) areas: Codes<AreaId>,
    /// Units.
    pub(super) units: Codes<UnitId>,
    /// Plans.
    pub(super) plans: Codes<PlanId>,
    /// Clauses.
    pub(super) clauses: Codes<ClauseId>,
    /// Projects.
    pub(super) projects: Codes<ProjectId>,
}

/// A column's value as a cell.
pub(super) trait Cell: Sized {
    /// The cell's text; none where it is empty.
    fn to_cell(&self, ids: &Ids) -> Option<String>;
    /// The value of a cell.
    fn from_cell(cell: Option<&str>, ids: &Ids) -> Result<Self>;
}

impl<T: Cell> Cell for Option<T> {
    fn to_cell(&self, ids: &Ids) -> Option<String> {
        self.as_ref().and_then(|value| value.to_cell(ids))
    }

    fn from_cell(cell: Option<&str>, ids: &Ids) -> Result<Self> {
        cell.map(|text| T::from_cell(Some(text), ids)).transpose()
    }
}

fn required(cell: Option<&str>) -> Result<&str> {
    cell.ok_or_else(|| Error::internal("the sheets were not checked: an empty cell"))
}

macro_rules! plain_cells {
    ($($type:ty),+ $(,)?) => {
        $(impl Cell for $type {
            fn to_cell(&self, _: &Ids) -> Option<String> {
                Some(self.to_string())
            }

            fn from_cell(cell: Option<&str>, _: &Ids) -> Result<Self> {
                required(cell)?.parse().map_err(Error::internal)
            }
        })+
    };
}

plain_cells!(
    String,
    i32,
    bool,
    NaiveDate,
    AreaKind,
    Disclosure,
    IndicatorNature,
    Participation,
    PlanStatus,
    ProjectKind,
    Qualifier,
    Stage,
    UnitKind,
);

macro_rules! code_cells {
    ($($type:ty = $table:ident),+ $(,)?) => {
        $(impl Cell for $type {
            fn to_cell(&self, ids: &Ids) -> Option<String> {
                ids.$table.code(*self)
            }

            fn from_cell(cell: Option<&str>, ids: &Ids) -> Result<Self> {
                ids.$table.id(required(cell)?)
            }
        })+
    };
}

code_cells!(
    AreaId = areas,
    ClauseId = clauses,
    JurisdictionId = jurisdictions,
    PlanId = plans,
    ProjectId = projects,
    UnitId = units,
);
