//! An area that a project lies in.

use sea_orm::entity::prelude::*;

use crate::ids::{AreaId, ProjectId};
use crate::row::FromCells;

/// An area that a project lies in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "project_areas")]
pub struct Model {
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// The area.
    #[sea_orm(primary_key, auto_increment = false)]
    pub area_id: AreaId,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
