//! A proposed change that another person decides (项目调整申请).

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ChangeRequestId, JurisdictionId, ProjectId, UnitId, UserId};
use crate::row::FromCells;
use crate::vocabulary::{ChangeKind, ChangeState};

/// A proposed change that another person decides (项目调整申请).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "change_requests")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChangeRequestId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The project; none while a new work is only proposed.
    pub project_id: Option<ProjectId>,
    /// What it changes.
    pub kind: ChangeKind,
    /// Where it stands.
    pub state: ChangeState,
    /// What is proposed, as JSON.
    pub content: String,
    /// Why.
    pub reason: Option<String>,
    /// True when it was made after the date that it changes.
    pub late: bool,
    /// Who proposed it.
    pub proposed_by: UserId,
    /// For which unit.
    pub proposed_unit_id: Option<UnitId>,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Who decided it.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// The decider's note.
    pub note: Option<String>,
    /// Title of the document that the decision cites.
    pub document_title: Option<String>,
    /// Its number.
    pub document_number: Option<String>,
    /// Its date.
    pub document_date: Option<NaiveDate>,
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
