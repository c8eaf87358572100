//! A rating that a supervisor sets beside the computed one.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, ProjectId, RatingOverrideId, UserId};
use crate::row::FromCells;
use crate::vocabulary::Rating;

/// A rating that a supervisor sets beside the computed one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "rating_overrides")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RatingOverrideId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The project.
    pub project_id: ProjectId,
    /// The rating.
    pub rating: Rating,
    /// Why.
    pub reason: String,
    /// The last day on which it stands.
    pub expires_on: NaiveDate,
    /// Who.
    pub overridden_by: UserId,
    /// When.
    pub overridden_at: DateTime<Utc>,
    /// When another override or a person ended it.
    pub ended_at: Option<DateTime<Utc>>,
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
