//! Writes a blueprint: new rows in bulk, changed rows one by one, lists last.

use std::collections::BTreeMap;

use duban_entities::{task, task_evidence};
use tokio::sync::mpsc::UnboundedSender;

use super::blueprint::Blueprint;
use super::milestone::PlannedTask;
use super::outcome::{Outcome, Progress};
use super::parts::{PROJECT_LISTS, UNIT_LISTS};
use super::planner::{ListChange, Planned, api_name};
use super::subject::Subject;
use crate::error::Result;
use crate::policy::Permit;
use crate::store::ledger::FieldChange;
use crate::store::record::Fields;
use crate::store::{Work, part};

/// The field of a task's evidence.
const EVIDENCE: &str = "evidence";

/// The field of a project's areas, which stand in its own row of the spreadsheet.
const AREAS: &str = "areas";

/// Where a run tells how far it is.
struct Desk<'a> {
    work: &'a mut Work,
    permit: &'a Permit,
    progress: &'a UnboundedSender<Progress>,
}

/// Writes everything.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    blueprint: Blueprint,
    progress: &UnboundedSender<Progress>,
) -> Result<Outcome> {
    let mut desk = Desk {
        work,
        permit,
        progress,
    };
    desk.table(blueprint.jurisdictions).await?;
    desk.table(blueprint.areas).await?;
    desk.table(blueprint.units).await?;
    desk.table(blueprint.plans).await?;
    desk.table(blueprint.clauses).await?;
    desk.table(blueprint.indicators).await?;
    desk.table(blueprint.projects).await?;
    desk.tasks(blueprint.tasks).await?;
    desk.tell("lists", 0, 0);
    desk.work.replace_parts(permit, blueprint.parts).await?;
    desk.work.remember_import(permit, blueprint.memory).await?;
    desk.tell("ledger", 0, 0);
    Ok(blueprint.outcome)
}

impl Desk<'_> {
    /// Nobody need listen.
    fn tell(&self, step: &'static str, done: usize, total: usize) {
        let _ = self.progress.send(Progress { step, done, total });
    }

    async fn table<S: Subject>(&mut self, planned: Vec<Planned<S>>) -> Result<()> {
        let (step, total) = (S::TABLE.name(), planned.len());
        self.tell(step, 0, total);
        let (new, known): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|row| row.before.is_none());
        let mut done = new.len();
        let created = new.into_iter().map(|row| (row.after, created(&row.lists)));
        self.work
            .create_many(self.permit, created.collect())
            .await?;
        self.tell(step, done, total);
        for row in known {
            if let Some(before) = &row.before {
                let changes = changed(&row.lists);
                self.work
                    .update_with(self.permit, before, row.after, changes)
                    .await?;
            }
            done += 1;
            if done.is_multiple_of(500) {
                self.tell(step, done, total);
            }
        }
        Ok(())
    }

    async fn tasks(&mut self, planned: Vec<PlannedTask>) -> Result<()> {
        self.tell("milestones", 0, planned.len());
        let mut new: Vec<(task::Model, Fields)> = Vec::new();
        for task in planned {
            let evidence = task.evidence.as_ref().map(shown);
            match task.before {
                None => new.push((task.after, Fields::from([(EVIDENCE, evidence)]))),
                Some(before) => {
                    let changes = part(EVIDENCE, None, evidence);
                    let changes = changes.into_iter().filter(|change| change.to.is_some());
                    self.work
                        .update_with(self.permit, &before, task.after, changes.collect())
                        .await?;
                }
            }
        }
        self.work.create_many(self.permit, new).await
    }
}

/// The lists of a new row, every one from nothing.
fn created(lists: &BTreeMap<String, ListChange>) -> Fields {
    let field = |name: &'static str, column: &str| {
        let list = lists.get(column)?;
        Some((name, list.to.clone()))
    };
    let named = UNIT_LISTS.iter().chain(PROJECT_LISTS);
    named
        .filter_map(|list| field(list.field, list.column))
        .chain(field(AREAS, AREAS))
        .collect()
}

/// The lists of a row that change.
fn changed(lists: &BTreeMap<String, ListChange>) -> Vec<FieldChange> {
    let change = |(column, list): (&String, &ListChange)| FieldChange {
        field: api_name(column),
        from: list.from.clone(),
        to: list.to.clone(),
    };
    let changed = lists.iter().filter(|(_, list)| list.differs());
    changed.map(change).collect()
}

/// The evidence as the ledger shows it.
fn shown(evidence: &task_evidence::Model) -> String {
    let number = evidence.document_number.as_deref().unwrap_or_default();
    format!("{} {number}", evidence.title).trim_end().to_owned()
}
