//! By which rules the index of the search was made.

use sea_orm::entity::prelude::*;

use crate::row::FromCells;

/// By which rules the index of the search was made; without a row it was not yet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "search_marks")]
pub struct Model {
    /// The number of the rules.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rules: i32,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
