//! What the last import wrote of a row, so that a later one tells people's changes from its own.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::row::FromCells;

/// What the last import wrote of a row, so that a later one tells people's changes from its own.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "import_rows")]
pub struct Model {
    /// The table of the format.
    #[sea_orm(primary_key, auto_increment = false)]
    pub table_name: String,
    /// The row's code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// The fields it wrote, as JSON.
    pub content: String,
    /// When.
    pub imported_at: DateTime<Utc>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
