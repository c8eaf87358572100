//! Working days: weekends, announced holidays and make-up days, from
//! `seeds/calendar.yaml`.
//!
//! ```
//! use chrono::NaiveDate;
//! use duban::domain::calendar;
//!
//! let calendar = calendar::embedded()?;
//! let friday = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default();
//! let wednesday = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap_or_default();
//! assert_eq!(calendar.add_working_days(friday, 3), wednesday);
//! # Ok::<(), duban::domain::seed::SeedError>(())
//! ```

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

use super::seed::{self, Check, SeedError};

const FILE: &str = "seeds/calendar.yaml";

/// Which days are working days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Monday is bit 0.
    weekend: u8,
    years: BTreeSet<i32>,
    holidays: BTreeSet<NaiveDate>,
    workdays: BTreeSet<NaiveDate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalendar {
    weekend: Vec<String>,
    years: Vec<RawYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: i32,
    source: String,
    holidays: Vec<NaiveDate>,
    workdays: Vec<NaiveDate>,
}

impl Calendar {
    /// True for a day on which people work.
    #[must_use]
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        self.workdays.contains(&date)
            || !(self.is_weekend(date.weekday()) || self.holidays.contains(&date))
    }

    /// The first working day after a date; the last date there is where none follows.
    #[must_use]
    pub fn next_working_day(&self, date: NaiveDate) -> NaiveDate {
        date.iter_days()
            .skip(1)
            .find(|day| self.is_working_day(*day))
            .unwrap_or(NaiveDate::MAX)
    }

    /// The `n`-th working day after a date, which itself never counts; the date for 0.
    #[must_use]
    pub fn add_working_days(&self, date: NaiveDate, n: u16) -> NaiveDate {
        (0..n).fold(date, |day, _| self.next_working_day(day))
    }

    /// True if the holidays of a year are on record. Of other years only the weekends are
    /// known, so that a deadline may fall on a holiday.
    #[must_use]
    pub fn knows_year(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// The years whose holidays are on record, in order.
    pub fn known_years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().copied()
    }

    fn is_weekend(&self, day: Weekday) -> bool {
        self.weekend & bit(day) != 0
    }
}

const fn bit(day: Weekday) -> u8 {
    1 << day.num_days_from_monday()
}

/// The calendar compiled into the program.
///
/// # Errors
/// As [`load`].
pub fn embedded() -> Result<Calendar, SeedError> {
    load(include_str!("../../seeds/calendar.yaml"))
}

/// Reads a calendar from YAML in the format that `seeds/calendar.yaml` describes.
///
/// # Errors
/// With every problem found: YAML that does not parse, unknown keys or weekdays, a week
/// without a working day, a year or date given twice, a date outside its year or in both
/// lists, a make-up day that is a working day anyway.
pub fn load(text: &str) -> Result<Calendar, SeedError> {
    let raw: RawCalendar = seed::parse(FILE, text)?;
    let mut check = Check::of(FILE);
    let days = raw.weekend.iter();
    let mut calendar = Calendar {
        weekend: days.fold(0, |set, day| set | weekday(day, &mut check)),
        years: BTreeSet::new(),
        holidays: BTreeSet::new(),
        workdays: BTreeSet::new(),
    };
    check.require(calendar.weekend.count_ones() < 7, || {
        "weekend: a week needs a working day".into()
    });
    for year in &raw.years {
        calendar.add_year(year, &mut check);
    }
    check.finish(calendar)
}

/// The weekday as a set of one; empty, with a problem noted, where it is unknown.
fn weekday(text: &str, check: &mut Check) -> u8 {
    text.parse().map_or_else(
        |_| {
            check.add(format!("weekend: {text} is not a day of the week"));
            0
        },
        bit,
    )
}

impl Calendar {
    fn add_year(&mut self, raw: &RawYear, check: &mut Check) {
        let year = raw.year;
        check.require(self.years.insert(year), || {
            format!("year {year} is given twice")
        });
        check.require(!raw.source.trim().is_empty(), || {
            format!("year {year} names no source")
        });
        for date in raw.holidays.iter().chain(&raw.workdays) {
            check.require(date.year() == year, || {
                format!("{date} does not lie in {year}")
            });
        }
        for date in &raw.holidays {
            check.require(self.holidays.insert(*date), || {
                format!("holiday {date} is given twice")
            });
        }
        for date in &raw.workdays {
            self.add_workday(*date, check);
        }
    }

    fn add_workday(&mut self, date: NaiveDate, check: &mut Check) {
        check.require(!self.holidays.contains(&date), || {
            format!("{date} is both a holiday and a make-up day")
        });
        check.require(self.is_weekend(date.weekday()), || {
            format!("make-up day {date} is no weekend day")
        });
        check.require(self.workdays.insert(date), || {
            format!("make-up day {date} is given twice")
        });
    }
}
