//! Another name of a project.

use sea_orm::entity::prelude::*;

use crate::ids::{ProjectAliasId, ProjectId};
use crate::row::FromCells;

/// Another name of a project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "project_aliases")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectAliasId,
    /// The project.
    pub project_id: ProjectId,
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
