//! A unit that a text suggests as lead without saying so.

use sea_orm::entity::prelude::*;

use crate::ids::{CitationId, ProjectId, UnitId};
use crate::row::FromCells;

/// A unit that a text suggests as lead without saying so.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "suggested_leads")]
pub struct Model {
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// The unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
    /// The mention that suggests it.
    pub citation_id: CitationId,
    /// Order in the list, from 0.
    pub position: i32,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
