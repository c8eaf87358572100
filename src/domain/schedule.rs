//! What a proposed schedule must look like, which milestone begins and ends it, and how
//! far a project is.

#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate};
use duban_entities::ids::UnitId;
use duban_entities::vocabulary::{MilestoneRole, TaskState};

use crate::error::{Problems, Result};

/// How many milestones a schedule has.
pub const COUNT: std::ops::RangeInclusive<usize> = 2..=100;
/// How many characters a title has.
pub const TITLE_CHARS: std::ops::RangeInclusive<usize> = 1..=200;
/// Years that are no typing error.
const YEARS: std::ops::RangeInclusive<i32> = 1949..=2199;
/// All of it, in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// A milestone as somebody proposes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedMilestone {
    /// Title; white space around it is dropped.
    pub title: String,
    /// When it is due.
    pub due_date: NaiveDate,
    /// Weight in hundredths, positive; only its share of the sum matters.
    pub weight: i32,
    /// The unit that owes it; none for the lead unit.
    pub unit_id: Option<UnitId>,
}

/// A milestone of a checked schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledMilestone {
    /// Title, trimmed.
    pub title: String,
    /// When it is due.
    pub due_date: NaiveDate,
    /// Weight in hundredths.
    pub weight: i32,
    /// The unit that owes it; none for the lead unit.
    pub unit_id: Option<UnitId>,
    /// START, STEP or FINISH.
    pub role: MilestoneRole,
}

/// A checked schedule: exactly one START and one FINISH, in the order proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The milestones.
    pub milestones: Vec<ScheduledMilestone>,
    /// The day on which the finish is due: the project's due date.
    pub finish_on: NaiveDate,
}

/// The date that the plan gives the project, which a schedule may pass only with a reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlannedEnd {
    /// The date that the plan states for the work; it goes before the period's end.
    pub stated: Option<NaiveDate>,
    /// The last day of the plan's period.
    pub period_end: Option<NaiveDate>,
}

/// Checks a proposed schedule and gives each milestone its part: the finish is the one
/// with the latest date (the last of several on that day), the start the one with the
/// earliest (the first of several).
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) with every problem: `milestones` for
/// their number, `milestones.<i>.title`, `.dueDate`, `.weight`, and `reason` where the
/// finish lies after the planned end and none is given.
pub fn check(
    proposed: &[ProposedMilestone],
    planned: PlannedEnd,
    reason: Option<&str>,
) -> Result<Schedule> {
    let mut problems = Problems::default();
    check_count(proposed.len(), &mut problems);
    for (index, milestone) in proposed.iter().enumerate() {
        check_milestone(index, milestone, &mut problems);
    }
    check_reason(proposed, planned, reason, &mut problems);
    problems.finish()?;
    Ok(with_roles(proposed))
}

fn check_count(count: usize, problems: &mut Problems) {
    problems.require(
        count >= *COUNT.start(),
        "milestones",
        "at least a start and a finish are needed",
    );
    problems.require(
        count <= *COUNT.end(),
        "milestones",
        "at most 100 milestones are possible",
    );
}

fn check_milestone(index: usize, milestone: &ProposedMilestone, problems: &mut Problems) {
    let title = milestone.title.trim();
    let field = |name: &str| format!("milestones.{index}.{name}");
    problems.require(
        TITLE_CHARS.contains(&title.chars().count()),
        &field("title"),
        "a title has 1 to 200 characters",
    );
    problems.require(
        !title.chars().any(char::is_control),
        &field("title"),
        "a title has no control characters",
    );
    problems.require(
        YEARS.contains(&milestone.due_date.year()),
        &field("dueDate"),
        "a due date lies between 1949 and 2199",
    );
    problems.require(
        milestone.weight > 0,
        &field("weight"),
        "a weight is greater than 0",
    );
}

