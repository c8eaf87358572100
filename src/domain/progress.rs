//! Planned against actual, on any day.
//!
//! The planned curve is the weights of a schedule's milestones by their dates: by the
//! baseline date, which never moves, and by the current date, which follows approved
//! changes and the days under suspension. A milestone counts as planned from its date on:
//! the figure of a day is the one at the day's end. The actual curve is the accepted
//! reports. Percentages are in hundredths (0 to 10,000) and weighed as
//! [`percent_complete`](super::schedule::percent_complete) does.
//!
//! While a milestone's clock stands still (a suspension, a request for another date made in
//! time) the planned percentage on the current basis stands still with it: a milestone
//! whose date lies behind the stop is not planned until the clock runs again. The baseline
//! runs on.

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use duban_entities::vocabulary::{DueBasis, MilestoneRole, RevisionState, TaskState};

use super::due::DueFacts;
use super::reporting::Month;
use super::schedule::{Weighed, percent_reached};

/// Against which dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The first approved dates (原定).
    Baseline,
    /// The dates that hold now (现定), moved by the days under suspension.
    Current,
}

/// A milestone as progress sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its part in the schedule.
    pub role: MilestoneRole,
    /// Weight in hundredths.
    pub weight: i32,
    /// State, current date and clock.
    pub due: DueFacts,
    /// First approved date.
    pub baseline: Option<NaiveDate>,
    /// The day on which it was done, as the unit says.
    pub completed_on: Option<NaiveDate>,
}

impl Step {
    const fn weighed(&self) -> Weighed {
        Weighed {
            role: self.role,
            state: self.due.state,
            weight: self.weight,
        }
    }

    /// The day from which the plan has it done; none where it has no date, or where its
    /// clock stopped before.
    fn planned_on(&self, basis: Basis) -> Option<NaiveDate> {
        match basis {
            Basis::Baseline => self.baseline,
            Basis::Current => {
                let counted = self.due.counted_due_date?;
                let waits = matches!(self.due.state, TaskState::Open | TaskState::Submitted);
                let stopped = self.due.clock_stopped_on.filter(|_| waits);
                stopped.is_none_or(|on| counted <= on).then_some(counted)
            }
        }
    }

    fn is_done_by(&self, day: NaiveDate) -> bool {
        let done = self.due.state == TaskState::Done;
        done && self.completed_on.is_none_or(|on| on <= day)
    }

    /// Days since its date, of an open milestone with a real deadline; the baseline knows no
    /// stopped clock.
    fn days_overdue(&self, basis: Basis, day: NaiveDate) -> i32 {
        if self.due.state != TaskState::Open {
            return 0;
        }
        match (basis, self.baseline) {
            (Basis::Current, _) => self.due.days_overdue(day),
            (Basis::Baseline, Some(date)) if self.due.due_basis != Some(DueBasis::PlanPeriod) => {
                let days = day.signed_duration_since(date).num_days().max(0);
                i32::try_from(days).unwrap_or(i32::MAX)
            }
            (Basis::Baseline, _) => 0,
        }
    }
}

/// One submission of a report as progress sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The month it reports on, `YYYY-MM`.
    pub period: String,
    /// From 1, in the order of submission for the month.
    pub number: i32,
    /// Where it stands.
    pub state: RevisionState,
    /// Percent complete in hundredths, as the unit says.
    pub percent: i32,
    /// When the unit expects to complete.
    pub forecast: Option<NaiveDate>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From this day on.
    pub date: NaiveDate,
    /// So far, in hundredths of a percent.
    pub percent: i32,
}

/// What is known of a project's progress at some moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// True once a schedule is approved: before, nothing is planned.
    pub scheduled: bool,
    /// Its milestones.
    pub steps: Vec<Step>,
    /// The submissions of its reports, in any order.
    pub reported: Vec<Reported>,
}

impl Known {
    /// How far the schedule says it should be on a day, in hundredths of a percent; none
    /// without an approved schedule.
    #[must_use]
    pub fn planned(&self, basis: Basis, day: NaiveDate) -> Option<i32> {
        let reached = |step: &Step| step.planned_on(basis).is_some_and(|on| on <= day);
        self.scheduled
            .then(|| percent_reached(&self.steps, Step::weighed, reached))
    }

