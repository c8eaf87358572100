//! A role that a user holds over a scope, for a time.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{AreaId, GrantId, JurisdictionId, UnitId, UserId};
use crate::row::FromCells;
use crate::vocabulary::{Role, ScopeType};

/// A role that a user holds over a scope, for a time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    /// The user.
    pub user_id: UserId,
    /// The role.
    pub role: Role,
    /// What sort of scope.
    pub scope_type: ScopeType,
    /// The jurisdiction of the scope; none for EVERYTHING.
    pub jurisdiction_id: Option<JurisdictionId>,
    /// The area, for an AREA scope.
    pub area_id: Option<AreaId>,
    /// The unit, for a UNIT scope.
    pub unit_id: Option<UnitId>,
    /// A supervisor's home unit: nothing is decided for it or one below it.
    pub home_unit_id: Option<UnitId>,
    /// First instant of validity.
    pub valid_from: Option<DateTime<Utc>>,
    /// Instant at which it ends.
    pub valid_to: Option<DateTime<Utc>>,
    /// True for a demonstration grant.
    pub simulated: bool,
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
