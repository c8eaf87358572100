//! A reference to a document that supports a claim.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{TaskEvidenceId, TaskId};
use crate::row::FromCells;

/// A reference to a document that supports a claim.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "task_evidence")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskEvidenceId,
    /// The task.
    pub task_id: TaskId,
    /// Order in the list, from 0.
    pub position: i32,
    /// Title of the document.
    pub title: String,
    /// Its number.
    pub document_number: Option<String>,
    /// Its date.
    pub document_date: Option<NaiveDate>,
    /// Where it can be read.
    pub url: Option<String>,
    /// SHA-256 of its content, 64 lower-case hexadecimal digits.
    pub sha256: Option<String>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
