//! What became of something that was owed by a day, as it stands on the day of judgement.
//!
//! Whether it was in time is fixed by the first submission ([`DueFacts::days_late`]); a
//! later return does not make a report late, but takes a milestone's claim away until it
//! stands again. Days on which the clock stood still do not count.

use chrono::NaiveDate;
use duban_entities::vocabulary::TaskState;

use super::due::DueFacts;

/// Something that was owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Its dates and where it stands.
    pub due: DueFacts,
    /// The first approved date.
    pub baseline: Option<NaiveDate>,
    /// Local day of the first submission.
    pub first_submitted_on: Option<NaiveDate>,
    /// True for a report that a supervisor waived (免报).
    pub waived: bool,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Submitted first on or before its day.
    InTime,
    /// Submitted first after its day.
    Late,
    /// Not submitted, and its day has passed.
    Missing,
    /// Not submitted, and its day has not passed.
    Pending,
    /// Not submitted, and its clock stands still: a suspension, or a request for another
    /// date that waits.
    Suspended,
    /// Waived.
    Waived,
}

/// What a milestone counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Claimed in time.
    Met,
    /// Claimed late, or not at all.
    Missed,
    /// Not claimed, and its clock stands still.
    Suspended,
}

impl Verdict {
    /// What a milestone of this verdict counts as; none while its day has not passed, and for
    /// what is not owed.
    #[must_use]
    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::InTime => Some(Outcome::Met),
            Self::Late | Self::Missing => Some(Outcome::Missed),
            Self::Suspended => Some(Outcome::Suspended),
            Self::Pending | Self::Waived => None,
        }
    }
}

impl Owed {
    /// Of a report, or of an order: judged by the first submission alone. None for one that
    /// is no longer owed.
    #[must_use]
    pub fn answered(&self, judged_on: NaiveDate) -> Option<Verdict> {
        if self.waived {
            return Some(Verdict::Waived);
        }
        if self.due.state == TaskState::Cancelled {
            return None;
        }
        Some(match self.first_submitted_on {
            Some(_) if self.was_late() => Verdict::Late,
            Some(_) => Verdict::InTime,
            None => self.unsubmitted(judged_on),
        })
    }

    /// Of a milestone, against its current date: in time if it was claimed first on or
    /// before its day and the claim stands (SUBMITTED or DONE). A claim that was returned
    /// is owed anew by its new date. None where it is not owed, or has no deadline.
    #[must_use]
    pub fn met(&self, judged_on: NaiveDate) -> Option<Verdict> {
        match self.due.state {
            TaskState::Cancelled => None,
            _ if !self.due.has_deadline() => None,
            _ if self.missed_its_date() => Some(Verdict::Late),
            TaskState::Submitted | TaskState::Done => Some(Verdict::InTime),
            TaskState::Open => Some(self.unsubmitted(judged_on)),
        }
    }

    /// Of a milestone, against its baseline date, which neither an approved change nor the
    /// days under suspension move.
    #[must_use]
    pub fn met_baseline(&self, judged_on: NaiveDate) -> Option<Verdict> {
        let baseline = self.baseline.filter(|_| self.due.has_deadline())?;
        let in_time = self.first_submitted_on.is_some_and(|on| on <= baseline);
        let stopped = self.due.clock_stopped_on.is_some_and(|on| on <= baseline);
        match self.due.state {
            TaskState::Cancelled => None,
            TaskState::Submitted | TaskState::Done if in_time => Some(Verdict::InTime),
            TaskState::Submitted | TaskState::Done => Some(Verdict::Late),
            TaskState::Open if stopped => Some(Verdict::Suspended),
            TaskState::Open if baseline >= judged_on => Some(Verdict::Pending),
            TaskState::Open => Some(Verdict::Missing),
        }
    }

    fn was_late(&self) -> bool {
        self.due.days_late.is_some_and(|days| days > 0)
    }

    /// Late on the date itself: days carried from an earlier date stay apart.
    fn missed_its_date(&self) -> bool {
        let carried = self.due.carried_days_late;
        self.due.days_late.is_some_and(|days| days > carried)
    }

