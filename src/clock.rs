//! Time and new ids come in by the door, so that a test can say what day it is.
//!
//! `clippy.toml` forbids the ambient clock and ambient ids everywhere else.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, DurationRound, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use uuid::{Builder, NoContext, Timestamp, Uuid};

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Now, in whole microseconds: what both databases can keep.
    fn now(&self) -> DateTime<Utc>;

    /// How many ids were made by this clock, where ids of one instant are to sort in the
    /// order in which they were made; none where chance may order them.
    fn made(&self) -> Option<u32> {
        None
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the machine's clock"
        )]
        let now = Utc::now();
        whole_microseconds(now)
    }
}

/// A clock that stands still until it is set, for tests and the demonstration. Much happens
/// at one instant by it: ids sort in the order in which they were made all the same, so that
/// what is listed by id comes in the same order in every run.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>, AtomicU32);

impl ManualClock {
    /// A clock that shows this instant.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(whole_microseconds(now)), AtomicU32::new(0)))
    }

    /// Moves the clock forward (or back, with a negative duration).
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }

    /// Sets the clock.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = whole_microseconds(to);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made(&self) -> Option<u32> {
        Some(self.1.fetch_add(1, Ordering::Relaxed))
    }
}

/// A new time-ordered key (UUIDv7).
pub fn new_id<T: From<Uuid>>(clock: &dyn Clock) -> T {
    let now = clock.now();
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let nanoseconds = now.timestamp_subsec_nanos();
    let timestamp = match clock.made() {
        Some(made) => Timestamp::from_unix_time(seconds, nanoseconds, made.into(), 32),
        None => Timestamp::from_unix(NoContext, seconds, nanoseconds),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes ids, from the injected clock"
    )]
    let id = Uuid::new_v7(timestamp);
    T::from(id)
}

/// Numbers that look random and come again for the same seed (SplitMix64, public domain,
/// <https://prng.di.unimi.it/splitmix64.c>): for generated data, never for secrets.
#[derive(Clone, Debug)]
pub struct SeededNumbers(u64);

impl SeededNumbers {
    /// The numbers of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number below a bound, which is not 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }
}

/// Makes keys as [`new_id`] does, but the same again for the same clock and seed, each
/// greater than the one before.
#[derive(Debug)]
pub struct SeededIds {
    clock: Arc<dyn Clock>,
    numbers: SeededNumbers,
    /// Milliseconds since 1970, and how many keys were made in them.
    last: (u64, u16),
}

impl SeededIds {
    /// Keys of a seed, at the times of a clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            numbers: SeededNumbers::new(seed),
            last: (0, 0),
        }
    }

    /// The next key: 12 bits count the keys of a millisecond (RFC 9562, section 6.2, method
    /// 1); where they are used up, the next millisecond is taken early.
    pub fn next_id<T: From<Uuid>>(&mut self) -> T {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        self.last = match self.last {
            (millis, _) if millis < now => (now, 0),
            (millis, 0xfff) => (millis + 1, 0),
            (millis, count) => (millis, count + 1),
        };
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&self.last.1.to_be_bytes());
        bytes[2..].copy_from_slice(&self.numbers.number().to_be_bytes());
        T::from(Builder::from_unix_timestamp_millis(self.last.0, &bytes).into_uuid())
    }
}

/// The local date at an instant: a jurisdiction's "today".
#[must_use]
pub fn local_date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The last instant of a local day, in whole microseconds: one before the midnight that ends
/// it. Where a change of the clocks skips that midnight, before the first instant after it.
#[must_use]
pub fn end_of_day(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let next = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
    let hours = (0..24).map(|hour| next + TimeDelta::hours(hour));
    let begins = hours
        .filter_map(|time| zone.from_local_datetime(&time).earliest())
        .next();
    let begins = begins.map_or_else(|| next.and_utc(), |at| at.with_timezone(&Utc));
    begins - TimeDelta::microseconds(1)
}

fn whole_microseconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_keys_come_again_and_grow() {
        let clock: Arc<dyn Clock> = ManualClock::at(DateTime::UNIX_EPOCH + TimeDelta::days(1));
        let keys = |seed| {
            let mut ids = SeededIds::new(Arc::clone(&clock), seed);
            (0..10_000).map(|_| ids.next_id()).collect::<Vec<Uuid>>()
        };
        let made = keys(7);
        assert!(made.is_sorted_by(|a, b| a < b));
        assert_eq!(made, keys(7));
        assert_ne!(made, keys(8));
        assert_eq!(made[0].get_version_num(), 7);
    }
}
