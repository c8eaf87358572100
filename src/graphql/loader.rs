//! What resolvers ask for by keys, and the one statement that reads it for many of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use duban_entities::ids::{
    ApiTokenId, AreaId, BriefingId, ChangeRequestId, ClauseId, GrantId, IndicatorId,
    JurisdictionId, OrderDismissalId, PlanId, ProjectId, RatingAdoptionId, RatingOverrideId,
    ReportRevisionId, TaskId, UnitId, UserId,
};
use duban_entities::{
    api_token, area, briefing, change_request, citation, clause, cooperating_unit, grant,
    jurisdiction, ledger, order, order_project, order_task, plan, project, project_external_id,
    project_investment, report_draft, report_revision, suggested_lead, target, task, task_evidence,
    unit, unit_alias, user,
};
use tokio::sync::OnceCell;

use super::lots::{Failure, Found, Loader};
use crate::error::Result;
use crate::policy::ProjectFacts;
use crate::service::{Call, PastProject, Rated, Services, Standing};
use crate::store::ledger::named;
use crate::store::page::{Page, PageRequest};
use crate::store::today::Today;
use crate::store::{
    Kept, Store, changes, facts, orders, outline, projects, reports, tasks, tokens, users,
};

/// Where the loaders of one request read.
#[derive(Debug)]
pub struct Source {
    services: Services,
    call: Arc<Call>,
    /// The version at which rows that seldom change may be those that were read before; none for
    /// a request that may change them itself.
    known_at: Option<i64>,
    today: OnceCell<Today>,
}

impl Source {
    pub(super) fn new(services: Services, call: Arc<Call>, known_at: Option<i64>) -> Self {
        Self {
            services,
            call,
            known_at,
            today: OnceCell::new(),
        }
    }

    /// Today in every jurisdiction, read once however many lots a loader takes.
    async fn today(&self) -> Result<&Today, Failure> {
        let today = self
            .today
            .get_or_try_init(|| self.services.today_for(&self.call));
        today.await.map_err(Arc::new)
    }

    fn store(&self) -> &Store {
        &self.services.store
    }

    /// Rows that seldom change, by their keys: those that are known, and the others from the
    /// database.
    async fn steady<K, R, F>(
        &self,
        kept: &Kept<K, R>,
        keys: &[K],
        read: impl FnOnce(Vec<K>) -> F + Send,
    ) -> Found<K, R>
    where
        K: Copy + Eq + Hash + Send + Sync,
        R: Clone + Send + Sync,
        F: Future<Output = Result<HashMap<K, R>>> + Send,
    {
        let Some(version) = self.known_at else {
            return read(keys.to_vec()).await.map_err(Arc::new);
        };
        let changes = self.store().changes(version).await.map_err(Arc::new)?;
        let (mut rows, others) = kept.known(keys, changes);
        if !others.is_empty() {
            let read = read(others).await.map_err(Arc::new)?;
            kept.remember(version, &read);
            rows.extend(read);
        }
        Ok(rows)
    }
}

fn grouped<K: Eq + Hash, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// Loads a row by its key.
macro_rules! by_id {
    ($($key:ty => $row:ty, $load:path;)+) => {
        $(impl Loader<$key> for Source {
            type Value = $row;

            async fn load(&self, keys: &[$key]) -> Found<$key, $row> {
                let rows = $load(self.store().read(), keys.to_vec()).await.map_err(Arc::new)?;
                Ok(rows.into_iter().map(|row| (row.id, row)).collect())
            }
        })+
    };
}

by_id! {
    UserId => user::Model, users::by_ids;
    IndicatorId => duban_entities::indicator::Model, outline::indicators_by_id;
    GrantId => grant::Model, users::grants_by_id;
    ApiTokenId => api_token::Model, tokens::by_ids;
    ReportRevisionId => report_revision::Model, named::revisions;
    OrderDismissalId => duban_entities::order_dismissal::Model, named::dismissals;
    RatingAdoptionId => duban_entities::rating_adoption::Model, named::adoptions;
    RatingOverrideId => duban_entities::rating_override::Model, named::overrides;
}

/// Loads a row that seldom changes by its key.
macro_rules! steady_by_id {
    ($($key:ty => $row:ty, $kept:ident, $load:path;)+) => {
        $(impl Loader<$key> for Source {
            type Value = $row;

            async fn load(&self, keys: &[$key]) -> Found<$key, $row> {
                let kept = &self.store().steady().$kept;
                let read = async |keys| {
                    let rows = $load(self.store().read(), keys).await?.into_iter();
                    Ok(rows.map(|row| (row.id, row)).collect())
                };
                self.steady(kept, keys, read).await
            }
        })+
    };
}

