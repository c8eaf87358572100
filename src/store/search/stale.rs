//! What a unit of work has changed of the searched texts.

use std::any::Any;
use std::collections::BTreeSet;

use duban_entities::ids::{ProjectId, UnitId};
use duban_entities::{project, unit};

use crate::store::record::Row;

/// The projects and units whose texts are to be indexed anew. Their codes, by which the index
/// knows them, never change.
#[derive(Debug, Default)]
pub(in crate::store) struct Stale {
    pub(super) projects: BTreeSet<ProjectId>,
    pub(super) units: BTreeSet<UnitId>,
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
        if before.title != after.title {
            self.projects.insert(after.id);
        }
    }

    fn unit(&mut self, before: &unit::Model, after: &unit::Model) {
        if (&before.name, &before.full_name) != (&after.name, &after.full_name) {
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
