//! Users, as administrators keep them.

use duban_entities::ids::UserId;
use duban_entities::user;
use duban_entities::vocabulary::{Role, ScopeType};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::credential::{Strictness, check_password};
use super::fetch::note;
use super::grant::{self, GrantScope, NewGrant, Resolved};
use super::grant_rules;
use super::idempotency::{self, Key};
use super::names::{canonical_username, is_display_name};
use super::{Call, Secret, Services};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts, Permit};
use crate::store::page::{Page, PageRequest};
use crate::store::record::Fields;
use crate::store::{Work, authorise, facts, scope, sessions, users};

/// A user to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewUser {
    /// Login name: `[a-z0-9][a-z0-9._-]{1,62}`; upper-case letters are taken as lower-case.
    pub username: String,
    /// Display name.
    pub name: String,
    /// First password. It stays out of the hash that is kept for the idempotency key.
    #[serde(skip)]
    pub password: Secret,
    /// First grants.
    pub grants: Vec<NewGrant>,
    /// Why.
    pub reason: Option<String>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// How a user is made.
#[derive(Clone, Copy, Debug)]
struct Terms {
    must_change_password: bool,
    simulated: bool,
    strictness: Strictness,
}

const BY_ADMINISTRATOR: Terms = Terms {
    must_change_password: true,
    simulated: false,
    strictness: Strictness::Full,
};

const BY_COMMAND_LINE: Terms = Terms {
    must_change_password: false,
    ..BY_ADMINISTRATOR
};

const DEMONSTRATION: Terms = Terms {
    must_change_password: false,
    simulated: true,
    strictness: Strictness::Demonstration,
};

/// What goes into the row, checked.
struct Profile {
    username: String,
    name: String,
    password_hash: String,
    terms: Terms,
}

impl Services {
    /// Makes a user with first grants; the password must be changed at the first sign-in.
    ///
    /// # Errors
    /// As the policy: a scoped administrator gives at least one grant, all inside the
    /// jurisdiction. [`Error::Invalid`] for names, password and grants that are not fit.
    pub async fn create_user(&self, call: &Call, new: NewUser) -> Result<user::Model> {
        Self::signed_in(call)?;
        self.make_user(call, new, BY_ADMINISTRATOR).await
    }

    /// Makes a demonstration user: marked as simulated, with a password that may be short
    /// and need not be changed.
    ///
    /// # Errors
    /// As [`Services::create_user`].
    pub async fn create_simulated_user(&self, call: &Call, new: NewUser) -> Result<user::Model> {
        self.make_user(call, new, DEMONSTRATION).await
    }

    /// Makes a user who administers everything, from the command line.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the user name is taken or a text is not fit.
    pub async fn create_admin(
        &self,
        call: &Call,
        username: String,
        name: String,
        password: Secret,
    ) -> Result<user::Model> {
        let new = NewUser {
            username,
            name,
            password,
            grants: vec![NewGrant {
                role: Role::Administrator,
                scope: GrantScope::Everything,
                home_unit: None,
                valid_from: None,
                valid_to: None,
            }],
            reason: None,
            idempotency_key: None,
        };
        self.make_user(call, new, BY_COMMAND_LINE).await
    }

    async fn make_user(&self, call: &Call, new: NewUser, terms: Terms) -> Result<user::Model> {
        require_administrator(call)?;
        let key = Key::of("userCreate", new.idempotency_key.as_deref(), &new)?;
        let NewUser {
            username,
            name,
            password,
            grants,
            reason,
            idempotency_key: _,
        } = new;
        let reason = note("reason", reason.as_deref())?;
        let (username, name) = check_names(&username, &name, &password, terms)?;
        let password_hash = self.credentials.passwords.hash(password.expose()).await?;
        let profile = Profile {
            username,
            name,
            password_hash,
            terms,
        };
        let user = self
            .store
            .write(call.write(reason), move |work| {
                Box::pin(async move { make(work, profile, grants, key).await })
            })
            .await?;
        tracing::info!(
            target: "security", event = "user_created", user = %user.id,
            actor = ?call.principal.actor,
        );
        Ok(user)
    }

    /// Disables a user: every session ends at once. A disabled one stays as it is.
    ///
    /// # Errors
    /// As the policy; [`Error::Blocked`] for the last who administers everything.
    pub async fn disable_user(
        &self,
        call: &Call,
        id: UserId,
        reason: Option<&str>,
    ) -> Result<user::Model> {
        Self::signed_in(call)?;
        let reason = note("reason", reason)?;
        let user = self
            .store
            .write(call.write(reason), move |work| {
                Box::pin(async move { disable(work, id).await })
            })
            .await?;
        tracing::info!(
            target: "security", event = "user_disabled", user = %id, actor = ?call.principal.actor,
        );
        Ok(user)
    }

    /// Enables a user again. One that is not disabled stays as it is.
    ///
    /// # Errors
    /// As the policy.
    pub async fn enable_user(
        &self,
        call: &Call,
        id: UserId,
        reason: Option<&str>,
    ) -> Result<user::Model> {
        Self::signed_in(call)?;
        let reason = note("reason", reason)?;
        let user = self
            .store
            .write(call.write(reason), move |work| {
                Box::pin(async move {
                    let before = users::lock(work, id).await?;
                    let permit = permit(work, Action::UserEnable, id).await?;
                    let mut after = before.clone();
                    after.disabled_at = None;
                    work.update(&permit, &before, after).await
                })
            })
            .await?;
        tracing::info!(
            target: "security", event = "user_enabled", user = %id, actor = ?call.principal.actor,
        );
        Ok(user)
    }

