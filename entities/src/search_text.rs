//! What can be searched of a project, folded.

use sea_orm::entity::prelude::*;

use crate::row::FromCells;

/// What can be searched of a project, folded. What stands in an earlier column is not
/// repeated in a later one. Derived: it can be made anew from the rows that it tells of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "search_texts")]
pub struct Model {
    /// The project's code, as it stands in its row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Its title.
    pub title: String,
    /// Its code and its other names, one a line.
    pub names: String,
    /// The quotes of its mentions, one a line.
    pub quotes: String,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
