//! Red, yellow or green (红黄绿), and why.
//!
//! A [`RuleSet`] is data (`seeds/ratings.yaml`): conditions, each a measure of a project, a
//! number and a colour. A project has the worst colour of the conditions that hold, and is
//! GREEN where none does; so a rating never gets better by falling further behind. A set is
//! in force only where an office has adopted it, in the wording that it had then: that
//! wording is kept as JSON ([`RuleSet::to_json`]).
//!
//! The measure [`Measure::YellowMonths`] looks back at the colours of past month ends. These
//! are base colours ([`RuleSet::base`]): without that measure itself, or two yellow months
//! would keep a project red for ever.

mod load;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{Datelike, NaiveDate};
use duban_entities::vocabulary::{Participation, Rating, Stage, TaskState};

use super::due::DueFacts;
use super::progress::{Basis, Progress};

pub use load::{RatingRules, embedded, load};

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// What a condition looks at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Measure { $($(#[$doc])* $name,)+ }

        impl Measure {
            /// Every measure.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in the rules, and the code of a reason.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

measures! {
    /// Points of percent behind the plan, by the current dates.
    PointsBehind = "POINTS_BEHIND",
    /// The same by the baseline.
    PointsBehindBaseline = "POINTS_BEHIND_BASELINE",
    /// Days overdue of the longest overdue open milestone, by the current dates.
    DaysOverdue = "DAYS_OVERDUE",
    /// The same by the baseline.
    DaysOverdueBaseline = "DAYS_OVERDUE_BASELINE",
    /// Months in a row whose report is missed: past its date and never submitted.
    ReportsMissed = "REPORTS_MISSED",
    /// Month ends in a row that were yellow or red.
    YellowMonths = "YELLOW_MONTHS",
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// From which number on a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At this number and above it.
    From(u16),
    /// Above this number.
    Over(u16),
}

impl Bound {
    /// The number itself.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::From(number) | Self::Over(number) => number,
        }
    }

    /// True for a value in hundredths that the condition holds at.
    const fn holds(self, hundredths: i64) -> bool {
        match self {
            Self::From(number) => hundredths >= number as i64 * 100,
            Self::Over(number) => hundredths > number as i64 * 100,
        }
    }
}

/// A condition of a rule set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it looks at.
    pub measure: Measure,
    /// YELLOW or RED.
    pub rating: Rating,
    /// From which number on it holds.
    pub bound: Bound,
    /// Where it comes from.
    pub source: String,
}

/// Rules that an office can adopt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// Unique code.
    pub code: String,
    /// Grows when anything changes.
    pub version: u16,
    /// Title, for people.
    pub title: String,
    /// Where the set comes from.
    pub source: String,
    /// Its conditions.
    pub conditions: Vec<Condition>,
}

/// What the conditions look at, of one project on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Hundredths of a point behind by the current dates.
    pub points_behind: i32,
    /// The same by the baseline.
    pub points_behind_baseline: i32,
    /// Days overdue by the current dates.
    pub days_overdue: i32,
    /// The same by the baseline.
    pub days_overdue_baseline: i32,
    /// Reports missed in a row.
    pub reports_missed: u16,
    /// Month ends in a row that were yellow or red.
    pub yellow_months: u16,
}

impl Measured {
    /// What progress and reports say; the months are not looked back at yet.
    #[must_use]
    pub fn of(progress: &Progress, reports_missed: u16) -> Self {
        Self {
            points_behind: progress.points_behind(Basis::Current).unwrap_or(0),
            points_behind_baseline: progress.points_behind(Basis::Baseline).unwrap_or(0),
            days_overdue: progress.days_overdue,
            days_overdue_baseline: progress.days_overdue_baseline,
            reports_missed,
            yellow_months: 0,
        }
    }

    /// The value of a measure in hundredths.
    fn hundredths(&self, measure: Measure) -> i64 {
        match measure {
            Measure::PointsBehind => self.points_behind.into(),
            Measure::PointsBehindBaseline => self.points_behind_baseline.into(),
            Measure::DaysOverdue => i64::from(self.days_overdue) * 100,
            Measure::DaysOverdueBaseline => i64::from(self.days_overdue_baseline) * 100,
            Measure::ReportsMissed => i64::from(self.reports_missed) * 100,
            Measure::YellowMonths => i64::from(self.yellow_months) * 100,
        }
    }
}

/// A condition that holds, with the value it holds at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What was looked at.
    pub measure: Measure,
    /// The colour that follows from it.
    pub rating: Rating,
    /// The value in hundredths.
    pub hundredths: i64,
    /// From which number on the condition holds.
    pub bound: Bound,
}

