//! Issues: difficulties that a unit raises, for another unit or the office to resolve.

use chrono::NaiveDate;
use duban_entities::ids::UnitId;
use duban_entities::vocabulary::{DueBasis, TaskKind, UnitKind};
use duban_entities::{project, task};

use super::{blank, fetch};
use crate::error::{Error, Problems, Result};
use crate::policy::Permit;
use crate::store::record::Fields;
use crate::store::today::Today;
use crate::store::{Work, outline};

/// Most characters of an issue's title.
const LONGEST_TITLE: usize = 200;

/// A difficulty, before it is a task.
#[derive(Clone, Debug)]
pub(super) struct NewIssue {
    /// Title.
    pub(super) title: String,
    /// What the difficulty is.
    pub(super) description: String,
    /// The unit that must help; the office where none is named.
    pub(super) help_from: Option<UnitId>,
    /// By when.
    pub(super) due_date: NaiveDate,
}

/// Makes the issue, in a unit of work that may do more.
///
/// # Errors
/// [`Error::NotFound`] for a unit that is not of the jurisdiction; [`Error::Invalid`] with
/// every problem.
pub(super) async fn raise(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    raised_unit: UnitId,
    issue: NewIssue,
) -> Result<task::Model> {
    let today = Today::load(work.connection(), work.at())
        .await?
        .of(project.jurisdiction_id);
    let mut problems = Problems::default();
    let title = issue.title.trim().to_owned();
    problems.require(
        (1..=LONGEST_TITLE).contains(&title.chars().count())
            && !title.chars().any(char::is_control),
        "title",
        "1 to 200 characters, no control characters",
    );
    let description = fetch::required_note("description", Some(&issue.description));
    let description = problems.take("", description)?;
    problems.require(issue.due_date >= today, "dueDate", "not before today");
    if let Some(unit) = issue.help_from {
        let problem = helper_problem(work, project, unit, today).await?;
        problems.require(
            problem.is_none(),
            "helpFromUnitId",
            problem.unwrap_or_default(),
        );
    }
    problems.finish()?;
    let row = task::Model {
        project_id: Some(project.id),
        unit_id: issue.help_from,
        title,
        description,
        raised_by: work.principal().user_id(),
        raised_unit_id: Some(raised_unit),
        due_date: Some(issue.due_date),
        baseline_due_date: Some(issue.due_date),
        due_basis: Some(DueBasis::Demanded),
        counted_due_date: Some(issue.due_date),
        ..blank::task(work, TaskKind::Issue, project.jurisdiction_id)
    };
    work.create(permit, row, Fields::new()).await
}

/// Why a unit cannot help, if it cannot.
async fn helper_problem(
    work: &Work,
    project: &project::Model,
    id: UnitId,
    today: NaiveDate,
) -> Result<Option<&'static str>> {
    let found = outline::units_by_id(work.connection(), vec![id]).await?;
    let unit = found
        .into_iter()
        .find(|unit| unit.jurisdiction_id == project.jurisdiction_id)
        .ok_or(Error::NotFound)?;
    if unit.kind == UnitKind::Collective {
        return Ok(Some("a collective name: it names no one body"));
    }
    let ended = unit.valid_to.is_some_and(|last| last < today);
    Ok(ended.then_some("the unit has ended"))
}
