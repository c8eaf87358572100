//! API tokens for integrators' programs.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use duban_entities::api_token;

use super::context::{call, fleeting, parse, parse_option, services};
use super::error::{Result, public};
use super::person::Person;
use super::scalar::DateTime;
use crate::service::NewToken;

/// A read-only token for programs. The token itself is shown once, when it is issued.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ApiToken {
    #[graphql(skip)]
    row: api_token::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// What it is for.
    name: String,
    /// When it was issued.
    created_at: DateTime,
    /// When it ends.
    expires_at: DateTime,
    /// When it was revoked.
    revoked_at: Option<DateTime>,
}

impl From<api_token::Model> for ApiToken {
    fn from(row: api_token::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            name: row.name.clone(),
            created_at: DateTime(row.created_at),
            expires_at: DateTime(row.expires_at),
            revoked_at: row.revoked_at.map(DateTime),
            row,
        }
    }
}

#[ComplexObject]
impl ApiToken {
    /// When it was last used, to the minute.
    async fn last_used_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        fleeting(ctx);
        self.row.last_used_at.map(DateTime)
    }

    /// From which network address it was last used.
    async fn last_used_peer(&self, ctx: &Context<'_>) -> Option<&str> {
        fleeting(ctx);
        self.row.last_used_peer.as_deref()
    }

    /// For whom it reads.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.user_id)).await
    }
}

/// An API token to be issued.
#[derive(Clone, Debug, InputObject)]
pub struct ApiTokenIssueInput {
    /// For whom, an integrator; for yourself where absent.
    user_id: Option<ID>,
    /// What it is for, 1 to 100 characters.
    name: String,
    /// When it ends: in 90 days where absent, in 365 at most.
    expires_at: Option<DateTime>,
    /// The same key and input issues one token; the second answer does not show it again.
    idempotency_key: Option<String>,
}

/// What `apiTokenIssue` made.
#[derive(Clone, Debug, SimpleObject)]
pub struct ApiTokenIssuePayload {
    /// What is kept of the token.
    api_token: ApiToken,
    /// The token, for the `Authorization: Bearer` header. It is shown this once; null where
    /// the idempotency key recalled an earlier one.
    token: Option<String>,
}

/// Which API token, and why.
#[derive(Clone, Debug, InputObject)]
pub struct ApiTokenRevokeInput {
    /// The API token.
    api_token_id: ID,
    /// Why.
    reason: Option<String>,
}

/// What `apiTokenRevoke` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ApiTokenRevokePayload {
    /// The API token as it is now.
    api_token: ApiToken,
}

/// Mutations on API tokens.
#[derive(Debug, Default)]
pub struct TokenMutation;

#[Object]
impl TokenMutation {
    /// Issues an API token for an integrator: it reads, and nothing else.
    async fn api_token_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ApiTokenIssueInput,
    ) -> Result<ApiTokenIssuePayload> {
        let ApiTokenIssueInput {
            user_id,
            name,
            expires_at,
            idempotency_key,
        } = input;
        let new = NewToken {
            user: parse_option(user_id.as_ref())?,
            name,
            expires_at: expires_at.map(|at| at.0),
            idempotency_key,
        };
        let issued = services(ctx)?.issue_token(call(ctx)?, new).await;
        let issued = issued.map_err(public)?;
        Ok(ApiTokenIssuePayload {
            api_token: issued.token.into(),
            token: issued.secret.map(|secret| secret.expose().to_owned()),
        })
    }

    /// Revokes an API token: it is refused from the next request on.
    async fn api_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ApiTokenRevokeInput,
    ) -> Result<ApiTokenRevokePayload> {
        let (id, reason) = (parse(&input.api_token_id)?, input.reason.as_deref());
        let revoked = services(ctx)?.revoke_token(call(ctx)?, id, reason).await;
        let api_token = revoked.map_err(public)?.into();
        Ok(ApiTokenRevokePayload { api_token })
    }
}
