//! From a bearer token to the principal of a request.
//!
//! Whether the session or token still stands is read with every request: a disabled user, an
//! ended session or a revoked grant is out with the next one. The grants themselves are read
//! again only when the ledger has moved. Every refusal reads alike.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use duban_entities::ids::{UnitId, UserId};
use duban_entities::vocabulary::{Role, ScopeType};
use duban_entities::{api_token, grant, user};
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::caller::{Caller, in_force, next_change};
use super::credential::{Claims, Kind, Opaque};
use super::{Call, Services};
use crate::error::{Error, Result};
use crate::policy::{Actor, Credential, Held, Principal, Scope};
use crate::store::{Work, WriteContext, ledger, sessions, tokens, users};

/// The one refusal of a token.
const REFUSED: Error = Error::Unauthenticated("the token is not valid: sign in again");

/// A user with the grants in force.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user.
    pub user: user::Model,
    /// The grants in force now.
    pub grants: Vec<grant::Model>,
}

impl Services {
    /// Who presents this access or API token, from this network address.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for anything that is not a token in force of a user who
    /// may sign in.
    pub async fn authenticate(&self, bearer: &str, peer: &str) -> Result<Caller> {
        let found = match Opaque::lookup(Kind::Api, bearer) {
            Some(hash) => self.by_api_token(&hash, peer).await,
            None => self.by_access_token(bearer).await,
        };
        if let Err(Error::Unauthenticated(_)) = found {
            tracing::info!(target: "security", event = "token_refused", peer);
        }
        found
    }

    async fn by_access_token(&self, bearer: &str) -> Result<Caller> {
        let now = self.clock.now();
        let claims = self.credentials.access.verify(bearer, now).ok_or(REFUSED)?;
        let connection = self.store.read();
        let standing = sessions::standing(connection, claims.session, claims.refresh)
            .await?
            .filter(|standing| self.is_live(standing, claims, now))
            .ok_or(REFUSED)?;
        if standing.access_used_at.is_none() {
            self.note_first_use(claims).await;
        }
        let credential = Credential::Session(claims.session);
        let who = Who {
            actor: Actor::User {
                id: claims.user,
                name: standing.name,
            },
            user: claims.user,
            credential,
            must_change_password: standing.must_change_password,
        };
        self.caller(who, standing.version, now).await
    }

    /// The caller at this version of the ledger, from memory where nothing has changed.
    async fn caller(&self, who: Who, version: i64, now: DateTime<Utc>) -> Result<Caller> {
        let principals = &self.credentials.principals;
        let (user, credential) = (who.user, who.credential);
        let principal = match principals.at(user, credential, version, now) {
            Some(principal) => principal,
            None => match self.unchanged(&who, version, now).await? {
                Some(principal) => principal,
                None => self.read_principal(who, version, now).await?,
            },
        };
        Ok(Caller {
            principal,
            version: Some(version),
        })
    }

