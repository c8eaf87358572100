//! The duty to report: who owes a monthly report (月报), for which months, due when. The
//! rules stand in `seeds/reporting.yaml`.
//!
//! ```
//! use duban::domain::calendar;
//! use duban::domain::reporting::{self, Month};
//!
//! let (rules, calendar) = (reporting::embedded()?, calendar::embedded()?);
//! let november: Month = "2026-11".parse().unwrap_or_else(|_| unreachable!());
//! let rule = rules.of("ZMD", november);
//! // The 5th of December 2026 is a Saturday.
//! assert_eq!(rule.due_date(november, &calendar).to_string(), "2026-12-07");
//! # Ok::<(), duban::domain::seed::SeedError>(())
//! ```

mod load;
mod month;

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use duban_entities::vocabulary::{Participation, Stage};

use super::calendar::Calendar;

pub use load::{embedded, load};
pub use month::{Month, NotAMonth};

/// The rules of every jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportingRules {
    /// Sorted by jurisdiction, those of all first, then by month; at least one of all.
    rules: Vec<ReportingRule>,
}

/// What holds for the reports of some months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportingRule {
    /// Code of the jurisdiction; none for all that have no rule of their own.
    pub jurisdiction: Option<String>,
    /// The first month whose reports it holds for.
    pub from: Month,
    /// A project at one of these stages at the end of a month owes that month's report.
    pub stages: Vec<Stage>,
    /// Day of the next month on which a report is due, 1 to 28.
    pub day: u32,
    /// By more points than this the reported percentage and that of the milestones may not
    /// differ unflagged.
    pub difference_points: u16,
}

/// What of a project decides whether it owes a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its stage.
    pub stage: Stage,
    /// Whether it is built here.
    pub participation: Participation,
    /// True if a lead unit is stated or assigned.
    pub has_lead: bool,
    /// True for a programme: the duty lies on its members.
    pub has_members: bool,
}

impl ReportingRules {
    /// Every rule: those of all jurisdictions first, each in the order of the months.
    #[must_use]
    pub fn all(&self) -> &[ReportingRule] {
        &self.rules
    }

    /// What holds in a jurisdiction, by its code, for the reports of a month.
    #[must_use]
    pub fn of(&self, jurisdiction: &str, month: Month) -> &ReportingRule {
        let latest = |own: Option<&str>| {
            let rules = self.rules.iter().rev();
            let mut of = rules.filter(move |rule| rule.jurisdiction.as_deref() == own);
            of.find(|rule| rule.from <= month)
        };
        latest(Some(jurisdiction))
            .or_else(|| latest(None))
            .unwrap_or_else(|| self.first())
    }

    /// The earliest rule of all jurisdictions; `load` refuses a list without one.
    fn first(&self) -> &ReportingRule {
        &self.rules[0]
    }
}

impl ReportingRule {
    /// When a month's report is due: the reporting day of the next month, or the next
    /// working day.
    #[must_use]
    pub fn due_date(&self, month: Month, calendar: &Calendar) -> NaiveDate {
        let day = month.next().day(self.day);
        if calendar.is_working_day(day) {
            day
        } else {
            calendar.next_working_day(day)
        }
    }

    /// Whether a project that stood so at the end of a month owes that month's report.
    #[must_use]
    pub fn owes(&self, standing: &Standing) -> bool {
        standing.participation == Participation::Leads
            && standing.has_lead
            && !standing.has_members
            && self.stages.contains(&standing.stage)
    }
}

/// The months whose reports are to be made: those after the mark that are over today, by
/// the local date.
pub fn owed_months(mark: Month, today: NaiveDate) -> impl Iterator<Item = Month> {
    let now = Month::of(today);
    std::iter::successors(Some(mark.next()), |month| Some(month.next()))
        .take_while(move |month| *month < now)
}
