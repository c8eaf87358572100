//! Orders that the ladder of supervision proposes, and their dismissal. Nothing is issued by
//! itself.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use duban_entities::ids::{JurisdictionId, OrderDismissalId, ProjectId, TaskId, UnitId};
use duban_entities::vocabulary::{OrderGround, OrderLevel, TaskKind};
use duban_entities::{order_dismissal, project};
use uuid::Uuid;

use super::{Call, Services, fetch};
use crate::domain::ladder::{self, Issued, Ladder, Standing, Taken};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Principal};
use crate::store::ladder::{self as rows, Pressing, Reach, Rows, Unmet};
use crate::store::page::{Page, PageRequest, cursor, cursor_values, page_size};
use crate::store::record::Fields;
use crate::store::today::Today;
use crate::store::{Work, authorise, tasks};

/// The order of a list of proposals, in its cursors.
const LIST: &str = "proposal";

/// What is proposed: the same subject, ground and level have the same id at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProposalId {
    /// The ground.
    pub ground: OrderGround,
    /// The level.
    pub level: OrderLevel,
    /// The key of the milestone, or of the project where the ground is no single task.
    subject: Uuid,
}

impl ProposalId {
    const PREFIX: &'static str = "proposal_";
}

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ground,
            level,
            subject,
        } = self;
        write!(f, "{}{ground}.{level}.{}", Self::PREFIX, subject.simple())
    }
}

impl FromStr for ProposalId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let mut parts = text.strip_prefix(Self::PREFIX)?.split('.');
            let id = Self {
                ground: parts.next()?.parse().ok()?,
                level: parts.next()?.parse().ok()?,
                subject: Uuid::try_parse(parts.next()?).ok()?,
            };
            (id.to_string() == text).then_some(id)
        };
        read().ok_or(Error::NotFound)
    }
}

/// An order that the ladder proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderProposal {
    /// Its id: ground, level and subject.
    pub id: ProposalId,
    /// The jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// The project.
    pub project: ProjectId,
    /// The milestone, where the ground is one.
    pub task: Option<TaskId>,
    /// The unit that would answer.
    pub unit: UnitId,
    /// Days overdue, or reports missed in a row, or 1 for a red rating.
    pub measure: i32,
    /// The date that was missed first; none for a rating.
    pub since: Option<NaiveDate>,
    /// The last order on the same ground.
    pub follows: Option<TaskId>,
}

/// Which proposals are wanted. All given parts must hold.
#[derive(Clone, Debug, Default)]
pub struct ProposalFilter {
    /// Of this jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// That this unit would answer.
    pub unit: Option<UnitId>,
    /// At this level.
    pub level: Option<OrderLevel>,
}

impl Services {
    /// The orders that the ladder proposes on the projects that the caller supervises, or
    /// reads as an auditor, viewer, integrator or administrator does: the hardest first, then
    /// the longest due. The statements are as many however many projects there are.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a unit's people; [`Error::NotFound`] for a jurisdiction or a
    /// unit out of reach.
    pub async fn order_proposals(
        &self,
        call: &Call,
        filter: &ProposalFilter,
    ) -> Result<Vec<OrderProposal>> {
        Self::signed_in(call)?;
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        if let Some(id) = filter.unit {
            self.named_unit(call, id).await?;
        }
        may_read(&call.principal, filter.jurisdiction)?;
        let reach = Reach::supervised(&call.principal, filter.jurisdiction);
        let today = self.today().await?;
        let red = self.red_now(&reach, &today).await?;
        let ladder = &self.rules.ladder;
        let rows = rows::read(self.store.read(), &reach, least_days(ladder), red, &today).await?;
        let mut found = proposals(rows, ladder, &today);
        found.retain(|known| filter.unit.is_none_or(|unit| known.unit == unit));
        found.retain(|known| filter.level.is_none_or(|level| known.id.level == level));
        found.sort_by_key(urgency);
        Ok(found)
    }

