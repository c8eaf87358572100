//! One submission of a report; a correction is another.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, ProjectId, ReportRevisionId, TaskId, UserId};
use crate::row::FromCells;
use crate::vocabulary::RevisionState;

/// One submission of a report; a correction is another.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "report_revisions")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReportRevisionId,
    /// The report.
    pub task_id: TaskId,
    /// The project.
    pub project_id: ProjectId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The month it reports on, `YYYY-MM`.
    pub period: String,
    /// From 1, in the order of submission.
    pub number: i32,
    /// Where it stands.
    pub state: RevisionState,
    /// How far the work is, in hundredths of a percent (0 to 10,000).
    pub percent_complete: i32,
    /// Investment of the month, in fen (hundredths of a yuan).
    pub investment_this_month: i64,
    /// Investment since the start, in fen.
    pub investment_to_date: i64,
    /// What was done (进展情况).
    pub narrative: String,
    /// What comes next (下步打算).
    pub next_steps: String,
    /// When the unit now expects to complete.
    pub forecast_completion: Option<NaiveDate>,
    /// Quantities achieved by target, as JSON: a list of `targetName` and `quantity`.
    pub achieved: String,
    /// References, as JSON.
    pub evidence: String,
    /// True where the unit says that nothing changed since the last month.
    pub unchanged: bool,
    /// Why a figure fell, or why an accepted report is corrected.
    pub reason: Option<String>,
    /// Who submitted it.
    pub submitted_by: UserId,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// On which local day.
    pub submitted_on: NaiveDate,
    /// Who accepted or returned it.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What the office said.
    pub decision_note: Option<String>,
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
