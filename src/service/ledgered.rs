//! The past of a jurisdiction as figures need it: its tasks, projects and requests as they
//! stood at a month's end and as they stand at a head of the ledger, and who held what when.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId, UnitId};
use duban_entities::vocabulary::{ProjectKind, TaskKind};
use duban_entities::{change_request, project, task};
use serde::Deserialize;

use super::due_facts;
use crate::domain::reporting::Month;
use crate::domain::verdict::Owed;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::ledger::past::{Of, Past, Until};
use crate::store::ledger::timeline::History;
use crate::store::record::hundredths_of_decimal;
use crate::store::today::Today;

/// A year of a project's planned investment, as the ledger has it: in yuan.
#[derive(Deserialize)]
struct YearPlan {
    year: String,
    amount: String,
}

/// What is known of a jurisdiction's past.
#[derive(Debug)]
pub(super) struct Ledgered {
    jurisdiction: JurisdictionId,
    today: Today,
    pub(super) history: History,
    /// The tasks at the month's end.
    pub(super) then: Vec<task::Model>,
    /// The tasks at the head.
    pub(super) last: Vec<task::Model>,
    projects: HashMap<ProjectId, project::Model>,
}

impl Ledgered {
    /// Reads the ledger of a jurisdiction up to a head; what stood "then" is what stood when
    /// the month ended.
    ///
    /// # Errors
    /// [`Error::Internal`] when the ledger cannot be read.
    pub(super) async fn read(
        store: &Store,
        today: &Today,
        jurisdiction: JurisdictionId,
        month: Month,
        head: i64,
    ) -> Result<Self> {
        let moment = today.end_of(jurisdiction, month.last_day());
        let of = Of::Jurisdiction(jurisdiction);
        let history = History::read(store.read(), &of, Until::Entry(head), moment).await?;
        // A project that was recorded only later is known as it stands at the head.
        let mut projects = by_id(&history.last)?;
        projects.extend(by_id(&history.then)?);
        Ok(Self {
            jurisdiction,
            today: today.clone(),
            then: history.then.rows()?,
            last: history.last.rows()?,
            history,
            projects,
        })
    }

    /// The local date of an instant.
    pub(super) fn date_of(&self, at: DateTime<Utc>) -> NaiveDate {
        self.today.date_of(self.jurisdiction, at)
    }

    /// The kind of a project.
    pub(super) fn kind(&self, project: Option<ProjectId>) -> Option<ProjectKind> {
        self.projects.get(&project?).map(|row| row.kind)
    }

    /// The lead of a project at the month's end.
    pub(super) fn lead(&self, project: ProjectId) -> Option<UnitId> {
        self.projects.get(&project)?.lead_unit_id
    }

    /// The unit that held a task when a day ended; the one that holds it at the head where
    /// there is no day, or the day is still to come.
    pub(super) fn holder(
        &self,
        task: &task::Model,
        day: Option<NaiveDate>,
    ) -> Result<Option<UnitId>> {
        let Some(day) = day else {
            return Ok(task.unit_id);
        };
        let moment = self.today.end_of(self.jurisdiction, day);
        let held = self.history.value_at(&task.id.to_string(), "unit", moment);
        held.map(|unit| unit.parse().map_err(Error::internal))
            .transpose()
    }

    /// The first date that a task ever had: a return gives another one, and moves nothing to
    /// another unit or month.
    pub(super) fn first_due(&self, task: &task::Model) -> Option<NaiveDate> {
        let line = self.history.line(&task.id.to_string(), "dueDate");
        let first = line
            .iter()
            .find_map(|point| point.to.as_deref()?.parse().ok());
        first.or(task.due_date)
    }

    /// The decided and the waiting change requests at the head.
    pub(super) fn changes(&self) -> Result<Vec<change_request::Model>> {
        self.history.last.rows()
    }

    /// The investment that a project's year plans at the head, in fen.
    pub(super) fn year_plan(&self, project: ProjectId, year: i32) -> Result<Option<i64>> {
        let known = self.history.last.get(&project.to_string());
        let Some(text) = known.and_then(|known| known.field("investments")) else {
            return Ok(None);
        };
        let years: Vec<YearPlan> = serde_json::from_str(text).map_err(Error::internal)?;
        let year = year.to_string();
        let of = years.into_iter().find(|plan| plan.year == year);
        Ok(of.and_then(|plan| hundredths_of_decimal(&plan.amount)))
    }

    /// The projects at the head.
    pub(super) fn project_ids(&self) -> Vec<ProjectId> {
        let mut ids: Vec<ProjectId> = self.projects.keys().copied().collect();
        ids.sort();
        ids
    }
}

fn by_id(past: &Past) -> Result<HashMap<ProjectId, project::Model>> {
    let rows: Vec<project::Model> = past.rows()?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// What is judged of a task.
pub(super) fn owed(row: &task::Model) -> Owed {
    Owed {
        due: due_facts(row),
        baseline: row.baseline_due_date,
        first_submitted_on: row.first_submitted_on,
        waived: row.waived_at.is_some(),
    }
}

/// The tasks of a kind.
pub(super) fn of_kind(rows: &[task::Model], kind: TaskKind) -> impl Iterator<Item = &task::Model> {
    rows.iter().filter(move |row| row.kind == kind)
}
