//! Users and grants, as administrators keep them.

use async_graphql::{
    ComplexObject, Context, ID, InputObject, Object, OneofObject, SimpleObject, Union,
};
use duban_entities::{grant, user};

use super::connection::{connection, list_cost, page_cost};
use super::context::{call, loaders, parse, parse_option, services};
use super::error::{Result, public};
use super::jurisdiction::{Area, Jurisdiction};
use super::loader::{ApiTokensOf, GrantsOf};
use super::scalar::DateTime;
use super::token::ApiToken;
use super::unit::Unit;
use super::vocabulary::{Role, ScopeType};
use crate::error::Error;
use crate::policy::{Action, Facts, UserFacts, decide};
use crate::service::{self, GrantAdd, NewGrant, NewUser, Secret};
use crate::store::page::PageRequest;

/// Somebody who signs in, as an administrator and the person see one.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct User {
    #[graphql(skip)]
    row: user::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Login name.
    username: String,
    /// Display name.
    name: String,
    /// True until a password that somebody else set has been changed.
    must_change_password: bool,
    /// When the user was disabled.
    disabled_at: Option<DateTime>,
    /// True for a demonstration user.
    simulated: bool,
    /// When the user was made.
    created_at: DateTime,
    /// Grows by one at each change.
    version: i32,
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            username: row.username.clone(),
            name: row.name.clone(),
            must_change_password: row.must_change_password,
            disabled_at: row.disabled_at.map(DateTime),
            simulated: row.simulated,
            created_at: DateTime(row.created_at),
            version: row.version,
            row,
        }
    }
}

#[ComplexObject]
impl User {
    /// Every grant, past and future ones too, in the order given.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn grants(&self, ctx: &Context<'_>) -> Result<Vec<Grant>> {
        let rows = loaders(ctx)?.load_one(GrantsOf(self.row.id)).await?;
        let rows = rows.unwrap_or_default();
        Ok(rows.into_iter().map(Grant::from).collect())
    }

    /// The API tokens, revoked and expired ones too, the latest first.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn api_tokens(&self, ctx: &Context<'_>) -> Result<Vec<ApiToken>> {
        let rows = loaders(ctx)?.load_one(ApiTokensOf(self.row.id)).await?;
        let rows = rows.unwrap_or_default();
        Ok(rows.into_iter().map(ApiToken::from).collect())
    }

    /// What you may do with the user now.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<UserPermissions> {
        let grants = loaders(ctx)?.load_one(GrantsOf(self.row.id)).await?;
        let facts = UserFacts {
            id: self.row.id,
            jurisdictions: grants
                .unwrap_or_default()
                .into_iter()
                .map(|grant| grant.jurisdiction_id)
                .collect(),
        };
        let principal = &call(ctx)?.principal;
        let may = |action| decide(principal, action, Facts::User(&facts)).is_ok();
        let own = principal.user_id() == Some(self.row.id);
        Ok(UserPermissions {
            disable: may(Action::UserDisable),
            enable: may(Action::UserEnable),
            reset_password: may(Action::PasswordReset) && !own,
            change_grants: may(Action::GrantAdd) && may(Action::GrantEnd),
            issue_api_token: may(Action::TokenIssue),
            revoke_api_token: may(Action::TokenRevoke),
        })
    }
}

/// What a person may do with a user now, from the policy that will decide it.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserPermissions {
    /// Disable the user.
    disable: bool,
    /// Enable the user again.
    enable: bool,
    /// Set a password, to be changed at the next sign-in.
    reset_password: bool,
    /// Give and end grants.
    change_grants: bool,
    /// Issue an API token.
    issue_api_token: bool,
    /// Revoke an API token.
    revoke_api_token: bool,
}

connection!(UserConnection, UserEdge, User, user::Model);

/// A role that a user holds over a scope, for a time.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Grant {
    #[graphql(skip)]
    row: grant::Model,
    /// Opaque id.
    id: ID,
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