    /// One page of them, and how many there are. A cursor stays good when the proposal that
    /// it stands for is settled.
    ///
    /// # Errors
    /// As [`Services::order_proposals`]; [`Error::Invalid`] for a cursor of another list;
    /// [`Error::LimitExceeded`] for more than 200.
    pub async fn order_proposal_page(
        &self,
        call: &Call,
        filter: &ProposalFilter,
        request: &PageRequest,
    ) -> Result<(Page<OrderProposal>, u64)> {
        let all = self.order_proposals(call, filter).await?;
        let count = all.len() as u64;
        let behind = request.after.as_deref().map(place).transpose()?;
        let size = request
            .first
            .map_or(Ok(crate::store::page::DEFAULT_PAGE), |n| {
                page_size(n, "first")
            })?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut rest = all
            .into_iter()
            .filter(|known| behind.as_ref().is_none_or(|place| urgency(known) > *place));
        let shown: Vec<OrderProposal> = rest.by_ref().take(size).collect();
        let cursors = shown
            .into_iter()
            .map(|known| Ok((cursor_of(&known)?, known)));
        let page = Page {
            rows: cursors.collect::<Result<_>>()?,
            has_next: rest.next().is_some(),
            has_previous: behind.is_some(),
            after: request.after.clone(),
        };
        Ok((page, count))
    }

    /// Keeps a proposed order from being proposed again, at this level, while the same case
    /// lasts.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason; [`Error::Blocked`] `PROPOSAL_GONE`;
    /// [`Error::Forbidden`].
    pub async fn dismiss_order(
        &self,
        call: &Call,
        id: &str,
        reason: &str,
    ) -> Result<order_dismissal::Model> {
        Self::signed_in(call)?;
        let id: ProposalId = id.parse()?;
        let reason = fetch::required_note("reason", Some(reason))?;
        let services = self.clone();
        self.store
            .write(call.write(Some(reason.clone())), move |work| {
                Box::pin(async move { dismiss(work, &services, id, reason).await })
            })
            .await
    }

    /// The proposal as it stands now, its project locked.
    pub(super) async fn proposal_now(&self, work: &Work, id: &ProposalId) -> Result<OrderProposal> {
        let (project, _) = subject(work, id).await?;
        let connection = work.connection();
        let today = Today::load(connection, work.at()).await?;
        let (reach, ladder) = (Reach::project(project), &self.rules.ladder);
        let red = match id.ground {
            OrderGround::RatingRed => self.red_now(&reach, &today).await?,
            _ => Vec::new(),
        };
        let rows = rows::read(connection, &reach, least_days(ladder), red, &today).await?;
        let found = proposals(rows, ladder, &today);
        found
            .into_iter()
            .find(|known| known.id == *id)
            .ok_or_else(|| {
                Error::blocked("PROPOSAL_GONE", "this order is not proposed, or no longer")
            })
    }

    /// The projects within reach that are red: as rated, or as overridden.
    async fn red_now(&self, reach: &Reach, today: &Today) -> Result<Vec<project::Model>> {
        let mut rows = rows::rateable(self.store.read(), reach).await?;
        if rows.is_empty() {
            return Ok(rows);
        }
        let rated = self.ratings_on(&rows, None, today).await?.into_iter();
        let ratings = rated.map(|(id, rated)| (id, rated.effective())).collect();
        let red = ladder::red(&ratings);
        rows.retain(|row| red.contains(&row.id));
        Ok(rows)
    }
}

/// Refuses who holds no grant that reads proposals, in the jurisdiction or anywhere.
fn may_read(principal: &Principal, jurisdiction: Option<JurisdictionId>) -> Result<()> {
    let ask = |facts| authorise(principal, Action::ProposalsRead, facts).map(|_| ());
    if let Some(id) = jurisdiction {
        return ask(Facts::Jurisdiction(id));
    }
    let reaches = principal
        .grants
        .iter()
        .map(|held| held.scope.jurisdiction());
    let mut answers = reaches.map(|own| ask(own.map_or(Facts::Everything, Facts::Jurisdiction)));
    let none = || Err(Error::Forbidden("your role does not allow this"));
    answers.find(Result::is_ok).unwrap_or_else(none)
}