    /// The planned curve: the days on which it rises, and to what. Empty without an approved
    /// schedule. What it says of a day is what [`Known::planned`] says.
    #[must_use]
    pub fn planned_curve(&self, basis: Basis) -> Vec<Point> {
        let dates = self.steps.iter().filter_map(|step| step.planned_on(basis));
        let mut dates: Vec<NaiveDate> = dates.collect();
        dates.sort_unstable();
        dates.dedup();
        let mut curve = Vec::new();
        let mut last = 0;
        for date in dates {
            let percent = self.planned(basis, date).unwrap_or(0);
            if percent > last {
                curve.push(Point { date, percent });
                last = percent;
            }
        }
        curve
    }

    /// The actual curve: the accepted report of each month, at the month's last day.
    #[must_use]
    pub fn actual_curve(&self) -> Vec<Point> {
        let accepted = self.reported.iter().filter(|r| is_accepted(r));
        let mut curve: Vec<Point> = accepted
            .filter_map(|report| {
                Some(Point {
                    date: report.period.parse::<Month>().ok()?.last_day(),
                    percent: report.percent,
                })
            })
            .collect();
        curve.sort_unstable_by_key(|point| point.date);
        curve
    }

    /// The progress on a day that is today for these facts.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Progress {
        let reported = self.last_accepted();
        let overdue = |basis| {
            let days = self.steps.iter().map(|step| step.days_overdue(basis, day));
            days.max().unwrap_or(0)
        };
        Progress {
            on: day,
            planned: self.planned(Basis::Current, day),
            planned_baseline: self.planned(Basis::Baseline, day),
            complete: percent_reached(&self.steps, Step::weighed, |s| s.is_done_by(day)),
            reported: reported.map(|report| report.percent),
            reported_period: reported.map(|report| report.period.clone()),
            days_overdue: overdue(Basis::Current),
            days_overdue_baseline: overdue(Basis::Baseline),
            forecast: self.forecast(),
        }
    }

    /// The accepted report of the latest month.
    fn last_accepted(&self) -> Option<&Reported> {
        let accepted = self.reported.iter().filter(|r| is_accepted(r));
        accepted.max_by(|a, b| place(a).cmp(&place(b)))
    }

    /// The completion that the unit last stated, accepted or not; what the office sent back
    /// apart.
    fn forecast(&self) -> Option<NaiveDate> {
        let stated = self
            .reported
            .iter()
            .filter(|report| report.state != RevisionState::Returned && report.forecast.is_some());
        stated.max_by(|a, b| place(a).cmp(&place(b)))?.forecast
    }
}

fn is_accepted(report: &Reported) -> bool {
    report.state == RevisionState::Accepted
}

fn place(report: &Reported) -> (&str, i32) {
    (&report.period, report.number)
}

/// Planned against actual on one day. Percentages are in hundredths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The day.
    pub on: NaiveDate,
    /// Planned by the current dates; none without an approved schedule.
    pub planned: Option<i32>,
    /// Planned by the baseline.
    pub planned_baseline: Option<i32>,
    /// The weight of the milestones that were done.
    pub complete: i32,
    /// What the last accepted report says; none where there is none.
    pub reported: Option<i32>,
    /// The month of that report, `YYYY-MM`.
    pub reported_period: Option<String>,
    /// Days overdue of the open milestone that is longest overdue, by the current dates.
    pub days_overdue: i32,
    /// The same by the baseline.
    pub days_overdue_baseline: i32,
    /// The completion that the unit last stated.
    pub forecast: Option<NaiveDate>,
}

impl Progress {
    /// How far it really is: what the last accepted report says, or else the milestones.
    #[must_use]
    pub fn actual(&self) -> i32 {
        self.reported.unwrap_or(self.complete)
    }

    /// Hundredths of a point behind the plan, 0 when ahead; none where nothing is planned.
    #[must_use]
    pub fn points_behind(&self, basis: Basis) -> Option<i32> {
        let planned = match basis {
            Basis::Current => self.planned,
            Basis::Baseline => self.planned_baseline,
        };
        planned.map(|planned| (planned - self.actual()).max(0))
    }

    /// True where milestones and report differ by more than so many points.
    #[must_use]
    pub fn differs(&self, points: u16) -> bool {
        self.reported
            .is_some_and(|reported| (reported - self.complete).abs() > i32::from(points) * 100)
    }
}
