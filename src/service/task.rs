//! Tasks: reading, claiming, verifying, returning.

use chrono::NaiveDate;
use duban_entities::ids::TaskId;
use duban_entities::vocabulary::{DueBasis, MilestoneRole, TaskKind, TaskState};
use duban_entities::{project, task, task_evidence};
use serde::{Deserialize, Serialize};

use super::idempotency::{self, Key};
use super::{Call, Services, fetch, report};
use crate::domain::due::DueFacts;
use crate::domain::schedule::{Weighed, percent_complete};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts, Permit, ProjectFacts};
use crate::store::page::{Direction, Page, PageRequest};
use crate::store::tasks::{self, TaskFilter, TaskOrder};
use crate::store::{Work, authorise, facts, part, projects};

/// Most references that a claim carries.
const MOST_EVIDENCE: usize = 20;

/// A reference to a document that supports a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Title of the document.
    pub title: String,
    /// Its number.
    pub document_number: Option<String>,
    /// Its date.
    pub date: Option<NaiveDate>,
    /// Where it can be read.
    pub url: Option<String>,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: Option<String>,
}

/// The unit says that a task is done.
#[derive(Clone, Debug, Serialize)]
pub struct TaskClaim {
    /// The task.
    #[serde(serialize_with = "as_text")]
    pub task: TaskId,
    /// What the unit says.
    pub note: Option<String>,
    /// The day on which it was done; today where not said.
    pub completed_on: Option<NaiveDate>,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// The office accepts a claim.
#[derive(Clone, Debug)]
pub struct TaskVerify {
    /// The task.
    pub task: TaskId,
    /// What the office says.
    pub note: Option<String>,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
}

/// The office sends a claim back.
#[derive(Clone, Debug)]
pub struct TaskReturn {
    /// The task.
    pub task: TaskId,
    /// Why; required.
    pub reason: String,
    /// The new due date; the later of the current one and three working days where not said.
    pub due_date: Option<NaiveDate>,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
}

/// Serialises ids as their wire texts.
pub(super) fn as_texts<'a, S: serde::Serializer, T: ToString + 'a>(
    ids: impl IntoIterator<Item = &'a T>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(ids.into_iter().map(ToString::to_string))
}

/// Serialises an id as its wire text.
pub(super) fn as_text<S: serde::Serializer>(
    id: &impl ToString,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&id.to_string())
}

/// What the due rule needs of a task.
#[must_use]
pub const fn due_facts(row: &task::Model) -> DueFacts {
    DueFacts {
        state: row.state,
        due_date: row.due_date,
        due_basis: row.due_basis,
        counted_due_date: row.counted_due_date,
        clock_stopped_on: row.clock_stopped_on,
        days_late: row.days_late,
        carried_days_late: match row.carried_days_late {
            Some(days) => days,
            None => 0,
        },
    }
}

/// Puts what the due rule decided back into the row.
pub(super) fn set_due_facts(row: &mut task::Model, due: &DueFacts) {
    row.due_date = due.due_date;
    row.due_basis = due.due_basis;
    row.counted_due_date = due.counted_due_date;
    row.clock_stopped_on = due.clock_stopped_on;
    if due.carried_days_late > 0 {
        row.carried_days_late = Some(due.carried_days_late);
    }
}

impl Services {
    /// One task.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the caller may not see it.
    pub async fn task(&self, call: &Call, id: TaskId) -> Result<task::Model> {
        Self::signed_in(call)?;
        let connection = self.store.read();
        let row = tasks::by_id(connection, id).await?.ok_or(Error::NotFound)?;
        let project = match row.project_id {
            Some(id) => projects::by(connection, &projects::ProjectBy::Id(id)).await?,
            None => None,
        };
        let facts = facts::of_task(connection, &row, project.as_ref()).await?;
        authorise(&call.principal, Action::TaskRead, Facts::Task(&facts))?;
        Ok(row)
    }

    /// One page of tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach; as
    /// [`PageRequest::window`].
    pub async fn tasks(
        &self,
        call: &Call,
        filter: &TaskFilter,
        order: (TaskOrder, Direction),
        request: &PageRequest,
    ) -> Result<Page<task::Model>> {
        Self::signed_in(call)?;
        self.check_named_in_tasks(call, filter).await?;
        let today = self.today_for(call).await?;
        tasks::page(
            self.store.read(),
            &call.principal,
            filter,
            order,
            request,
            &today,
        )
        .await
    }

