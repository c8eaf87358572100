//! The last number given in a series of a jurisdiction and year.

use sea_orm::entity::prelude::*;

use crate::ids::JurisdictionId;
use crate::row::FromCells;

/// The last number given in a series of a jurisdiction and year.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "document_numbers")]
pub struct Model {
    /// The jurisdiction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jurisdiction_id: JurisdictionId,
    /// What is numbered: ORDER or BRIEFING.
    #[sea_orm(primary_key, auto_increment = false)]
    pub series: String,
    /// The year.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// The last number given.
    pub last: i32,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
