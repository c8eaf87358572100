//! API tokens: read-only, for integrators' programs, shown once.

use chrono::{DateTime, TimeDelta, Utc};
use duban_entities::api_token;
use duban_entities::ids::{ApiTokenId, UserId};
use duban_entities::vocabulary::Role;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::credential::{Kind, Opaque};
use super::fetch::note;
use super::idempotency::{self, Key};
use super::names::is_display_name;
use super::{Call, Secret, Services};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts};
use crate::store::record::Fields;
use crate::store::{Work, authorise, facts, tokens, users};

const DEFAULT_LIFE: TimeDelta = TimeDelta::days(90);
const LONGEST_LIFE: TimeDelta = TimeDelta::days(365);

/// A token to be issued.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    /// For whom; the caller where not said.
    #[serde(skip)]
    pub user: Option<UserId>,
    /// What it is for.
    pub name: String,
    /// When it ends; 90 days from now where not said, 365 at most.
    pub expires_at: Option<DateTime<Utc>>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// An issued token.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The row.
    pub token: api_token::Model,
    /// The token itself; none where an idempotency key recalled it, because it is kept
    /// nowhere.
    pub secret: Option<Secret>,
}

/// A row to be, checked.
struct Draft {
    user: UserId,
    name: String,
    token_hash: String,
    expires_at: DateTime<Utc>,
}

impl Services {
    /// Issues an API token for an integrator: the caller, or a user whom the caller
    /// administers.
    ///
    /// # Errors
    /// As the policy; [`Error::Invalid`] for a name or an end that is not fit;
    /// [`Error::Blocked`] for a user who is disabled or no integrator.
    pub async fn issue_token(&self, call: &Call, new: NewToken) -> Result<IssuedToken> {
        Self::signed_in(call)?;
        let signed_in = call.principal.user_id();
        let user = new.user.or(signed_in);
        let user = user.ok_or(Error::Unauthenticated("sign in first"))?;
        let content = (user.to_string(), &new);
        let key = Key::of("apiTokenIssue", new.idempotency_key.as_deref(), &content)?;
        let (name, expires_at) = self.check_token(&new)?;
        let opaque = Opaque::generate(Kind::Api)?;
        let draft = Draft {
            user,
            name,
            token_hash: opaque.hash.clone(),
            expires_at,
        };
        let token = self
            .store
            .write(call.write(None), move |work| {
                Box::pin(async move { issue(work, draft, key).await })
            })
            .await?;
        tracing::info!(
            target: "security", event = "api_token_issued", user = %user, token = %token.id,
            actor = ?call.principal.actor,
        );
        let fresh = token.token_hash == opaque.hash;
        Ok(IssuedToken {
            token,
            secret: fresh.then_some(opaque.secret),
        })
    }

    fn check_token(&self, new: &NewToken) -> Result<(String, DateTime<Utc>)> {
        let now = self.clock.now();
        let name: String = new.name.trim().nfc().collect();
        let expires_at = new.expires_at.unwrap_or(now + DEFAULT_LIFE);
        let mut problems = Problems::default();
        let message = "1 to 100 characters, no control characters";
        problems.require(is_display_name(&name), "name", message);
        let in_time = expires_at > now && expires_at <= now + LONGEST_LIFE;
        problems.require(in_time, "expiresAt", "it lies ahead, at most 365 days");
        problems.finish()?;
        Ok((name, expires_at))
    }

    /// The API tokens of a user, revoked and expired ones too, the latest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user whom the caller neither is nor administers.
    pub async fn tokens(&self, call: &Call, user: UserId) -> Result<Vec<api_token::Model>> {
        Self::known(call)?;
        let facts = facts::of_user(self.store.read(), user).await?;
        authorise(&call.principal, Action::UserRead, Facts::User(&facts))?;
        tokens::of_users(self.store.read(), vec![user]).await
    }

    /// Revokes an API token: it is refused from the next request on. A revoked one stays as
    /// it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one of a user whom the caller neither is nor administers.
    pub async fn revoke_token(
        &self,
        call: &Call,
        id: ApiTokenId,
        reason: Option<&str>,
    ) -> Result<api_token::Model> {
        Self::signed_in(call)?;
        let reason = note("reason", reason)?;
        let revoked = self
            .store
            .write(call.write(reason), move |work| {
                Box::pin(async move { revoke(work, id).await })
            })
            .await?;
        tracing::info!(
            target: "security", event = "api_token_revoked", user = %revoked.user_id, token = %id,
            actor = ?call.principal.actor,
        );
        Ok(revoked)
    }
}

async fn issue(work: &mut Work, draft: Draft, key: Option<Key>) -> Result<api_token::Model> {
    let facts = facts::of_user(work.connection(), draft.user).await?;
    let permit = work.permit(Action::TokenIssue, Facts::User(&facts))?;
    // Also the queue for calls with the same idempotency key.
    let user = users::lock(work, draft.user).await?;
    if let Some(made) = idempotency::replay::<String>(work, key.as_ref()).await? {
        let id = made.parse().map_err(Error::internal)?;
        return tokens::find(work.connection(), id).await;
    }
    let grants = users::grants_in_force(work.connection(), user.id, work.at()).await?;
    let integrates = grants.iter().any(|grant| grant.role == Role::Integrator);
    if user.disabled_at.is_some() || !integrates {
        let message = "only an integrator who may sign in has API tokens";
        return Err(Error::blocked("NOT_AN_INTEGRATOR", message));
    }
    let row = api_token::Model {
        id: work.new_id(),
        user_id: draft.user,
        name: draft.name,
        token_hash: draft.token_hash,
        created_at: work.at(),
        expires_at: draft.expires_at,
        revoked_at: None,
        last_used_at: None,
        last_used_peer: None,
        version: 1,
    };
    let token = work.create(&permit, row, Fields::new()).await?;
    idempotency::remember(work, key, &token.id.to_string()).await?;
    Ok(token)
}

async fn revoke(work: &mut Work, id: ApiTokenId) -> Result<api_token::Model> {
    let before = tokens::find(work.connection(), id).await?;
    let facts = facts::of_user(work.connection(), before.user_id).await?;
    let permit = work.permit(Action::TokenRevoke, Facts::User(&facts))?;
    if before.revoked_at.is_some() {
        return Ok(before);
    }
    let mut after = before.clone();
    after.revoked_at = Some(work.at());
    work.update(&permit, &before, after).await
}
