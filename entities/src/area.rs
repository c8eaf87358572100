//! A county, district or zone inside a jurisdiction (区域).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{AreaId, JurisdictionId};
use crate::row::FromCells;
use crate::vocabulary::AreaKind;

/// A county, district or zone inside a jurisdiction (区域).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "areas")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AreaId,
    /// The jurisdiction it lies in.
    pub jurisdiction_id: JurisdictionId,
    /// ASCII code, unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// What sort of area.
    pub kind: AreaKind,
    /// The text that names it.
    pub source_file: Option<String>,
    /// 1-based line in `source_file`.
    pub source_line: Option<i32>,
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
