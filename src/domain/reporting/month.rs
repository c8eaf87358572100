//! A calendar month.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, LocalResult, Months, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A calendar month, written `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Its first day.
    first: NaiveDate,
}

/// The text is no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a month, YYYY-MM, of 1900 to 2199")]
pub struct NotAMonth;

impl Month {
    /// The month in which a date lies.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self {
            first: date.with_day(1).unwrap_or(date),
        }
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        let next = self.first.checked_add_months(Months::new(1));
        Self {
            first: next.unwrap_or(self.first),
        }
    }

    /// The month before it.
    #[must_use]
    pub fn previous(self) -> Self {
        let previous = self.first.checked_sub_months(Months::new(1));
        Self {
            first: previous.unwrap_or(self.first),
        }
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.first.year()
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> NaiveDate {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        let last = self.next().first.checked_sub_days(Days::new(1));
        last.unwrap_or(self.first)
    }

    /// One of its days, 1 to 28; the first for any other number.
    #[must_use]
    pub fn day(self, day: u32) -> NaiveDate {
        let day = Some(day).filter(|day| *day <= 28);
        day.and_then(|day| self.first.with_day(day))
            .unwrap_or(self.first)
    }

    /// The instant at which it is over in a time zone: the local midnight that begins the
    /// next month, or the first instant behind it where clocks skip that midnight.
    #[must_use]
    pub fn end(self, zone: Tz) -> DateTime<Utc> {
        let midnight = self.next().first.and_time(chrono::NaiveTime::MIN);
        let mut local = midnight;
        loop {
            match zone.from_local_datetime(&local) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                    return at.with_timezone(&Utc);
                }
                // No zone skips more than a day.
                LocalResult::None if local < midnight + Days::new(2) => {
                    local += TimeDelta::minutes(1);
                }
                LocalResult::None => return midnight.and_utc(),
            }
        }
    }

    /// The last instant of it, in whole microseconds: entries up to it are what stood at the
    /// month's end.
    #[must_use]
    pub fn last_instant(self, zone: Tz) -> DateTime<Utc> {
        self.end(zone) - TimeDelta::microseconds(1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
        day.map(Self::of)
            .filter(|month| (1900..2200).contains(&month.year()) && month.to_string() == text)
            .ok_or(NotAMonth)
    }
}
