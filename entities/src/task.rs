//! Something that one unit owes by a date: a milestone, report, issue or order.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ChangeRequestId, JurisdictionId, ProjectId, TaskId, UnitId, UserId};
use crate::row::FromCells;
use crate::vocabulary::{DueBasis, MilestoneRole, TaskKind, TaskState};

/// Something that one unit owes by a date: a milestone, report, issue or order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// What sort of task.
    pub kind: TaskKind,
    /// The project it belongs to.
    pub project_id: Option<ProjectId>,
    /// The unit that owes it; none where none leads yet.
    pub unit_id: Option<UnitId>,
    /// Title.
    pub title: String,
    /// A milestone's part in its schedule.
    pub role: Option<MilestoneRole>,
    /// A milestone's weight in hundredths; 0 where it has none.
    pub weight: i32,
    /// Order within the project.
    pub position: i32,
    /// Current due date.
    pub due_date: Option<NaiveDate>,
    /// First approved date.
    pub baseline_due_date: Option<NaiveDate>,
    /// Where the date comes from.
    pub due_basis: Option<DueBasis>,
    /// The date lateness is counted from: the due date moved by the days under suspension.
    pub counted_due_date: Option<NaiveDate>,
    /// The day on which a suspension stopped the clock.
    pub clock_stopped_on: Option<NaiveDate>,
    /// Where it stands.
    pub state: TaskState,
    /// The day on which the unit says it was done.
    pub completed_on: Option<NaiveDate>,
    /// The note of the last claim.
    pub claim_note: Option<String>,
    /// Who submitted it last.
    pub submitted_by: Option<UserId>,
    /// When it was submitted last.
    pub submitted_at: Option<DateTime<Utc>>,
    /// Local day of the first submission; lateness is judged on it.
    pub first_submitted_on: Option<NaiveDate>,
    /// Days late at the first submission.
    pub days_late: Option<i32>,
    /// Who verified or returned it last.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// The verifier's note, or the reason of the return.
    pub decision_note: Option<String>,
    /// How often it was returned.
    pub return_count: i32,
    /// The month that a report is owed for, `YYYY-MM`.
    pub period: Option<String>,
    /// An issue's description, or what an order demands.
    pub description: Option<String>,
    /// Who raised the issue or issued the order.
    pub raised_by: Option<UserId>,
    /// For which unit: the one with the difficulty, or the office that issued the order.
    pub raised_unit_id: Option<UnitId>,
    /// When a supervisor waived the report (免报).
    pub waived_at: Option<DateTime<Utc>>,
    /// The request for another date, made in time, that waits for a decision.
    pub pending_change_id: Option<ChangeRequestId>,
    /// Days late on a date that a late request replaced: they stay counted.
    pub carried_days_late: Option<i32>,
    /// True for a demonstration record.
    pub simulated: bool,
    /// Grows by one at each change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
