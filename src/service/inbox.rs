//! What waits for a person now (待办): drawn up whole, because it is what one person has to
//! do, and paged by urgency.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use duban_entities::ids::{ProjectId, UnitId};
use duban_entities::vocabulary::{Role, TaskState};
use duban_entities::{change_request, project, task};

use super::{
    Call, Content, OrderProposal, ProposalFilter, Services, content, due_facts, order_facts,
};
use crate::domain::inbox::{self as rules, Waiting};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Principal, ProjectFacts, decide};
use crate::store::page::{DEFAULT_PAGE, Page, page_size};
use crate::store::today::Today;
use crate::store::{facts, inbox};

/// What is to be settled.
#[derive(Clone, Debug)]
pub enum Thing {
    /// A task.
    Task(task::Model),
    /// A change request.
    Change(change_request::Model),
    /// An order that the ladder proposes.
    Proposal(OrderProposal),
}

/// Something that waits for the person.
#[derive(Clone, Debug)]
pub struct InboxItem {
    /// What is to be done.
    pub waiting: Waiting,
    /// The mutation that settles it.
    pub mutation: &'static str,
    /// Days overdue, or the office's age in days; below 0 days that are left. None without
    /// a deadline.
    pub urgency: Option<i32>,
    /// When it is due.
    pub due_date: Option<NaiveDate>,
    /// Since when it waits; none for a proposed order.
    pub since: Option<DateTime<Utc>>,
    /// The task's title, or the project's where a change is decided or an order proposed.
    pub title: String,
    /// True for what was sent back before.
    pub returned: bool,
    /// The unit that owes it, or for which a change was proposed.
    pub unit: Option<UnitId>,
    /// The project.
    pub project: Option<ProjectId>,
    /// What is to be settled.
    pub thing: Thing,
}

impl InboxItem {
    fn id(&self) -> String {
        match &self.thing {
            Thing::Task(row) => row.id.to_string(),
            Thing::Change(row) => row.id.to_string(),
            Thing::Proposal(proposal) => proposal.id.to_string(),
        }
    }

    /// Most urgent first; what has no deadline last.
    fn place(&self) -> (Reverse<i32>, String) {
        (Reverse(self.urgency.unwrap_or(i32::MIN)), self.id())
    }

    fn cursor(&self) -> String {
        let (Reverse(urgency), id) = self.place();
        format!("inbox.{urgency}.{id}")
    }
}

/// The place that a cursor names.
fn place_of(cursor: &str) -> Option<(Reverse<i32>, String)> {
    let (urgency, id) = cursor.strip_prefix("inbox.")?.split_once('.')?;
    Some((Reverse(urgency.parse().ok()?), id.to_owned()))
}

/// A person's inbox.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// Most urgent first.
    pub items: Vec<InboxItem>,
}