    /// How many tasks the filter selects among those that the caller may see.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach.
    pub async fn count_tasks(&self, call: &Call, filter: &TaskFilter) -> Result<u64> {
        Self::signed_in(call)?;
        self.check_named_in_tasks(call, filter).await?;
        let today = self.today_for(call).await?;
        tasks::count(self.store.read(), &call.principal, filter, &today).await
    }

    pub(super) async fn check_named_in_tasks(
        &self,
        call: &Call,
        filter: &TaskFilter,
    ) -> Result<()> {
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        if let Some(id) = filter.unit {
            self.named_unit(call, id).await?;
        }
        if let Some(id) = filter.project {
            self.named_project(call, id).await?;
        }
        Ok(())
    }

    /// Claims a task done: OPEN becomes SUBMITTED. Whether it was late is fixed by the day
    /// of the first submission.
    ///
    /// # Errors
    /// [`Error::Blocked`] when it is not open; [`Error::Invalid`], [`Error::Conflict`].
    pub async fn claim_task(&self, call: &Call, input: TaskClaim) -> Result<task::Model> {
        Self::signed_in(call)?;
        let note = fetch::note("note", input.note.as_deref())?;
        check_evidence(&input.evidence)?;
        let key = Key::of("taskClaim", input.idempotency_key.as_deref(), &input)?;
        let claimed = self
            .store
            .write(call.write(None), move |work| {
                Box::pin(async move { claim(work, input, note, key).await })
            })
            .await?;
        match claimed {
            Claimed::Now(task, project) => {
                // Who may claim a task may see it: but that is for the policy to say.
                let facts = facts::task_facts(&task, project);
                authorise(&call.principal, Action::TaskRead, Facts::Task(&facts))?;
                Ok(*task)
            }
            Claimed::Before(id) => self.task(call, id).await,
        }
    }

    /// Accepts a claim: SUBMITTED becomes DONE, and the project's progress follows.
    ///
    /// # Errors
    /// [`Error::Blocked`] when nothing was submitted; [`Error::Conflict`].
    pub async fn verify_task(&self, call: &Call, input: TaskVerify) -> Result<TaskId> {
        Self::signed_in(call)?;
        let note = fetch::note("note", input.note.as_deref())?;
        self.store
            .write(call.write(note.clone()), move |work| {
                Box::pin(async move { verify(work, &input, note).await })
            })
            .await
    }

    /// Sends a claim back: SUBMITTED becomes OPEN, with a new due date.
    ///
    /// # Errors
    /// [`Error::Blocked`] when nothing was submitted; [`Error::Invalid`] without a reason or
    /// with a past date; [`Error::Conflict`].
    pub async fn return_task(&self, call: &Call, input: TaskReturn) -> Result<TaskId> {
        Self::signed_in(call)?;
        let reason = fetch::required_note("reason", Some(&input.reason))?;
        let rules = std::sync::Arc::clone(&self.rules);
        self.store
            .write(call.write(Some(reason.clone())), move |work| {
                Box::pin(async move { send_back(work, &input, reason, &rules).await })
            })
            .await
    }
}

pub(super) fn check_evidence(evidence: &[Evidence]) -> Result<()> {
    let mut problems = Problems::default();
    problems.require(
        evidence.len() <= MOST_EVIDENCE,
        "evidence",
        "at most 20 references",
    );
    for (n, item) in evidence.iter().enumerate() {
        let field = |name: &str| format!("evidence.{n}.{name}");
        let title = item.title.trim().chars().count();
        problems.require(
            (1..=200).contains(&title),
            &field("title"),
            "1 to 200 characters",
        );
        problems.require(
            !item.title.chars().any(char::is_control),
            &field("title"),
            "no control characters",
        );
        problems.require(
            item.document_number.as_ref().is_none_or(|text| {
                text.chars().count() <= 100 && !text.chars().any(char::is_control)
            }),
            &field("documentNumber"),
            "at most 100 characters, no control characters",
        );
        problems.require(
            item.url.as_deref().is_none_or(is_web_address),
            &field("url"),
            "an http or https address of at most 500 characters",
        );
        problems.require(
            item.sha256.as_deref().is_none_or(is_sha256),
            &field("sha256"),
            "64 hexadecimal digits",
        );
    }
    problems.finish()
}

