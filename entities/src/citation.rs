//! A project's mention in a clause (出处).

use sea_orm::entity::prelude::*;

use crate::ids::{CitationId, ClauseId, ProjectId};
use crate::row::FromCells;
use crate::vocabulary::Demand;

/// A project's mention in a clause (出处).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "citations")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CitationId,
    /// The project.
    pub project_id: ProjectId,
    /// The clause.
    pub clause_id: ClauseId,
    /// Order among the project's mentions; 0 is the primary one.
    pub position: i32,
    /// The few words that name the work.
    pub quote: String,
    /// The text's verb phrase.
    pub phrase: Option<String>,
    /// What the mention demands.
    pub demand: Demand,
    /// The text.
    pub source_file: String,
    /// 1-based line.
    pub source_line: i32,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
