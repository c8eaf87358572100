//! Reports, issues and orders for tests of what counts them, written straight into the
//! tables and the ledger.

use chrono::{NaiveDate, TimeDelta};
use duban_entities::ids::{ProjectId, TaskId, UnitId};
use duban_entities::task;
use duban_entities::vocabulary::{DueBasis, TaskKind, TaskState};

use super::known::{HERE, OFFICE, key};
use super::{NOW, Persona, date};

/// An open task of this kind.
fn open(n: u128, kind: TaskKind, unit_id: Option<UnitId>, due: NaiveDate) -> task::Model {
    task::Model {
        id: TaskId(key(n)),
        jurisdiction_id: HERE,
        kind,
        project_id: None,
        unit_id,
        title: format!("{kind} {n:x}"),
        role: None,
        weight: 0,
        position: 0,
        due_date: Some(due),
        baseline_due_date: Some(due),
        due_basis: Some(DueBasis::Demanded),
        counted_due_date: Some(due),
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
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A report of a project for a month, due on the 5th of December.
pub fn report(n: u128, project: ProjectId, unit: UnitId, period: &str) -> task::Model {
    task::Model {
        project_id: Some(project),
        due_basis: Some(DueBasis::ReportingDay),
        period: Some(period.to_owned()),
        ..open(n, TaskKind::Report, Some(unit), date(2026, 12, 5))
    }
}

/// An issue that a unit raised on a project; another must help, or the office.
pub fn issue(n: u128, project: ProjectId, by: UnitId, helper: Option<UnitId>) -> task::Model {
    task::Model {
        project_id: Some(project),
        raised_by: Some(Persona::Signatory.user()),
        raised_unit_id: Some(by),
        ..open(n, TaskKind::Issue, helper, date(2026, 11, 18))
    }
}

/// An order of the office to a unit, on no project in particular.
pub fn order(n: u128, unit: UnitId) -> task::Model {
    task::Model {
        raised_by: Some(Persona::Supervisor.user()),
        raised_unit_id: Some(OFFICE),
        ..open(n, TaskKind::Order, Some(unit), date(2026, 11, 25))
    }
}

/// The same, submitted by somebody so many days after the start of the tests.
pub fn submitted(row: task::Model, by: Persona, days: i64) -> task::Model {
    let at = NOW + TimeDelta::days(days);
    let late = row.due_date.map_or(0, |due| {
        let days = at.date_naive().signed_duration_since(due).num_days();
        i32::try_from(days.max(0)).unwrap()
    });
    task::Model {
        state: TaskState::Submitted,
        submitted_by: Some(by.user()),
        submitted_at: Some(at),
        first_submitted_on: Some(at.date_naive()),
        days_late: Some(late),
        ..row
    }
}
