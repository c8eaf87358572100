//! How many sign-ins are let through: the attempt is taken before the password is hashed,
//! and given back on success, so that only failures count and parallel guesses cannot pass
//! the limit.
//!
//! Three gates, all rows of the database, so that they survive a restart and hold for
//! several instances. A stranger can slow down nobody but themselves: the wide gate of an
//! account lets an address through that the person has signed in from before.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use duban_entities::throttle::Model as Level;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::store::ledger::hex;
use crate::store::{Work, sessions, throttle};

/// One attempt, in the thousandths that a row counts.
const ATTEMPT: i64 = 1_000;

/// For so long an address counts as known after a sign-in.
const KNOWN_FOR: TimeDelta = TimeDelta::days(30);

/// The limits of sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInLimits {
    /// Failures an address may make at once.
    pub address_burst: u32,
    /// After those, one each.
    pub address_interval: Duration,
    /// Failures on an account, from everywhere, at once.
    pub account_burst: u32,
    /// After those, one each.
    pub account_interval: Duration,
    /// Failures in a row from one address on one account before the waits begin.
    pub consecutive: u32,
    /// The first wait; each failure doubles it.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            address_burst: 20,
            address_interval: Duration::from_secs(3),
            account_burst: 1_800,
            account_interval: Duration::from_secs(2),
            consecutive: 100,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(900),
        }
    }
}

/// What a gate lets through.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// So many at once, then one each interval.
    Bucket { burst: u32, interval: Duration },
    /// So many in a row, then with doubling waits.
    Consecutive {
        free: u32,
        first: Duration,
        longest: Duration,
    },
}

impl Rule {
    /// The level after one more attempt, or how long to wait for it.
    fn admit(self, row: &Level, now: DateTime<Utc>) -> Result<i64, Duration> {
        let elapsed = (now - row.updated_at).to_std().unwrap_or_default();
        match self {
            Self::Bucket { burst, interval } => {
                let interval = interval.max(Duration::from_millis(1));
                let drained = elapsed.as_millis() * 1_000 / interval.as_millis();
                let left = row.level - i64::try_from(drained).unwrap_or(i64::MAX).min(row.level);
                let over = left + ATTEMPT - i64::from(burst) * ATTEMPT;
                match u32::try_from(over) {
                    Ok(over) if over > 0 => Err(interval * over / 1_000),
                    _ => Ok(left + ATTEMPT),
                }
            }
            Self::Consecutive {
                free,
                first,
                longest,
            } => {
                let beyond = row.level / ATTEMPT - i64::from(free);
                let doublings = u32::try_from(beyond).ok().map(|n| n.min(20));
                let wait =
                    doublings.map_or(Duration::ZERO, |n| (first * 2_u32.pow(n)).min(longest));
                match wait.checked_sub(elapsed) {
                    Some(rest) if rest > Duration::ZERO => Err(rest),
                    _ => Ok(row.level + ATTEMPT),
                }
            }
        }
    }
}

/// One attempt to prove a password: from where, on which account.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    username: String,
    peer: String,
}

impl Attempt {
    /// An attempt on the account of this name, from this network address.
    #[must_use]
    pub(super) fn new(username: &str, peer: &str) -> Self {
        Self {
            username: username.to_owned(),
            peer: peer.to_owned(),
        }
    }

    fn address_key(&self) -> String {
        format!("sign-in/address/{}", network(&self.peer))
    }

    /// What was typed may be a password in the wrong field: only its hash is kept.
    fn account(&self) -> String {
        hex(&Sha256::digest(self.username.as_bytes())[..16])
    }

    fn account_key(&self) -> String {
        format!("sign-in/account/{}", self.account())
    }

    fn pair_key(&self) -> String {
        format!("sign-in/pair/{}/{}", self.account(), network(&self.peer))
    }

