//! A bureau, county government, committee or company (单位); a tree.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{AreaId, JurisdictionId, UnitId};
use crate::row::FromCells;
use crate::vocabulary::UnitKind;

/// A bureau, county government, committee or company (单位); a tree.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "units")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitId,
    /// The jurisdiction it belongs to.
    pub jurisdiction_id: JurisdictionId,
    /// ASCII code, unique.
    pub code: String,
    /// The name used most.
    pub name: String,
    /// The full official name, where stated.
    pub full_name: Option<String>,
    /// What sort of unit; a COLLECTIVE is wording and never leads.
    pub kind: UnitKind,
    /// The unit above it.
    pub parent_id: Option<UnitId>,
    /// The area that it governs.
    pub area_id: Option<AreaId>,
    /// First day of its existence, where known.
    pub valid_from: Option<NaiveDate>,
    /// Last day of its existence.
    pub valid_to: Option<NaiveDate>,
    /// True for a demonstration record.
    pub simulated: bool,
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
