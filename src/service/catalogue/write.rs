//! Writes a blueprint: new rows in bulk, changed rows one by one, lists last.

use std::collections::BTreeMap;

use duban_entities::task;
use tokio::sync::mpsc::UnboundedSender;

use super::blueprint::Blueprint;
use super::cell::Ids;
use super::milestone::PlannedTask;
use super::outcome::{Outcome, Progress};
use super::parts::{PROJECT_LISTS, UNIT_LISTS};
use super::planner::{ListChange, Planned, api_name};
use super::shown;
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
    ids: &'a Ids,
    progress: &'a UnboundedSender<Progress>,
}

/// Writes everything.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    (blueprint, ids): (Blueprint, &Ids),
    progress: &UnboundedSender<Progress>,
) -> Result<Outcome> {
    let mut desk = Desk {
        work,
        permit,
        ids,
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
        let created: Result<Vec<(S, Fields)>> = new
            .into_iter()
            .map(|row| Ok((row.after, created(&row.lists, self.ids)?)))
            .collect();
        self.work.create_many(self.permit, created?).await?;
        self.tell(step, done, total);
        for row in known {
            if let Some(before) = &row.before {
                let changes = changed(&row.lists, self.ids)?;
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
            let evidence = task.evidence.as_ref().map(shown::evidence).transpose()?;
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
fn created(lists: &BTreeMap<String, ListChange>, ids: &Ids) -> Result<Fields> {
    let named = UNIT_LISTS.iter().chain(PROJECT_LISTS);
    let names = named.map(|list| (list.field, list.column));
    let mut fields = Fields::new();
    for (name, column) in names.chain([(AREAS, AREAS)]) {
        if let Some(list) = lists.get(column) {
            fields.insert(name, shown::list(column, list.to.as_deref(), ids)?);
        }
    }
    Ok(fields)
}

/// The lists of a row that change.
fn changed(lists: &BTreeMap<String, ListChange>, ids: &Ids) -> Result<Vec<FieldChange>> {
    let change = |(column, list): (&String, &ListChange)| {
        Ok(FieldChange {
            field: api_name(column).into(),
            from: shown::list(column, list.from.as_deref(), ids)?,
            to: shown::list(column, list.to.as_deref(), ids)?,
        })
    };
    let changed = lists.iter().filter(|(_, list)| list.differs());
    changed.map(change).collect()
}
