//! Issues (困难问题): raised by a unit with a part in a project, owed by the unit that must
//! help, or by the office. They are answered, closed and sent back as tasks are.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use duban_entities::ids::{ProjectId, TaskId, UnitId};
use duban_entities::vocabulary::{DueBasis, Role, Stage, TaskKind, TaskState};
use duban_entities::{project, task};
use serde::Serialize;

use super::idempotency::{self, Key};
use super::task::{as_text, as_texts, due_facts, replace_evidence, set_due_facts};
use super::{Call, Rules, Services, blank, fetch};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts, Permit, Principal, ProjectFacts, Scope, TaskFacts, decide};
use crate::store::record::Fields;
use crate::store::{Work, facts, projects};

/// A difficulty as a unit puts it.
#[derive(Clone, Debug)]
pub(super) struct NewIssue {
    /// What it is called, 1 to 200 characters.
    pub title: String,
    /// What it is, 1 to 2,000 characters.
    pub description: String,
    /// The unit that must help; the office where not said.
    pub help_from: Option<UnitId>,
    /// By when, not before today.
    pub due_date: NaiveDate,
}

/// Raises an issue.
#[derive(Clone, Debug, Serialize)]
pub struct IssueRaise {
    /// The project.
    #[serde(serialize_with = "as_text")]
    pub project: ProjectId,
    /// The unit on whose behalf; the person's own with a part in the project where not said,
    /// the lead first.
    #[serde(serialize_with = "as_texts")]
    pub unit: Option<UnitId>,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub description: String,
    /// The unit that must help; the office where not said.
    #[serde(serialize_with = "as_texts")]
    pub help_from: Option<UnitId>,
    /// By when.
    pub due_date: NaiveDate,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// Lets another unit, or the office, answer an issue.
#[derive(Clone, Debug)]
pub struct IssueRedirect {
    /// The issue.
    pub task: TaskId,
    /// The unit that shall help; the office where not said.
    pub unit: Option<UnitId>,
    /// Why; required.
    pub reason: String,
    /// The new date; the later of the present one and three working days where not said.
    pub due_date: Option<NaiveDate>,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
}

/// What a person may do with an issue now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueView {
    /// Answer it.
    pub answer: bool,
    /// Close an answered one.
    pub close: bool,
    /// Send an answer back.
    pub send_back: bool,
    /// Let another unit answer.
    pub redirect: bool,
}

impl IssueView {
    /// Asks the policy that will decide.
    #[must_use]
    pub fn of(principal: &Principal, row: &task::Model, facts: &TaskFacts) -> Self {
        let may = |action| decide(principal, action, Facts::Task(facts)).is_ok();
        let (open, submitted) = (
            row.state == TaskState::Open,
            row.state == TaskState::Submitted,
        );
        Self {
            answer: open && may(Action::TaskClaim),
            close: submitted && may(Action::TaskVerify),
            send_back: submitted && may(Action::TaskReturn),
            redirect: (open || submitted) && may(Action::IssueRedirect),
        }
    }
}

impl Services {
    /// Raises an issue on a project.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text, a date or a unit that does not do; [`Error::Blocked`] on
    /// a project that is over; [`Error::Forbidden`].
    pub async fn raise_issue(&self, call: &Call, input: IssueRaise) -> Result<TaskId> {
        Self::signed_in(call)?;
        let key = Key::of("issueRaise", input.idempotency_key.as_deref(), &input)?;
        self.store
            .write(call.write(None), move |work| {
                Box::pin(async move { run(work, input, key).await })
            })
            .await
    }

    /// Lets another unit, or the office, answer an issue.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no issue, the same unit, the unit that raised it, or a past date;
    /// [`Error::Blocked`] once it is closed; [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn redirect_issue(&self, call: &Call, input: IssueRedirect) -> Result<TaskId> {
        Self::signed_in(call)?;
        let reason = fetch::required_note("reason", Some(&input.reason))?;
        let rules = std::sync::Arc::clone(&self.rules);
        self.store
            .write(call.write(Some(reason.clone())), move |work| {
                Box::pin(async move { redirect(work, &input, reason, &rules).await })
            })
            .await
    }
}

async fn run(work: &mut Work, input: IssueRaise, key: Option<Key>) -> Result<TaskId> {
    let project = projects::lock(work.connection(), input.project).await?;
    let project = project.ok_or(Error::NotFound)?;
    let parts = facts::of_project(work.connection(), &project).await?;
    let permit = work.permit(Action::IssueRaise, Facts::Project(&parts))?;
    let unit = raising_unit(work.principal(), &parts, input.unit)?;
    if let Some(id) = idempotency::replay::<String>(work, key.as_ref()).await? {
        return id.parse().map_err(Error::internal);
    }
    let new = NewIssue {
        title: input.title,
        description: input.description,
        help_from: input.help_from,
        due_date: input.due_date,
    };
    let row = raise(work, &permit, &project, unit, new).await?;
    idempotency::remember(work, key, &row.id.to_string()).await?;
    Ok(row.id)
}

/// The unit on whose behalf a person raises an issue: one of theirs with a part in the
/// project, the lead first.
fn raising_unit(
    principal: &Principal,
    project: &ProjectFacts,
    named: Option<UnitId>,
) -> Result<UnitId> {
    let own = own_units(principal);
    let mut parts = project.units().filter(|unit| own.contains(unit));
    let found = match named {
        None => parts.next(),
        Some(unit) => parts.find(|part| *part == unit),
    };
    found.ok_or_else(|| Error::invalid("unitId", "not a unit of yours with a part in the project"))
}

