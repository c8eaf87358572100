//! Grants: which role over which scope.

use async_graphql::{
    ComplexObject, Context, ID, InputObject, Object, OneofObject, SimpleObject, Union,
};
use duban_entities::grant;

use super::context::{call, loaders, parse, parse_option, services};
use super::error::{Result, public};
use super::jurisdiction::{Area, Jurisdiction};
use super::scalar::DateTime;
use super::unit::Unit;
use super::vocabulary::{Role, ScopeType};
use crate::error::Error;
use crate::service::{self, GrantAdd, NewGrant};

/// A role that a user holds over a scope, for a time.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Grant {
    #[graphql(skip)]
    row: grant::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The role.
    role: Role,
    /// What sort of scope.
    scope_type: ScopeType,
    /// From when it holds; null for from the beginning.
    valid_from: Option<DateTime>,
    /// Until when it holds; null for without end.
    valid_to: Option<DateTime>,
    /// True for a demonstration grant.
    simulated: bool,
    /// Grows by one at each change.
    version: i32,
}

impl From<grant::Model> for Grant {
    fn from(row: grant::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            role: row.role.into(),
            scope_type: row.scope_type.into(),
            valid_from: row.valid_from.map(DateTime),
            valid_to: row.valid_to.map(DateTime),
            simulated: row.simulated,
            version: row.version,
            row,
        }
    }
}

/// Over what a grant holds.
#[derive(Clone, Debug, Union)]
pub enum GrantScope {
    /// One jurisdiction.
    Jurisdiction(Jurisdiction),
    /// One area.
    Area(Area),
    /// One unit and those below it.
    Unit(Unit),
}

#[ComplexObject]
impl Grant {
    /// Over what; null for everything.
    async fn scope(&self, ctx: &Context<'_>) -> Result<Option<GrantScope>> {
        let loaders = loaders(ctx)?;
        let grant::Model {
            jurisdiction_id,
            area_id,
            unit_id,
            ..
        } = self.row;
        Ok(match (unit_id, area_id, jurisdiction_id) {
            (Some(unit), _, _) => {
                let row = loaders.load_one(unit).await?;
                row.map(|row| GrantScope::Unit(row.into()))
            }
            (None, Some(area), _) => {
                let row = loaders.load_one(area).await?;
                row.map(|row| GrantScope::Area(row.into()))
            }
            (None, None, Some(jurisdiction)) => {
                let row = loaders.load_one(jurisdiction).await?;
                row.map(|row| GrantScope::Jurisdiction(row.into()))
            }
            (None, None, None) => None,
        })
    }

    /// A supervisor's home unit: nothing is decided for it or one below it.
    async fn home_unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = self.row.home_unit_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }
}

/// Over what a grant shall hold.
#[derive(Clone, Debug, OneofObject)]
pub enum GrantScopeInput {
    /// `true` for every jurisdiction.
    Everything(bool),
    /// One jurisdiction.
    JurisdictionId(ID),
    /// One area.
    AreaId(ID),
    /// One unit and those below it.
    UnitId(ID),
}

impl GrantScopeInput {
    fn command(&self) -> Result<service::GrantScope> {
        Ok(match self {
            Self::Everything(true) => service::GrantScope::Everything,
            Self::Everything(false) => {
                return Err(public(Error::invalid(
                    "scope.everything",
                    "it is true or absent",
                )));
            }
            Self::JurisdictionId(id) => service::GrantScope::Jurisdiction(parse(id)?),
            Self::AreaId(id) => service::GrantScope::Area(parse(id)?),
            Self::UnitId(id) => service::GrantScope::Unit(parse(id)?),
        })
    }
}

/// A grant to be given. REPORTER and SIGNATORY are given over a unit, SUPERVISOR over a
/// jurisdiction or area, AUDITOR, VIEWER and INTEGRATOR over a jurisdiction, ADMINISTRATOR
/// over everything or a jurisdiction and beside no other role.
#[derive(Clone, Debug, InputObject)]
pub struct GrantInput {
    /// The role.
    role: Role,
    /// Over what.
    scope: GrantScopeInput,
    /// A supervisor's home unit, in the jurisdiction of the scope.
    home_unit_id: Option<ID>,
    /// From when; at once where absent.
    valid_from: Option<DateTime>,
    /// Until when; without end where absent.
    valid_to: Option<DateTime>,
}

impl GrantInput {
    /// The grant in the words of the service.
    pub(super) fn command(self) -> Result<NewGrant> {
        let Self {
            role,
            scope,
            home_unit_id,
            valid_from,
            valid_to,
        } = self;
        Ok(NewGrant {
            role: role.into(),
            scope: scope.command()?,
            home_unit: parse_option(home_unit_id.as_ref())?,
            valid_from: valid_from.map(|at| at.0),
            valid_to: valid_to.map(|at| at.0),
        })
    }
}

/// A grant to be given to a user.
#[derive(Clone, Debug, InputObject)]
pub struct GrantAddInput {
    /// To whom.
    user_id: ID,
    /// The grant.
    grant: GrantInput,
    /// Why.
    reason: Option<String>,
    /// The same key and input makes one grant.
    idempotency_key: Option<String>,
}

/// What `grantAdd` made.
#[derive(Clone, Debug, SimpleObject)]
pub struct GrantAddPayload {
    /// The new grant.
    grant: Grant,
}

/// Which grant, and why.
#[derive(Clone, Debug, InputObject)]
pub struct GrantEndInput {
    /// The grant.
    grant_id: ID,
    /// Why.
    reason: Option<String>,
}

/// What `grantEnd` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct GrantEndPayload {
    /// The grant as it is now.
    grant: Grant,
}

/// Mutations on grants.
#[derive(Debug, Default)]
pub struct GrantMutation;

#[Object]
impl GrantMutation {
    /// Gives a grant to somebody else.
    async fn grant_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: GrantAddInput,
    ) -> Result<GrantAddPayload> {
        let GrantAddInput {
            user_id,
            grant,
            reason,
            idempotency_key,
        } = input;
        let input = GrantAdd {
            user: parse(&user_id)?,
            grant: grant.command()?,
            reason,
            idempotency_key,
        };
        let made = services(ctx)?.add_grant(call(ctx)?, input).await;
        let grant = made.map_err(public)?.into();
        Ok(GrantAddPayload { grant })
    }

    /// Ends a grant of somebody else now.
    async fn grant_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: GrantEndInput,
    ) -> Result<GrantEndPayload> {
        let (id, reason) = (parse(&input.grant_id)?, input.reason.as_deref());
        let ended = services(ctx)?.end_grant(call(ctx)?, id, reason).await;
        let grant = ended.map_err(public)?.into();
        Ok(GrantEndPayload { grant })
    }
}
