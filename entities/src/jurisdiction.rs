//! A government whose plans these are (辖区).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::JurisdictionId;
use crate::row::FromCells;

/// A government whose plans these are (辖区).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "jurisdictions")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JurisdictionId,
    /// Short ASCII code, the prefix of its project codes (`ZMD`).
    pub code: String,
    /// Name, as the plans write it.
    pub name: String,
    /// IANA time zone in which "today" is reckoned.
    pub time_zone: String,
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
