//! A proposed order that a person decided not to issue.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, OrderDismissalId, ProjectId, TaskId, UserId};
use crate::row::FromCells;
use crate::vocabulary::OrderLevel;

/// A proposed order that a person decided not to issue.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "order_dismissals")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderDismissalId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The project.
    pub project_id: ProjectId,
    /// The task, where the ground is one task.
    pub task_id: Option<TaskId>,
    /// The rule's ground.
    pub ground: String,
    /// The level that was proposed.
    pub level: OrderLevel,
    /// Why not.
    pub reason: String,
    /// Who.
    pub dismissed_by: UserId,
    /// When.
    pub dismissed_at: DateTime<Utc>,
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
