//! A report that a unit is writing: seen by the unit alone, and in the ledger without its content.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, ProjectId, ReportDraftId, TaskId, UserId};
use crate::row::FromCells;

/// A report that a unit is writing: seen by the unit alone, and in the ledger without its content.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "report_drafts")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReportDraftId,
    /// The report that is owed; one draft each.
    pub task_id: TaskId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The project.
    pub project_id: ProjectId,
    /// What has been written so far, as JSON.
    pub content: String,
    /// Who saved it last.
    pub saved_by: UserId,
    /// When.
    pub saved_at: DateTime<Utc>,
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
