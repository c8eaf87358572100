//! Fetching a row for an action: the policy answers here, with a permit.

use duban_entities::ids::{ProjectId, TaskId};
use duban_entities::{project, task};

use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts, Permit};
use crate::store::{Work, facts, projects, tasks};

/// Most characters of a reason or note.
const LONGEST_NOTE: usize = 2_000;

/// A project fetched for an action, locked until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`].
pub(super) async fn project(
    work: &Work,
    action: Action,
    id: ProjectId,
) -> Result<(Permit, project::Model)> {
    let connection = work.connection();
    let row = projects::lock(connection, id)
        .await?
        .ok_or(Error::NotFound)?;
    let facts = facts::of_project(connection, &row).await?;
    let permit = work.permit(action, Facts::Project(&facts))?;
    Ok((permit, row))
}

/// A task of a project fetched for an action; its project is locked.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`].
pub(super) async fn task(
    work: &Work,
    action: Action,
    id: TaskId,
) -> Result<(Permit, task::Model, Option<project::Model>)> {
    let connection = work.connection();
    let found = tasks::by_id(connection, id).await?.ok_or(Error::NotFound)?;
    let project = match found.project_id {
        Some(id) => projects::lock(connection, id).await?,
        None => None,
    };
    // Read again behind the lock: somebody may have changed it while we waited.
    let row = tasks::by_id(connection, id).await?.ok_or(Error::NotFound)?;
    let facts = facts::of_task(connection, &row, project.as_ref()).await?;
    let permit = work.permit(action, Facts::Task(&facts))?;
    Ok((permit, row, project))
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
