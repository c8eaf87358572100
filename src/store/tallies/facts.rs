//! What of a task and of a project is counted.

use chrono::{DateTime, Days, NaiveDate, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId, TaskId, UnitId};
use duban_entities::row::{Cells, FromCells};
use duban_entities::vocabulary::{DueBasis, MilestoneRole, ProjectKind, Stage, TaskState};
use duban_entities::{project, task};
use sea_orm::Condition;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};

use crate::store::projects::or_never;

/// Under what a project and its tasks are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) kind: ProjectKind,
    pub(super) stage: Stage,
}

/// A project as far as it is counted. In the order of the columns of a select of it
/// (`catch_up.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromCells)]
pub(super) struct Led {
    pub(super) id: ProjectId,
    pub(super) jurisdiction_id: JurisdictionId,
    pub(super) kind: ProjectKind,
    pub(super) stage: Stage,
    pub(super) lead_unit_id: Option<UnitId>,
    pub(super) schedule_approved_at: Option<DateTime<Utc>>,
}

impl Led {
    pub(super) const fn class(&self) -> Class {
        Class {
            kind: self.kind,
            stage: self.stage,
        }
    }
}

impl From<&project::Model> for Led {
    fn from(row: &project::Model) -> Self {
        Self {
            id: row.id,
            jurisdiction_id: row.jurisdiction_id,
            kind: row.kind,
            stage: row.stage,
            lead_unit_id: row.lead_unit_id,
            schedule_approved_at: row.schedule_approved_at,
        }
    }
}

/// A task as far as it is counted. In the order of the columns of [`placed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromCells)]
pub(super) struct Owed {
    pub(super) id: TaskId,
    pub(super) jurisdiction_id: JurisdictionId,
    pub(super) project_id: Option<ProjectId>,
    pub(super) unit_id: Option<UnitId>,
    pub(super) role: Option<MilestoneRole>,
    pub(super) due_date: Option<NaiveDate>,
    pub(super) due_basis: Option<DueBasis>,
    pub(super) counted_due_date: Option<NaiveDate>,
    pub(super) clock_stopped_on: Option<NaiveDate>,
    pub(super) carried_days_late: Option<i32>,
    pub(super) state: TaskState,
}

impl From<&task::Model> for Owed {
    fn from(row: &task::Model) -> Self {
        Self {
            id: row.id,
            jurisdiction_id: row.jurisdiction_id,
            project_id: row.project_id,
            unit_id: row.unit_id,
            role: row.role,
            due_date: row.due_date,
            due_basis: row.due_basis,
            counted_due_date: row.counted_due_date,
            clock_stopped_on: row.clock_stopped_on,
            carried_days_late: row.carried_days_late,
            state: row.state,
        }
    }
}

/// From when on an overdue task is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Since {
    /// Its clock runs: the counted date, less the days carried from an earlier one.
    Date(NaiveDate),
    /// Its clock is stopped: so many days.
    Days(i32),
}

/// All of a task that may change a count on any day up to one.
type Weight = (
    Option<UnitId>,
    Option<ProjectId>,
    bool,
    Option<(Since, Option<NaiveDate>)>,
    Option<NaiveDate>,
);

impl Owed {
    /// OPEN or SUBMITTED.
    pub(super) const fn is_active(&self) -> bool {
        matches!(self.state, TaskState::Open | TaskState::Submitted)
    }

    /// Since when it is overdue, if it is on this day (`Today::overdue` says the same in SQL).
    pub(super) fn overdue(&self, day: NaiveDate) -> Option<Since> {
        let basis = self
            .due_basis
            .filter(|basis| *basis != DueBasis::PlanPeriod);
        if self.state != TaskState::Open || basis.is_none() {
            return None;
        }
        let counted = self.counted_due_date?;
        let until = self.clock_stopped_on.unwrap_or(day);
        if counted >= until {
            return None;
        }
        let carried = self.carried_days_late.unwrap_or(0);
        if self.clock_stopped_on.is_some() {
            let days = until.signed_duration_since(counted).num_days();
            let days = i32::try_from(days).unwrap_or(i32::MAX);
            return Some(Since::Days(days.saturating_add(carried)));
        }
        let earlier = Days::new(carried.unsigned_abs().into());
        Some(Since::Date(
            counted.checked_sub_days(earlier).unwrap_or(counted),
        ))
    }

    /// True of a completion, or support, whose plan period has ended on this day
    /// (`Today::project_period_ended` says the same in SQL).
    pub(super) fn period_ended(&self, day: NaiveDate) -> bool {
        let whole = matches!(
            self.role,
            Some(MilestoneRole::Finish | MilestoneRole::Support)
        );
        self.state == TaskState::Open
            && whole
            && self.due_basis == Some(DueBasis::PlanPeriod)
            && self.due_date.is_some_and(|due| due < day)
    }