/// Root fields on users.
#[derive(Debug, Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// The users whom you administer, by user name.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<UserConnection> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let page = services.users(call, &request).await.map_err(public)?;
        let total = if ctx.look_ahead().field("totalCount").exists() {
            Some(services.count_users(call).await.map_err(public)?)
        } else {
            None
        };
        Ok(UserConnection::of(page, total))
    }

    /// One user whom you administer, or yourself.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<User> {
        let found = services(ctx)?.user(call(ctx)?, parse(&id)?).await;
        Ok(found.map_err(public)?.into())
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
    fn command(self) -> Result<NewGrant> {
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

/// A user to be made.
#[derive(Clone, Debug, InputObject)]
pub struct UserCreateInput {
    /// Login name: 2 to 63 of a–z, 0–9, dot, underscore and hyphen.
    username: String,
    /// Display name, 1 to 100 characters.
    name: String,
    /// First password, 12 characters to 256 bytes; it must be changed at the first sign-in.
    #[graphql(secret)]
    password: String,
    /// First grants.
    grants: Option<Vec<GrantInput>>,
    /// Why.
    reason: Option<String>,
    /// The same key and input makes one user.
    idempotency_key: Option<String>,
}

impl UserCreateInput {
    fn command(self) -> Result<NewUser> {
        let Self {
            username,
            name,
            password,
            grants,
            reason,
            idempotency_key,
        } = self;
        let grants = grants.unwrap_or_default().into_iter();
        Ok(NewUser {
            username,
            name,
            password: Secret::new(password),
            grants: grants.map(GrantInput::command).collect::<Result<_>>()?,
            reason,
            idempotency_key,
        })
    }
}

/// What `userCreate` made.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserCreatePayload {
    /// The new user.
    user: User,
}

/// Which user, and why.
#[derive(Clone, Debug, InputObject)]
pub struct UserDisableInput {
    /// The user.
    user_id: ID,
    /// Why.
    reason: Option<String>,
}

/// What `userDisable` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserDisablePayload {
    /// The user as it is now.
    user: User,
}

/// Which user, and why.
#[derive(Clone, Debug, InputObject)]
pub struct UserEnableInput {
    /// The user.
    user_id: ID,
    /// Why.
    reason: Option<String>,
}

/// What `userEnable` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserEnablePayload {
    /// The user as it is now.
    user: User,
}

/// A new password for somebody else.
#[derive(Clone, Debug, InputObject)]
pub struct PasswordResetInput {
    /// The user.
    user_id: ID,
    /// The password, 12 characters to 256 bytes; it must be changed at the next sign-in.
    #[graphql(secret)]
    password: String,
    /// Why.
    reason: Option<String>,
}

/// What `passwordReset` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct PasswordResetPayload {
    /// The user as it is now.
    user: User,
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

/// Mutations on users and grants.
#[derive(Debug, Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Makes a user, with first grants.
    async fn user_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UserCreateInput,
    ) -> Result<UserCreatePayload> {
        let made = services(ctx)?.create_user(call(ctx)?, input.command()?);
        let user = made.await.map_err(public)?.into();
        Ok(UserCreatePayload { user })
    }

    /// Disables a user: every session ends at once, and API tokens are refused.
    async fn user_disable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UserDisableInput,
    ) -> Result<UserDisablePayload> {
        let (id, reason) = (parse(&input.user_id)?, input.reason.as_deref());
        let user = services(ctx)?.disable_user(call(ctx)?, id, reason).await;
        let user = user.map_err(public)?.into();
        Ok(UserDisablePayload { user })
    }

    /// Enables a user again.
    async fn user_enable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UserEnableInput,
    ) -> Result<UserEnablePayload> {
        let (id, reason) = (parse(&input.user_id)?, input.reason.as_deref());
        let user = services(ctx)?.enable_user(call(ctx)?, id, reason).await;
        let user = user.map_err(public)?.into();
        Ok(UserEnablePayload { user })
    }

    /// Sets somebody else's password and ends all of their sessions.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: PasswordResetInput,
    ) -> Result<PasswordResetPayload> {
        let (id, reason) = (parse(&input.user_id)?, input.reason.as_deref());
        let services = services(ctx)?;
        let reset = services.reset_password(call(ctx)?, id, &input.password, reason);
        let user = reset.await.map_err(public)?.into();
        Ok(PasswordResetPayload { user })
    }

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
