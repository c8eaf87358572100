//! Another name of a unit.

use sea_orm::entity::prelude::*;

use crate::ids::{UnitAliasId, UnitId};
use crate::row::FromCells;

/// Another name of a unit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "unit_aliases")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitAliasId,
    /// The unit.
    pub unit_id: UnitId,
    /// The other name.
    pub alias: String,
    /// The text that uses it.
    pub source_file: Option<String>,
    /// 1-based line in `source_file`.
    pub source_line: Option<i32>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