/// The hardest first, then the longest due.
fn urgency(known: &OrderProposal) -> (std::cmp::Reverse<OrderLevel>, NaiveDate, ProposalId) {
    let since = known.since.unwrap_or(NaiveDate::MAX);
    (std::cmp::Reverse(known.id.level), since, known.id)
}

fn cursor_of(known: &OrderProposal) -> Result<String> {
    let (_, since, id) = urgency(known);
    cursor(LIST, vec![since.to_string(), id.to_string()])
}

fn place(text: &str) -> Result<(std::cmp::Reverse<OrderLevel>, NaiveDate, ProposalId)> {
    let read = || {
        let values = cursor_values(LIST, text)?;
        let [since, id] = values.as_slice() else {
            return None;
        };
        let id: ProposalId = id.parse().ok()?;
        Some((std::cmp::Reverse(id.level), since.parse().ok()?, id))
    };
    read().ok_or_else(|| Error::invalid("after", "not a cursor of this list"))
}

/// The project of a proposal, and the milestone where it is about one.
pub(super) async fn subject(work: &Work, id: &ProposalId) -> Result<(ProjectId, Option<TaskId>)> {
    if id.ground != OrderGround::MilestoneOverdue {
        return Ok((ProjectId(id.subject), None));
    }
    let found = tasks::by_id(work.connection(), TaskId(id.subject)).await?;
    let milestone = found.filter(|row| row.kind == TaskKind::Milestone);
    let milestone = milestone.ok_or(Error::NotFound)?;
    let project = milestone.project_id.ok_or(Error::NotFound)?;
    Ok((project, Some(milestone.id)))
}

