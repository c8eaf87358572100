//! Ending a suspension: the new dates that are proposed with it, and what they do.

use chrono::{NaiveDate, TimeDelta};
use duban_entities::vocabulary::{ChangeKind, DueBasis, MilestoneRole, TaskState};
use duban_entities::{project, task};

use super::change::{Content, MovedDate, NewDate, content, date_of, dated, moved_date, placed};
use crate::domain::change::{self, check_places};
use crate::domain::due::DueFacts;
use crate::error::{Error, Problems, Result};
use crate::store::{Work, changes};

/// Starts a clock again on a date that was agreed with the resumption: moved by the days of
/// the suspension, or another one, with the days late before kept.
pub(super) fn resume_with(
    due: &mut DueFacts,
    project: &project::Model,
    date: &MovedDate,
    on: NaiveDate,
) {
    let days = suspended_days(project, on);
    if Some(date.to) == later(date.from, days) {
        due.resume_shifted(on, days);
    } else {
        due.replace_due(date.to, DueBasis::Scheduled, on);
        due.start();
    }
}

/// Refuses, at the decision, a date of the unit's own that has passed while the request
/// waited. One that moved by the days of the suspension may lie behind: it was late before.
pub(super) fn expect_ahead(
    project: &project::Model,
    dates: &[MovedDate],
    on: NaiveDate,
    today: NaiveDate,
) -> Result<()> {
    let days = suspended_days(project, on);
    let passed = |date: &MovedDate| date.to < today && Some(date.to) != later(date.from, days);
    if dates.iter().any(passed) {
        return Err(Error::blocked(
            "DATE_PASSED",
            "a proposed date has passed since: return it",
        ));
    }
    Ok(())
}

/// Days from the suspension to the resumption; 0 where nobody knows when it began.
fn suspended_days(project: &project::Model, on: NaiveDate) -> i32 {
    let since = project.stage_since.unwrap_or(on);
    let days = on.signed_duration_since(since).num_days().max(0);
    i32::try_from(days).unwrap_or(i32::MAX)
}

fn later(date: Option<NaiveDate>, days: i32) -> Option<NaiveDate> {
    date?.checked_add_signed(TimeDelta::days(days.into()))
}

/// The end of a suspension.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resumption {
    /// True where the move is one.
    pub(super) resumes: bool,
    /// The day on which the work goes on.
    pub(super) on: NaiveDate,
    /// Local today.
    pub(super) today: NaiveDate,
}

/// The dates that are proposed with a resumption, for each open milestone of an approved
/// schedule: the present one moved by the days of the suspension, or what the proposer
/// says. What a waiting request would move is left to it.
pub(super) async fn resumed_dates(
    work: &Work,
    project: &project::Model,
    milestones: &[task::Model],
    end: &Resumption,
    given: Option<Vec<NewDate>>,
) -> Result<Vec<MovedDate>> {
    let scheduled = project.schedule_approved_at.is_some() && project.stage_since.is_some();
    if !end.resumes || !scheduled {
        return match given {
            None => Ok(Vec::new()),
            Some(_) => Err(Error::invalid(
                "dates",
                "given only where the suspension of a scheduled project ends",
            )),
        };
    }
    let given = given.unwrap_or_default();
    let wanted = placed(milestones, &given)?;
    let waiting = waiting_dates(work, project).await?;
    let days = suspended_days(project, end.on);
    let movable = |task: &task::Model| {
        let counted = task.state == TaskState::Open && task.role != Some(MilestoneRole::Review);
        counted && date_of(&waiting, task).is_none()
    };
    let mut problems = Problems::default();
    for (n, new) in wanted.iter().enumerate() {
        let task = milestones.get(new.place);
        problems.require(
            task.is_some_and(movable),
            &format!("dates.{n}.taskId"),
            "an open milestone for which no other date is pending",
        );
        let shifted = task.and_then(|task| later(task.due_date, days));
        problems.require(
            new.due >= end.today || Some(new.due) == shifted,
            &format!("dates.{n}.dueDate"),
            "not before today",
        );
    }
    let moved = milestones
        .iter()
        .enumerate()
        .filter(|(_, task)| movable(task));
    let moved = moved.filter_map(|(place, task)| {
        let said = wanted.iter().find(|new| new.place == place);
        let due = said.map(|new| new.due);
        let due = due.or_else(|| later(task.due_date, days))?;
        Some((place, moved_date(task, due, false)))
    });
    let moved: Vec<(usize, MovedDate)> = moved.collect();
    let all = given_first(&wanted, &moved);
    check_places("dates", &dated(milestones), &all, &mut problems);
    problems.finish()?;
    Ok(moved.into_iter().map(|(_, date)| date).collect())
}

/// The given dates first, under their numbers, then the others.
fn given_first(given: &[change::NewDate], all: &[(usize, MovedDate)]) -> Vec<change::NewDate> {
    let others = all
        .iter()
        .filter(|(place, _)| given.iter().all(|new| new.place != *place));
    let others = others.map(|(place, date)| change::NewDate {
        place: *place,
        due: date.to,
    });
    given.iter().copied().chain(others).collect()
}

/// The dates that a pending request would set.
async fn waiting_dates(work: &Work, project: &project::Model) -> Result<Vec<MovedDate>> {
    let pending = changes::pending(work.connection(), project.id, ChangeKind::Reschedule).await?;
    match pending.as_ref().map(content).transpose()? {
        Some(Content::Reschedule { milestones }) => Ok(milestones),
        _ => Ok(Vec::new()),
    }
}
