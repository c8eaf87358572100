//! Refresh and API tokens: random, recognisable, checked before any database access.
//!
//! Shape: a prefix, 30 characters of base 62 (178 bits), `_`, and the CRC-32 of all before
//! it in six characters of base 62, so that secret scanners recognise a leaked one and a
//! mistyped one costs no query. Only the SHA-256 is kept, which is enough at this entropy.

use sha2::{Digest, Sha256};

use super::Secret;
use crate::error::{Error, Result};
use crate::store::ledger::hex;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LENGTH: usize = 30;
const CHECKSUM_LENGTH: usize = 6;

/// Bytes from here on would make the first digits likelier than the rest.
const FAIR: u8 = 248;

/// What the token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Continues a session, once.
    Refresh,
    /// Lets a program read.
    Api,
}

impl Kind {
    /// What the token begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "dbn_ref_",
            Self::Api => "dbn_pat_",
        }
    }
}

/// A new token, and what is kept of it.
#[derive(Clone, Debug)]
pub struct Opaque {
    /// The token, for its owner alone.
    pub secret: Secret,
    /// SHA-256, hexadecimal.
    pub hash: String,
}

impl Opaque {
    /// Makes a token.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system gives no random bytes.
    pub fn generate(kind: Kind) -> Result<Self> {
        let mut text = kind.prefix().to_owned();
        while text.len() < kind.prefix().len() + RANDOM_LENGTH {
            let mut bytes = [0; RANDOM_LENGTH];
            getrandom::fill(&mut bytes).map_err(Error::internal)?;
            let missing = kind.prefix().len() + RANDOM_LENGTH - text.len();
            let fair = bytes.into_iter().filter(|byte| *byte < FAIR);
            text.extend(fair.take(missing).map(|byte| digit(u32::from(byte))));
        }
        let checksum = checksum(&text);
        text.push('_');
        text.push_str(&checksum);
        let hash = sha256(&text);
        let secret = Secret::new(text);
        Ok(Self { secret, hash })
    }

    /// The SHA-256 under which a presented token would be found, if it has the shape of
    /// one.
    #[must_use]
    pub fn lookup(kind: Kind, text: &str) -> Option<String> {
        let random = text.strip_prefix(kind.prefix())?;
        let (random, found) = random.rsplit_once('_')?;
        let well_formed = random.len() == RANDOM_LENGTH
            && found.len() == CHECKSUM_LENGTH
            && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let body = &text[..kind.prefix().len() + random.len()];
        (well_formed && checksum(body) == found).then(|| sha256(text))
    }
}

fn digit(number: u32) -> char {
    char::from(DIGITS[(number % 62) as usize])
}

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = ['0'; CHECKSUM_LENGTH];
    for place in digits.iter_mut().rev() {
        *place = digit(rest);
        rest /= 62;
    }
    digits.iter().collect()
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash() {
        for kind in [Kind::Refresh, Kind::Api] {
            let token = Opaque::generate(kind).unwrap();
            let text = token.secret.expose();
            assert!(text.starts_with(kind.prefix()));
            assert_eq!(text.len(), 8 + 30 + 1 + 6);
            assert_eq!(Opaque::lookup(kind, text), Some(token.hash.clone()));
            assert!(!format!("{token:?}").contains(text));
        }
    }

    #[test]
    fn what_is_not_a_token_costs_no_query() {
        let token = Opaque::generate(Kind::Api).unwrap();
        let text = token.secret.expose();
        assert_eq!(Opaque::lookup(Kind::Refresh, text), None);
        let swapped = text.replace("dbn_pat_", "dbn_ref_");
        assert_eq!(Opaque::lookup(Kind::Refresh, &swapped), None);
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(Opaque::lookup(Kind::Api, &changed), None, "at {at}");
        }
        for other in ["", "dbn_pat_", "dbn_pat__", "dbn_pat_督办_000000"] {
            assert_eq!(Opaque::lookup(Kind::Api, other), None);
        }
    }

    #[test]
    fn no_two_tokens_are_the_same() {
        let mut all: Vec<String> = (0..1_000)
            .map(|_| Opaque::generate(Kind::Refresh).unwrap().hash)
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 1_000);
    }
}
