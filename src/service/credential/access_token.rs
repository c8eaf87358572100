//! Access tokens: signed, short-lived, without roles.
//!
//! A JWT after RFC 9068 and RFC 8725: one algorithm, `typ: at+jwt`, the key named by `kid`
//! and known before anything is verified, every claim required. It names the session; what
//! the person may do is read from the database with each request. Time comes from the
//! injected clock, so the library's own time checks are off.
//!
//! A client sends one token many times in its ten minutes: what was verified is remembered by the
//! token's hash, and held against the clock again each time.

use std::collections::HashSet;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use duban_entities::ids::{RefreshTokenId, SessionId, UserId};
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{REMEMBERED, Secret, SigningKey};
use crate::error::{Error, Result};

/// Life of an access token.
pub const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(10);

const LEEWAY: TimeDelta = TimeDelta::seconds(5);
const MAX_LENGTH: usize = 4_096;
const TYPE: &str = "at+jwt";
const ISSUER: &str = "duban";
const AUDIENCE: &str = "duban";
const CLIENT: &str = "duban";

/// What an access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The user (`sub`).
    pub user: UserId,
    /// The session (`sid`).
    pub session: SessionId,
    /// The refresh token that was made with it (`rid`).
    pub refresh: RefreshTokenId,
}

/// The claims on the wire. All are required.
#[derive(Serialize, Deserialize)]
struct Wire {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: String,
    rid: String,
}

/// What a token of ours says, and when.
#[derive(Clone, Copy, Debug)]
struct Verified {
    claims: Claims,
    issued: i64,
    not_before: i64,
    expires: i64,
}

/// Signs and verifies access tokens.
pub struct AccessTokens {
    key_id: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    verified: Cache<[u8; 32], Verified>,
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessTokens({})", self.key_id)
    }
}

impl AccessTokens {
    /// Prepares the key and proves that signing and refusing work.
    ///
    /// # Errors
    /// [`Error::Internal`] when the self-test fails.
    pub fn new(key: &SigningKey) -> Result<Self> {
        // Installed at most once a process; another part may have come first.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
        let tokens = Self {
            key_id: key.id(),
            signing: EncodingKey::from_secret(key.bytes()),
            verifying: DecodingKey::from_secret(key.bytes()),
            validation: validation(),
            verified: Cache::new(REMEMBERED),
        };
        tokens.self_test()?;
        Ok(tokens)
    }

    fn self_test(&self) -> Result<()> {
        let nobody = uuid::Uuid::nil();
        let claims = Claims {
            user: nobody.into(),
            session: nobody.into(),
            refresh: nobody.into(),
        };
        let at = DateTime::UNIX_EPOCH;
        let token = self.sign(claims, "self-test", at)?;
        let spoilt = token.expose().rsplit_once('.').map_or("", |(body, _)| body);
        let refuses = self.verify(&format!("{spoilt}."), at).is_none();
        if self.verify(token.expose(), at) == Some(claims) && refuses {
            Ok(())
        } else {
            Err(Error::internal("the self-test of the access tokens failed"))
        }
    }

    /// A token for these claims, valid from now. `id` is its own name (`jti`).
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be signed.
    pub fn sign(&self, claims: Claims, id: &str, now: DateTime<Utc>) -> Result<Secret> {
        let wire = Wire {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: claims.user.to_string(),
            client_id: CLIENT.to_owned(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + ACCESS_LIFE).timestamp(),
            jti: id.to_owned(),
            sid: claims.session.to_string(),
            rid: claims.refresh.to_string(),
        };
        let token = jsonwebtoken::encode(&self.header(), &wire, &self.signing);
        token.map(Secret::new).map_err(Error::internal)
    }

    fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.key_id.clone());
        header
    }

    /// What the token says, if it is ours and valid now. Why not is nobody's business.
    #[must_use]
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let hash = Sha256::digest(token).into();
        if let Some(verified) = self.verified.get(&hash) {
            return verified.at(now);
        }
        let verified = self.read(token)?;
        // One that is not valid now is verified again if it comes again.
        let claims = verified.at(now)?;
        self.verified.insert(hash, verified);
        Some(claims)
    }

    fn read(&self, token: &str) -> Option<Verified> {
        if !self.knows(token) {
            return None;
        }
        let wire: Wire = jsonwebtoken::decode(token, &self.verifying, &self.validation)
            .ok()?
            .claims;
        if wire.client_id != CLIENT || wire.jti.is_empty() {
            return None;
        }
        Some(Verified {
            claims: Claims {
                user: wire.sub.parse().ok()?,
                session: wire.sid.parse().ok()?,
                refresh: wire.rid.parse().ok()?,
            },
            issued: wire.iat,
            not_before: wire.nbf,
            expires: wire.exp,
        })
    }

    /// The header is exactly the one that [`AccessTokens::sign`] writes: no other type,
    /// key or algorithm, and nothing that points to a key elsewhere.
    fn knows(&self, token: &str) -> bool {
        jsonwebtoken::decode_header(token).is_ok_and(|header| header == self.header())
    }
}

fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.required_spec_claims = ["exp", "nbf", "iss", "aud", "sub"]
        .map(str::to_owned)
        .into_iter()
        .collect::<HashSet<_>>();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

impl Verified {
    /// The claims, where they hold at this instant.
    fn at(self, now: DateTime<Utc>) -> Option<Claims> {
        let earliest = (now - LEEWAY).timestamp();
        let latest = (now + LEEWAY).timestamp();
        let holds = self.expires > earliest && self.not_before <= latest && self.issued <= latest;
        holds.then_some(self.claims)
    }
}

#[cfg(test)]
#[path = "access_token_tests.rs"]
mod tests;
