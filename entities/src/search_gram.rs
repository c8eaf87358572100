//! Which texts have which two characters beside each other.

use sea_orm::entity::prelude::*;

use crate::row::FromCells;

/// Which texts have which two characters beside each other.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "search_grams")]
pub struct Model {
    /// The first character's code point times 2²¹, and the second's; 0 where the text ends.
    #[sea_orm(primary_key, auto_increment = false)]
    pub gram: i64,
    /// Where it stands: 2 at the start of a title, 3 further inside, 4 in the code or another
    /// name, 5 in a quote; 6 in a name of a unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tier: i32,
    /// The code of the project or unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