/// The units for which a person may raise issues.
fn own_units(principal: &Principal) -> BTreeSet<UnitId> {
    let own = principal
        .grants
        .iter()
        .filter(|held| matches!(held.role, Role::Reporter | Role::Signatory));
    let within = own.filter_map(|held| match &held.scope {
        Scope::Unit { within, .. } => Some(within),
        Scope::Everything | Scope::Jurisdiction(_) | Scope::Area { .. } => None,
    });
    within.flatten().copied().collect()
}

/// Makes the issue, in a unit of work that may do more: a report raises issues too.
///
/// # Errors
/// [`Error::Invalid`] at `title`, `description`, `helpFromUnitId` or `dueDate`;
/// [`Error::NotFound`] for a unit of another jurisdiction; [`Error::Blocked`] `STAGE_FINAL`.
pub(super) async fn raise(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    raised_unit: UnitId,
    new: NewIssue,
) -> Result<task::Model> {
    expect_running(project)?;
    let mut problems = Problems::default();
    let title = fetch::title("title", Some(&new.title))
        .and_then(|title| title.ok_or_else(|| Error::invalid("title", "1 to 200 characters")));
    let title = problems.take("", title)?.unwrap_or_default();
    let description = fetch::required_note("description", Some(&new.description));
    let description = problems.take("", description)?;
    let helper = check_helper(work, project, new.help_from, raised_unit, "helpFromUnitId").await;
    problems.take("", helper)?;
    let today = fetch::today(work, project.jurisdiction_id).await?;
    problems.require(new.due_date >= today, "dueDate", "not before today");
    problems.finish()?;
    let row = task::Model {
        project_id: Some(project.id),
        unit_id: new.help_from,
        title,
        description,
        raised_by: work.principal().user_id(),
        raised_unit_id: Some(raised_unit),
        due_date: Some(new.due_date),
        baseline_due_date: Some(new.due_date),
        counted_due_date: Some(new.due_date),
        due_basis: Some(DueBasis::Demanded),
        ..blank::task(work, TaskKind::Issue, project.jurisdiction_id)
    };
    work.create(permit, row, Fields::new()).await
}

fn expect_running(project: &project::Model) -> Result<()> {
    let over = match project.stage {
        Stage::Cancelled => "is cancelled",
        Stage::Operation => "is in operation",
        _ => return Ok(()),
    };
    let message = format!("{} {over}: nothing is raised on it", project.code);
    Err(Error::blocked("STAGE_FINAL", message))
}

/// Whoever helps is a body of the same jurisdiction, and not who asks.
async fn check_helper(
    work: &Work,
    project: &project::Model,
    helper: Option<UnitId>,
    raised_unit: UnitId,
    field: &str,
) -> Result<()> {
    let Some(helper) = helper else { return Ok(()) };
    if helper == raised_unit {
        return Err(Error::invalid(
            field,
            "the unit that raises it does not help itself",
        ));
    }
    fetch::unit(work, project.jurisdiction_id, helper, field).await?;
    Ok(())
}

async fn redirect(
    work: &mut Work,
    input: &IssueRedirect,
    reason: String,
    rules: &Rules,
) -> Result<TaskId> {
    let fetched = fetch::task(work, Action::IssueRedirect, input.task).await?;
    let (permit, before, project) = (fetched.permit, fetched.task, fetched.project);
    fetch::expect_version(input.expected_version, before.version)?;
    let (Some(raised_unit), Some(project), TaskKind::Issue) =
        (before.raised_unit_id, project, before.kind)
    else {
        return Err(Error::invalid("taskId", "not an issue"));
    };
    expect_unsettled(&before, input)?;
    check_helper(work, &project, input.unit, raised_unit, "unitId").await?;
    let mut after = handed_on(work, &before, input.unit, reason);
    let due = new_date(work, &before, input.due_date, rules).await?;
    if before.due_date != Some(due) {
        let mut facts = due_facts(&after);
        facts.set_due(due, DueBasis::Demanded);
        set_due_facts(&mut after, &facts);
    }
    let parts = replace_evidence(work, &before, Vec::new()).await?;
    let row = work.update_with(&permit, &before, after, parts).await?;
    Ok(row.id)
}

fn expect_unsettled(before: &task::Model, input: &IssueRedirect) -> Result<()> {
    let mut problems = Problems::default();
    problems.require(
        before.unit_id != input.unit,
        "unitId",
        "it is there already",
    );
    problems.finish()?;
    if matches!(before.state, TaskState::Open | TaskState::Submitted) {
        Ok(())
    } else {
        Err(Error::blocked(
            "ISSUE_SETTLED",
            "the issue is settled: there is nothing to redirect",
        ))
    }
}

/// Whoever gets the issue begins anew: what the former unit said, and how late it was, stays
/// in the ledger.
fn handed_on(
    work: &Work,
    before: &task::Model,
    unit: Option<UnitId>,
    reason: String,
) -> task::Model {
    task::Model {
        unit_id: unit,
        state: TaskState::Open,
        completed_on: None,
        claim_note: None,
        submitted_by: None,
        submitted_at: None,
        first_submitted_on: None,
        days_late: None,
        decided_by: work.principal().user_id(),
        decided_at: Some(work.at()),
        decision_note: Some(reason),
        ..before.clone()
    }
}

async fn new_date(
    work: &Work,
    before: &task::Model,
    wanted: Option<NaiveDate>,
    rules: &Rules,
) -> Result<NaiveDate> {
    let today = fetch::today(work, before.jurisdiction_id).await?;
    match wanted {
        Some(due) if due < today => Err(Error::invalid("dueDate", "not before today")),
        Some(due) => Ok(due),
        None => {
            let soon = rules.calendar.add_working_days(today, rules.return_days);
            Ok(before.due_date.map_or(soon, |current| current.max(soon)))
        }
    }
}
