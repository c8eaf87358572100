//! Submitting reports, one or many.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use duban_entities::ids::{ProjectId, TaskId};
use duban_entities::report_revision;
use duban_entities::vocabulary::{RevisionState, TaskState};
use serde::{Deserialize, Serialize};

use super::content::Texts;
use super::{Fetched, ReportSubmit, fetched, save};
use crate::domain::report::{Beside, Earlier, Figures};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts};
use crate::service::idempotency::{self, Key};
use crate::service::issue::{self, NewIssue};
use crate::service::task::{fix_lateness, replace_evidence};
use crate::service::{Call, Services, fetch};
use crate::store::record::Fields;
use crate::store::{Work, facts, outline, projects, reports, tasks};

/// Most reports that one call submits.
const MOST_AT_ONCE: usize = 100;

/// What a submission made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The report.
    pub task: TaskId,
    /// The issues that came with it.
    pub issues: Vec<TaskId>,
}

/// As [`Submitted`], as it is kept under an idempotency key.
#[derive(Serialize, Deserialize)]
struct Kept {
    task: String,
    issues: Vec<String>,
}

impl From<&Submitted> for Kept {
    fn from(submitted: &Submitted) -> Self {
        Self {
            task: submitted.task.to_string(),
            issues: submitted.issues.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Kept {
    fn read(self) -> Result<Submitted> {
        let id = |text: &String| text.parse().map_err(Error::internal);
        Ok(Submitted {
            task: id(&self.task)?,
            issues: self.issues.iter().map(id).collect::<Result<_>>()?,
        })
    }
}

impl Services {
    /// Submits a report: OPEN becomes SUBMITTED. Of an accepted one it submits a correction.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem; [`Error::Blocked`] while the office decides or
    /// when it is no longer owed; [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn submit_report(&self, call: &Call, input: ReportSubmit) -> Result<Submitted> {
        Self::signed_in(call)?;
        let reason = fetch::note("reason", input.content.reason.as_deref())?;
        let key = Key::of("reportSubmit", input.idempotency_key.as_deref(), &input)?;
        self.store
            .write(call.write(reason), move |work| {
                Box::pin(async move { submit_one(work, &input, key).await })
            })
            .await
    }

    /// Submits many reports in one transaction: all of them, or none with every problem.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the problems of every row under `reports.<n>.`;
    /// [`Error::LimitExceeded`] over 100; [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn submit_reports(
        &self,
        call: &Call,
        inputs: Vec<ReportSubmit>,
        idempotency_key: Option<String>,
    ) -> Result<Vec<Submitted>> {
        Self::signed_in(call)?;
        check_rows(&inputs)?;
        let key = Key::of("reportsSubmit", idempotency_key.as_deref(), &inputs)?;
        self.store
            .write_alone(call.write(None), move |work| {
                Box::pin(async move { submit_many(work, &inputs, key).await })
            })
            .await
    }
}

/// What can be said of the rows without the database.
fn check_rows(inputs: &[ReportSubmit]) -> Result<()> {
    if inputs.len() > MOST_AT_ONCE {
        return Err(Error::LimitExceeded {
            limit: "bulk",
            message: format!("{} reports: at most {MOST_AT_ONCE} at once", inputs.len()),
        });
    }
    let mut problems = Problems::default();
    problems.require(!inputs.is_empty(), "reports", "at least one");
    let mut seen = BTreeSet::new();
    for (n, input) in inputs.iter().enumerate() {
        problems.require(
            seen.insert(input.task),
            &format!("reports.{n}.taskId"),
            "given twice",
        );
        problems.require(
            input.idempotency_key.is_none(),
            &format!("reports.{n}.idempotencyKey"),
            "one key holds for all of them: give it beside the reports",
        );
    }
    problems.finish()
}

async fn submit_one(work: &mut Work, input: &ReportSubmit, key: Option<Key>) -> Result<Submitted> {
    let report = fetched(work, Action::ReportSubmit, input.task).await?;
    if let Some(kept) = idempotency::replay::<Kept>(work, key.as_ref()).await? {
        return kept.read();
    }
    let submitted = submit(work, &report, input).await?;
    idempotency::remember(work, key, &Kept::from(&submitted)).await?;
    Ok(submitted)
}

async fn submit_many(
    work: &mut Work,
    inputs: &[ReportSubmit],
    key: Option<Key>,
) -> Result<Vec<Submitted>> {
    lock_projects(work, inputs).await?;
    let mut problems = Problems::default();
    let mut found = Vec::with_capacity(inputs.len());
    for (n, input) in inputs.iter().enumerate() {
        let report = fetched(work, Action::ReportSubmit, input.task).await;
        found.push(row(&mut problems, n, report)?);
    }
    if let Some(kept) = idempotency::replay::<Vec<Kept>>(work, key.as_ref()).await? {
        return kept.into_iter().map(Kept::read).collect();
    }
    let mut made = Vec::with_capacity(inputs.len());
    for (n, (report, input)) in found.into_iter().zip(inputs).enumerate() {
        if let Some(report) = report {
            let submitted = submit(work, &report, input).await;
            made.extend(row(&mut problems, n, submitted)?);
        }
    }
    problems.finish()?;
    let kept: Vec<Kept> = made.iter().map(Kept::from).collect();
    idempotency::remember(work, key, &kept).await?;
    Ok(made)
}

/// Every project at once, in the order of the codes: two who submit many do not deadlock.
async fn lock_projects(work: &Work, inputs: &[ReportSubmit]) -> Result<()> {
    let ids = inputs.iter().map(|input| input.task).collect();
    let rows = tasks::by_ids(work.connection(), ids).await?;
    let of: BTreeSet<ProjectId> = rows.into_iter().filter_map(|row| row.project_id).collect();
    projects::lock_many(work.connection(), of.into_iter().collect()).await?;
    Ok(())
}

/// What is wrong with a row, as problems of the whole; what says who may do it stays.
fn row<T>(problems: &mut Problems, n: usize, result: Result<T>) -> Result<Option<T>> {
    let path = format!("reports.{n}.");
    match result {
        Err(Error::Blocked(blockers)) => {
            for blocker in blockers {
                problems.add(format!("{path}taskId"), blocker.message);
            }
            Ok(None)
        }
        Err(Error::Conflict { current }) => {
            let message = format!("changed by somebody else: the current version is {current}");
            problems.add(format!("{path}expectedVersion"), message);
            Ok(None)
        }
        other => problems.take(&path, other),
    }
}

async fn submit(work: &mut Work, report: &Fetched, input: &ReportSubmit) -> Result<Submitted> {
    fetch::expect_version(input.expected_version, report.task.version)?;
    let correction = match report.task.state {
        TaskState::Open => false,
        TaskState::Done => true,
        TaskState::Submitted => {
            return Err(Error::blocked(
                "TASK_NOT_OPEN",
                "the report waits for the office's decision",
            ));
        }
        TaskState::Cancelled => {
            return Err(Error::blocked(
                "TASK_NOT_OPEN",
                "the report is no longer owed",
            ));
        }
    };
    let today = fetch::today(work, report.task.jurisdiction_id).await?;
    let (texts, figures) = checked(work, report, input, correction).await?;
    revise(work, report, input, (texts, figures), today).await?;
    let mut after = report.task.clone();
    after.state = TaskState::Submitted;
    after.completed_on = Some(today);
    after.submitted_by = work.principal().user_id();
    after.submitted_at = Some(work.at());
    fix_lateness(&mut after, &report.task, today);
    let evidence = input.content.evidence.clone();
    let parts = replace_evidence(work, &report.task, evidence).await?;
    work.update_with(&report.permit, &report.task, after, parts)
        .await?;
    save::empty(work, &report.permit, report.task.id).await?;
    let issues = raise_issues(work, report, input).await?;
    Ok(Submitted {
        task: report.task.id,
        issues,
    })
}

const fn figures_of(row: &report_revision::Model) -> Figures {
    Figures {
        percent: row.percent_complete,
        this_month: row.investment_this_month,
        to_date: row.investment_to_date,
    }
}

/// Holds what is written against the reports beside it and the project's targets.
async fn checked(
    work: &Work,
    report: &Fetched,
    input: &ReportSubmit,
    correction: bool,
) -> Result<(Texts, Figures)> {
    let connection = work.connection();
    let month = report.month;
    let (project, period) = (report.project.id, month.to_string());
    let earlier = reports::before(connection, project, &period).await?;
    let later = reports::after(connection, project, &period).await?;
    let targets = if input.content.achieved.is_empty() {
        Vec::new()
    } else {
        outline::targets_of(connection, vec![report.project.id]).await?
    };
    let targets: Vec<String> = targets.into_iter().map(|target| target.name).collect();
    let beside = Beside {
        month,
        earlier: earlier.as_ref().map(|row| Earlier {
            figures: figures_of(row),
            narrative: &row.narrative,
        }),
        later: later.as_ref().map(figures_of),
        targets: &targets,
        correction,
    };
    let mut problems = Problems::default();
    let checked = input.content.check(&beside, &mut problems)?;
    problems.finish()?;
    Ok(checked)
}

/// Records what was submitted.
async fn revise(
    work: &mut Work,
    report: &Fetched,
    input: &ReportSubmit,
    (texts, figures): (Texts, Figures),
    today: NaiveDate,
) -> Result<()> {
    let earlier = reports::revisions(work.connection(), vec![report.task.id]).await?;
    let content = &input.content;
    let submitted_by = work.principal().user_id();
    let row = report_revision::Model {
        id: work.new_id(),
        task_id: report.task.id,
        project_id: report.project.id,
        jurisdiction_id: report.task.jurisdiction_id,
        period: report.month.to_string(),
        number: earlier.last().map_or(0, |row| row.number) + 1,
        state: RevisionState::Submitted,
        percent_complete: figures.percent,
        investment_this_month: figures.this_month,
        investment_to_date: figures.to_date,
        narrative: texts.narrative,
        next_steps: texts.next_steps,
        forecast_completion: content.forecast_completion,
        achieved: serde_json::to_string(&content.achieved).map_err(Error::internal)?,
        evidence: serde_json::to_string(&content.evidence).map_err(Error::internal)?,
        unchanged: content.unchanged,
        reason: texts.reason,
        submitted_by: submitted_by.ok_or(Error::Forbidden("only a person reports"))?,
        submitted_at: work.at(),
        submitted_on: today,
        decided_by: None,
        decided_at: None,
        decision_note: None,
        simulated: work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    work.create(&report.permit, row, Fields::new()).await?;
    Ok(())
}

/// Raises the difficulties that came with the report, for the unit that owes it.
async fn raise_issues(
    work: &mut Work,
    report: &Fetched,
    input: &ReportSubmit,
) -> Result<Vec<TaskId>> {
    let Some(unit) = report
        .task
        .unit_id
        .filter(|_| !input.content.issues.is_empty())
    else {
        return Ok(Vec::new());
    };
    let facts = facts::of_project(work.connection(), &report.project).await?;
    let permit = work.permit(Action::IssueRaise, Facts::Project(&facts))?;
    let mut problems = Problems::default();
    let mut made = Vec::new();
    for (n, reported) in input.content.issues.iter().enumerate() {
        let help_from = reported.help_from_unit_id.as_deref();
        let help_from = help_from.map(|id| id.parse().map_err(|_| Error::NotFound));
        let new = NewIssue {
            title: reported.title.clone(),
            description: reported.description.clone(),
            help_from: help_from.transpose()?,
            due_date: reported.due_date,
        };
        let raised = issue::raise(work, &permit, &report.project, unit, new).await;
        let raised = problems.take(&format!("issues.{n}."), raised)?;
        made.extend(raised.map(|task| task.id));
    }
    problems.finish()?;
    Ok(made)
}