impl Inbox {
    /// How many items of each sort there are, in the order of the sorts; none of 0.
    #[must_use]
    pub fn counts(&self) -> Vec<(Waiting, usize)> {
        let count = |waiting| {
            let items = self.items.iter();
            items.filter(|item| item.waiting == waiting).count()
        };
        let all = Waiting::ALL.into_iter();
        all.map(|waiting| (waiting, count(waiting)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// The items behind a cursor, which still names its place when its item is settled.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no cursor of an inbox; [`Error::LimitExceeded`] for
    /// more than 200 items.
    pub fn page(&self, first: Option<i32>, after: Option<String>) -> Result<Page<InboxItem>> {
        let size = first.map_or(Ok(DEFAULT_PAGE), |count| page_size(count, "first"))?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let start = match &after {
            None => 0,
            Some(text) => {
                let place = place_of(text);
                let place =
                    place.ok_or_else(|| Error::invalid("after", "not a cursor of this list"))?;
                self.items.partition_point(|item| item.place() <= place)
            }
        };
        let end = self.items.len().min(start.saturating_add(size));
        let shown = self.items[start..end].iter();
        Ok(Page {
            rows: shown.map(|item| (item.cursor(), item.clone())).collect(),
            has_next: end < self.items.len(),
            has_previous: start > 0,
            after,
        })
    }
}

impl Services {
    /// What waits for the caller, in a fixed number of statements. Nothing is in it that
    /// the policy would refuse.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Forbidden`] until a reset password is changed.
    pub async fn inbox(&self, call: &Call) -> Result<Inbox> {
        Self::signed_in(call)?;
        let (connection, principal) = (self.store.read(), &call.principal);
        let today = self.today().await?;
        let soon = self.rules.due_soon_days;
        let tasks = inbox::tasks(connection, principal, &today, soon).await?;
        let changes = inbox::changes(connection, principal).await?;
        let proposals = self.proposals_for(call).await?;
        let ids = tasks.iter().filter_map(|row| row.project_id);
        let ids = ids.chain(changes.iter().filter_map(|row| row.project_id));
        let ids = ids.chain(proposals.iter().map(|proposal| proposal.project));
        let projects = inbox::projects(connection, ids.collect()).await?;
        let facts = match projects.is_empty() {
            true => HashMap::new(),
            false => facts::of_projects(connection, &projects).await?,
        };
        let known = Known {
            principal,
            today: &today,
            soon,
            projects: projects.into_iter().map(|row| (row.id, row)).collect(),
            facts,
        };
        let tasks = tasks.into_iter().filter_map(|row| known.task(row));
        let changes = changes.into_iter().filter_map(|row| known.change(row));
        let proposals = proposals
            .into_iter()
            .filter_map(|known_so| known.proposal(known_so));
        let mut items: Vec<InboxItem> = tasks.chain(changes).chain(proposals).collect();
        items.sort_by_cached_key(InboxItem::place);
        Ok(Inbox { items })
    }

    /// The orders that the ladder proposes to whoever supervises; others issue none.
    async fn proposals_for(&self, call: &Call) -> Result<Vec<OrderProposal>> {
        let mut roles = call.principal.grants.iter().map(|held| held.role);
        if !roles.any(|role| role == Role::Supervisor) {
            return Ok(Vec::new());
        }
        self.order_proposals(call, &ProposalFilter::default()).await
    }
}

/// What is known of the candidates.
struct Known<'a> {
    principal: &'a Principal,
    today: &'a Today,
    soon: u16,
    projects: HashMap<ProjectId, project::Model>,
    facts: HashMap<ProjectId, ProjectFacts>,
}

impl Known<'_> {
    fn task(&self, row: task::Model) -> Option<InboxItem> {
        let (due, today) = (due_facts(&row), self.today.of(row.jurisdiction_id));
        let returned = row.return_count > 0;
        let waiting = rules::waits_for(row.kind, &due, returned, today, self.soon)?;
        let mutation = self.mutation(waiting, &row)?;
        let open = row.state == TaskState::Open;
        let since = match row.decided_at.filter(|_| open && returned) {
            Some(returned_at) => returned_at,
            None if open => row.created_at,
            None => row.submitted_at.unwrap_or(row.updated_at),
        };
        let urgency = if open {
            rules::urgency_by(&due, today)
        } else {
            Some(self.age(&row, since, today))
        };
        Some(InboxItem {
            waiting,
            mutation,
            urgency,
            due_date: row.due_date,
            since: Some(since),
            title: row.title.clone(),
            returned,
            unit: row.unit_id,
            project: row.project_id,
            thing: Thing::Task(row),
        })
    }

    fn age(&self, row: &task::Model, since: DateTime<Utc>, today: NaiveDate) -> i32 {
        rules::urgency_since(self.today.date_of(row.jurisdiction_id, since), today)
    }

    /// The mutation that the policy lets the person settle it with.
    fn mutation(&self, waiting: Waiting, row: &task::Model) -> Option<&'static str> {
        let project = row.project_id.and_then(|id| self.facts.get(&id).cloned());
        let facts = facts::task_facts(row, project);
        let may = |action| decide(self.principal, action, Facts::Task(&facts)).is_ok();
        let candidates: &[(Action, &'static str)] = match waiting {
            Waiting::Report => &[
                (Action::ReportSubmit, "reportSubmit"),
                (Action::ReportSave, "reportSave"),
            ],
            Waiting::Answer | Waiting::Claim => &[(Action::TaskClaim, "taskClaim")],
            Waiting::Verify | Waiting::Close => &[(Action::TaskVerify, "taskVerify")],
            Waiting::Decide | Waiting::Issue => &[],
        };
        let mut allowed = candidates.iter().filter(|(action, _)| may(*action));
        allowed.next().map(|(_, mutation)| *mutation)
    }

    fn change(&self, row: change_request::Model) -> Option<InboxItem> {
        let project = match row.project_id {
            Some(id) => self.facts.get(&id)?.clone(),
            None => facts::proposed_facts(&row),
        };
        let facts = facts::change_facts(&row, project);
        decide(self.principal, Action::ChangeDecide, Facts::Change(&facts)).ok()?;
        let today = self.today.of(row.jurisdiction_id);
        let proposed_on = self.today.date_of(row.jurisdiction_id, row.proposed_at);
        Some(InboxItem {
            waiting: Waiting::Decide,
            mutation: "changeDecide",
            urgency: Some(rules::urgency_since(proposed_on, today)),
            due_date: None,
            since: Some(row.proposed_at),
            title: self.title(&row)?,
            returned: false,
            unit: row.proposed_unit_id,
            project: row.project_id,
            thing: Thing::Change(row),
        })
    }

    /// The title of the project that a change concerns, or of the proposed work.
    fn title(&self, row: &change_request::Model) -> Option<String> {
        if let Some(id) = row.project_id {
            return self.projects.get(&id).map(|project| project.title.clone());
        }
        match content(row) {
            Ok(Content::Propose(work)) => Some(work.title),
            _ => None,
        }
    }

    fn proposal(&self, proposal: OrderProposal) -> Option<InboxItem> {
        let facts = order_facts(proposal.unit, self.facts.get(&proposal.project)?);
        decide(self.principal, Action::OrderIssue, Facts::Order(&facts)).ok()?;
        let today = self.today.of(proposal.jurisdiction);
        let age = proposal
            .since
            .map(|since| rules::urgency_since(since, today));
        Some(InboxItem {
            waiting: Waiting::Issue,
            mutation: "orderIssue",
            urgency: Some(age.unwrap_or(0)),
            due_date: None,
            since: None,
            title: self.projects.get(&proposal.project)?.title.clone(),
            returned: false,
            unit: Some(proposal.unit),
            project: Some(proposal.project),
            thing: Thing::Proposal(proposal),
        })
    }
}
