//! When a task is overdue, by how many days, and what a suspension does to it.
//!
//! Lateness is counted from [`DueFacts::counted_due_date`]: the due date moved by the
//! days under suspension that followed it. While a project is suspended its tasks' clocks
//! stand still ([`DueFacts::stop`]); resuming ([`DueFacts::resume`]) moves the counted
//! date by the days that went by. The due date that was agreed never moves by itself.
//!
//! A request for another date, made in time, stops the clock in the same way
//! ([`DueFacts::wait`]). One made late does not: approved, it gives a new date from the
//! decision on, and the days late until then are carried ([`DueFacts::replace_due`]).
//!
//! A suspension from day `s` to day `r` takes out the days after `s` up to and including
//! `r`: the day on which the work stops still counts, the day on which it goes on does
//! not.
//!
//! ```
//! use chrono::NaiveDate;
//! use duban::domain::due::DueFacts;
//! use duban_entities::vocabulary::{DueBasis, MilestoneRole};
//!
//! let march = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap_or_default();
//! let mut task = DueFacts::open(march(1), DueBasis::Scheduled);
//! assert_eq!(task.days_overdue(march(5)), 4);
//! task.stop(march(5), MilestoneRole::Step);
//! assert_eq!(task.days_overdue(march(20)), 4);
//! task.resume(march(25));
//! assert_eq!(task.days_overdue(march(27)), 6);
//! assert_eq!(task.due_date, Some(march(1)));
//! ```

#[cfg(test)]
mod tests;

use chrono::{Days, NaiveDate, TimeDelta};
use duban_entities::vocabulary::{DueBasis, MilestoneRole, TaskState};

/// The columns of a task that say when it is due and whether it is late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueFacts {
    /// Where the task stands.
    pub state: TaskState,
    /// The agreed date; none where none is known.
    pub due_date: Option<NaiveDate>,
    /// Where the date comes from.
    pub due_basis: Option<DueBasis>,
    /// The date lateness is counted from.
    pub counted_due_date: Option<NaiveDate>,
    /// The day on which a suspension stopped the clock, while it lasts.
    pub clock_stopped_on: Option<NaiveDate>,
    /// Days late at the first submission, once there was one.
    pub days_late: Option<i32>,
    /// Days late on dates that late requests replaced: they stay counted. Never negative.
    pub carried_days_late: i32,
}

impl DueFacts {
    /// An open task that is due on a day, with its clock running.
    #[must_use]
    pub const fn open(due: NaiveDate, basis: DueBasis) -> Self {
        Self {
            state: TaskState::Open,
            due_date: Some(due),
            due_basis: Some(basis),
            counted_due_date: Some(due),
            clock_stopped_on: None,
            days_late: None,
            carried_days_late: 0,
        }
    }

    /// Days overdue: of an OPEN task past its counted date, those since, standing still
    /// while the clock is stopped, and the carried ones with them; of a DONE one, those it
    /// was late; else 0. Never negative.
    #[must_use]
    pub fn days_overdue(&self, today: NaiveDate) -> i32 {
        match self.state {
            TaskState::Open if self.days_past(today) > 0 => self.lateness_at_submission(today),
            TaskState::Open => 0,
            TaskState::Done => self.days_late.unwrap_or(0),
            TaskState::Submitted | TaskState::Cancelled => 0,
        }
    }

