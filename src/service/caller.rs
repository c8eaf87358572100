//! Who asks, at a version of the ledger.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use duban_entities::grant;
use duban_entities::ids::UserId;
use quick_cache::sync::Cache;

use crate::policy::{Credential, Principal};

/// How many principals, or tokens, are remembered.
pub(super) const REMEMBERED: usize = 4_096;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The principal; the same [`Arc`] as long as nothing of it has changed.
    pub principal: Arc<Principal>,
    /// The ledger's version when the credential was checked; none for nobody.
    pub version: Option<i64>,
}

impl Caller {
    /// Nobody.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            principal: Arc::new(Principal::anonymous()),
            version: None,
        }
    }
}

/// Principals as they were last read. Users, grants and units change only with an entry in
/// the ledger, and a grant begins and ends at known instants: until then, and at the same
/// version, reading them again gives the same.
#[derive(Debug)]
pub(super) struct Principals(Cache<(UserId, Credential), Known>);

/// A principal, the version at which it was read, and the instant until which it holds.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) version: i64,
    pub(super) until: DateTime<Utc>,
    pub(super) principal: Arc<Principal>,
}

impl Default for Principals {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Principals {
    /// The principal at this version and instant, where it is known.
    pub(super) fn at(
        &self,
        user: UserId,
        credential: Credential,
        version: i64,
        now: DateTime<Utc>,
    ) -> Option<Arc<Principal>> {
        let known = self.last(user, credential, now)?;
        (known.version == version).then_some(known.principal)
    }

    /// The principal as it was last read, at whatever version, where no grant has begun or
    /// ended since.
    pub(super) fn last(
        &self,
        user: UserId,
        credential: Credential,
        now: DateTime<Utc>,
    ) -> Option<Known> {
        let known = self.0.get(&(user, credential))?;
        (now < known.until).then_some(known)
    }

    /// Remembers what was read at this version: good until a grant begins or ends. Grants
    /// that were read before `now` hold for no earlier instant.
    pub(super) fn remember(
        &self,
        user: UserId,
        version: i64,
        until: DateTime<Utc>,
        principal: &Arc<Principal>,
    ) {
        let known = Known {
            version,
            until,
            principal: Arc::clone(principal),
        };
        self.0.insert((user, principal.credential), known);
    }
}

/// True where the grant is in force.
pub(super) fn in_force(grant: &grant::Model, now: DateTime<Utc>) -> bool {
    grant.valid_from.is_none_or(|from| from <= now) && grant.valid_to.is_none_or(|to| to > now)
}

/// The next instant at which one of these grants begins or ends.
pub(super) fn next_change(grants: &[grant::Model], now: DateTime<Utc>) -> DateTime<Utc> {
    let bounds = grants
        .iter()
        .flat_map(|grant| [grant.valid_from, grant.valid_to]);
    let later = bounds.flatten().filter(|at| *at > now);
    later.min().unwrap_or(DateTime::<Utc>::MAX_UTC)
}
