//! What simulated people do when: plain values from a work's character and the months that
//! have gone by. The same day gives the same demonstration.

use chrono::{Days, Months, NaiveDate};

use super::data::Character;

/// A milestone of a simulated schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) title: &'static str,
    /// Months from the start of the schedule.
    months: u32,
    /// Weight in hundredths.
    pub(super) weight: i32,
}

/// The milestone with whose verification the work goes under construction.
pub(super) const GROUND_BREAKING: &str = "开工";
/// The milestone that ends the work.
pub(super) const ACCEPTANCE: &str = "竣工验收";

const LONG: [Step; 6] = [
    step("前期手续办结", 1, 1_000),
    step(GROUND_BREAKING, 4, 1_000),
    step("基础工程完成", 8, 2_000),
    step("主体工程过半", 13, 2_500),
    step("主体工程完工", 20, 2_500),
    step(ACCEPTANCE, 26, 1_000),
];

const SHORT: [Step; 4] = [
    step("前期手续办结", 1, 1_500),
    step(GROUND_BREAKING, 2, 2_000),
    step("主体工程完工", 9, 5_000),
    step(ACCEPTANCE, 12, 1_500),
];

const fn step(title: &'static str, months: u32, weight: i32) -> Step {
    Step {
        title,
        months,
        weight,
    }
}

/// How a unit reports on a work in some month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reporting {
    /// By the reporting day.
    OnTime,
    /// A week after it.
    Late,
    /// Not at all.
    Never,
}

impl Character {
    /// The schedule that the unit lays out.
    pub(super) const fn steps(self) -> &'static [Step] {
        match self {
            Self::Finished => &SHORT,
            _ => &LONG,
        }
    }

    /// Days after its date on which the unit claims the n-th milestone; none where it does
    /// not within the demonstration.
    pub(super) fn lag(self, n: usize) -> Option<u64> {
        match self {
            Self::Good | Self::Finished | Self::New | Self::Suspended | Self::Unscheduled => {
                Some(0)
            }
            Self::Slow => Some([170, 24, 9, 200].get(n).copied().unwrap_or(24)),
            Self::Bad => [200, 60].get(n).copied(),
        }
    }

    /// How the unit reports in the n-th month of the demonstration.
    pub(super) fn reporting(self, month: usize) -> Reporting {
        match self {
            Self::Slow if month % 3 == 2 => Reporting::Late,
            // From the first month on, so that three months already show a red project.
            Self::Bad if month % 5 < 3 => Reporting::Never,
            Self::Bad if month % 5 == 3 => Reporting::Late,
            Self::Bad => Reporting::OnTime,
            _ => Reporting::OnTime,
        }
    }

    /// True for a report that the office sends back once.
    pub(super) const fn is_returned(self, month: usize) -> bool {
        matches!(self, Self::Slow) && month % 6 == 1
    }
}

impl Step {
    /// When it is due in a schedule that starts on this day.
    pub(super) fn due(self, start: NaiveDate) -> NaiveDate {
        start + Months::new(self.months)
    }
}

/// The day on which the unit claims a milestone: `lag` days behind its first date.
pub(super) fn claim_on(due: NaiveDate, lag: u64) -> NaiveDate {
    due.checked_add_days(Days::new(lag)).unwrap_or(due)
}
