//! Changing, resetting and setting passwords.

use duban_entities::ids::{SessionId, UserId};
use duban_entities::user;

use super::credential::{Strictness, Verdict, check_password};
use super::fetch::note;
use super::names::canonical_username;
use super::throttle::Attempt;
use super::{Call, Services};
use crate::error::{Error, Result};
use crate::policy::{Action, Credential, Facts, Permit};
use crate::store::{Work, authorise, facts, part, sessions, users};

/// A new password, hashed.
pub(super) struct Hashed {
    hash: String,
    must_change: bool,
}

impl Services {
    /// Changes the caller's own password and ends the caller's other sessions.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong current or an unfit new password;
    /// [`Error::RateLimited`] after too many wrong ones.
    pub async fn change_password(
        &self,
        call: &Call,
        current: &str,
        new: &str,
    ) -> Result<user::Model> {
        let id = call.principal.user_id();
        let id = id.ok_or(Error::Unauthenticated("sign in first"))?;
        let own = facts::of_user(self.store.read(), id).await?;
        authorise(&call.principal, Action::PasswordChange, Facts::User(&own))?;
        let user = users::find(self.store.read(), id).await?;
        self.prove_current(call, &user, current).await?;
        if current == new {
            return Err(Error::invalid("newPassword", "it is the password in use"));
        }
        let hashed = self
            .hash_new(&user.username, new, "newPassword", false)
            .await?;
        let kept = match call.principal.credential {
            Credential::Session(session) => Some(session),
            Credential::None | Credential::ApiToken(_) | Credential::Internal => None,
        };
        let changed = self
            .store
            .write(call.write(None), move |work| {
                Box::pin(async move { replace_own(work, user, hashed, kept).await })
            })
            .await?;
        tracing::info!(target: "security", event = "password_changed", user = %id);
        Ok(changed)
    }

    /// A stolen session must not serve to guess the password.
    async fn prove_current(&self, call: &Call, user: &user::Model, current: &str) -> Result<()> {
        let attempt = Attempt::new(&user.username, &call.request.peer);
        self.take(&call.request, &attempt).await?;
        let stored = Some(user.password_hash.as_str());
        let verdict = self.credentials.passwords.verify(current, stored).await;
        if !matches!(verdict, Ok(Verdict::Wrong)) {
            self.give_back(&call.request, &attempt).await?;
        }
        if verdict? == Verdict::Wrong {
            tracing::warn!(target: "security", event = "password_change_failed", user = %user.id);
            return Err(Error::invalid("currentPassword", "it is not right"));
        }
        Ok(())
    }

    /// Checks and hashes a new password; `field` is its name in the input.
    pub(super) async fn hash_new(
        &self,
        username: &str,
        password: &str,
        field: &str,
        must_change: bool,
    ) -> Result<Hashed> {
        check_password(password, &[username, "duban"], Strictness::Full)
            .map_err(|reason| Error::invalid(field, reason))?;
        let hash = self.credentials.passwords.hash(password).await?;
        Ok(Hashed { hash, must_change })
    }

    /// Sets another's password, to be changed at the next sign-in, and ends all sessions.
    ///
    /// # Errors
    /// As the policy; [`Error::Invalid`] for an unfit password and for one's own.
    pub async fn reset_password(
        &self,
        call: &Call,
        id: UserId,
        password: &str,
        reason: Option<&str>,
    ) -> Result<user::Model> {
        Self::signed_in(call)?;
        let reason = note("reason", reason)?;
        let facts = facts::of_user(self.store.read(), id).await?;
        authorise(&call.principal, Action::PasswordReset, Facts::User(&facts))?;
        if call.principal.user_id() == Some(id) {
            return Err(Error::invalid(
                "user",
                "one's own password is changed, not reset",
            ));
        }
        let user = users::find(self.store.read(), id).await?;
        let hashed = self
            .hash_new(&user.username, password, "password", true)
            .await?;
        self.replace(call, id, hashed, reason).await
    }

    /// Sets a password from the command line and ends all sessions of the user.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown user; [`Error::Invalid`] for an unfit password.
    pub async fn set_password(
        &self,
        call: &Call,
        username: &str,
        password: &str,
        must_change: bool,
    ) -> Result<user::Model> {
        let username = canonical_username(username).ok_or(Error::NotFound)?;
        let user = users::by_username(self.store.read(), &username).await?;
        let user = user.ok_or(Error::NotFound)?;
        let hashed = self
            .hash_new(&username, password, "password", must_change)
            .await?;
        self.replace(call, user.id, hashed, None).await
    }

    async fn replace(
        &self,
        call: &Call,
        id: UserId,
        hashed: Hashed,
        reason: Option<String>,
    ) -> Result<user::Model> {
        let user = self
            .store
            .write(call.write(reason), move |work| {
                Box::pin(async move {
                    let user = users::lock(work, id).await?;
                    let facts = facts::of_user(work.connection(), id).await?;
                    let permit = work.permit(Action::PasswordReset, Facts::User(&facts))?;
                    write_password(work, &permit, user, hashed, None).await
                })
            })
            .await?;
        tracing::info!(
            target: "security", event = "password_set", user = %id, actor = ?call.principal.actor,
        );
        Ok(user)
    }
}

async fn replace_own(
    work: &mut Work,
    seen: user::Model,
    hashed: Hashed,
    kept: Option<SessionId>,
) -> Result<user::Model> {
    let user = users::lock(work, seen.id).await?;
    if user.password_hash != seen.password_hash {
        return Err(Error::Conflict {
            current: user.version,
        });
    }
    let facts = facts::of_user(work.connection(), user.id).await?;
    let permit = work.permit(Action::PasswordChange, Facts::User(&facts))?;
    write_password(work, &permit, user, hashed, kept).await
}

/// The hash stays out of the ledger; that it was set, and when, does not.
async fn write_password(
    work: &mut Work,
    permit: &Permit,
    before: user::Model,
    hashed: Hashed,
    kept: Option<SessionId>,
) -> Result<user::Model> {
    let mut after = before.clone();
    after.password_hash = hashed.hash;
    after.must_change_password = hashed.must_change;
    let set_at = work
        .at()
        .to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let noted = part("passwordSetAt", None, Some(set_at));
    let user = work.update_with(permit, &before, after, noted).await?;
    sessions::end_all(work, user.id, kept).await?;
    Ok(user)
}