    /// What of it counts on any day up to this one: equal for a change that changes no count.
    pub(super) fn weight(&self, day: NaiveDate) -> Weight {
        (
            self.unit_id.filter(|_| self.is_active()),
            self.project_id,
            self.is_active(),
            self.overdue(day)
                .map(|since| (since, self.counted_due_date)),
            self.due_date.filter(|_| self.period_ended(day)),
        )
    }
}

/// A task with what it is counted under; nothing where it has no project.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) task: Owed,
    pub(super) class: Option<Class>,
}

impl FromCells for Placed {
    fn from_cells<C: Cells>(cells: &mut C) -> Result<Self, C::Error> {
        let task = Owed::from_cells(cells)?;
        let (kind, stage): (Option<ProjectKind>, Option<Stage>) = FromCells::from_cells(cells)?;
        let class = kind.zip(stage).map(|(kind, stage)| Class { kind, stage });
        Ok(Self { task, class })
    }
}

/// A select of [`Placed`].
pub(super) fn placed(condition: Condition) -> SelectStatement {
    use task::Column;
    let columns = [
        Column::Id,
        Column::JurisdictionId,
        Column::ProjectId,
        Column::UnitId,
        Column::Role,
        Column::DueDate,
        Column::DueBasis,
        Column::CountedDueDate,
        Column::ClockStoppedOn,
        Column::CarriedDaysLate,
        Column::State,
    ];
    Query::select()
        .columns(columns.map(|column| (task::Entity, column)))
        .expr_as(
            Expr::col((project::Entity, project::Column::Kind)),
            Alias::new("project_kind"),
        )
        .expr_as(
            Expr::col((project::Entity, project::Column::Stage)),
            Alias::new("project_stage"),
        )
        .from(task::Entity)
        .left_join(
            project::Entity,
            Expr::col((project::Entity, project::Column::Id))
                .equals((task::Entity, Column::ProjectId)),
        )
        .cond_where(condition)
        .to_owned()
}

/// A date of a task as the indexes have it: in the due date's place, where there is none, a
/// day behind all others.
pub(super) fn indexed(date: task::Column) -> Expr {
    let plain = Expr::col((task::Entity, date));
    match date {
        task::Column::DueDate => or_never(plain),
        _ => plain,
    }
}

/// OPEN, in the words of the partial indexes: a bound value would not match them.
pub(super) fn is_open() -> Expr {
    Expr::cust(r#""tasks"."state" = 'OPEN'"#)
}

#[cfg(test)]
mod tests {
    use duban_entities::vocabulary::TaskState::{Done, Open, Submitted};

    use super::*;

    fn march(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    fn task() -> Owed {
        Owed {
            id: TaskId(uuid::Uuid::nil()),
            jurisdiction_id: JurisdictionId(uuid::Uuid::nil()),
            project_id: None,
            unit_id: None,
            role: Some(MilestoneRole::Finish),
            due_date: Some(march(10)),
            due_basis: Some(DueBasis::Scheduled),
            counted_due_date: Some(march(10)),
            clock_stopped_on: None,
            carried_days_late: None,
            state: Open,
        }
    }

    #[test]
    fn an_open_task_past_its_counted_date_is_overdue() {
        assert_eq!(task().overdue(march(10)), None);
        assert_eq!(task().overdue(march(11)), Some(Since::Date(march(10))));
        let carried = Owed {
            carried_days_late: Some(3),
            ..task()
        };
        assert_eq!(carried.overdue(march(11)), Some(Since::Date(march(7))));
        for state in [Submitted, Done] {
            assert_eq!(Owed { state, ..task() }.overdue(march(11)), None);
        }
    }

    #[test]
    fn a_stopped_clock_stands_still_on_any_day() {
        let stopped = Owed {
            clock_stopped_on: Some(march(14)),
            carried_days_late: Some(2),
            ..task()
        };
        for day in [march(1), march(30)] {
            assert_eq!(stopped.overdue(day), Some(Since::Days(6)));
        }
    }

    #[test]
    fn the_end_of_a_period_is_no_deadline() {
        let period = Owed {
            due_basis: Some(DueBasis::PlanPeriod),
            ..task()
        };
        assert_eq!(period.overdue(march(30)), None);
        assert!(period.period_ended(march(11)) && !period.period_ended(march(10)));
        let undated = Owed {
            due_basis: None,
            ..task()
        };
        assert_eq!(undated.overdue(march(30)), None);
        assert!(!undated.period_ended(march(30)));
    }

    #[test]
    fn a_claim_in_time_changes_no_count() {
        let claimed = Owed {
            state: Submitted,
            ..task()
        };
        assert_eq!(task().weight(march(10)), claimed.weight(march(10)));
        assert_ne!(task().weight(march(11)), claimed.weight(march(11)));
        let done = Owed {
            state: Done,
            ..task()
        };
        assert_ne!(claimed.weight(march(10)), done.weight(march(10)));
    }
}