    fn unsubmitted(&self, judged_on: NaiveDate) -> Verdict {
        if self.due.is_overdue(judged_on) {
            Verdict::Missing
        } else if self.due.clock_stopped_on.is_some() {
            Verdict::Suspended
        } else {
            Verdict::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use duban_entities::vocabulary::DueBasis;

    use super::*;

    fn november(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn owed(state: TaskState, submitted: Option<u32>, late: i32) -> Owed {
        Owed {
            due: DueFacts {
                state,
                days_late: submitted.map(|_| late),
                ..DueFacts::open(november(10), DueBasis::Scheduled)
            },
            baseline: Some(november(5)),
            first_submitted_on: submitted.map(november),
            waived: false,
        }
    }

    #[test]
    fn the_first_submission_decides_of_a_report() {
        use TaskState::{Done, Open, Submitted};
        for (state, submitted, late, verdict) in [
            (Submitted, Some(10), 0, Verdict::InTime),
            (Done, Some(12), 2, Verdict::Late),
            (Open, Some(9), 0, Verdict::InTime),
            (Open, None, 0, Verdict::Missing),
        ] {
            let report = owed(state, submitted, late);
            assert_eq!(report.answered(november(20)), Some(verdict), "{report:?}");
        }
        let open = owed(Open, None, 0);
        assert_eq!(open.answered(november(10)), Some(Verdict::Pending));
        let cancelled = owed(TaskState::Cancelled, None, 0);
        assert_eq!(cancelled.answered(november(20)), None);
        let waived = Owed {
            waived: true,
            ..cancelled
        };
        assert_eq!(waived.answered(november(20)), Some(Verdict::Waived));
    }

    #[test]
    fn a_milestone_is_met_while_its_claim_stands() {
        use TaskState::{Done, Open, Submitted};
        for (state, submitted, late, current, baseline) in [
            (Done, Some(4), 0, Verdict::InTime, Verdict::InTime),
            (Submitted, Some(8), 0, Verdict::InTime, Verdict::Late),
            (Done, Some(12), 2, Verdict::Late, Verdict::Late),
            // Claimed in time and returned: owed anew.
            (Open, Some(4), 0, Verdict::Missing, Verdict::Missing),
            (Open, None, 0, Verdict::Missing, Verdict::Missing),
        ] {
            let step = owed(state, submitted, late);
            assert_eq!(step.met(november(20)), Some(current), "{step:?}");
            assert_eq!(step.met_baseline(november(20)), Some(baseline), "{step:?}");
        }
        let open = owed(Open, None, 0);
        assert_eq!(open.met(november(10)), Some(Verdict::Pending));
        assert_eq!(open.met_baseline(november(5)), Some(Verdict::Pending));
    }

    #[test]
    fn a_stopped_clock_stands_apart_unless_it_was_late_before() {
        let mut step = owed(TaskState::Open, None, 0);
        step.due.clock_stopped_on = Some(november(3));
        assert_eq!(step.met(november(20)), Some(Verdict::Suspended));
        assert_eq!(step.met_baseline(november(20)), Some(Verdict::Suspended));
        step.due.clock_stopped_on = Some(november(7));
        assert_eq!(step.met(november(20)), Some(Verdict::Suspended));
        assert_eq!(step.met_baseline(november(20)), Some(Verdict::Missing));
        step.due.clock_stopped_on = Some(november(12));
        assert_eq!(step.met(november(20)), Some(Verdict::Missing));
    }

    #[test]
    fn days_carried_from_an_earlier_date_make_the_new_one_neither_missed_nor_late() {
        let mut step = owed(TaskState::Open, None, 0);
        step.due.carried_days_late = 4;
        assert_eq!(step.met(november(10)), Some(Verdict::Pending));
        assert_eq!(step.met(november(11)), Some(Verdict::Missing));
        step.due.state = TaskState::Submitted;
        step.first_submitted_on = Some(november(9));
        step.due.days_late = Some(4);
        assert_eq!(step.met(november(20)), Some(Verdict::InTime));
        assert_eq!(step.met_baseline(november(20)), Some(Verdict::Late));
    }

    #[test]
    fn the_end_of_a_plan_period_is_no_deadline() {
        let mut step = owed(TaskState::Open, None, 0);
        step.due.due_basis = Some(DueBasis::PlanPeriod);
        assert_eq!(step.met(november(20)), None);
        assert_eq!(step.met_baseline(november(20)), None);
    }
}
