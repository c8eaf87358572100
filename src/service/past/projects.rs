//! The counts of a portfolio over what stands in memory, as `store::portfolio` counts in SQL:
//! of all that is asked for, or of what has changed since.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use duban_entities::ids::ProjectId;
use duban_entities::task;
use duban_entities::vocabulary::{ProjectKind, TaskState};

use super::super::due_facts;
use super::filter::{Around, Whole, period_ended};
use crate::error::{Error, Result};
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::ledger::past::{Of, Past, Until};
use crate::store::portfolio::{Counts, Owed, Place, Standing, standing};
use crate::store::projects::ProjectFilter;
use crate::store::record::Restore as _;
use crate::store::today::Today;

/// Subjects that are folded at once.
const FOLDED: usize = 500;

/// Counts what has not changed since an instant as it stands, and folds the rest. The filter
/// must say nothing but of projects themselves, and the principal see whole jurisdictions.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub(super) async fn counts_since(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    at: DateTime<Utc>,
    today: &Today,
) -> Result<Counts> {
    let Standing {
        mut counts,
        projects,
        under,
        tasks,
    } = standing(connection, principal, filter, at, today).await?;
    let around = Around::nothing(today);
    let mut kinds: HashMap<ProjectId, ProjectKind> = HashMap::new();
    for some in projects.chunks(FOLDED) {
        let past = fold(connection, some.iter().map(ToString::to_string), at).await?;
        for known in past.of_type("Project") {
            let project = Whole::restore(known, Vec::new())?;
            if around.matches(filter, &project) {
                kinds.insert(project.row.id, project.row.kind);
                add(&mut counts, &project, today);
            }
        }
    }
    for (project, owed) in under {
        let kind = kinds.get(&project).copied();
        if kind.is_some() {
            counts.add_owed(&Owed { kind, ..owed });
        }
    }
    for some in tasks.chunks(FOLDED) {
        let past = fold(connection, some.iter().map(|(id, _)| id.to_string()), at).await?;
        for (id, place) in some {
            let kind = match place {
                Place::Loose => None,
                Place::Of(kind) => Some(*kind),
                Place::Under(project) => match kinds.get(project) {
                    Some(kind) => Some(*kind),
                    None => continue,
                },
            };
            if let Some(known) = past.get(&id.to_string()) {
                add_task(&mut counts, kind, &task::Model::restore(known)?, today);
            }
        }
    }
    Ok(counts)
}

async fn fold(
    connection: &impl Reads,
    subjects: impl Iterator<Item = String>,
    at: DateTime<Utc>,
) -> Result<Past> {
    let of = Of::Subjects(subjects.collect());
    Past::read(connection, &of, Until::Instant(at)).await
}

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
