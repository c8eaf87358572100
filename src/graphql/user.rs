//! Users, as administrators keep them.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use duban_entities::user;

use super::connection::{connection, list_cost, page_cost};
use super::context::{call, loaders, parse, services};
use super::error::{Result, public};
use super::grant::{Grant, GrantInput};
use super::loader::{ApiTokensOf, GrantsOf};
use super::scalar::DateTime;
use super::token::ApiToken;
use crate::policy::{Action, Facts, UserFacts, decide};
use crate::service::{NewUser, Secret};
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
        let grants = grants.unwrap_or_default();
        let integrates = grants
            .iter()
            .any(|grant| grant.role == duban_entities::vocabulary::Role::Integrator);
        let facts = UserFacts {
            id: self.row.id,
            jurisdictions: grants
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
            issue_api_token: may(Action::TokenIssue) && integrates,
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

/// Mutations on users.
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
}
