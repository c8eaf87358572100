//! Orders (督办单): a supervisor's written demand with a deadline. They are answered, closed
//! (销号) and sent back as tasks are, by the issuing office alone.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use duban_entities::ids::{BriefingId, JurisdictionId, ProjectId, TaskId, UnitId};
use duban_entities::vocabulary::{DueBasis, OrderLevel, OrderSource, TaskKind, TaskState};
use duban_entities::{order, project, task};
use serde::Serialize;

use super::idempotency::{self, Key};
use super::proposal::{self, OrderProposal, ProposalId};
use super::task::{as_text, as_texts};
use super::{Call, Services, blank, fetch};
use crate::domain::order::{Number, called};
use crate::error::{Error, Problems, Result};
use crate::policy::{
    Action, Facts, OrderFacts, Permit, Principal, ProjectFacts, TaskFacts, allowing, decide,
};
use crate::store::numbers::{self, Series};
use crate::store::record::Fields;
use crate::store::{Work, briefings, facts, orders, outline, projects, tasks};

/// Most projects that an order names.
const MOST_PROJECTS: usize = 20;
/// Most tasks that an order names.
const MOST_TASKS: usize = 100;

/// Issues an order.
#[derive(Clone, Debug, Serialize)]
pub struct OrderIssue {
    /// The unit that shall answer.
    #[serde(serialize_with = "as_text")]
    pub unit: UnitId,
    /// What it is about.
    #[serde(serialize_with = "as_texts")]
    pub projects: Vec<ProjectId>,
    /// Which tasks it presses.
    #[serde(serialize_with = "as_texts")]
    pub tasks: Vec<TaskId>,
    /// How hard it presses.
    #[serde(serialize_with = "as_text")]
    pub level: OrderLevel,
    /// What it comes from.
    #[serde(serialize_with = "as_text")]
    pub source: OrderSource,
    /// The meeting, instruction, inspection or rule, in words.
    pub source_note: Option<String>,
    /// What is demanded.
    pub instruction: String,
    /// By when.
    pub due_date: NaiveDate,
    /// What it is called; its level and number where not said.
    pub title: Option<String>,
    /// The order that it follows up.
    #[serde(serialize_with = "as_texts")]
    pub follows: Option<TaskId>,
    /// The proposal that it follows.
    #[serde(serialize_with = "as_texts")]
    pub proposal: Option<ProposalId>,
    /// The published briefing that a circular cites.
    #[serde(serialize_with = "as_texts")]
    pub briefing: Option<BriefingId>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// What a person may do with an order now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Reply to it.
    pub reply: bool,
    /// Close an answered one (销号).
    pub close: bool,
    /// Send an answer back.
    pub send_back: bool,
}

impl OrderView {
    /// Asks the policy that will decide.
    #[must_use]
    pub fn of(principal: &Principal, row: &task::Model, facts: &TaskFacts) -> Self {
        let may = |action| decide(principal, action, Facts::Task(facts)).is_ok();
        let submitted = row.state == TaskState::Submitted;
        Self {
            reply: row.state == TaskState::Open && may(Action::TaskClaim),
            close: submitted && may(Action::TaskVerify),
            send_back: submitted && may(Action::TaskReturn),
        }
    }
}

/// How a person names an order.
#[derive(Clone, Debug)]
pub enum OrderBy {
    /// By id.
    Id(TaskId),
    /// By the jurisdiction's number, as written.
    Number(JurisdictionId, String),
}

impl Services {
    /// One order.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the caller may not see it.
    pub async fn order(&self, call: &Call, by: &OrderBy) -> Result<task::Model> {
        Self::signed_in(call)?;
        let id = match by {
            OrderBy::Id(id) => *id,
            OrderBy::Number(jurisdiction, number) => {
                let number: Number = number.parse().map_err(|_| Error::NotFound)?;
                let (year, sequence) = (number.year, number.sequence);
                let read = self.store.read();
                let found = orders::by_number(read, *jurisdiction, year, sequence).await?;
                found.ok_or(Error::NotFound)?.task_id
            }
        };
        let row = self.task(call, id).await?;
        if row.kind == TaskKind::Order {
            Ok(row)
        } else {
            Err(Error::NotFound)
        }
    }

