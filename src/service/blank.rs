//! A task with nothing said about it yet: what each kind starts from.

use chrono::{DateTime, Utc};
use duban_entities::ids::{JurisdictionId, TaskId};
use duban_entities::task;
use duban_entities::vocabulary::{TaskKind, TaskState};

use crate::store::Work;

/// An open task without unit, title or date, made by a unit of work.
pub(super) fn task(work: &Work, kind: TaskKind, jurisdiction: JurisdictionId) -> task::Model {
    task::Model {
        simulated: work.simulated(),
        ..task_of(work.new_id(), kind, jurisdiction, work.at())
    }
}

/// An open task without unit, title or date.
pub(super) const fn task_of(
    id: TaskId,
    kind: TaskKind,
    jurisdiction: JurisdictionId,
    at: DateTime<Utc>,
) -> task::Model {
    task::Model {
        id,
        jurisdiction_id: jurisdiction,
        kind,
        project_id: None,
        unit_id: None,
        title: String::new(),
        role: None,
        weight: 0,
        position: 0,
        due_date: None,
        baseline_due_date: None,
        due_basis: None,
        counted_due_date: None,
        clock_stopped_on: None,
        state: TaskState::Open,
        completed_on: None,
        claim_note: None,
        submitted_by: None,
        submitted_at: None,
        first_submitted_on: None,
        days_late: None,
        decided_by: None,
        decided_at: None,
        decision_note: None,
        return_count: 0,
        period: None,
        description: None,
        raised_by: None,
        raised_unit_id: None,
        waived_at: None,
        pending_change_id: None,
        carried_days_late: None,
        simulated: false,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}
