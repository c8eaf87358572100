//! What proves who somebody is: passwords, access tokens, opaque tokens.
//!
//! Pure primitives without a database. Secrets live in [`Secret`], which never shows
//! itself in a log.

mod access_token;
mod common_passwords;
mod opaque;
mod password;
mod password_rules;
mod signing_key;

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use duban_entities::ids::ApiTokenId;
use quick_cache::sync::Cache;

use crate::error::Result;

pub use access_token::{ACCESS_LIFE, AccessTokens, Claims};
pub use opaque::{Kind, Opaque};
pub use password::{Passwords, Verdict};
pub use password_rules::{Strictness, check as check_password, normalise as normalise_password};
pub use signing_key::SigningKey;

use super::caller::{Principals, REMEMBERED};
use super::throttle::SignInLimits;

/// A text that must not be logged. Only [`Secret::expose`] shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, for the one answer that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// How long a sign-in lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLives {
    /// Life of one refresh token.
    pub refresh: TimeDelta,
    /// Life of the whole session, however often it is refreshed.
    pub absolute: TimeDelta,
    /// A session that was not refreshed for so long is over.
    pub idle: TimeDelta,
}

impl Default for SessionLives {
    fn default() -> Self {
        Self {
            refresh: TimeDelta::days(14),
            absolute: TimeDelta::days(30),
            idle: TimeDelta::hours(9),
        }
    }
}

/// Everything that sign-in needs beside the database.
#[derive(Debug)]
pub struct Credentials {
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Signs and verifies access tokens.
    pub access: AccessTokens,
    /// How many attempts are let through.
    pub limits: SignInLimits,
    /// How long a sign-in lasts.
    pub lives: SessionLives,
    /// Principals as they were last read.
    pub(super) principals: Principals,
    /// The minute at which the use of an API token was last noted, or was about to be.
    pub(super) noted: Cache<ApiTokenId, DateTime<Utc>>,
    /// When old rows were last forgotten, in seconds since 1970.
    tidied: AtomicI64,
}

impl Credentials {
    /// Credentials under this key, with default lives.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when a self-test of the cryptography fails.
    pub fn new(key: &SigningKey, limits: SignInLimits) -> Result<Self> {
        Ok(Self {
            passwords: Passwords::new()?,
            access: AccessTokens::new(key)?,
            limits,
            lives: SessionLives::default(),
            principals: Principals::default(),
            noted: Cache::new(REMEMBERED),
            tidied: AtomicI64::new(i64::MIN),
        })
    }

    /// True once every ten minutes, for one caller.
    pub(super) fn is_tidying_due(&self, now: DateTime<Utc>) -> bool {
        let (now, last) = (now.timestamp(), self.tidied.load(Ordering::Relaxed));
        let mine = || {
            self.tidied
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        now.abs_diff(last) >= 600 && mine()
    }
}