fn is_web_address(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    web && url.len() <= 500 && !url.chars().any(|c| c.is_control() || c.is_whitespace())
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What came of a claim.
enum Claimed {
    /// The task, with what the policy was told of its project.
    Now(Box<task::Model>, Option<ProjectFacts>),
    /// It was claimed under the same key before.
    Before(TaskId),
}

async fn claim(
    work: &mut Work,
    input: TaskClaim,
    note: Option<String>,
    key: Option<Key>,
) -> Result<Claimed> {
    let fetched = fetch::task(work, Action::TaskClaim, input.task).await?;
    let before = &fetched.task;
    if let Some(id) = idempotency::replay::<String>(work, key.as_ref()).await? {
        return Ok(Claimed::Before(id.parse().map_err(Error::internal)?));
    }
    fetch::expect_version(input.expected_version, before.version)?;
    if before.kind == TaskKind::Report {
        return Err(Error::blocked(
            "USE_REPORT_SUBMIT",
            "a report is submitted with its figures: use reportSubmit",
        ));
    }
    if before.state != TaskState::Open {
        return Err(Error::blocked(
            "TASK_NOT_OPEN",
            "only an open task can be claimed",
        ));
    }
    let today = fetched.today(work).await?;
    let completed_on = input.completed_on.unwrap_or(today);
    if completed_on > today {
        return Err(Error::invalid("completedOn", "not in the future"));
    }
    let mut after = before.clone();
    after.state = TaskState::Submitted;
    after.completed_on = Some(completed_on);
    after.claim_note = note;
    after.submitted_by = work.principal().user_id();
    after.submitted_at = Some(work.at());
    fix_lateness(&mut after, before, today);
    let parts = replace_evidence(work, before, input.evidence).await?;
    let task = work
        .update_with(&fetched.permit, before, after, parts)
        .await?;
    idempotency::remember(work, key, &task.id.to_string()).await?;
    Ok(Claimed::Now(Box::new(task), fetched.facts.project))
}

/// Whether a task was late is fixed by the day of its first submission.
pub(super) fn fix_lateness(after: &mut task::Model, before: &task::Model, today: NaiveDate) {
    if before.first_submitted_on.is_none() {
        after.days_late = Some(due_facts(before).lateness_at_submission(today));
        after.first_submitted_on = Some(today);
    }
}

/// Puts a claim's references in the place of those of an earlier claim.
pub(super) async fn replace_evidence(
    work: &Work,
    task: &task::Model,
    evidence: Vec<Evidence>,
) -> Result<Vec<crate::store::ledger::FieldChange>> {
    let old = tasks::take_evidence(work.connection(), task.id).await?;
    let rows: Vec<task_evidence::Model> = evidence
        .into_iter()
        .zip(0..)
        .map(|(item, position)| task_evidence::Model {
            id: work.new_id(),
            task_id: task.id,
            position,
            title: item.title.trim().to_owned(),
            document_number: item.document_number,
            document_date: item.date,
            url: item.url,
            sha256: item.sha256.map(|text| text.to_lowercase()),
        })
        .collect();
    let change = part("evidence", listed(&old)?, listed(&rows)?);
    tasks::add_evidence(work.connection(), rows).await?;
    Ok(change)
}

/// Evidence as the ledger keeps it.
fn listed(rows: &[task_evidence::Model]) -> Result<Option<String>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let rows: Vec<Evidence> = rows
        .iter()
        .map(|row| Evidence {
            title: row.title.clone(),
            document_number: row.document_number.clone(),
            date: row.document_date,
            url: row.url.clone(),
            sha256: row.sha256.clone(),
        })
        .collect();
    serde_json::to_string(&rows)
        .map(Some)
        .map_err(Error::internal)
}