    /// Issues an order.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text, a date, a level or a thing named that does not do, and
    /// for another unit than the proposal's; [`Error::Blocked`] `PROPOSAL_GONE`;
    /// [`Error::Forbidden`].
    pub async fn issue_order(&self, call: &Call, input: OrderIssue) -> Result<TaskId> {
        Self::signed_in(call)?;
        let text = Text::checked(&input)?;
        let key = Key::of("orderIssue", input.idempotency_key.as_deref(), &input)?;
        let (services, context) = (self.clone(), call.write(None));
        if input.proposal.is_some_and(ProposalId::reads_ratings) {
            return self
                .store
                .write_alone(context, move |work| {
                    Box::pin(async move { issue(work, &services, input, text, key).await })
                })
                .await;
        }
        self.store
            .write(context, move |work| {
                Box::pin(async move { issue(work, &services, input, text, key).await })
            })
            .await
    }
}

/// What a person wrote, trimmed and checked.
struct Text {
    instruction: String,
    source_note: Option<String>,
    title: Option<String>,
}

impl Text {
    fn checked(input: &OrderIssue) -> Result<Self> {
        let mut problems = Problems::default();
        problems.require(
            input.projects.len() <= MOST_PROJECTS,
            "projectIds",
            "at most 20 projects",
        );
        problems.require(
            input.tasks.len() <= MOST_TASKS,
            "taskIds",
            "at most 100 tasks",
        );
        let circular = input.briefing.is_none() || input.level == OrderLevel::Circular;
        problems.require(circular, "briefingId", "only a circular cites a briefing");
        problems.finish()?;
        Ok(Self {
            instruction: fetch::required_note("instruction", Some(&input.instruction))?,
            source_note: fetch::note("sourceNote", input.source_note.as_deref())?,
            title: fetch::title("title", input.title.as_deref())?,
        })
    }
}

async fn issue(
    work: &mut Work,
    services: &Services,
    mut input: OrderIssue,
    text: Text,
    key: Option<Key>,
) -> Result<TaskId> {
    if let Some(proposal) = &input.proposal {
        let (project, task) = proposal::subject(work, proposal).await?;
        input.projects.push(project);
        input.tasks.extend(task);
    }
    let named = named(work, &input).await?;
    if let Some(id) = idempotency::replay::<String>(work, key.as_ref()).await? {
        return id.parse().map_err(Error::internal);
    }
    let followed = match &input.proposal {
        Some(id) => Some(services.proposal_now(work, id).await?),
        None => None,
    };
    expect_pressed(&input, followed.as_ref())?;
    let follows = input
        .follows
        .or(followed.as_ref().and_then(|known| known.follows));
    check(work, &input, &named, follows).await?;
    let id = write(work, &input, text, &named, follows, followed.as_ref()).await?;
    idempotency::remember(work, key, &id.to_string()).await?;
    Ok(id)
}

/// A proposal presses one unit: an order to another one would settle it and press nobody.
fn expect_pressed(input: &OrderIssue, followed: Option<&OrderProposal>) -> Result<()> {
    if followed.is_some_and(|known| known.unit != input.unit) {
        return Err(Error::invalid("unitId", "the unit of the proposal"));
    }
    Ok(())
}

/// Everything that an order names, the permit to issue it, and the office that does.
struct Named {
    permit: Permit,
    office: Option<UnitId>,
    jurisdiction: JurisdictionId,
    projects: Vec<project::Model>,
    tasks: Vec<task::Model>,
}

