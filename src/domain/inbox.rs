//! What waits for a person, which mutation settles it, and how urgent it is.

use chrono::NaiveDate;
use duban_entities::vocabulary::{TaskKind, TaskState};

use super::due::DueFacts;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waiting {
    /// Submit a report, or draft it.
    Report,
    /// Answer an issue or an order.
    Answer,
    /// Claim a milestone done.
    Claim,
    /// Verify or return what a unit submitted.
    Verify,
    /// Close or return the answer to an issue that the own unit raised.
    Close,
    /// Decide a change request.
    Decide,
    /// Issue or dismiss an order that a rule proposes.
    Issue,
}

impl Waiting {
    /// Every sort, in the order of the list.
    pub const ALL: [Self; 7] = [
        Self::Report,
        Self::Answer,
        Self::Claim,
        Self::Verify,
        Self::Close,
        Self::Decide,
        Self::Issue,
    ];
}

/// What a task waits for, whoever may do it; none where nothing is pressing: it is done,
/// its clock stands still, or its day is far.
#[must_use]
pub fn waits_for(
    kind: TaskKind,
    due: &DueFacts,
    returned: bool,
    today: NaiveDate,
    soon_days: u16,
) -> Option<Waiting> {
    match (due.state, kind) {
        (TaskState::Submitted, TaskKind::Issue) => Some(Waiting::Close),
        (TaskState::Submitted, _) => Some(Waiting::Verify),
        (TaskState::Open, _) if due.clock_stopped_on.is_some() => None,
        (TaskState::Open, TaskKind::Report) => Some(Waiting::Report),
        (TaskState::Open, TaskKind::Issue | TaskKind::Order) => Some(Waiting::Answer),
        (TaskState::Open, TaskKind::Milestone) => {
            let presses = due.is_overdue(today) || due.is_due_soon(today, soon_days);
            (presses || returned).then_some(Waiting::Claim)
        }
        (TaskState::Done | TaskState::Cancelled, _) => None,
    }
}

/// How urgent something is that is owed by a day: days overdue, or, below 0, days that are
/// left. None without a deadline.
#[must_use]
pub fn urgency_by(due: &DueFacts, today: NaiveDate) -> Option<i32> {
    let counted = due.counted_due_date.filter(|_| due.has_deadline())?;
    let days = today.signed_duration_since(counted).num_days();
    i32::try_from(days).ok()
}

/// How urgent something is that waits for the office since a day: its age in days.
#[must_use]
pub fn urgency_since(since: NaiveDate, today: NaiveDate) -> i32 {
    let days = today.signed_duration_since(since).num_days().max(0);
    i32::try_from(days).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use duban_entities::vocabulary::DueBasis;
    use proptest::prelude::*;

    use super::*;

    fn day(n: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(n)
    }

    #[test]
    fn a_milestone_waits_once_its_day_is_near() {
        let due = DueFacts::open(day(10), DueBasis::Scheduled);
        let waits = |today, returned| waits_for(TaskKind::Milestone, &due, returned, day(today), 3);
        assert_eq!(waits(6, false), None);
        assert_eq!(waits(6, true), Some(Waiting::Claim));
        assert_eq!(waits(7, false), Some(Waiting::Claim));
        assert_eq!(waits(30, false), Some(Waiting::Claim));
        assert_eq!(urgency_by(&due, day(7)), Some(-3));
        assert_eq!(urgency_by(&due, day(30)), Some(20));
    }

    #[test]
    fn what_is_submitted_waits_for_whoever_decides_it() {
        let submitted = DueFacts {
            state: TaskState::Submitted,
            ..DueFacts::open(day(10), DueBasis::Demanded)
        };
        for (kind, waiting) in [
            (TaskKind::Milestone, Waiting::Verify),
            (TaskKind::Report, Waiting::Verify),
            (TaskKind::Order, Waiting::Verify),
            (TaskKind::Issue, Waiting::Close),
        ] {
            assert_eq!(waits_for(kind, &submitted, false, day(0), 3), Some(waiting));
        }
    }

    proptest! {
        #[test]
        fn nothing_waits_while_its_clock_stands_still(n in 0..400_i64, stopped in 0..400_i64) {
            let due = DueFacts {
                clock_stopped_on: Some(day(stopped)),
                ..DueFacts::open(day(10), DueBasis::ReportingDay)
            };
            for kind in TaskKind::ALL {
                prop_assert_eq!(waits_for(*kind, &due, true, day(n), 3), None);
            }
        }

        #[test]
        fn a_longer_horizon_only_adds(n in 0..60_i64, soon in 0..20_u16, more in 0..20_u16) {
            let due = DueFacts::open(day(30), DueBasis::Scheduled);
            let waits = |days| waits_for(TaskKind::Milestone, &due, false, day(n), days).is_some();
            prop_assert!(!waits(soon) || waits(soon + more));
        }
    }
}
