//! Who asks: the actor, how it proved itself, and the grants it holds now.

use std::collections::BTreeSet;

use duban_entities::ids::{ApiTokenId, AreaId, JurisdictionId, SessionId, UnitId, UserId};
use duban_entities::vocabulary::Role;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has signed in.
    Anonymous,
    /// A person.
    User {
        /// The user.
        id: UserId,
        /// Display name, for the ledger.
        name: String,
    },
    /// A part of the system, such as the importer.
    System(&'static str),
}

/// How the actor proved itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// It did not.
    None,
    /// By an access token of this session.
    Session(SessionId),
    /// By this read-only API token.
    ApiToken(ApiTokenId),
    /// It runs inside the program.
    Internal,
}

/// The scope of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every jurisdiction.
    Everything,
    /// One jurisdiction.
    Jurisdiction(JurisdictionId),
    /// One area of a jurisdiction.
    Area {
        /// The area.
        area: AreaId,
        /// Its jurisdiction.
        jurisdiction: JurisdictionId,
    },
    /// One unit and those below it.
    Unit {
        /// The unit.
        unit: UnitId,
        /// Its jurisdiction.
        jurisdiction: JurisdictionId,
        /// The unit and all below it.
        within: BTreeSet<UnitId>,
    },
}

impl Scope {
    /// The jurisdiction the scope lies in; none for everything.
    #[must_use]
    pub const fn jurisdiction(&self) -> Option<JurisdictionId> {
        match self {
            Self::Everything => None,
            Self::Jurisdiction(jurisdiction)
            | Self::Area { jurisdiction, .. }
            | Self::Unit { jurisdiction, .. } => Some(*jurisdiction),
        }
    }
}

/// A grant in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role: Role,
    /// Over what.
    pub scope: Scope,
    /// A supervisor's home unit and all below it: nothing is decided for them.
    pub home: BTreeSet<UnitId>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The actor.
    pub actor: Actor,
    /// How it proved itself.
    pub credential: Credential,
    /// The grants in force now.
    pub grants: Vec<Held>,
    /// True until a reset password has been changed: nothing else is allowed before.
    pub must_change_password: bool,
}

impl Principal {
    /// Nobody.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self {
            actor: Actor::Anonymous,
            credential: Credential::None,
            grants: Vec::new(),
            must_change_password: false,
        }
    }

    /// A part of the system, which may do what an unscoped administrator may, and import.
    #[must_use]
    pub fn system(name: &'static str) -> Self {
        Self {
            actor: Actor::System(name),
            credential: Credential::Internal,
            grants: vec![Held {
                role: Role::Administrator,
                scope: Scope::Everything,
                home: BTreeSet::new(),
            }],
            must_change_password: false,
        }
    }

    /// The user's id, if the actor is a person.
    #[must_use]
    pub const fn user_id(&self) -> Option<UserId> {
        match self.actor {
            Actor::User { id, .. } => Some(id),
            Actor::Anonymous | Actor::System(_) => None,
        }
    }

    /// True if the person holds a grant in a unit that includes this one.
    #[must_use]
    pub fn belongs_to(&self, unit: UnitId) -> bool {
        self.units().contains(&unit)
    }

    /// Every unit that the person's unit grants reach: their own units and those below.
    #[must_use]
    pub fn units(&self) -> BTreeSet<UnitId> {
        self.grants
            .iter()
            .filter_map(|held| match &held.scope {
                Scope::Unit { within, .. } => Some(within),
                Scope::Everything | Scope::Jurisdiction(_) | Scope::Area { .. } => None,
            })
            .flatten()
            .copied()
            .collect()
    }
}
