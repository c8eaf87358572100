//! Signing in and out, and one's own sessions.

use duban_entities::ids::{RefreshTokenId, SessionId};
use duban_entities::{refresh_token, session, user};

use super::authentication::Person;
use super::credential::{ACCESS_LIFE, Claims, Kind, Opaque, SessionLives, Verdict};
use super::names::canonical_username;
use super::throttle::Attempt;
use super::{Call, RequestInfo, Secret, Services};
use crate::clock::new_id;
use crate::error::{Error, Result};
use crate::policy::{Action, Actor, Credential, Facts, Principal};
use crate::store::{Work, authorise, facts, sessions, users};

/// The one refusal of a sign-in: unknown, wrong and disabled read alike.
const REFUSED: Error = Error::Unauthenticated("the user name or the password is not right");

/// A sign-in or its continuation. The tokens are shown this once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// For the `Authorization: Bearer` header.
    pub access_token: Secret,
    /// For the next refresh, once.
    pub refresh_token: Secret,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// Who it is, with the grants in force.
    pub person: Person,
    /// Who it is, for what is read with the same answer.
    pub principal: Principal,
}

/// Where a new session begins.
struct Opening {
    session: session::Model,
    token_hash: String,
    token_id: RefreshTokenId,
}

impl Services {
    /// Signs in with a password.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same for an unknown user, a wrong password and a
    /// disabled user; [`Error::RateLimited`] after too many failures;
    /// [`Error::Unavailable`] when too many hashes wait.
    pub async fn sign_in(
        &self,
        request: &RequestInfo,
        username: &str,
        password: &str,
    ) -> Result<SignedIn> {
        let username = canonical_username(username);
        let typed = username.as_deref().unwrap_or_default();
        let attempt = Attempt::new(typed, &request.peer);
        self.take(request, &attempt).await?;
        let known = match &username {
            Some(username) => users::by_username(self.store.read(), username).await?,
            None => None,
        };
        let user = self.prove(request, &attempt, known, password).await?;
        let signed_in = self.open_session(request, attempt, user).await?;
        self.tidy_now_and_then().await;
        Ok(signed_in)
    }

    /// Takes an attempt before anything is hashed.
    pub(super) async fn take(&self, request: &RequestInfo, attempt: &Attempt) -> Result<()> {
        let (limits, taken) = (self.credentials.limits, attempt.clone());
        let context = Call::anonymous(request.clone()).write(None);
        let outcome = self
            .store
            .write(context, move |work| {
                Box::pin(async move { taken.take(work, limits).await })
            })
            .await;
        if let Err(Error::RateLimited { .. }) = outcome {
            tracing::warn!(target: "security", event = "sign_in_throttled", peer = request.peer);
        }
        outcome
    }

    /// Verifies the password, in the same time for everybody, and hashes it anew where the
    /// parameters have changed since.
    async fn prove(
        &self,
        request: &RequestInfo,
        attempt: &Attempt,
        known: Option<user::Model>,
        password: &str,
    ) -> Result<(user::Model, Option<String>)> {
        let stored = known.as_ref().map(|user| user.password_hash.as_str());
        let verdict = match self.credentials.passwords.verify(password, stored).await {
            Err(busy @ Error::Unavailable { .. }) => {
                self.give_back(request, attempt).await?;
                return Err(busy);
            }
            verdict => verdict?,
        };
        let user = known.filter(|user| user.disabled_at.is_none() && verdict != Verdict::Wrong);
        let Some(user) = user else {
            tracing::warn!(target: "security", event = "sign_in_failed", peer = request.peer);
            return Err(REFUSED);
        };
        let better = match verdict {
            Verdict::Outdated => Some(self.credentials.passwords.hash(password).await?),
            Verdict::Right | Verdict::Wrong => None,
        };
        Ok((user, better))
    }

    /// Nothing was guessed: the attempt does not count.
    pub(super) async fn give_back(&self, request: &RequestInfo, attempt: &Attempt) -> Result<()> {
        let taken = attempt.clone();
        let context = Call::anonymous(request.clone()).write(None);
        self.store
            .write(context, move |work| {
                Box::pin(async move { taken.give_back(work).await })
            })
            .await
    }

    async fn open_session(
        &self,
        request: &RequestInfo,
        attempt: Attempt,
        (user, better): (user::Model, Option<String>),
    ) -> Result<SignedIn> {
        let token = Opaque::generate(Kind::Refresh)?;
        let lives = self.credentials.lives;
        let opening = self.opening(request, &user, lives, token.hash.clone());
        let claims = Claims {
            user: user.id,
            session: opening.session.id,
            refresh: opening.token_id,
        };
        let context = Call::anonymous(request.clone()).write(None);
        let seen = user.clone();
        self.store
            .write(context, move |work| {
                Box::pin(async move {
                    attempt.give_back(work).await?;
                    open(work, opening, &seen, better.as_deref(), lives).await
                })
            })
            .await?;
        tracing::info!(
            target: "security", event = "sign_in", user = %user.id, session = %claims.session,
            peer = request.peer,
        );
        self.answer(claims, user, token.secret).await
    }

