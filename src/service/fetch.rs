//! Fetching a row for an action: the policy answers here, with a permit.

use chrono::NaiveDate;
use duban_entities::ids::{JurisdictionId, ProjectId, TaskId, UnitId};
use duban_entities::vocabulary::UnitKind;
use duban_entities::{project, task, unit};

use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts, Permit, TaskFacts};
use crate::store::{Work, facts, outline, projects, tasks, today};

/// Most characters of a reason or note.
const LONGEST_NOTE: usize = 2_000;

/// A project fetched for an action, locked until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`].
pub(super) async fn project(
    work: &mut Work,
    action: Action,
    id: ProjectId,
) -> Result<(Permit, project::Model)> {
    let row = projects::lock(work.connection(), id)
        .await?
        .ok_or(Error::NotFound)?;
    work.locked(&row);
    let facts = facts::of_project(work.connection(), &row).await?;
    let permit = work.permit(action, Facts::Project(&facts))?;
    Ok((permit, row))
}

/// A task fetched for an action.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) permit: Permit,
    pub(super) task: task::Model,
    /// Its project, if it has one, locked.
    pub(super) project: Option<project::Model>,
    /// What the policy was told.
    pub(super) facts: TaskFacts,
    /// Today in its jurisdiction, where that came with it.
    today: Option<NaiveDate>,
}

impl Fetched {
    /// The local date of the task's jurisdiction.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub(super) async fn today(&self, work: &Work) -> Result<NaiveDate> {
        match self.today {
            Some(today) => Ok(today),
            None => today(work, self.task.jurisdiction_id).await,
        }
    }
}

/// A task fetched for an action; its project is locked until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`].
pub(super) async fn task(work: &mut Work, action: Action, id: TaskId) -> Result<Fetched> {
    let found = tasks::lock(work, id).await?.ok_or(Error::NotFound)?;
    let (task, project, today) = (found.task, found.project, found.today);
    let facts = facts::of_task(work.connection(), &task, project.as_ref()).await?;
    let permit = work.permit(action, Facts::Task(&facts))?;
    if let Some(project) = &project {
        work.locked(project);
    }
    Ok(Fetched {
        permit,
        task,
        project,
        facts,
        today,
    })
}

/// Refuses a stale version.
///
/// # Errors
/// [`Error::Conflict`].
pub(super) fn expect_version(expected: Option<i32>, current: i32) -> Result<()> {
    match expected {
        Some(expected) if expected != current => Err(Error::Conflict { current }),
        _ => Ok(()),
    }
}

/// A text that a person wrote, trimmed; none where it is empty.
///
/// # Errors
/// [`Error::Invalid`] when it is too long or holds control characters.
pub(super) fn note(field: &str, text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let mut problems = Problems::default();
    if let Some(text) = text {
        problems.require(
            text.chars().count() <= LONGEST_NOTE,
            field,
            "at most 2,000 characters",
        );
        problems.require(
            !text
                .chars()
                .any(|c| c.is_control() && c != '\n' && c != '\t'),
            field,
            "no control characters",
        );
    }
    problems.finish()?;
    Ok(text.map(str::to_owned))
}

/// As [`note`], where one is required.
///
/// # Errors
/// [`Error::Invalid`].
pub(super) fn required_note(field: &str, text: Option<&str>) -> Result<String> {
    note(field, text)?.ok_or_else(|| Error::invalid(field, "required"))
}

/// Most characters of a title.
const LONGEST_TITLE: usize = 200;

/// A title that a person wrote, trimmed; none where it is empty.
///
/// # Errors
/// [`Error::Invalid`] when it is too long or holds control characters.
pub(super) fn title(field: &str, text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let fits = text.is_none_or(|text| {
        text.chars().count() <= LONGEST_TITLE && !text.chars().any(char::is_control)
    });
    if fits {
        Ok(text.map(str::to_owned))
    } else {
        Err(Error::invalid(
            field,
            "at most 200 characters, no control characters",
        ))
    }
}

/// A unit of a jurisdiction that is a body, not wording, and still there.
///
/// # Errors
/// [`Error::NotFound`] for one of another jurisdiction; [`Error::Invalid`].
pub(super) async fn unit(
    work: &Work,
    jurisdiction: JurisdictionId,
    id: UnitId,
    field: &str,
) -> Result<unit::Model> {
    let found = outline::units_by_id(work.connection(), vec![id])
        .await?
        .pop();
    let unit = found
        .filter(|unit| unit.jurisdiction_id == jurisdiction)
        .ok_or(Error::NotFound)?;
    let today = today(work, jurisdiction).await?;
    if unit.valid_to.is_some_and(|last| last < today) {
        return Err(Error::invalid(field, format!("{} has ended", unit.name)));
    }
    if unit.kind == UnitKind::Collective {
        return Err(Error::invalid(
            field,
            format!("{} is a collective name: it names no one body", unit.name),
        ));
    }
    Ok(unit)
}

/// The jurisdiction's local date.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub(super) async fn today(work: &Work, jurisdiction: JurisdictionId) -> Result<NaiveDate> {
    today::local(work.connection(), jurisdiction, work.at()).await
}
