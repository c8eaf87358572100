//! The ladder of supervision: which order is proposed next on a ground, from
//! `seeds/ladder.yaml`. Nothing is issued by it: a person does.
//!
//! ```
//! use chrono::NaiveDate;
//! use duban::domain::ladder::{self, Standing};
//! use duban_entities::vocabulary::{OrderGround, OrderLevel};
//!
//! let ladder = ladder::embedded()?;
//! let day = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default();
//! let overdue = Standing {
//!     ground: OrderGround::MilestoneOverdue,
//!     measure: 20,
//!     since: day,
//!     steps: Vec::new(),
//! };
//! let next = ladder.next(&overdue, day).map(|next| next.level);
//! assert_eq!(next, Some(OrderLevel::Reminder));
//! # Ok::<(), duban::domain::seed::SeedError>(())
//! ```

mod load;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use duban_entities::ids::{ProjectId, TaskId};
use duban_entities::vocabulary::{OrderGround, OrderLevel, Rating, TaskState};

pub use load::{embedded, load};

/// Which order is proposed on which ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    grounds: BTreeMap<OrderGround, GroundRule>,
}

/// The steps of one ground, from the mildest; levels and measures rise.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GroundRule {
    steps: Vec<Step>,
    holds_days: Option<u16>,
}

/// A level, and the measure from which it is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    level: OrderLevel,
    from: i32,
}

/// What was done on a ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// At which level.
    pub level: OrderLevel,
    /// On which day.
    pub on: NaiveDate,
    /// The order; none where the proposal was dismissed.
    pub order: Option<Issued>,
}

/// An order that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The order.
    pub id: TaskId,
    /// Where it stands.
    pub state: TaskState,
    /// By when it is to be answered.
    pub due_date: Option<NaiveDate>,
}

impl Issued {
    /// True while the unit still has time, or the office has its answer before it.
    fn waits(&self, today: NaiveDate) -> bool {
        match self.state {
            TaskState::Submitted => true,
            TaskState::Open => self.due_date.is_some_and(|due| due >= today),
            TaskState::Done | TaskState::Cancelled => false,
        }
    }
}

/// How a subject stands on a ground. One that is suspended or waived, or for which a decision
/// is pending, presses nobody and does not stand here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The ground.
    pub ground: OrderGround,
    /// Days overdue, reports missed in a row, or 1 for a red rating; 0 for none of it.
    pub measure: i32,
    /// The day from which the present case runs: what was done before belongs to another.
    pub since: NaiveDate,
    /// What was done on this ground, in any order.
    pub steps: Vec<Taken>,
}

/// The order that is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// At which level.
    pub level: OrderLevel,
    /// The last order on the same ground.
    pub follows: Option<TaskId>,
}

impl Ladder {
    /// The next order, if one is to be proposed: the lowest level above all that were issued
    /// or dismissed in this case, once its measure is reached and no earlier order waits.
    #[must_use]
    pub fn next(&self, standing: &Standing, today: NaiveDate) -> Option<Next> {
        let taken = || {
            standing
                .steps
                .iter()
                .filter(|step| step.on >= standing.since)
        };
        let orders = || taken().filter_map(|step| Some((step.on, step.order.as_ref()?)));
        if orders().any(|(_, order)| order.waits(today)) {
            return None;
        }
        let reached = taken().map(|step| step.level).max();
        let rule = self.grounds.get(&standing.ground)?;
        let step = rule.steps.iter().find(|step| Some(step.level) > reached)?;
        let last = orders().max_by_key(|(on, order)| (*on, order.id));
        (step.from <= standing.measure).then_some(Next {
            level: step.level,
            follows: last.map(|(_, order)| order.id),
        })
    }

    /// The smallest measure at which anything is proposed on a ground; none where the ground
    /// has no steps.
    #[must_use]
    pub fn first(&self, ground: OrderGround) -> Option<i32> {
        Some(self.grounds.get(&ground)?.steps.first()?.from)
    }

    /// The day from which orders and dismissals on a ground count that has no date of its
    /// own.
    #[must_use]
    pub fn held_since(&self, ground: OrderGround, today: NaiveDate) -> NaiveDate {
        let days = self.grounds.get(&ground).and_then(|rule| rule.holds_days);
        let days = Days::new(days.unwrap_or(0).into());
        today.checked_sub_days(days).unwrap_or(NaiveDate::MIN)
    }
}

/// The projects that are rated red.
#[must_use]
pub fn red(ratings: &HashMap<ProjectId, Rating>) -> BTreeSet<ProjectId> {
    let red = ratings.iter().filter(|(_, rating)| **rating == Rating::Red);
    red.map(|(id, _)| *id).collect()
}