async fn verify(work: &mut Work, input: &TaskVerify, note: Option<String>) -> Result<TaskId> {
    let fetched = fetch::task(work, Action::TaskVerify, input.task).await?;
    let (permit, before, project) = (fetched.permit, fetched.task, fetched.project);
    fetch::expect_version(input.expected_version, before.version)?;
    expect_submitted(&before)?;
    let mut after = decided(work, &before, note);
    after.state = TaskState::Done;
    let task = work.update(&permit, &before, after).await?;
    if task.kind == TaskKind::Report {
        report::accept(work, &permit, &task).await?;
    }
    let progressed = project.filter(|_| task.kind == TaskKind::Milestone);
    if let Some(project) = progressed {
        update_progress(work, &permit, &project).await?;
    }
    Ok(task.id)
}

async fn send_back(
    work: &mut Work,
    input: &TaskReturn,
    reason: String,
    rules: &super::Rules,
) -> Result<TaskId> {
    let fetched = fetch::task(work, Action::TaskReturn, input.task).await?;
    let (permit, before, project) = (fetched.permit, fetched.task, fetched.project);
    fetch::expect_version(input.expected_version, before.version)?;
    expect_submitted(&before)?;
    if before.kind == TaskKind::Report && report::is_correction(work, &before).await? {
        return report::return_correction(work, &permit, &before, input, reason).await;
    }
    let today = fetch::today(work, before.jurisdiction_id).await?;
    let due = match input.due_date {
        Some(due) if due < today => {
            return Err(Error::invalid("dueDate", "not before today"));
        }
        Some(due) => due,
        None => {
            let soon = rules.calendar.add_working_days(today, rules.return_days);
            before.due_date.map_or(soon, |current| current.max(soon))
        }
    };
    let mut after = decided(work, &before, Some(reason));
    after.state = TaskState::Open;
    after.completed_on = None;
    after.return_count += 1;
    if before.due_date != Some(due) {
        let mut facts = due_facts(&after);
        facts.set_due(due, basis_of_return(&before));
        set_due_facts(&mut after, &facts);
    }
    if before.kind == TaskKind::Report {
        report::send_back(work, &permit, &mut after, project.as_ref()).await?;
    }
    let task = work.update(&permit, &before, after).await?;
    // Until a schedule is approved the project's date is the plan's, which no return moves.
    let scheduled = project.filter(|project| project.schedule_approved_at.is_some());
    if let (Some(project), Some(MilestoneRole::Finish)) = (scheduled, task.role) {
        let mut moved = project.clone();
        moved.due_date = task.due_date;
        moved.due_basis = task.due_basis;
        work.update(&permit, &project, moved).await?;
    }
    Ok(task.id)
}

/// A milestone's returned date is as good as scheduled; what a report, an issue or an order is
/// owed by stays what it was.
const fn basis_of_return(row: &task::Model) -> DueBasis {
    match (row.kind, row.due_basis) {
        (TaskKind::Milestone, _) | (_, None) => DueBasis::Scheduled,
        (_, Some(basis)) => basis,
    }
}

fn expect_submitted(row: &task::Model) -> Result<()> {
    if row.state == TaskState::Submitted {
        Ok(())
    } else {
        Err(Error::blocked(
            "TASK_NOT_SUBMITTED",
            "only a submitted claim can be verified or returned",
        ))
    }
}

pub(super) fn decided(work: &Work, before: &task::Model, note: Option<String>) -> task::Model {
    task::Model {
        decided_by: work.principal().user_id(),
        decided_at: Some(work.at()),
        decision_note: note,
        ..before.clone()
    }
}

/// The project's progress is the weight of its DONE milestones.
pub(super) async fn update_progress(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
) -> Result<project::Model> {
    let tasks = tasks::of_projects(work.connection(), vec![project.id]).await?;
    let mut after = project.clone();
    after.percent_complete = percent_complete(&weighed(&tasks));
    work.update(permit, project, after).await
}

/// What a project's milestones weigh.
pub(super) fn weighed(tasks: &[task::Model]) -> Vec<Weighed> {
    tasks
        .iter()
        .filter_map(|task| {
            Some(Weighed {
                role: task.role?,
                state: task.state,
                weight: task.weight,
            })
        })
        .collect()
}
