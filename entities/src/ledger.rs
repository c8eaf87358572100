//! One entry of the ledger (变更日志): append-only and hash-chained.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, ProjectId};
use crate::row::FromCells;
use crate::vocabulary::{ActorKind, Role};

/// One entry of the ledger (变更日志): append-only and hash-chained.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "ledger")]
pub struct Model {
    /// Place in the chain, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The request that made it.
    pub request_id: String,
    /// Person or part of the system.
    pub actor_kind: ActorKind,
    /// The actor's id.
    pub actor_id: String,
    /// The actor's name then.
    pub actor_name: String,
    /// The role used.
    pub role: Option<Role>,
    /// What was done, such as `project.move`.
    pub action: String,
    /// Type of the changed subject.
    pub subject_type: String,
    /// Id of the changed subject.
    pub subject_id: String,
    /// The project it concerns.
    pub project_id: Option<ProjectId>,
    /// The jurisdiction it concerns.
    pub jurisdiction_id: Option<JurisdictionId>,
    /// List of field, from, to as JSON.
    pub changes: String,
    /// Why.
    pub reason: Option<String>,
    /// Hash of the entry before, hexadecimal.
    pub prev_hash: String,
    /// Hash of this entry, hexadecimal.
    pub hash: String,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