    /// True for an OPEN task past its counted date.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.state == TaskState::Open && self.days_overdue(today) > 0
    }

    /// True for an OPEN task whose date is only the end of the plan's period, once past
    /// (期满未结).
    #[must_use]
    pub fn period_ended(&self, today: NaiveDate) -> bool {
        self.state == TaskState::Open
            && self.has_only_period()
            && self.due_date.is_some_and(|due| due < today)
    }

    /// True for an OPEN task whose counted date is today or at most `days` days ahead. A
    /// stopped clock brings nothing nearer, and the plan period's end is no deadline.
    #[must_use]
    pub fn is_due_soon(&self, today: NaiveDate, days: u16) -> bool {
        let horizon = today
            .checked_add_days(Days::new(days.into()))
            .unwrap_or(NaiveDate::MAX);
        self.state == TaskState::Open
            && !self.has_only_period()
            && self.clock_stopped_on.is_none()
            && self
                .counted_due_date
                .is_some_and(|due| (today..=horizon).contains(&due))
    }

    /// Days late if it is submitted on this day, the carried ones with them: what a task
    /// keeps from its first submission on.
    #[must_use]
    pub fn lateness_at_submission(&self, on: NaiveDate) -> i32 {
        self.carried_days_late.saturating_add(self.days_past(on))
    }

    /// Days from the counted date to this day or to the one on which the clock stopped.
    /// 0 without a date, or where only the plan's period sets it.
    #[must_use]
    pub fn days_past(&self, on: NaiveDate) -> i32 {
        match self.counted_due_date {
            Some(due) if !self.has_only_period() => {
                let on = self.clock_stopped_on.map_or(on, |stopped| on.min(stopped));
                days_between(due, on)
            }
            _ => 0,
        }
    }

    /// Gives the task a new date: by an approved schedule or change, or by a return. A
    /// stopped clock stays stopped.
    pub const fn set_due(&mut self, due: NaiveDate, basis: DueBasis) {
        self.due_date = Some(due);
        self.due_basis = Some(basis);
        self.counted_due_date = Some(due);
    }

    /// As [`DueFacts::set_due`] by a change that was agreed on this day: the days already
    /// late on the old date stay counted.
    pub fn replace_due(&mut self, due: NaiveDate, basis: DueBasis, on: NaiveDate) {
        self.carried_days_late = self.lateness_at_submission(on);
        self.set_due(due, basis);
    }

    /// As [`DueFacts::resume`], where the agreed date moves by the days of the suspension
    /// and the counted one with it: what was late before stays late by as much, and no day
    /// counts twice.
    pub fn resume_shifted(&mut self, on: NaiveDate, days: i32) {
        let moved = |date: NaiveDate| {
            let moved = date.checked_add_signed(TimeDelta::days(days.into()));
            moved.unwrap_or(NaiveDate::MAX)
        };
        let shifted = self.counted_due_date.map(moved);
        self.resume(on);
        self.due_date = self.due_date.map(moved);
        self.counted_due_date = self.counted_due_date.max(shifted);
    }

    /// Stops the clock while a request for another date, made in time, waits for the
    /// office: that of a review too. A clock that a suspension stopped stays as it is.
    pub const fn wait(&mut self, on: NaiveDate) {
        if self.clock_stopped_on.is_none() {
            self.clock_stopped_on = Some(on);
        }
    }

    /// Lets the clock run again without moving anything: a date agreed anew counts as it
    /// is.
    pub const fn start(&mut self) {
        self.clock_stopped_on = None;
    }

    /// Stops the clock at a suspension. Nothing changes for a task that is finished, for
    /// one that stands still already, and for the review of a suspension, which is owed
    /// while the suspension lasts. A SUBMITTED task stops too: it may yet be returned.
    pub fn stop(&mut self, on: NaiveDate, role: MilestoneRole) {
        let owed = matches!(self.state, TaskState::Open | TaskState::Submitted);
        if owed && role != MilestoneRole::Review && self.clock_stopped_on.is_none() {
            self.clock_stopped_on = Some(on);
        }
    }

    /// Starts the clock again: the counted date moves by the days since the clock stopped
    /// or since the date itself, whichever is later, if there are any.
    pub fn resume(&mut self, on: NaiveDate) {
        let Some(stopped) = self.clock_stopped_on.take() else {
            return;
        };
        self.counted_due_date = self.counted_due_date.map(|counted| {
            let lost = days_between(stopped.max(counted), on);
            counted
                .checked_add_signed(TimeDelta::days(lost.into()))
                .unwrap_or(NaiveDate::MAX)
        });
    }

    /// True where lateness is counted: there is a date, and it is not only the end of the
    /// plan's period.
    #[must_use]
    pub fn has_deadline(&self) -> bool {
        self.counted_due_date.is_some() && !self.has_only_period()
    }

    fn has_only_period(&self) -> bool {
        self.due_basis == Some(DueBasis::PlanPeriod)
    }
}

/// Days from one date to a later one; 0 if it is not later.
fn days_between(from: NaiveDate, to: NaiveDate) -> i32 {
    let days = to.signed_duration_since(from).num_days().max(0);
    i32::try_from(days).unwrap_or(i32::MAX)
}
