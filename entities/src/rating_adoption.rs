//! Rating rules that an office adopted, from a day on.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, RatingAdoptionId, UserId};
use crate::row::FromCells;

/// Rating rules that an office adopted, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "rating_adoptions")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RatingAdoptionId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// Code of the rules.
    pub code: String,
    /// Version of the rules.
    pub rules_version: String,
    /// The rules as they were adopted, as JSON.
    pub rules: String,
    /// The first day on which they hold.
    pub effective_from: NaiveDate,
    /// The document of the adoption.
    pub document_title: String,
    /// Its number.
    pub document_number: Option<String>,
    /// Who.
    pub adopted_by: UserId,
    /// When.
    pub adopted_at: DateTime<Utc>,
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