steady_by_id! {
    JurisdictionId => jurisdiction::Model, jurisdictions, outline::jurisdictions_by_id;
    AreaId => area::Model, areas, outline::areas_by_id;
    UnitId => unit::Model, units, outline::units_by_id;
    PlanId => plan::Model, plans, outline::plans_by_id;
    ClauseId => clause::Model, clauses, outline::clauses_by_id;
}

/// Loads the rows that hang on a parent, under a key type that names what is wanted.
macro_rules! children {
    ($($(#[$doc:meta])* $key:ident($parent:ty) => $row:ty, $load:path, |$child:ident| $of:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $key(pub $parent);

            impl Loader<$key> for Source {
                type Value = Vec<$row>;

                async fn load(&self, keys: &[$key]) -> Found<$key, Vec<$row>> {
                    let parents = keys.iter().map(|key| key.0).collect();
                    let rows = $load(self.store().read(), parents).await.map_err(Arc::new)?;
                    Ok(grouped(rows, |$child| $key($of)))
                }
            }
        )+
    };
}

children! {
    /// The areas of a jurisdiction.
    AreasOf(JurisdictionId) => area::Model, outline::areas_of, |row| row.jurisdiction_id;
    /// The units directly below a unit.
    UnitsBelow(UnitId) => unit::Model, outline::units_below, |row| row.parent_id.unwrap_or(row.id);
    /// The outline of a plan.
    ClausesOf(PlanId) => clause::Model, outline::clauses_of, |row| row.plan_id;
    /// The clauses of a plan that no project answers.
    ClausesWithoutProjectsOf(PlanId) => clause::Model, outline::clauses_without_projects, |row| row.plan_id;
    /// The indicators of a plan.
    IndicatorsOf(PlanId) => duban_entities::indicator::Model, outline::indicators_of, |row| row.plan_id;
    /// The citations of a project.
    CitationsOf(ProjectId) => citation::Model, outline::citations_of, |row| row.project_id;
    /// The targets of a project.
    TargetsOf(ProjectId) => target::Model, outline::targets_of, |row| row.project_id;
    /// The investment planned for a project.
    InvestmentsOf(ProjectId) => project_investment::Model, outline::investments_of, |row| row.project_id;
    /// The request by which a project entered the bank.
    EntriesOf(ProjectId) => change_request::Model, changes::entries_of, |row| row.project_id.unwrap_or(ProjectId(row.id.0));
    /// The other names of a project.
    AliasesOfProject(ProjectId) => duban_entities::project_alias::Model, outline::aliases_of_projects, |row| row.project_id;
    /// The external ids of a project.
    ExternalIdsOf(ProjectId) => project_external_id::Model, outline::external_ids_of, |row| row.project_id;
    /// The suggested leads of a project.
    SuggestedLeadsOf(ProjectId) => suggested_lead::Model, outline::suggested_leads_of, |row| row.project_id;
    /// The cooperating units of a project.
    CooperatingUnitsOf(ProjectId) => cooperating_unit::Model, outline::cooperating_units_of, |row| row.project_id;
    /// The links of a project to its areas.
    AreaLinksOf(ProjectId) => duban_entities::project_area::Model, projects::areas, |row| row.project_id;
    /// The grants of a user, past ones too.
    GrantsOf(UserId) => grant::Model, users::grants, |row| row.user_id;
    /// The API tokens of a user.
    ApiTokensOf(UserId) => api_token::Model, tokens::of_users, |row| row.user_id;
    /// The projects that an order names.
    ProjectsOfOrder(TaskId) => order_project::Model, orders::projects_of, |row| row.task_id;
    /// The tasks that an order names.
    TasksOfOrder(TaskId) => order_task::Model, orders::tasks_of, |row| row.order_id;
    /// The orders that follow an order, by number.
    FollowersOf(TaskId) => order::Model, orders::following, |row| row.follows_id.unwrap_or(row.task_id);
    /// The milestones of a project as lines, in the order of its schedule.
    LinesOf(ProjectId) => tasks::MilestoneLine, tasks::lines_of_projects, |row| row.project_id;
    /// The evidence of a task's last claim.
    EvidenceOf(TaskId) => task_evidence::Model, tasks::evidence, |row| row.task_id;
    /// The revisions of a report, in the order of their submission.
    RevisionsOf(TaskId) => report_revision::Model, reports::revisions, |row| row.task_id;
    /// The draft of a report, for the caller to guard.
    DraftsOf(TaskId) => report_draft::Model, reports::drafts, |row| row.task_id;
    /// The accepted revisions of a project, one a month, in the order of the months.
    AcceptedOf(ProjectId) => report_revision::Model, reports::accepted, |row| row.project_id;
}

/// The aliases of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AliasesOfUnit(pub UnitId);

impl Loader<AliasesOfUnit> for Source {
    type Value = Vec<unit_alias::Model>;

    async fn load(&self, keys: &[AliasesOfUnit]) -> Found<AliasesOfUnit, Vec<unit_alias::Model>> {
        let kept = &self.store().steady().unit_aliases;
        let units: Vec<UnitId> = keys.iter().map(|key| key.0).collect();
        let read = async |units: Vec<UnitId>| {
            // None is an answer, too.
            let mut all: HashMap<_, _> = units.iter().map(|unit| (*unit, Vec::new())).collect();
            let rows = outline::aliases_of_units(self.store().read(), units).await?;
            all.extend(grouped(rows, |row| row.unit_id));
            Ok(all)
        };
        let all = self.steady(kept, &units, read).await?.into_iter();
        Ok(all
            .map(|(unit, rows)| (AliasesOfUnit(unit), rows))
            .collect())
    }
}

/// Loads tasks of a project, under a key type that names which.
macro_rules! tasks_of {
    ($($(#[$doc:meta])* $key:ident => $load:path;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $key(pub ProjectId);

            impl Loader<$key> for Source {
                type Value = Vec<task::Model>;

                async fn load(
                    &self,
                    keys: &[$key],
                ) -> Found<$key, Vec<task::Model>> {
                    let parents = keys.iter().map(|key| key.0).collect();
                    let rows = $load(self.store().read(), parents).await.map_err(Arc::new)?;
                    let mut groups: HashMap<$key, Vec<task::Model>> = HashMap::new();
                    for row in rows {
                        if let Some(project) = row.project_id {
                            groups.entry($key(project)).or_default().push(row);
                        }
                    }
                    Ok(groups)
                }
            }
        )+
    };
}

tasks_of! {
    /// The milestones of a project, in the order of its schedule.
    MilestonesOf => tasks::of_projects;
    /// The reports of a project, newest month first.
    ReportsOf => reports::of_projects;
    /// The reports of a project that are OPEN or SUBMITTED.
    ActiveReportsOf => reports::active_of_projects;
    /// The milestones of a project, and its reports that are OPEN or SUBMITTED: as
    /// [`MilestonesOf`] and [`ActiveReportsOf`], at once.
    CurrentTasksOf => tasks::current_of_projects;
    /// The issues of a project, oldest first.
    IssuesOf => tasks::issues_of;
}

/// The report of a project for one month, `YYYY-MM`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReportIn(pub ProjectId, pub String);

impl Loader<ReportIn> for Source {
    type Value = task::Model;

    async fn load(&self, keys: &[ReportIn]) -> Found<ReportIn, task::Model> {
        let mut months: HashMap<&str, Vec<ProjectId>> = HashMap::new();
        for ReportIn(project, period) in keys {
            months.entry(period).or_default().push(*project);
        }
        let mut found = HashMap::new();
        for (period, projects) in months {
            let rows = reports::of_month(self.store().read(), projects, period).await;
            for row in rows.map_err(Arc::new)? {
                if let Some(project) = row.project_id {
                    found.insert(ReportIn(project, period.to_owned()), row);
                }
            }
        }
        Ok(found)
    }
}

/// A task that the caller may see.
impl Loader<TaskId> for Source {
    type Value = task::Model;

    async fn load(&self, keys: &[TaskId]) -> Found<TaskId, task::Model> {
        let principal = &self.call.principal;
        let rows = tasks::visible_by_ids(self.store().read(), principal, keys.to_vec())
            .await
            .map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// What makes a task an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderOf(pub TaskId);

impl Loader<OrderOf> for Source {
    type Value = order::Model;

    async fn load(&self, keys: &[OrderOf]) -> Found<OrderOf, order::Model> {
        let ids = keys.iter().map(|key| key.0).collect();
        let rows = orders::by_tasks(self.store().read(), ids)
            .await
            .map_err(Arc::new)?;
        let rows = rows.into_iter();
        Ok(rows.map(|row| (OrderOf(row.task_id), row)).collect())
    }
}

/// The members of a programme that the caller may see, by code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MembersOf(pub ProjectId);

impl Loader<MembersOf> for Source {
    type Value = Vec<project::Model>;

    async fn load(&self, keys: &[MembersOf]) -> Found<MembersOf, Vec<project::Model>> {
        let parents = keys.iter().map(|key| key.0).collect();
        let principal = &self.call.principal;
        let rows = projects::members_of(self.store().read(), principal, parents)
            .await
            .map_err(Arc::new)?;
        Ok(grouped(rows, |row| {
            MembersOf(row.parent_id.unwrap_or(row.id))
        }))
    }
}

/// The projects that cite a clause and that the caller may see, by code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProjectsOf(pub ClauseId);

impl Loader<ProjectsOf> for Source {
    type Value = Vec<project::Model>;

    async fn load(&self, keys: &[ProjectsOf]) -> Found<ProjectsOf, Vec<project::Model>> {
        let clauses = keys.iter().map(|key| key.0).collect();
        let principal = &self.call.principal;
        let rows = projects::of_clauses(self.store().read(), principal, clauses)
            .await
            .map_err(Arc::new)?;
        let groups = grouped(rows, |(clause, _)| ProjectsOf(*clause)).into_iter();
        let rows_alone =
            |rows: Vec<(ClauseId, project::Model)>| rows.into_iter().map(|(_, row)| row).collect();
        Ok(groups.map(|(key, rows)| (key, rows_alone(rows))).collect())
    }
}

/// A project that the caller may see.
impl Loader<ProjectId> for Source {
    type Value = project::Model;

    async fn load(&self, keys: &[ProjectId]) -> Found<ProjectId, project::Model> {
        let principal = &self.call.principal;
        let rows = projects::visible_by_ids(self.store().read(), principal, keys.to_vec())
            .await
            .map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// A part of a project's history.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryPart(ProjectId, Asked);

/// A page request as a key: first, after, last, before.
type Asked = (Option<i32>, Option<String>, Option<i32>, Option<String>);

impl HistoryPart {
    /// This part of this project's history.
    pub fn of(project: ProjectId, request: &PageRequest) -> Self {
        let PageRequest {
            first,
            after,
            last,
            before,
        } = request.clone();
        Self(project, (first, after, last, before))
    }
}

impl Loader<HistoryPart> for Source {
    type Value = Page<ledger::Model>;

    async fn load(&self, keys: &[HistoryPart]) -> Found<HistoryPart, Page<ledger::Model>> {
        let mut found = HashMap::new();
        for (asked, keys) in grouped(keys.to_vec(), |key| key.1.clone()) {
            let (first, after, last, before) = asked.clone();
            let request = PageRequest {
                first,
                after,
                last,
                before,
            };
            let projects = keys.into_iter().map(|key| key.0).collect();
            let pages = self.services.histories(&self.call, projects, &request);
            let pages = pages.await.map_err(Arc::new)?.into_iter();
            found.extend(pages.map(|(project, page)| (HistoryPart(project, asked.clone()), page)));
        }
        Ok(found)
    }
}

/// How long a project's history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HistoryLength(pub ProjectId);

impl Loader<HistoryLength> for Source {
    type Value = u64;

    async fn load(&self, keys: &[HistoryLength]) -> Found<HistoryLength, u64> {
        let projects = keys.iter().map(|key| key.0).collect();
        let counts = self.services.history_counts(&self.call, projects);
        let counts = counts.await.map_err(Arc::new)?.into_iter();
        Ok(counts
            .map(|(id, count)| (HistoryLength(id), count))
            .collect())
    }
}

/// A project at an earlier instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProjectAt(pub ProjectId, pub DateTime<Utc>);

impl Loader<ProjectAt> for Source {
    type Value = PastProject;

    async fn load(&self, keys: &[ProjectAt]) -> Found<ProjectAt, PastProject> {
        let mut found = HashMap::new();
        for (at, keys) in grouped(keys.to_vec(), |key| key.1) {
            let projects = keys.into_iter().map(|key| key.0).collect();
            let past = self.services.projects_at(&self.call, projects, at);
            let past = past.await.map_err(Arc::new)?.into_iter();
            found.extend(past.map(|(id, project)| (ProjectAt(id, at), project)));
        }
        Ok(found)
    }
}

/// A published briefing that the caller may read.
impl Loader<BriefingId> for Source {
    type Value = briefing::Model;

    async fn load(&self, keys: &[BriefingId]) -> Found<BriefingId, briefing::Model> {
        let rows = self.services.briefings_by_ids(&self.call, keys.to_vec());
        let rows = rows.await.map_err(Arc::new)?.into_iter();
        Ok(rows.map(|row| (row.id, row)).collect())
    }
}

/// A change request that the caller may see.
impl Loader<ChangeRequestId> for Source {
    type Value = change_request::Model;

    async fn load(
        &self,
        keys: &[ChangeRequestId],
    ) -> Found<ChangeRequestId, change_request::Model> {
        let principal = &self.call.principal;
        let rows = changes::visible_by_ids(self.store().read(), principal, keys.to_vec())
            .await
            .map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// What the policy needs to know of a project that the caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FactsOf(pub ProjectId);

impl Loader<FactsOf> for Source {
    type Value = Arc<ProjectFacts>;

    async fn load(&self, keys: &[FactsOf]) -> Found<FactsOf, Arc<ProjectFacts>> {
        let ids = keys.iter().map(|key| key.0).collect();
        let principal = &self.call.principal;
        let connection = self.store().read();
        let rows = projects::visible_by_ids(connection, principal, ids)
            .await
            .map_err(Arc::new)?;
        let facts = facts::of_projects(connection, &rows)
            .await
            .map_err(Arc::new)?;
        let facts = facts.into_iter();
        Ok(facts
            .map(|(id, facts)| (FactsOf(id), Arc::new(facts)))
            .collect())
    }
}

/// How a project that the caller may see stood on a day; now, where none is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StandingOf(pub ProjectId, pub Option<NaiveDate>);

impl Loader<StandingOf> for Source {
    type Value = Arc<Standing>;

    // It may be a pass over the ledger.
    const IS_DEAR: bool = true;

    async fn load(&self, keys: &[StandingOf]) -> Found<StandingOf, Arc<Standing>> {
        let keys = keys.iter().map(|key| (key.0, key.1));
        let mut found = HashMap::new();
        for (day, projects) in self.by_day(keys).await? {
            let standings = match day {
                None => self.services.standings(&projects).await,
                Some(day) => {
                    let today = self.today().await?;
                    self.services.past_standings(&projects, day, today).await
                }
            };
            let standings = standings.map_err(Arc::new)?.into_iter();
            found.extend(standings.map(|(id, s)| (StandingOf(id, day), Arc::new(s))));
        }
        Ok(found)
    }
}

/// The rating of a project that the caller may see on a day; today's, where none is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RatedOf(pub ProjectId, pub Option<NaiveDate>);

impl Loader<RatedOf> for Source {
    type Value = Arc<Rated>;

    // As a standing, and the history of the ratings.
    const IS_DEAR: bool = true;

    async fn load(&self, keys: &[RatedOf]) -> Found<RatedOf, Arc<Rated>> {
        let keys = keys.iter().map(|key| (key.0, key.1));
        let today = self.today().await?;
        let mut found = HashMap::new();
        for (day, projects) in self.by_day(keys).await? {
            let ratings = self.services.ratings_on(&projects, day, today).await;
            let ratings = ratings.map_err(Arc::new)?.into_iter();
            found.extend(ratings.map(|(id, rated)| (RatedOf(id, day), Arc::new(rated))));
        }
        Ok(found)
    }
}

impl Source {
    /// The projects of these keys that the caller may see, by the day that is asked about.
    async fn by_day(
        &self,
        keys: impl Iterator<Item = (ProjectId, Option<NaiveDate>)>,
    ) -> Result<HashMap<Option<NaiveDate>, Vec<project::Model>>, Failure> {
        let keys: Vec<_> = keys.collect();
        let ids = keys.iter().map(|(id, _)| *id).collect();
        let principal = &self.call.principal;
        let rows = projects::visible_by_ids(self.store().read(), principal, ids)
            .await
            .map_err(Arc::new)?;
        let rows: HashMap<ProjectId, project::Model> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        let mut days: HashMap<Option<NaiveDate>, Vec<project::Model>> = HashMap::new();
        for (id, day) in keys {
            days.entry(day).or_default().extend(rows.get(&id).cloned());
        }
        Ok(days)
    }
}