/// Reads what is named, as the person may see it. Its projects are locked in the order of
/// their codes, before a number is taken, as everywhere.
async fn named(work: &Work, input: &OrderIssue) -> Result<Named> {
    let connection = work.connection();
    let unit = outline::units_by_id(connection, vec![input.unit])
        .await?
        .pop();
    let unit = unit.ok_or(Error::NotFound)?;
    let wanted: BTreeSet<ProjectId> = input.projects.iter().copied().collect();
    let ids = wanted.iter().copied().collect();
    let mut rows = projects::visible_by_ids(connection, work.principal(), ids).await?;
    if rows.len() < wanted.len() {
        return Err(Error::NotFound);
    }
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    for row in &mut rows {
        *row = projects::lock(connection, row.id)
            .await?
            .ok_or(Error::NotFound)?;
    }
    let known = facts::of_projects(connection, &rows).await?;
    let facts = OrderFacts {
        jurisdiction: unit.jurisdiction_id,
        unit: unit.id,
        projects: rows
            .iter()
            .filter_map(|row| known.get(&row.id))
            .cloned()
            .collect(),
    };
    let permit = work.permit(Action::OrderIssue, Facts::Order(&facts))?;
    let office = office(work, &facts).await?;
    let wanted: BTreeSet<TaskId> = input.tasks.iter().copied().collect();
    let ids = wanted.iter().copied().collect();
    let mut tasks = tasks::visible_by_ids(connection, work.principal(), ids).await?;
    if tasks.len() < wanted.len() {
        return Err(Error::NotFound);
    }
    tasks.sort_by_key(|row| row.id);
    Ok(Named {
        permit,
        office,
        jurisdiction: unit.jurisdiction_id,
        projects: rows,
        tasks,
    })
}

async fn check(
    work: &Work,
    input: &OrderIssue,
    named: &Named,
    follows: Option<TaskId>,
) -> Result<()> {
    fetch::unit(work, named.jurisdiction, input.unit, "unitId").await?;
    let mut problems = Problems::default();
    let here = |jurisdiction| jurisdiction == named.jurisdiction;
    let projects_here = named.projects.iter().all(|row| here(row.jurisdiction_id));
    problems.require(projects_here, "projectIds", "of the unit's jurisdiction");
    let tasks_here = named.tasks.iter().all(|row| here(row.jurisdiction_id));
    problems.require(tasks_here, "taskIds", "of the unit's jurisdiction");
    let about: BTreeSet<ProjectId> = named.projects.iter().map(|row| row.id).collect();
    let mut of = named.tasks.iter().filter_map(|row| row.project_id);
    problems.require(
        of.all(|project| about.contains(&project)),
        "taskIds",
        "of the projects that the order names",
    );
    let today = fetch::today(work, named.jurisdiction).await?;
    problems.require(input.due_date >= today, "dueDate", "not before today");
    problems.finish()?;
    if let Some(follows) = follows {
        check_followed(work, named.jurisdiction, follows, input.level).await?;
    }
    match input.briefing {
        Some(id) => check_briefing(work, named.jurisdiction, id).await,
        None => Ok(()),
    }
}

/// A following order does not press less than the one before.
async fn check_followed(
    work: &Work,
    jurisdiction: JurisdictionId,
    id: TaskId,
    level: OrderLevel,
) -> Result<()> {
    let connection = work.connection();
    let seen = tasks::visible_by_ids(connection, work.principal(), vec![id]).await?;
    let seen = seen.iter().any(|row| row.jurisdiction_id == jurisdiction);
    let before = orders::by_tasks(connection, vec![id]).await?.pop();
    let before = before.filter(|_| seen).ok_or(Error::NotFound)?;
    if level < before.level {
        let message = format!("not below {}, the level of the order before", before.level);
        return Err(Error::invalid("level", message));
    }
    Ok(())
}

async fn check_briefing(work: &Work, jurisdiction: JurisdictionId, id: BriefingId) -> Result<()> {
    let found = briefings::by_id(work.connection(), id).await?;
    let here = found.filter(|row| row.jurisdiction_id == jurisdiction);
    here.map(|_| ()).ok_or(Error::NotFound)
}

