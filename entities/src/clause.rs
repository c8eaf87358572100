//! A part of a plan's outline (条款): part, chapter, section, box or numbered clause.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ClauseId, PlanId};
use crate::row::FromCells;

/// A part of a plan's outline (条款): part, chapter, section, box or numbered clause.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "clauses")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClauseId,
    /// The plan.
    pub plan_id: PlanId,
    /// ASCII code, unique.
    pub code: String,
    /// The clause around it.
    pub parent_id: Option<ClauseId>,
    /// Number as worded.
    pub number: Option<String>,
    /// Heading.
    pub heading: String,
    /// Place in the outline, from 0.
    pub position: i32,
    /// The text.
    pub source_file: String,
    /// 1-based line of the heading.
    pub source_line: i32,
    /// Grows by one at each change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
