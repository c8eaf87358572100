//! Time and new ids come in by the door, so that a test can say what day it is.
//!
//! `clippy.toml` forbids the ambient clock and ambient ids everywhere else.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, DurationRound, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use uuid::{NoContext, Timestamp, Uuid};

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
