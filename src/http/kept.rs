//! Answers that are given again.
//!
//! What a query answers depends on the state of the ledger, on who asks and on the day, and
//! on nothing else. So an answer that was computed at one version of the ledger is the answer
//! to the same body with the same token for as long as the version, the principal and the
//! quarter of an hour are the same: no local date changes within one, as every time zone's
//! offset is a multiple of it. Fields that show what the ledger does not hold are marked
//! ([`crate::graphql::Fleeting`]); an answer with one of them is not kept.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::policy::Principal;
use crate::service::Caller;

/// Seconds within which no local date changes.
const SLOT: i64 = 15 * 60;
/// What an entry takes beside its body, in bytes.
const OVERHEAD: usize = 256;
/// A page of fifty projects, in bytes.
const USUAL: usize = 32 << 10;
/// No answer takes more than this part of the memory.
const PART: usize = 16;
/// Nor more bytes than this: the cache divides its memory by the number of processors, but into
/// no smaller parts than hold 32 usual answers, and an answer has to fit into one.
const LARGEST: usize = 32 * USUAL;

/// The answers of one server, in bounded memory; the least used go first.
#[derive(Debug)]
pub(super) struct Answers {
    cache: Cache<Key, Kept, Bodies>,
    largest: usize,
}

/// Which text, from which credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

/// What an answer rests on. The principal is known by its place, which is the same as long as
/// nothing of it has changed ([`Caller`]) and nobody else's while this is here; what it holds
/// goes when it is out of date.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    principal: Weak<Principal>,
    version: i64,
    slot: i64,
}

impl PartialEq for Basis {
    fn eq(&self, other: &Self) -> bool {
        self.principal.ptr_eq(&other.principal)
            && (self.version, self.slot) == (other.version, other.slot)
    }
}

#[derive(Clone, Debug)]
struct Kept {
    basis: Basis,
    body: Bytes,
}

#[derive(Clone, Debug)]
struct Bodies;

impl Weighter<Key, Kept> for Bodies {
    fn weight(&self, _: &Key, kept: &Kept) -> u64 {
        (kept.body.len() + OVERHEAD) as u64
    }
}

impl Key {
    /// The key of a body that came with a token.
    pub(super) fn of(token: &str, body: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update((token.len() as u64).to_be_bytes());
        hasher.update(token);
        hasher.update(body);
        Self(hasher.finalize().into())
    }
}

impl Basis {
    /// What an answer to this caller rests on; nothing where no version is known.
    pub(super) fn of(caller: &Caller, now: DateTime<Utc>) -> Option<Self> {
        Some(Self {
            principal: Arc::downgrade(&caller.principal),
            version: caller.version?,
            slot: now.timestamp().div_euclid(SLOT),
        })
    }

    /// The version of the ledger.
    pub(super) const fn version(&self) -> i64 {
        self.version
    }
}

impl Answers {
    /// An empty memory of so many bytes; with 0 nothing is kept.
    pub(super) fn new(bytes: usize) -> Self {
        let items = (bytes / USUAL).max(1);
        Self {
            cache: Cache::with_weighter(items, bytes as u64, Bodies),
            largest: (bytes / PART).min(LARGEST),
        }
    }

    /// True where there is an answer, whatever it rests on: its text has passed the guard.
    pub(super) fn knows(&self, key: &Key) -> bool {
        self.cache.get(key).is_some()
    }

    /// The answer, if it rests on the same.
    pub(super) fn get(&self, key: &Key, basis: &Basis) -> Option<Bytes> {
        let kept = self.cache.get(key)?;
        (kept.basis == *basis).then_some(kept.body)
    }

    /// Keeps an answer, without the room that its text was written in.
    pub(super) fn keep(&self, key: Key, basis: Basis, body: Bytes) {
        if body.len() + OVERHEAD <= self.largest {
            let body = Bytes::from(Vec::from(body).into_boxed_slice());
            self.cache.insert(key, Kept { basis, body });
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn caller(person: &Arc<Principal>, version: i64) -> Caller {
        Caller {
            principal: Arc::clone(person),
            version: Some(version),
        }
    }

    fn person() -> Arc<Principal> {
        Arc::new(Principal::system("test"))
    }

    #[test]
    fn an_answer_holds_for_the_same_version_principal_and_quarter() {
        let answers = Answers::new(1 << 20);
        let now = DateTime::from_timestamp(1_795_226_400, 0).unwrap();
        let key = Key::of("token", b"{}");
        let person = person();
        let caller = |version| caller(&person, version);
        let basis = Basis::of(&caller(7), now).unwrap();
        answers.keep(key, basis, Bytes::from_static(b"answer"));
        let get = |caller: &Caller, now| answers.get(&key, &Basis::of(caller, now).unwrap());
        assert!(get(&caller(7), now).is_some());
        assert!(get(&caller(7), now + TimeDelta::seconds(899)).is_some());
        assert!(get(&caller(7), now + TimeDelta::seconds(900)).is_none());
        assert!(get(&caller(8), now).is_none());
        let mut other = Principal::system("test");
        other.must_change_password = true;
        let other = Caller {
            principal: Arc::new(other),
            version: Some(7),
        };
        assert!(get(&other, now).is_none());
        assert!(!answers.knows(&Key::of("toke", b"n{}")));
        assert_eq!(Basis::of(&Caller::anonymous(), now), None);
    }

    #[test]
    fn the_largest_answer_is_kept() {
        let person = person();
        let basis = Basis::of(&caller(&person, 1), DateTime::UNIX_EPOCH).unwrap();
        for bytes in [1 << 20, 8 << 20, 256 << 20] {
            let answers = Answers::new(bytes);
            for (n, over) in [0, 1].into_iter().enumerate() {
                let key = Key::of("t", &n.to_be_bytes());
                let body = vec![b'x'; answers.largest - OVERHEAD + over];
                answers.keep(key, basis.clone(), Bytes::from(body));
                assert_eq!(answers.knows(&key), over == 0, "{bytes} {over}");
            }
        }
    }

    #[test]
    fn the_memory_is_bounded() {
        let answers = Answers::new(64 * 1_024);
        let now = DateTime::UNIX_EPOCH;
        let person = person();
        let basis = Basis::of(&caller(&person, 1), now).unwrap();
        for n in 0..1_000_u32 {
            let body = Bytes::from(vec![b'x'; 2_000]);
            answers.keep(Key::of("t", &n.to_be_bytes()), basis.clone(), body);
        }
        assert!(answers.cache.weight() <= 64 * 1_024);
        let large = Bytes::from(vec![b'x'; 8_000]);
        answers.keep(Key::of("t", b"large"), basis, large);
        assert!(!answers.knows(&Key::of("t", b"large")));
        let held = Arc::downgrade(&person);
        drop(person);
        assert_eq!(held.strong_count(), 0, "answers keep no principal");
    }
}
