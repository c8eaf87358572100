//! What a unit of work has changed of the searched texts.

use std::any::Any;
use std::collections::BTreeSet;

use duban_entities::ids::{ProjectId, UnitId};
use duban_entities::{project, unit};

use crate::store::record::Row;

/// The projects and units whose texts are to be indexed anew.
#[derive(Debug, Default)]
pub(in crate::store) struct Stale {
    pub(super) projects: BTreeSet<ProjectId>,
    pub(super) units: BTreeSet<UnitId>,
    /// Codes that no longer stand for what they stood for.
    pub(super) codes: BTreeSet<String>,
}

impl Stale {
    /// Notes a new row.
    pub(in crate::store) fn made<R: Row>(&mut self, row: &R) {
        let row: &dyn Any = row;
        if let Some(row) = row.downcast_ref::<project::Model>() {
            self.projects.insert(row.id);
        } else if let Some(row) = row.downcast_ref::<unit::Model>() {
            self.units.insert(row.id);
        }
    }

    /// Notes a changed row, where what changed is searched.
    pub(in crate::store) fn changed<R: Row>(&mut self, before: &R, after: &R) {
        let (before, after): (&dyn Any, &dyn Any) = (before, after);
        let both = before.downcast_ref().zip(after.downcast_ref());
        if let Some((before, after)) = both {
            self.project(before, after);
        }
        let both = before.downcast_ref().zip(after.downcast_ref());
        if let Some((before, after)) = both {
            self.unit(before, after);
        }
    }

    fn project(&mut self, before: &project::Model, after: &project::Model) {
        if before.code != after.code {
            self.codes.insert(before.code.clone());
        }
        if (&before.code, &before.title) != (&after.code, &after.title) {
            self.projects.insert(after.id);
        }
    }

    fn unit(&mut self, before: &unit::Model, after: &unit::Model) {
        let names = |row: &unit::Model| (row.name.clone(), row.full_name.clone());
        if before.code != after.code {
            self.codes.insert(before.code.clone());
        }
        if before.code != after.code || names(before) != names(after) {
            self.units.insert(after.id);
        }
    }

    /// Notes projects whose other names or mentions are written anew.
    pub(in crate::store) fn parts_of_projects(&mut self, ids: impl IntoIterator<Item = ProjectId>) {
        self.projects.extend(ids);
    }

    /// Notes units whose other names are written anew.
    pub(in crate::store) fn parts_of_units(&mut self, ids: impl IntoIterator<Item = UnitId>) {
        self.units.extend(ids);
    }
}