fn check_reason(
    proposed: &[ProposedMilestone],
    planned: PlannedEnd,
    reason: Option<&str>,
    problems: &mut Problems,
) {
    let Some(limit) = planned.stated.or(planned.period_end) else {
        return;
    };
    let passes = proposed.iter().any(|m| m.due_date > limit);
    let given = reason.is_some_and(|text| !text.trim().is_empty());
    if passes && !given {
        problems.add(
            "reason",
            format!("a reason is required for finishing after {limit}, the plan's date"),
        );
    }
}

fn with_roles(proposed: &[ProposedMilestone]) -> Schedule {
    let by_date = |(index, milestone): &(usize, &ProposedMilestone)| (milestone.due_date, *index);
    let start = proposed.iter().enumerate().min_by_key(by_date);
    let finish = proposed.iter().enumerate().max_by_key(by_date);
    let role = |index| match (start, finish) {
        (_, Some((last, _))) if index == last => MilestoneRole::Finish,
        (Some((first, _)), _) if index == first => MilestoneRole::Start,
        _ => MilestoneRole::Step,
    };
    let milestones = proposed.iter().enumerate();
    Schedule {
        milestones: milestones.map(|(i, m)| scheduled(m, role(i))).collect(),
        finish_on: finish.map_or(NaiveDate::MIN, |(_, m)| m.due_date),
    }
}

fn scheduled(proposed: &ProposedMilestone, role: MilestoneRole) -> ScheduledMilestone {
    let ProposedMilestone {
        title,
        due_date,
        weight,
        unit_id,
    } = proposed;
    ScheduledMilestone {
        title: title.trim().to_owned(),
        due_date: *due_date,
        weight: *weight,
        unit_id: *unit_id,
        role,
    }
}

/// A milestone as the percentage sees it.
#[derive(Clone, Copy, Debug)]
pub struct Weighed {
    /// Its part in the schedule.
    pub role: MilestoneRole,
    /// Where it stands.
    pub state: TaskState,
    /// Weight in hundredths, not negative.
    pub weight: i32,
}

/// How far a project is, in hundredths of a percent (0 to 10,000): the weight of what is
/// DONE over the weight of all that is not CANCELLED, rounded down, so that the whole is
/// reached only by the last milestone.
///
/// Reviews never count; support counts where the project has nothing else. Where nothing
/// has a weight, all weigh the same.
#[must_use]
pub fn percent_complete(milestones: &[Weighed]) -> i32 {
    percent_reached(milestones, |m| *m, |m| m.state == TaskState::Done)
}

/// The weight of the milestones that are reached over the weight of all, in hundredths of a
/// percent, by the rules of [`percent_complete`]; what is reached is the caller's to say.
pub fn percent_reached<T>(
    milestones: &[T],
    weighed: impl Fn(&T) -> Weighed,
    reached: impl Fn(&T) -> bool,
) -> i32 {
    let all = milestones.iter().map(|m| (weighed(m), reached(m)));
    let owed =
        all.filter(|(m, _)| m.state != TaskState::Cancelled && m.role != MilestoneRole::Review);
    let (support, own): (Vec<_>, Vec<_>) =
        owed.partition(|(m, _)| m.role == MilestoneRole::Support);
    let counted = if own.is_empty() { support } else { own };
    if counted.iter().all(|(m, _)| m.weight <= 0) {
        share(&counted, |_| 1)
    } else {
        share(&counted, |m| i64::from(m.weight.max(0)))
    }
}

fn share(counted: &[(Weighed, bool)], weight: impl Fn(&Weighed) -> i64) -> i32 {
    let total: i64 = counted.iter().map(|(m, _)| weight(m)).sum();
    let reached = counted.iter().filter(|(_, reached)| *reached);
    let reached: i64 = reached.map(|(m, _)| weight(m)).sum();
    let hundredths = (reached * WHOLE).checked_div(total).unwrap_or(0);
    i32::try_from(hundredths).unwrap_or(0)
}