    /// The principal as it was remembered at another version, where the entries between the
    /// two tell of nobody and of no unit.
    async fn unchanged(
        &self,
        who: &Who,
        version: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Principal>>> {
        let principals = &self.credentials.principals;
        let known = principals.last(who.user, who.credential, now);
        let Some(known) = known.filter(|known| who.is(&known.principal)) else {
            return Ok(None);
        };
        let (from, to) = (known.version.min(version), known.version.max(version));
        if self.store.changes(to).await?.people > from {
            return Ok(None);
        }
        if version == to {
            principals.remember(who.user, version, known.until, &known.principal);
        }
        Ok(Some(known.principal))
    }

    /// Reads the grants of a principal, and the units below them.
    async fn read_principal(
        &self,
        who: Who,
        version: i64,
        now: DateTime<Utc>,
    ) -> Result<Arc<Principal>> {
        let (user, credential) = (who.user, who.credential);
        let all = users::grants(self.store.read(), vec![user]).await?;
        let until = next_change(&all, now);
        let grants: Vec<_> = all
            .into_iter()
            .filter(|grant| in_force(grant, now))
            .filter(|grant| carried_by(credential, grant))
            .collect();
        let must_change = who.must_change_password;
        let principal = self.principal(who.actor, credential, must_change, &grants);
        let principal = Arc::new(principal.await?);
        let principals = &self.credentials.principals;
        principals.remember(user, version, until, &principal);
        Ok(principal)
    }

    fn is_live(&self, standing: &sessions::Standing, claims: Claims, now: DateTime<Utc>) -> bool {
        standing.user_id == claims.user
            && standing.disabled_at.is_none()
            && standing.ended_at.is_none()
            && standing.expires_at > now
            && standing.last_used_at + self.credentials.lives.idle > now
            && standing.refresh_expires_at > now
    }

    /// Without this note a lost reply and a stolen token look alike; the request itself
    /// does not fail for it.
    async fn note_first_use(&self, claims: Claims) {
        let noted = self.note("the first use of an access token", move |work| {
            Box::pin(async move { sessions::mark_access_used(work, claims.refresh).await })
        });
        // It logs what went wrong.
        let _ = noted.await;
    }

    /// Writes a row that is not in the ledger, in a task of its own: it goes on when the
    /// request does not.
    fn note<F>(&self, what: &'static str, run: F) -> JoinHandle<()>
    where
        F: for<'w> FnOnce(&'w mut Work) -> BoxFuture<'w, Result<()>> + Send + 'static,
    {
        let store = Arc::clone(&self.store);
        let write = async move {
            if let Err(error) = store.write(operational(), run).await {
                tracing::warn!(%error, "{what} was not noted");
            }
        };
        tokio::spawn(write.in_current_span())
    }

    async fn by_api_token(&self, hash: &str, peer: &str) -> Result<Caller> {
        let now = self.clock.now();
        let connection = self.store.read();
        // First, so that what is read behind it is not older than it says.
        let version = ledger::version(connection).await?;
        let (token, user) = tokens::by_hash(connection, hash)
            .await?
            .filter(|(token, user)| {
                token.revoked_at.is_none() && token.expires_at > now && user.disabled_at.is_none()
            })
            .ok_or(REFUSED)?;
        self.note_use(&token, peer);
        let who = Who {
            actor: Actor::User {
                id: user.id,
                name: user.name,
            },
            user: user.id,
            credential: Credential::ApiToken(token.id),
            // Whoever holds the token cannot change the password, and need not wait for it.
            must_change_password: false,
        };
        self.caller(who, version, now).await
    }

    /// Once a minute, so that a busy program does not write with every read; no request waits
    /// for it behind those who write.
    fn note_use(&self, token: &api_token::Model, peer: &str) {
        let now = self.clock.now();
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let noted = &self.credentials.noted;
        if token.last_used_at == Some(minute) || noted.get(&token.id) == Some(minute) {
            return;
        }
        noted.insert(token.id, minute);
        let (id, peer) = (token.id, peer.to_owned());
        drop(self.note("the use of an API token", move |work| {
            Box::pin(async move { tokens::mark_used(work, id, minute, &peer).await })
        }));
    }

    /// The principal with these grants; the units below them are read only where a grant
    /// names one.
    pub(super) async fn principal(
        &self,
        actor: Actor,
        credential: Credential,
        must_change_password: bool,
        grants: &[grant::Model],
    ) -> Result<Principal> {
        let named = grants
            .iter()
            .flat_map(|grant| [grant.unit_id, grant.home_unit_id]);
        let roots: BTreeSet<UnitId> = named.flatten().collect();
        let below = users::units_below(self.store.read(), &roots).await?;
        let held = grants.iter().filter_map(|grant| held(grant, &below));
        Ok(Principal {
            actor,
            credential,
            grants: held.collect(),
            must_change_password,
        })
    }

    /// The caller, with the grants in force that the credential carries.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the caller is nobody.
    pub async fn viewer(&self, call: &Call) -> Result<Person> {
        let id = call.principal.user_id();
        let id = id.ok_or(Error::Unauthenticated("sign in first"))?;
        let connection = self.store.read();
        let user = users::find(connection, id).await?;
        let mut grants = users::grants_in_force(connection, id, self.clock.now()).await?;
        grants.retain(|grant| carried_by(call.principal.credential, grant));
        Ok(Person { user, grants })
    }
}

/// A person whose credential stands.
struct Who {
    actor: Actor,
    user: UserId,
    credential: Credential,
    must_change_password: bool,
}

impl Who {
    /// True where this principal says the same of the person.
    fn is(&self, principal: &Principal) -> bool {
        principal.actor == self.actor && principal.must_change_password == self.must_change_password
    }
}

/// An API token carries its user's grants as an integrator alone.
fn carried_by(credential: Credential, grant: &grant::Model) -> bool {
    !matches!(credential, Credential::ApiToken(_)) || grant.role == Role::Integrator
}

/// Under what operational rows are written: nothing of it goes to the ledger.
fn operational() -> WriteContext {
    WriteContext {
        principal: Principal::anonymous(),
        request_id: String::new(),
        reason: None,
        simulated: false,
    }
}

/// A grant as the policy reads it; nothing for one whose scope is not complete.
fn held(grant: &grant::Model, below: &HashMap<UnitId, BTreeSet<UnitId>>) -> Option<Held> {
    let within = |unit: &UnitId| below.get(unit).cloned();
    let scope = match grant.scope_type {
        ScopeType::Everything => Scope::Everything,
        ScopeType::Jurisdiction => Scope::Jurisdiction(grant.jurisdiction_id?),
        ScopeType::Area => Scope::Area {
            area: grant.area_id?,
            jurisdiction: grant.jurisdiction_id?,
        },
        ScopeType::Unit => Scope::Unit {
            unit: grant.unit_id?,
            jurisdiction: grant.jurisdiction_id?,
            within: within(&grant.unit_id?)?,
        },
    };
    let home = match &grant.home_unit_id {
        Some(home) => within(home)?,
        None => BTreeSet::new(),
    };
    Some(Held {
        role: grant.role,
        scope,
        home,
    })
}