impl RuleSet {
    /// The rating by all conditions, and those that hold, the worst first.
    #[must_use]
    pub fn rate(&self, measured: &Measured) -> (Rating, Vec<Reason>) {
        let holding = self.conditions.iter().filter_map(|condition| {
            let hundredths = measured.hundredths(condition.measure);
            condition.bound.holds(hundredths).then_some(Reason {
                measure: condition.measure,
                rating: condition.rating,
                hundredths,
                bound: condition.bound,
            })
        });
        let mut reasons: Vec<Reason> = holding.collect();
        // Of one measure the worst colour says it all.
        reasons.sort_by(|a, b| b.rating.cmp(&a.rating).then(a.measure.cmp(&b.measure)));
        let mut said = Vec::new();
        reasons.retain(|reason| {
            let new = !said.contains(&reason.measure);
            said.push(reason.measure);
            new
        });
        let rating = reasons.first().map_or(Rating::Green, |r| r.rating);
        (rating, reasons)
    }

    /// The base colour: the rating without [`Measure::YellowMonths`].
    #[must_use]
    pub fn base(&self, measured: &Measured) -> Rating {
        let without = Measured {
            yellow_months: 0,
            ..*measured
        };
        self.rate(&without).0
    }

    /// How many month ends the rules look back at.
    #[must_use]
    pub fn months_back(&self) -> u16 {
        let conditions = self.conditions.iter();
        let back = conditions.filter(|c| c.measure == Measure::YellowMonths);
        back.map(|c| match c.bound {
            Bound::From(number) => number,
            Bound::Over(number) => number.saturating_add(1),
        })
        .max()
        .unwrap_or(0)
    }
}

/// Why a project is not rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrated {
    /// No rules are adopted for that day.
    NoRules,
    /// No schedule is approved.
    NoSchedule,
    /// Another government builds it.
    SupportsOnly,
    /// It is suspended: its clocks stand still.
    Suspended,
    /// It is cancelled, or in operation: nothing is owed any more.
    Ended,
}

impl Unrated {
    /// Why a project is not rated whatever rules there are; none where it is.
    #[must_use]
    pub const fn of(participation: Participation, stage: Stage, scheduled: bool) -> Option<Self> {
        match (participation, stage) {
            (Participation::Supports, _) => Some(Self::SupportsOnly),
            (_, Stage::Suspended) => Some(Self::Suspended),
            (_, Stage::Cancelled | Stage::Operation) => Some(Self::Ended),
            _ if !scheduled => Some(Self::NoSchedule),
            _ => None,
        }
    }

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoRules => "NO_ADOPTED_RULES",
            Self::NoSchedule => "NO_APPROVED_SCHEDULE",
            Self::SupportsOnly => "SUPPORTS_ONLY",
            Self::Suspended => "SUSPENDED",
            Self::Ended => "ENDED",
        }
    }

    /// A sentence for a person.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NoRules => "no rating rules were in force on that day",
            Self::NoSchedule => "no schedule is approved (未排期)",
            Self::SupportsOnly => "another government builds it: only the support is owed",
            Self::Suspended => "it is suspended: its clocks stand still",
            Self::Ended => "it is cancelled or in operation: nothing is owed any more",
        }
    }
}

/// A report that is owed, as the rating sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportOwed {
    /// The month, `YYYY-MM`.
    pub period: String,
    /// State, date and clock.
    pub due: DueFacts,
    /// True once it was submitted.
    pub submitted: bool,
}

/// Missed reports in a row on a day: from the last month owed backwards, those that were never
/// submitted and are past their date. Waived months and months whose clock a suspension
/// stopped are passed over, as are months whose report is not due yet; a report that was
/// submitted ends the row, also one that was returned, whatever became of it.
#[must_use]
pub fn missed_in_a_row(reports: &[ReportOwed], day: NaiveDate) -> u16 {
    let mut owed: Vec<&ReportOwed> = reports.iter().collect();
    owed.sort_by(|a, b| b.period.cmp(&a.period));
    let mut missed: u16 = 0;
    for report in owed {
        let is_in = matches!(report.due.state, TaskState::Submitted | TaskState::Done);
        if is_in || report.submitted {
            break;
        }
        let stopped = report.due.clock_stopped_on.is_some();
        if !stopped && report.due.is_overdue(day) {
            missed = missed.saturating_add(1);
        }
    }
    missed
}

/// How many colours from the first on are yellow or red. A red month is no relief: it counts
/// as a yellow one.
#[must_use]
pub fn yellow_in_a_row(colours: &[Rating]) -> u16 {
    let row = colours
        .iter()
        .take_while(|colour| **colour >= Rating::Yellow);
    u16::try_from(row.count()).unwrap_or(u16::MAX)
}

/// The last days of the months that had ended by the end of a day, the latest first. The day
/// itself is the first where it is the last of its month.
pub fn month_ends(day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let this = if is_month_end(day) {
        Some(day)
    } else {
        before_month_of(day)
    };
    std::iter::successors(this, |end| before_month_of(*end))
}

/// True for the last day of a month.
#[must_use]
pub fn is_month_end(day: NaiveDate) -> bool {
    day.succ_opt()
        .is_none_or(|next| next.month() != day.month())
}

fn before_month_of(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.pred_opt()
}