    /// Takes the attempt at every gate, or at none.
    ///
    /// # Errors
    /// [`Error::RateLimited`] when a gate is shut.
    pub(super) async fn take(&self, work: &Work, limits: SignInLimits) -> Result<()> {
        let address = Rule::Bucket {
            burst: limits.address_burst,
            interval: limits.address_interval,
        };
        let account = Rule::Bucket {
            burst: limits.account_burst,
            interval: limits.account_interval,
        };
        let pair = Rule::Consecutive {
            free: limits.consecutive,
            first: limits.first_wait,
            longest: limits.longest_wait,
        };
        pass(work, &self.address_key(), address).await?;
        match pass(work, &self.account_key(), account).await {
            Err(Error::RateLimited { .. }) if self.is_known(work).await? => (),
            other => other?,
        }
        pass(work, &self.pair_key(), pair).await
    }

    async fn is_known(&self, work: &Work) -> Result<bool> {
        let since = work.at() - KNOWN_FOR;
        sessions::knows_address(work, &self.username, &self.peer, since).await
    }

    /// Gives the attempt back: it was no failure.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database fails.
    pub(super) async fn give_back(&self, work: &Work) -> Result<()> {
        for key in [self.address_key(), self.account_key()] {
            let mut row = throttle::lock(work, &key).await?;
            row.level = (row.level - ATTEMPT).max(0);
            throttle::set(work, row).await?;
        }
        throttle::forget(work, &self.pair_key()).await
    }
}

async fn pass(work: &Work, key: &str, rule: Rule) -> Result<()> {
    let mut row = throttle::lock(work, key).await?;
    match rule.admit(&row, work.at()) {
        Ok(level) => {
            row.level = level;
            row.updated_at = work.at();
            throttle::set(work, row).await
        }
        Err(wait) => Err(Error::RateLimited {
            retry_after: wait.max(Duration::from_secs(1)),
        }),
    }
}

/// The network that an address stands for: one subscriber has a whole /64 of IPv6.
fn network(peer: &str) -> String {
    match peer.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(address) => address.to_string(),
        Err(_) => peer.chars().take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(level: i64) -> Level {
        Level {
            key: "k".to_owned(),
            level,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn after(milliseconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
    }

    const BUCKET: Rule = Rule::Bucket {
        burst: 2,
        interval: Duration::from_secs(3),
    };

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_one_an_interval() {
        assert_eq!(BUCKET.admit(&row(0), after(0)), Ok(1_000));
        assert_eq!(BUCKET.admit(&row(1_000), after(0)), Ok(2_000));
        let wait = Duration::from_secs(3);
        assert_eq!(BUCKET.admit(&row(2_000), after(0)), Err(wait));
        let rest = Duration::from_secs(1);
        assert_eq!(
            BUCKET.admit(&row(2_000), after(2_001)),
            Err(rest - Duration::from_millis(1))
        );
        assert_eq!(BUCKET.admit(&row(2_000), after(3_000)), Ok(2_000));
        assert_eq!(BUCKET.admit(&row(2_000), after(3_600_000)), Ok(1_000));
    }

    #[test]
    fn a_clock_that_steps_back_drains_nothing() {
        assert_eq!(BUCKET.admit(&row(1_000), after(-3_600_000)), Ok(2_000));
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let rule = Rule::Consecutive {
            free: 2,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(10),
        };
        assert_eq!(rule.admit(&row(1_000), after(0)), Ok(2_000));
        for (level, seconds) in [
            (2_000, 1),
            (3_000, 2),
            (5_000, 8),
            (6_000, 10),
            (99_000, 10),
        ] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(
                rule.admit(&row(level), after(0)),
                Err(wait),
                "level {level}"
            );
        }
        assert_eq!(rule.admit(&row(3_000), after(2_000)), Ok(4_000));
    }

    #[test]
    fn one_subscriber_is_one_network() {
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(
            network("2001:db8:1:2:3::4"),
            network("2001:db8:1:2:ffff::9")
        );
        assert_ne!(network("2001:db8:1:2::4"), network("2001:db8:1:3::4"));
    }
}
