//! What can be searched of a unit, folded.

use sea_orm::entity::prelude::*;

use crate::ids::UnitId;
use crate::row::FromCells;

/// What can be searched of a unit, folded. Derived: it can be made anew from the rows that it
/// tells of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "search_units")]
pub struct Model {
    /// The unit's code, as it stands in its row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// The unit.
    pub unit_id: UnitId,
    /// Its names, one a line.
    pub names: String,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
