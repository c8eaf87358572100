//! Other dates for milestones of an approved schedule (调整时间).
//!
//! A milestone named in time waits: its clock stands still until the decision. One whose
//! date has passed does not; approved, it gets the new date from the decision on, and the
//! days late until then stay counted.

use duban_entities::vocabulary::{ChangeState, DueBasis, MilestoneRole, Stage};
use duban_entities::{change_request, project, task};

use super::content::{Content, MovedDate, NewDate, content};
use crate::domain::change::{self, Dated, check_dates};
use crate::error::{Error, Result};
use crate::policy::Permit;
use crate::service::task::{due_facts, set_due_facts};
use crate::store::today::Today;
use crate::store::{Work, tasks};

/// The new dates, checked against the schedule as it stands.
pub(super) async fn proposal(
    work: &Work,
    project: &project::Model,
    dates: &[NewDate],
) -> Result<Vec<MovedDate>> {
    if project.schedule_approved_at.is_none() {
        return Err(Error::blocked(
            "NOT_SCHEDULED",
            "there is no approved schedule yet: propose one with milestonesPlan",
        ));
    }
    let today = Today::load(work.connection(), work.at()).await?;
    let today = today.of(project.jurisdiction_id);
    let milestones = tasks::of_projects(work.connection(), vec![project.id]).await?;
    let wanted = placed(&milestones, dates)?;
    check_dates(&dated(&milestones), &wanted, today)?;
    let moved = wanted.iter().filter_map(|new| {
        let task = milestones.get(new.place)?;
        let late = due_facts(task).days_past(today) > 0;
        Some(moved_date(task, new.due, late))
    });
    Ok(moved.collect())
}

/// A milestone's date, before and after.
pub(in crate::service) fn moved_date(
    task: &task::Model,
    to: chrono::NaiveDate,
    late: bool,
) -> MovedDate {
    MovedDate {
        task: task.id.to_string(),
        title: task.title.clone(),
        from: task.due_date,
        to,
        late,
    }
}

/// Where the named milestones stand in the schedule. One that is not of the project reads
/// like one that is not there.
pub(in crate::service) fn placed(
    milestones: &[task::Model],
    dates: &[NewDate],
) -> Result<Vec<change::NewDate>> {
    let place = |new: &NewDate| {
        let mut known = milestones.iter();
        let place = known.position(|task| task.id.to_string() == new.task)?;
        Some(change::NewDate {
            place,
            due: new.due_date,
        })
    };
    let placed = dates.iter().map(place);
    placed.collect::<Option<Vec<_>>>().ok_or(Error::NotFound)
}

/// The milestones as the rule of dates sees them.
pub(in crate::service) fn dated(milestones: &[task::Model]) -> Vec<Dated> {
    let all = milestones.iter().map(|task| Dated {
        title: task.title.clone(),
        role: task.role,
        state: task.state,
        due: task.due_date,
    });
    all.collect()
}

/// Stops the clocks of the milestones that a request names in time.
pub(super) async fn wait(
    work: &mut Work,
    permit: &Permit,
    row: &change_request::Model,
) -> Result<()> {
    let Content::Reschedule { milestones } = content(row)? else {
        return Ok(());
    };
    let today = Today::load(work.connection(), work.at()).await?;
    for date in milestones.iter().filter(|date| !date.late) {
        let id = date.task.parse().map_err(Error::internal)?;
        let before = tasks::by_id(work.connection(), id).await?;
        let before = before.ok_or(Error::NotFound)?;
        let mut after = before.clone();
        let mut due = due_facts(&before);
        due.wait(today.of(row.jurisdiction_id));
        set_due_facts(&mut after, &due);
        after.pending_change_id = Some(row.id);
        work.update(permit, &before, after).await?;
    }
    Ok(())
}

/// Lets the clocks run again that a returned request stopped; the days it waited do not
/// count. A suspended project's clocks stand still all the same.
pub(super) async fn release(
    work: &mut Work,
    permit: &Permit,
    project: Option<&project::Model>,
    row: &change_request::Model,
) -> Result<()> {
    if row.state != ChangeState::Proposed {
        return Ok(());
    }
    let today = Today::load(work.connection(), work.at()).await?;
    for before in tasks::waiting_for(work.connection(), row.id).await? {
        let mut after = before.clone();
        after.pending_change_id = None;
        if !project.is_some_and(|project| stands_still(project, &before)) {
            let mut due = due_facts(&before);
            due.resume(today.of(row.jurisdiction_id));
            set_due_facts(&mut after, &due);
        }
        work.update(permit, &before, after).await?;
    }
    Ok(())
}

/// True for a task whose clock a suspension stops, whatever else becomes of it.
fn stands_still(project: &project::Model, task: &task::Model) -> bool {
    project.stage == Stage::Suspended && task.role != Some(MilestoneRole::Review)
}

/// Gives the milestones their new dates; the baseline stays.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    dates: &[MovedDate],
) -> Result<()> {
    let today = Today::load(work.connection(), work.at()).await?;
    let today = today.of(project.jurisdiction_id);
    let milestones = tasks::of_projects(work.connection(), vec![project.id]).await?;
    expect_unchanged(&milestones, dates)?;
    if dates.iter().any(|date| date.to < today) {
        return Err(Error::blocked(
            "DATE_PASSED",
            "a proposed date has passed since: return it",
        ));
    }
    for before in &milestones {
        let Some(date) = date_of(dates, before) else {
            continue;
        };
        let mut after = before.clone();
        let mut due = due_facts(before);
        due.replace_due(date.to, DueBasis::Scheduled, today);
        if !stands_still(project, before) {
            due.start();
        }
        set_due_facts(&mut after, &due);
        after.pending_change_id = None;
        after.simulated |= work.simulated();
        let task = work.update(permit, before, after).await?;
        if task.role == Some(MilestoneRole::Finish) {
            let moved = with_finish(project, &task);
            work.update(permit, project, moved).await?;
        }
    }
    Ok(())
}

/// The date that a list has for a milestone.
pub(in crate::service) fn date_of<'d>(
    dates: &'d [MovedDate],
    task: &task::Model,
) -> Option<&'d MovedDate> {
    let id = task.id.to_string();
    dates.iter().find(|date| date.task == id)
}

/// The project with the date of its completion.
pub(in crate::service) fn with_finish(
    project: &project::Model,
    finish: &task::Model,
) -> project::Model {
    project::Model {
        due_date: finish.due_date,
        due_basis: finish.due_basis,
        ..project.clone()
    }
}

/// Refuses where a milestone is not as it was when its new date was proposed.
pub(in crate::service) fn expect_unchanged(
    milestones: &[task::Model],
    dates: &[MovedDate],
) -> Result<()> {
    for date in dates {
        let mut known = milestones.iter();
        let same = known.any(|task| {
            let open = task.state == duban_entities::vocabulary::TaskState::Open;
            open && task.due_date == date.from && task.id.to_string() == date.task
        });
        if !same {
            return Err(Error::blocked(
                "MILESTONE_CHANGED",
                format!(
                    "{} has another date or is no longer open since this was proposed: return it",
                    date.title
                ),
            ));
        }
    }
    Ok(())
}
