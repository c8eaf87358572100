//! Argon2id, off the async threads and with a bounded queue.
//!
//! Parameters: 19 MiB, two passes, one lane (the OWASP minimum, Password Storage Cheat
//! Sheet), PHC strings. At most one hash a core runs at a time, so that the memory in use
//! is bounded too.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::password_rules::{MAX_BYTES, normalise};
use crate::error::{Error, Result};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many may wait for a core before the server says that it is busy.
const MAX_WAITING: usize = 64;
const BUSY: Duration = Duration::from_secs(2);

/// What became of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Right,
    /// It is right, but was hashed with other parameters: hash it again.
    Outdated,
    /// It is wrong, or there is no such user.
    Wrong,
}

/// Hashes and verifies passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    hasher: Argon2<'static>,
    running: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Verified in place of an unknown user's, so that the answer takes as long.
    dummy: Arc<str>,
}

impl Passwords {
    /// A hasher with one place a core.
    ///
    /// # Errors
    /// [`Error::Internal`] when the parameters are refused or memory is lacking.
    pub fn new() -> Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::internal)?;
        Self::with(params)
    }

    fn with(params: Params) -> Result<Self> {
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cores = available_parallelism().map_or(1, usize::from);
        let dummy = hash(&hasher, "nobody has this password")?;
        Ok(Self {
            hasher,
            running: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(cores + MAX_WAITING)),
            dummy: dummy.into(),
        })
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are waiting.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = normalise(password);
        let hasher = self.hasher.clone();
        self.run(move || hash(&hasher, &password)).await?
    }

    /// Compares a password with the stored PHC string; without one it takes as long and
    /// the verdict is [`Verdict::Wrong`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are waiting.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verdict> {
        // Normalising shortens to a third at most; beyond that nothing was ever accepted.
        let tried = if password.len() <= 3 * MAX_BYTES {
            password
        } else {
            ""
        };
        let password = normalise(tried);
        let known = stored.is_some() && !tried.is_empty() && password.len() <= MAX_BYTES;
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        let hasher = self.hasher.clone();
        let verdict = self
            .run(move || verify(&hasher, &password, &stored))
            .await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    /// The permits go with the blocking thread: a caller who gives up does not free the
    /// place of a hash that still runs.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = self.place()?;
        let core = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        tokio::task::spawn_blocking(move || {
            let _held = (place, core);
            work()
        })
        .await
        .map_err(Error::internal)
    }

    fn place(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| Error::Unavailable { retry_after: BUSY })
    }
}

fn hash(hasher: &Argon2<'_>, password: &str) -> Result<String> {
    let hash: PasswordHash = hasher
        .hash_password(password.as_bytes())
        .map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn verify(hasher: &Argon2<'_>, password: &str, stored: &str) -> Verdict {
    let Ok(parsed) = PasswordHash::new(stored) else {
        return Verdict::Wrong;
    };
    if hasher
        .verify_password(password.as_bytes(), &parsed)
        .is_err()
    {
        return Verdict::Wrong;
    }
    if is_current(hasher, &parsed) {
        Verdict::Right
    } else {
        Verdict::Outdated
    }
}

fn is_current(hasher: &Argon2<'_>, stored: &PasswordHash) -> bool {
    let params = hasher.params();
    let same = Params::try_from(stored).is_ok_and(|found| {
        (found.m_cost(), found.t_cost(), found.p_cost())
            == (params.m_cost(), params.t_cost(), params.p_cost())
    });
    same && stored.algorithm == Algorithm::Argon2id.ident()
}

#[cfg(test)]
impl Passwords {
    /// A hasher with parameters of another time.
    pub(in crate::service) fn weak_for_tests() -> Self {
        let params = Params::new(8_192, 1, 1, None).expect("valid parameters");
        Self::with(params).expect("enough memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_alone() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("mend the western dyke").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let right = passwords.verify("mend the western dyke", Some(&stored));
        assert_eq!(right.await.unwrap(), Verdict::Right);
        let wrong = passwords.verify("mend the eastern dyke", Some(&stored));
        assert_eq!(wrong.await.unwrap(), Verdict::Wrong);
        let unknown = passwords.verify("nobody has this password", None);
        assert_eq!(unknown.await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_outdated() {
        let weak = Passwords::weak_for_tests();
        let stored = weak.hash("mend the western dyke").await.unwrap();
        let passwords = Passwords::new().unwrap();
        let verdict = passwords.verify("mend the western dyke", Some(&stored));
        assert_eq!(verdict.await.unwrap(), Verdict::Outdated);
    }

    #[tokio::test]
    async fn a_password_is_never_truncated() {
        let passwords = Passwords::new().unwrap();
        let long = "x".repeat(MAX_BYTES);
        let stored = passwords.hash(&long).await.unwrap();
        let longer = format!("{long}y");
        let verdict = passwords.verify(&longer, Some(&stored)).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn more_than_the_queue_holds_are_told_to_come_back() {
        let passwords = Passwords::new().unwrap();
        let all: Vec<_> = (0..MAX_WAITING * 3)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.verify("no", None).await })
            })
            .collect();
        let mut busy = 0;
        for one in all {
            if matches!(one.await.unwrap(), Err(Error::Unavailable { .. })) {
                busy += 1;
            }
        }
        assert!(busy > 0, "nobody was refused");
        assert_eq!(passwords.verify("no", None).await.unwrap(), Verdict::Wrong);
    }
}
