//! A unit that cooperates on a project (配合单位).

use sea_orm::entity::prelude::*;

use crate::ids::{ProjectId, UnitId};
use crate::row::FromCells;

/// A unit that cooperates on a project (配合单位).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "cooperating_units")]
pub struct Model {
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// The unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
    /// The text's own word for its role.
    pub role_words: Option<String>,
    /// Order in the list, from 0.
    pub position: i32,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
