//! An identifier of a project in another scheme, such as the national project code.

use sea_orm::entity::prelude::*;

use crate::ids::ProjectId;
use crate::row::FromCells;

/// An identifier of a project in another scheme, such as the national project code.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "project_external_ids")]
pub struct Model {
    /// The scheme.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scheme: String,
    /// The identifier in that scheme.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The project.
    pub project_id: ProjectId,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
