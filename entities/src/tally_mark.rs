//! The day for which the tallies of a jurisdiction stand.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::JurisdictionId;
use crate::row::FromCells;

/// The day for which the tallies of a jurisdiction stand; without a mark it has none.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "tally_marks")]
pub struct Model {
    /// The jurisdiction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jurisdiction_id: JurisdictionId,
    /// A local date of the jurisdiction.
    pub day: NaiveDate,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