async fn write(
    work: &mut Work,
    input: &OrderIssue,
    text: Text,
    named: &Named,
    follows: Option<TaskId>,
    followed: Option<&OrderProposal>,
) -> Result<TaskId> {
    let year = fetch::today(work, named.jurisdiction).await?.year();
    let sequence = numbers::next(work, named.jurisdiction, Series::Order, year).await?;
    let number = Number { year, sequence };
    let title = text
        .title
        .unwrap_or_else(|| format!("{} {number}", called(input.level)));
    let single = match named.projects.as_slice() {
        [only] => Some(only.id),
        _ => None,
    };
    let row = task::Model {
        project_id: single,
        unit_id: Some(input.unit),
        title,
        description: Some(text.instruction),
        raised_by: work.principal().user_id(),
        raised_unit_id: named.office,
        due_date: Some(input.due_date),
        baseline_due_date: Some(input.due_date),
        counted_due_date: Some(input.due_date),
        due_basis: Some(DueBasis::Demanded),
        ..blank::task(work, TaskKind::Order, named.jurisdiction)
    };
    let order = order::Model {
        task_id: row.id,
        jurisdiction_id: named.jurisdiction,
        year,
        sequence,
        level: input.level,
        source: input.source,
        source_note: text.source_note,
        ground: followed.map(|known| known.id.ground.to_string()),
        follows_id: follows,
        briefing_id: input.briefing,
    };
    let projects: Vec<ProjectId> = named.projects.iter().map(|row| row.id).collect();
    let tasks: Vec<TaskId> = named.tasks.iter().map(|row| row.id).collect();
    let parts = recorded(&order, &projects, &tasks)?;
    let row = work.create(&named.permit, row, parts).await?;
    orders::add(work, order, &projects, &tasks).await?;
    Ok(row.id)
}

/// What makes it an order, as the ledger keeps it with the task's creation.
fn recorded(row: &order::Model, projects: &[ProjectId], tasks: &[TaskId]) -> Result<Fields> {
    let number = Number {
        year: row.year,
        sequence: row.sequence,
    };
    Ok(Fields::from([
        ("number", Some(number.to_string())),
        ("level", Some(row.level.to_string())),
        ("source", Some(row.source.to_string())),
        ("sourceNote", row.source_note.clone()),
        ("ground", row.ground.clone()),
        ("follows", row.follows_id.map(|id| id.to_string())),
        ("briefing", row.briefing_id.map(|id| id.to_string())),
        ("projects", listed(projects)?),
        ("tasks", listed(tasks)?),
    ]))
}

fn listed(ids: &[impl ToString]) -> Result<Option<String>> {
    if ids.is_empty() {
        return Ok(None);
    }
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    serde_json::to_string(&texts)
        .map(Some)
        .map_err(Error::internal)
}

/// The issuing office: the home unit of a grant that allows the order by itself, none where
/// such grants name none. Of a home with the units below it, it is the one that stands above.
async fn office(work: &Work, facts: &OrderFacts) -> Result<Option<UnitId>> {
    let allowing = allowing(work.principal(), Action::OrderIssue, Facts::Order(facts));
    let mut homes = allowing.map(|held| &held.home);
    let home = homes.find(|home| !home.is_empty());
    let Some(home) = home else { return Ok(None) };
    let ids = home.iter().copied().collect();
    let units = outline::units_by_id(work.connection(), ids).await?;
    let top = units
        .iter()
        .find(|unit| unit.parent_id.is_none_or(|above| !home.contains(&above)));
    Ok(top.map(|unit| unit.id))
}

/// Facts of an order that could be issued to a unit about one project.
#[must_use]
pub fn order_facts(unit: UnitId, project: &ProjectFacts) -> OrderFacts {
    OrderFacts {
        jurisdiction: project.jurisdiction,
        unit,
        projects: vec![project.clone()],
    }
}
