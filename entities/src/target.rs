//! A quantity as the plan words it (建设内容及规模).

use sea_orm::entity::prelude::*;

use crate::ids::{ProjectId, TargetId};
use crate::row::FromCells;
use crate::vocabulary::Qualifier;

/// A quantity as the plan words it (建设内容及规模).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "targets")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TargetId,
    /// The project.
    pub project_id: ProjectId,
    /// Order in the list, from 0.
    pub position: i32,
    /// What is counted.
    pub name: String,
    /// The plan's words.
    pub words: String,
    /// The number, as a decimal string.
    pub quantity: Option<String>,
    /// Upper end of a range, as a decimal string.
    pub quantity_to: Option<String>,
    /// How the number is meant.
    pub qualifier: Option<Qualifier>,
    /// Unit of measure.
    pub unit_of_measure: Option<String>,
    /// The text.
    pub source_file: Option<String>,
    /// 1-based line.
    pub source_line: Option<i32>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