    fn opening(
        &self,
        request: &RequestInfo,
        user: &user::Model,
        lives: SessionLives,
        token_hash: String,
    ) -> Opening {
        let now = self.clock.now();
        let user_agent = request.user_agent.as_ref();
        Opening {
            session: session::Model {
                id: new_id(self.clock.as_ref()),
                user_id: user.id,
                created_at: now,
                last_used_at: now,
                expires_at: now + lives.absolute,
                ended_at: None,
                peer: Some(request.peer.clone()),
                user_agent: user_agent.map(|agent| agent.chars().take(256).collect()),
            },
            token_hash,
            token_id: new_id(self.clock.as_ref()),
        }
    }

    /// The answer of a sign-in or refresh that has been committed.
    pub(super) async fn answer(
        &self,
        claims: Claims,
        user: user::Model,
        refresh_token: Secret,
    ) -> Result<SignedIn> {
        let now = self.clock.now();
        let name: uuid::Uuid = new_id(self.clock.as_ref());
        let access_token = self
            .credentials
            .access
            .sign(claims, &name.simple().to_string(), now)?;
        let grants = users::grants_in_force(self.store.read(), user.id, now).await?;
        let actor = Actor::User {
            id: user.id,
            name: user.name.clone(),
        };
        let credential = Credential::Session(claims.session);
        let principal = self
            .principal(actor, credential, user.must_change_password, &grants)
            .await?;
        Ok(SignedIn {
            access_token,
            refresh_token,
            expires_in: ACCESS_LIFE.num_seconds(),
            person: Person { user, grants },
            principal,
        })
    }

    /// Ends a session: that of the refresh token where one is given, else the caller's own.
    /// A token that is not known reads like one that has done its work.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where there is neither a token nor a session.
    pub async fn sign_out(&self, call: &Call, refresh_token: Option<&str>) -> Result<()> {
        let session = match (refresh_token, call.principal.credential) {
            (Some(token), _) => self.session_of(token).await?,
            (None, Credential::Session(session)) => Some(session),
            (None, _) => return Err(Error::Unauthenticated("sign in first")),
        };
        let Some(session) = session else {
            return Ok(());
        };
        self.store
            .write(call.write(None), move |work| {
                Box::pin(async move { sessions::end(work, session).await })
            })
            .await?;
        tracing::info!(
            target: "security", event = "sign_out", session = %session, peer = call.request.peer,
        );
        Ok(())
    }

    async fn session_of(&self, refresh_token: &str) -> Result<Option<SessionId>> {
        let Some(hash) = Opaque::lookup(Kind::Refresh, refresh_token) else {
            return Ok(None);
        };
        let found = sessions::of_token(self.store.read(), &hash).await?;
        Ok(found.map(|token| token.session_id))
    }

    /// The caller's own sessions that are not over, the latest first.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the caller is nobody.
    pub async fn sessions(&self, call: &Call) -> Result<Vec<session::Model>> {
        let id = call.principal.user_id();
        let id = id.ok_or(Error::Unauthenticated("sign in first"))?;
        let connection = self.store.read();
        let own = facts::of_user(connection, id).await?;
        authorise(&call.principal, Action::SessionManage, Facts::User(&own))?;
        let now = self.clock.now();
        sessions::live(connection, id, now, now - self.credentials.lives.idle).await
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] for anybody else's.
    pub async fn end_session(&self, call: &Call, id: SessionId) -> Result<session::Model> {
        let signed_in = call.principal.user_id();
        signed_in.ok_or(Error::Unauthenticated("sign in first"))?;
        let ended = self
            .store
            .write(call.write(None), move |work| {
                Box::pin(async move {
                    let found = sessions::find(work.connection(), id).await?;
                    let owner = facts::of_user(work.connection(), found.user_id).await?;
                    work.permit(Action::SessionManage, Facts::User(&owner))?;
                    sessions::end(work, id).await?;
                    sessions::find(work.connection(), id).await
                })
            })
            .await?;
        tracing::info!(
            target: "security", event = "session_ended", session = %id, peer = call.request.peer,
        );
        Ok(ended)
    }
}

/// Writes the session, unless the password was changed or the user disabled while it was
/// verified.
async fn open(
    work: &Work,
    opening: Opening,
    seen: &user::Model,
    better: Option<&str>,
    lives: SessionLives,
) -> Result<()> {
    let now = users::lock(work, seen.id).await?;
    if now.disabled_at.is_some() || now.password_hash != seen.password_hash {
        return Err(REFUSED);
    }
    if let Some(better) = better {
        users::rehash(work, &now, better).await?;
    }
    let Opening {
        session,
        token_hash,
        token_id,
    } = opening;
    let (id, end) = (session.id, session.expires_at);
    sessions::insert(work, session).await?;
    let token = refresh_token::Model {
        id: token_id,
        session_id: id,
        parent_id: None,
        token_hash,
        created_at: work.at(),
        expires_at: (work.at() + lives.refresh).min(end),
        used_at: None,
        access_used_at: None,
    };
    sessions::insert_token(work, token).await
}
