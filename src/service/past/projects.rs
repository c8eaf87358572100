//! The counts of a portfolio over what stands in memory, as `store::portfolio` counts in
//! SQL.

use std::collections::HashMap;

use duban_entities::ids::ProjectId;
use duban_entities::task;
use duban_entities::vocabulary::{ProjectKind, TaskState};

use super::super::due_facts;
use super::filter::{Around, Whole, period_ended};
use crate::error::{Error, Result};
use crate::store::ledger::past::Past;
use crate::store::portfolio::Counts;
use crate::store::projects::ProjectFilter;
use crate::store::today::Today;

/// Counts the projects that the filter selects, and their tasks; where it selects a whole
/// jurisdiction, or everything, tasks without a project too.
pub(super) fn counts(past: &Past, today: &Today, filter: &ProjectFilter) -> Result<Counts> {
    let mut tasks: HashMap<ProjectId, Vec<task::Model>> = HashMap::new();
    let mut counts = Counts::default();
    let whole = filter.whole();
    for row in past.rows::<task::Model>()? {
        match (row.project_id, whole) {
            (Some(project), _) => tasks.entry(project).or_default().push(row),
            (None, Some(here)) if here.is_none_or(|id| row.jurisdiction_id == id) => {
                add_task(&mut counts, None, &row, today);
            }
            (None, _) => {}
        }
    }
    let around = Around::read(past, today)?;
    for known in past.of_type("Project") {
        let id: ProjectId = known.subject_id.parse().map_err(Error::internal)?;
        let project = Whole::restore(known, tasks.remove(&id).unwrap_or_default())?;
        if around.matches(filter, &project) {
            add(&mut counts, &project, today);
        }
    }
    Ok(counts)
}

fn add(counts: &mut Counts, project: &Whole, today: &Today) {
    let row = &project.row;
    counts.projects += 1;
    *counts.stages.entry(row.stage).or_default() += 1;
    counts.kinds.entry(row.kind).or_default().0 += 1;
    counts.unscheduled += i64::from(row.schedule_approved_at.is_none());
    match row.lead_unit_id {
        Some(unit) => counts.units.entry(unit).or_default().projects += 1,
        None => counts.unassigned += 1,
    }
    for task in &project.tasks {
        add_task(counts, Some(row.kind), task, today);
    }
}

/// Counts a task that is OPEN or SUBMITTED.
fn add_task(counts: &mut Counts, kind: Option<ProjectKind>, task: &task::Model, today: &Today) {
    if !matches!(task.state, TaskState::Open | TaskState::Submitted) {
        return;
    }
    let (facts, day) = (due_facts(task), today.of(task.jurisdiction_id));
    let overdue = i64::from(facts.is_overdue(day));
    counts.overdue += overdue;
    counts.period_ended += i64::from(period_ended(task, today));
    if let Some(kind) = kind {
        counts.kinds.entry(kind).or_default().1 += overdue;
    }
    if let Some(unit) = task.unit_id {
        let unit = counts.units.entry(unit).or_default();
        unit.open += 1;
        unit.overdue += overdue;
        unit.longest = unit
            .longest
            .max(overdue * i64::from(facts.days_overdue(day)));
    }
}