    /// A user whom the caller administers, or the caller.
    ///
    /// # Errors
    /// [`Error::NotFound`] for anybody else.
    pub async fn user(&self, call: &Call, id: UserId) -> Result<user::Model> {
        Self::signed_in(call)?;
        let facts = facts::of_user(self.store.read(), id).await?;
        authorise(&call.principal, Action::UserRead, Facts::User(&facts))?;
        users::find(self.store.read(), id).await
    }

    /// One page of the users whom the caller administers, by user name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for one who administers nobody; else as
    /// [`PageRequest::window`].
    pub async fn users(&self, call: &Call, request: &PageRequest) -> Result<Page<user::Model>> {
        require_administrator(call)?;
        users::page(self.store.read(), &call.principal, request).await
    }

    /// How many users the caller administers.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for one who administers nobody.
    pub async fn count_users(&self, call: &Call) -> Result<u64> {
        require_administrator(call)?;
        users::count(self.store.read(), &call.principal).await
    }
}

/// Asks whether the caller administers users anywhere.
fn require_administrator(call: &Call) -> Result<()> {
    let administered = scope::administered(&call.principal);
    let somewhere = administered.map(|all| all.first().copied());
    let held = || {
        let mut scopes = call.principal.grants.iter();
        scopes.find_map(|held| held.scope.jurisdiction())
    };
    let facts = match somewhere.map(|own| own.or_else(held)) {
        Some(Some(jurisdiction)) => Facts::Jurisdiction(jurisdiction),
        Some(None) | None => Facts::Everything,
    };
    authorise(&call.principal, Action::UserRead, facts).map(|_| ())
}

async fn permit(work: &Work, action: Action, id: UserId) -> Result<Permit> {
    let facts = facts::of_user(work.connection(), id).await?;
    work.permit(action, Facts::User(&facts))
}

async fn make(
    work: &mut Work,
    profile: Profile,
    grants: Vec<NewGrant>,
    key: Option<Key>,
) -> Result<user::Model> {
    users::serialise(work).await?;
    if let Some(made) = idempotency::replay::<String>(work, key.as_ref()).await? {
        let id = made.parse().map_err(Error::internal)?;
        return users::find(work.connection(), id).await;
    }
    let mut resolved = Vec::with_capacity(grants.len());
    for grant in grants {
        resolved.push(grant::resolve(work, grant).await?);
    }
    let permits = permits(work, &resolved)?;
    grant_rules::check(work, &resolved, &[], "grants").await?;
    let taken = users::by_username(work.connection(), &profile.username).await?;
    if taken.is_some() {
        return Err(Error::invalid("username", "it is taken"));
    }
    let user = row(work, profile);
    let user = work.create(&permits.create, user, Fields::new()).await?;
    for (permit, grant) in permits.grants.iter().zip(resolved) {
        grant::insert(work, permit, &user, grant).await?;
    }
    idempotency::remember(work, key, &user.id.to_string()).await?;
    Ok(user)
}

/// What the policy answers about a new user.
struct Permits {
    create: Permit,
    grants: Vec<Permit>,
}

/// A new user belongs where the grants are; without a grant, to nobody but an
/// administrator of everything.
fn permits(work: &Work, grants: &[Resolved]) -> Result<Permits> {
    let scoped = scope::administered(work.principal()).is_some();
    if grants.is_empty() && scoped {
        let message = "give a grant in your jurisdiction: you could not see the user otherwise";
        return Err(Error::invalid("grants", message));
    }
    let first = grants.first().map_or(Facts::Everything, Resolved::facts);
    let create = work.permit(Action::UserCreate, first)?;
    let all = grants
        .iter()
        .map(|grant| work.permit(Action::GrantAdd, grant.facts()));
    Ok(Permits {
        create,
        grants: all.collect::<Result<_>>()?,
    })
}

fn row(work: &Work, profile: Profile) -> user::Model {
    let Profile {
        username,
        name,
        password_hash,
        terms,
    } = profile;
    user::Model {
        id: work.new_id(),
        username,
        name,
        password_hash,
        must_change_password: terms.must_change_password,
        disabled_at: None,
        simulated: terms.simulated || work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    }
}

async fn disable(work: &mut Work, id: UserId) -> Result<user::Model> {
    users::serialise(work).await?;
    let before = users::lock(work, id).await?;
    let permit = permit(work, Action::UserDisable, id).await?;
    if before.disabled_at.is_some() {
        return Ok(before);
    }
    let grants = users::grants_in_force(work.connection(), id, work.at()).await?;
    let administers_everything = grants.iter().any(|grant| {
        grant.role == Role::Administrator && grant.scope_type == ScopeType::Everything
    });
    if administers_everything {
        grant::require_another_administrator(work, id).await?;
    }
    let mut after = before.clone();
    after.disabled_at = Some(work.at());
    let user = work.update(&permit, &before, after).await?;
    sessions::end_all(work, id, None).await?;
    Ok(user)
}

fn check_names(
    username: &str,
    name: &str,
    password: &Secret,
    terms: Terms,
) -> Result<(String, String)> {
    let mut problems = Problems::default();
    let canonical = canonical_username(username);
    problems.require(
        canonical.is_some(),
        "username",
        "2 to 63 of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit",
    );
    let name: String = name.trim().nfc().collect();
    problems.require(
        is_display_name(&name),
        "name",
        "1 to 100 characters, no control characters",
    );
    let username = canonical.unwrap_or_default();
    let context = [username.as_str(), "duban"];
    if let Err(reason) = check_password(password.expose(), &context, terms.strictness) {
        problems.add("password", reason);
    }
    problems.finish()?;
    Ok((username, name))
}