async fn dismiss(
    work: &mut Work,
    services: &Services,
    id: ProposalId,
    reason: String,
) -> Result<order_dismissal::Model> {
    let (project, _) = subject(work, &id).await?;
    let (permit, project) = fetch::project(work, Action::OrderDismiss, project).await?;
    let known = services.proposal_now(work, &id).await?;
    let person = work.principal().user_id();
    let row = order_dismissal::Model {
        id: work.new_id::<OrderDismissalId>(),
        jurisdiction_id: project.jurisdiction_id,
        project_id: project.id,
        task_id: known.task,
        ground: id.ground.to_string(),
        level: id.level,
        reason,
        dismissed_by: person.ok_or(Error::Forbidden("only a person dismisses"))?,
        dismissed_at: work.at(),
        simulated: work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    work.create(&permit, row, Fields::new()).await
}

/// What was done about a subject, by ground and key.
type Done = BTreeMap<(OrderGround, Uuid), Vec<Taken>>;

fn least_days(ladder: &Ladder) -> Option<i32> {
    ladder.first(OrderGround::MilestoneOverdue)
}

/// Every proposal that the rows give rise to.
fn proposals(rows: Rows, ladder: &Ladder, today: &Today) -> Vec<OrderProposal> {
    let mut done = taken(&rows);
    let mut cases = overdue_cases(&rows.overdue, today);
    cases.extend(missed_cases(rows.missed));
    cases.extend(red_cases(&rows.red, ladder, today));
    let proposed = cases.into_iter().filter_map(|case| {
        let steps = done
            .remove(&(case.ground, case.subject))
            .unwrap_or_default();
        case.propose(ladder, steps, today)
    });
    proposed.collect()
}

/// A subject that may be pressed.
struct Case {
    ground: OrderGround,
    subject: Uuid,
    jurisdiction: JurisdictionId,
    project: ProjectId,
    task: Option<TaskId>,
    unit: UnitId,
    measure: i32,
    missed_on: Option<NaiveDate>,
    since: NaiveDate,
}

impl Case {
    fn propose(self, ladder: &Ladder, steps: Vec<Taken>, today: &Today) -> Option<OrderProposal> {
        let standing = Standing {
            ground: self.ground,
            measure: self.measure,
            since: self.since,
            // What is halted was not selected.
            halted: false,
            steps,
        };
        let next = ladder.next(&standing, today.of(self.jurisdiction))?;
        Some(OrderProposal {
            id: ProposalId {
                ground: self.ground,
                level: next.level,
                subject: self.subject,
            },
            jurisdiction: self.jurisdiction,
            project: self.project,
            task: self.task,
            unit: self.unit,
            measure: self.measure,
            since: self.missed_on,
            follows: next.follows,
        })
    }
}

fn overdue_cases(overdue: &[Unmet], today: &Today) -> Vec<Case> {
    let ground = OrderGround::MilestoneOverdue;
    let cases = overdue.iter().map(|row| {
        let days = today.of(row.jurisdiction_id) - row.counted_due_date;
        Case {
            subject: row.task_id.0,
            task: Some(row.task_id),
            measure: i32::try_from(days.num_days()).unwrap_or(i32::MAX),
            ..case_of(row, ground)
        }
    });
    cases.collect()
}

fn case_of(row: &Unmet, ground: OrderGround) -> Case {
    Case {
        ground,
        subject: row.project_id.0,
        jurisdiction: row.jurisdiction_id,
        project: row.project_id,
        task: None,
        unit: row.unit_id,
        measure: 1,
        missed_on: Some(row.due_date),
        since: row.due_date,
    }
}

/// One case a project: its missed reports together, from the first.
fn missed_cases(mut missed: Vec<Unmet>) -> Vec<Case> {
    missed.sort_by_key(|row| (row.project_id, row.due_date));
    let mut cases: BTreeMap<ProjectId, Case> = BTreeMap::new();
    for row in missed {
        let case = cases.entry(row.project_id);
        case.and_modify(|case| {
            case.measure += 1;
            // Who owes the last of them would answer now.
            case.unit = row.unit_id;
        })
        .or_insert_with(|| case_of(&row, OrderGround::ReportsMissed));
    }
    cases.into_values().collect()
}

fn red_cases(red: &[project::Model], ladder: &Ladder, today: &Today) -> Vec<Case> {
    let ground = OrderGround::RatingRed;
    let cases = red.iter().filter_map(|row| {
        Some(Case {
            ground,
            subject: row.id.0,
            jurisdiction: row.jurisdiction_id,
            project: row.id,
            task: None,
            unit: row.lead_unit_id?,
            measure: 1,
            missed_on: None,
            since: ladder.held_since(ground, today.of(row.jurisdiction_id)),
        })
    });
    cases.collect()
}

/// The orders and dismissals within reach. An order that names a milestone presses it,
/// whatever it was issued on.
fn taken(rows: &Rows) -> Done {
    let mut done = Done::new();
    for row in &rows.on_milestones {
        if let Some(task) = row.named_id {
            let key = (OrderGround::MilestoneOverdue, task.0);
            done.entry(key).or_default().push(issued(row));
        }
    }
    for row in &rows.on_projects {
        let ground = row.ground.as_deref().and_then(|text| text.parse().ok());
        if let (Some(ground), Some(project)) = (ground, row.project_id) {
            done.entry((ground, project.0))
                .or_default()
                .push(issued(row));
        }
    }
    for row in &rows.dismissals {
        let Ok(ground) = row.ground.parse() else {
            continue;
        };
        let subject = row.task_id.map_or(row.project_id.0, |task| task.0);
        done.entry((ground, subject)).or_default().push(Taken {
            level: row.level,
            on: row.dismissed_at.date_naive(),
            order: None,
        });
    }
    done
}

/// The day is UTC's: never before the missed date, which was over in the jurisdiction when the
/// order was proposed.
fn issued(row: &Pressing) -> Taken {
    Taken {
        level: row.level,
        on: row.created_at.date_naive(),
        order: Some(Issued {
            id: row.order_id,
            state: row.state,
            due_date: row.due_date,
        }),
    }
}
