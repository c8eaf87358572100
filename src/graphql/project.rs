//! Projects.

mod write;

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject,
};
use duban_entities::ids::ProjectId;
use duban_entities::project;

use super::ahead;
use super::change::CitedDocument;
use super::connection::{connection, figure_cost, list_cost, page_cost, page_of_whole};
use super::context::{call, children, loaders, parse, services};
use super::error::{Result, public};
use super::jurisdiction::{Area, Jurisdiction};
use super::ledger::{LedgerEntryConnection, history};
use super::loader::{
    ActiveReportsOf, AliasesOfProject, AreaLinksOf, CitationsOf, CooperatingUnitsOf, EntriesOf,
    ExternalIdsOf, FactsOf, IssuesOf, LinesOf, MembersOf, MilestonesOf, ProjectAt, ReportsOf,
    SuggestedLeadsOf, TargetsOf,
};
use super::mention::{Citation, CooperatingUnit, ExternalId, SuggestedLead, Target};
use super::past::ProjectThen;
use super::progress::{Progress, ProgressCurve};
use super::rating::ProjectRating;
use super::ready::{Ready, ReadyList};
use super::report::{self, ProjectInvestment, ReportSummary};
use super::scalar::{Date, DateTime, Decimal};
use super::task::{IssueConnection, MilestoneConnection, ReportConnection, Row, line_suffices};
use super::unit::Unit;
use super::vocabulary::{
    Disclosure, DueBasis, LeadBasis, OrderDirection, Participation, ProjectKind, Stage, StageBasis,
};
use super::workflow::Blocker;
use crate::error::Error;
use crate::service::{self, ProjectView};
use crate::store::page::PageRequest;
use crate::store::projects;
use crate::store::record::decimal_of_hundredths;

pub use super::project_filter::ProjectFilter;
pub use write::ProjectMutation;

/// One work, tracked (重大项目). A programme (项目群) is a project with members.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Project {
    #[graphql(skip)]
    row: project::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The human code (`ZMD-RES-0012`).
    code: String,
    /// Title.
    title: String,
    /// What sort of work.
    kind: ProjectKind,
    /// LEADS, or SUPPORTS where another government builds it.
    participation: Participation,
    /// Where it stands on the pipeline.
    stage: Stage,
    /// PLAN_WORDING until somebody reports or confirms the stage.
    stage_basis: StageBasis,
    /// The day on which the stage was reached, once reported.
    stage_since: Option<Date>,
    /// Current date of completion (现定完成时间).
    due_date: Option<Date>,
    /// Baseline date of completion (原定完成时间).
    baseline_due_date: Option<Date>,
    /// Where the date comes from; PLAN_PERIOD is never overdue.
    due_basis: Option<DueBasis>,
    /// The text's own words for the date.
    due_words: Option<String>,
    /// Weight of the DONE milestones in percent, 0 to 100.
    percent_complete: Decimal,
    /// Where the lead unit comes from; null where none leads yet.
    lead_basis: Option<LeadBasis>,
    /// The text's own word for the lead's role.
    lead_role_words: Option<String>,
    /// Whether the public may see it.
    disclosure: Disclosure,
    /// How many members the text declares for a programme.
    declared_members: Option<i32>,
    /// When the first schedule was approved; null while the project is unscheduled.
    schedule_approved_at: Option<DateTime>,
    /// True for a demonstration record, or once a demonstration changed it.
    simulated: bool,
    /// Grows by one at each change.
    version: i32,
    /// When it was recorded.
    created_at: DateTime,
    /// When it last changed.
    updated_at: DateTime,
}

impl From<project::Model> for Project {
    fn from(row: project::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            code: row.code.clone(),
            title: row.title.clone(),
            kind: row.kind.into(),
            participation: row.participation.into(),
            stage: row.stage.into(),
            stage_basis: row.stage_basis.into(),
            stage_since: row.stage_since.map(Date),
            due_date: row.due_date.map(Date),
            baseline_due_date: row.baseline_due_date.map(Date),
            due_basis: row.due_basis.map(Into::into),
            due_words: row.due_words.clone(),
            percent_complete: Decimal(decimal_of_hundredths(row.percent_complete.into())),
            lead_basis: row.lead_basis.map(Into::into),
            lead_role_words: row.lead_role_words.clone(),
            disclosure: row.disclosure.into(),
            declared_members: row.declared_members,
            schedule_approved_at: row.schedule_approved_at.map(DateTime),
            simulated: row.simulated,
            version: row.version,
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
            row,
        }
    }
}

#[ComplexObject]
impl Project {
    /// The jurisdiction that answers for it.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Ready<Jurisdiction>> {
        let row = loaders(ctx)?.load_one(self.row.jurisdiction_id).await?;
        row.map(Jurisdiction::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }

    /// The areas it lies in, by code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn areas(&self, ctx: &Context<'_>) -> Result<ReadyList<Area>> {
        let loaders = loaders(ctx)?;
        let links = children(ctx, AreaLinksOf(self.row.id)).await?;
        let ids: Vec<_> = links.iter().map(|link| link.area_id).collect();
        let mut rows: Vec<_> = loaders.load_many(ids).await?.into_values().collect();
        rows.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(rows.into_iter().map(Area::from).collect())
    }

    /// Other names.
    async fn aliases(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let rows = children(ctx, AliasesOfProject(self.row.id)).await?;
        Ok(rows.into_iter().map(|row| row.alias).collect())
    }

    /// Identifiers in other schemes, such as the national project code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn external_ids(&self, ctx: &Context<'_>) -> Result<ReadyList<ExternalId>> {
        let rows = children(ctx, ExternalIdsOf(self.row.id)).await?;
        Ok(rows.into_iter().map(ExternalId::from).collect())
    }

    /// The lead unit (牵头单位).
    async fn lead_unit(&self, ctx: &Context<'_>) -> Result<Option<Ready<Unit>>> {
        let Some(id) = self.row.lead_unit_id else {
            return Ok(None);
        };
        let unit = loaders(ctx)?.load_one(id).await?;
        Ok(unit.map(Unit::from).map(Ready))
    }

    /// Units that a text suggests as lead without saying so.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn suggested_leads(&self, ctx: &Context<'_>) -> Result<ReadyList<SuggestedLead>> {
        let rows = children(ctx, SuggestedLeadsOf(self.row.id)).await?;
        Ok(rows.into_iter().map(SuggestedLead::from).collect())
    }

    /// The cooperating units (配合单位), in order.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn cooperating_units(&self, ctx: &Context<'_>) -> Result<ReadyList<Unit>> {
        let loaders = loaders(ctx)?;
        let rows = children(ctx, CooperatingUnitsOf(self.row.id)).await?;
        let units = loaders
            .load_many(rows.iter().map(|row| row.unit_id))
            .await?;
        let units = rows.iter().filter_map(|row| units.get(&row.unit_id));
        Ok(units.map(|unit| Unit::from(unit.clone())).collect())
    }

    /// The cooperating units with the text's own word for the role of each.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn cooperation(&self, ctx: &Context<'_>) -> Result<ReadyList<CooperatingUnit>> {
        let rows = children(ctx, CooperatingUnitsOf(self.row.id)).await?;
        Ok(rows.into_iter().map(CooperatingUnit::from).collect())
    }

    /// The programme it belongs to, if you may see it.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Ready<Self>>> {
        let Some(id) = self.row.parent_id else {
            return Ok(None);
        };
        let row = loaders(ctx)?.load_one(id).await?;
        Ok(row.map(Self::from).map(Ready))
    }

    /// The members of a programme, by code.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<ProjectConnection> {
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let rows = children(ctx, MembersOf(self.row.id)).await?;
        whole_projects(&rows, &request)
    }

    /// What shall be built, in quantities (建设内容及规模).
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn targets(&self, ctx: &Context<'_>) -> Result<ReadyList<Target>> {
        let rows = children(ctx, TargetsOf(self.row.id)).await?;
        Ok(rows.into_iter().map(Target::from).collect())
    }

    /// The document by which it entered the bank (入库依据), where somebody proposed it.
    async fn entry_document(&self, ctx: &Context<'_>) -> Result<Option<CitedDocument>> {
        let rows = loaders(ctx)?.load_one(EntriesOf(self.row.id)).await?;
        let Some(row) = rows.unwrap_or_default().pop() else {
            return Ok(None);
        };
        match service::content(&row).map_err(public)? {
            service::Content::Propose(content) => Ok(content.document.map(CitedDocument::from)),
            _ => Ok(None),
        }
    }

    /// Its mentions in plans (出处); the first is the primary one.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn citations(&self, ctx: &Context<'_>) -> Result<ReadyList<Citation>> {
        let rows = children(ctx, CitationsOf(self.row.id)).await?;
        Ok(rows.into_iter().map(Citation::from).collect())
    }

    /// Its milestones (节点), in the order of the schedule.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn milestones(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<Ready<MilestoneConnection>> {
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let rows = milestones(ctx, self.row.id).await?;
        let page = page_of_whole(&rows, Row::cursor, &request)?;
        let total = u64::try_from(rows.len()).ok();
        Ok(Ready(MilestoneConnection::of(page, total)))
    }

    /// What happened to it: its entries in the ledger, in order.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<LedgerEntryConnection> {
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        history(ctx, self.row.id, request).await
    }

    /// The project as it stood at an earlier instant, from the ledger; null before it was
    /// recorded.
    async fn as_of(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When; not in the future.")] at: DateTime,
    ) -> Result<Option<ProjectThen>> {
        services(ctx)?.has_come(at.0, "at").map_err(public)?;
        let key = ProjectAt(self.row.id, at.0);
        let past = loaders(ctx)?.load_one(key).await?;
        Ok(past.map(ProjectThen::from))
    }

    /// Its monthly reports (月报), newest month first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<ReportConnection> {
        let rows = children(ctx, ReportsOf(self.row.id)).await?;
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let page = page_of_whole(&rows, |row| row.id.to_string(), &request)?;
        Ok(ReportConnection::of(page, u64::try_from(rows.len()).ok()))
    }

    /// Investment: planned as approved, actual from accepted reports.
    async fn investment(&self, ctx: &Context<'_>) -> Result<ProjectInvestment> {
        report::investment(ctx, &self.row).await
    }

    /// How the members of a programme report for one month; null for a project without
    /// members, which reports itself.
    async fn report_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The month, `YYYY-MM`; the last one that is over where not said.")]
        period: Option<String>,
    ) -> Result<Option<ReportSummary>> {
        report::summary(ctx, &self.row, period).await
    }

    /// The difficulties raised on it (困难问题), oldest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn issues(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<IssueConnection> {
        let rows = children(ctx, IssuesOf(self.row.id)).await?;
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let page = page_of_whole(&rows, |row| row.id.to_string(), &request)?;
        Ok(IssueConnection::of(page, u64::try_from(rows.len()).ok()))
    }

    /// The steps that the workflow has from here, and what still blocks each.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn transitions(&self, ctx: &Context<'_>) -> Result<ReadyList<ProjectTransition>> {
        let rows = children(ctx, MilestonesOf(self.row.id)).await?;
        let state = service::state(&self.row, &rows);
        let workflow = &services(ctx)?.rules.workflow;
        let open = workflow
            .transitions_for(&state)
            .map(|transition| ProjectTransition {
                to: transition.to.into(),
                title: transition.title.clone(),
                requires_approval: transition.requires_approval,
                blockers: Blocker::all(workflow.blockers(transition, &state)),
            });
        Ok(open.collect())
    }

    /// Planned against actual on a day. For a past day the figures are those that held at
    /// its end, from the ledger; for a day to come only what is planned is known. Null
    /// where the project was not recorded yet.
    #[graphql(complexity = "figure_cost(on.is_some(), child_complexity)")]
    async fn progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; the jurisdiction's local today where not said.")] on: Option<
            Date,
        >,
    ) -> Result<Option<Progress>> {
        Progress::load(ctx, &self.row, on).await
    }

    /// The planned curves and the actual one, as they are now.
    #[graphql(complexity = "figure_cost(false, child_complexity)")]
    async fn curve(&self, ctx: &Context<'_>) -> Result<Option<ProgressCurve>> {
        ProgressCurve::load(ctx, &self.row).await
    }

    /// The rating (红黄绿) on a day, with its reasons. That of a past day is the one it had:
    /// by the facts, the adopted rules and the overrides that the ledger held at its end.
    /// Null where the project was not recorded yet.
    #[graphql(complexity = "figure_cost(on.is_some(), child_complexity)")]
    async fn rating(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The day, not in the future; the jurisdiction's local today where not said."
        )]
        on: Option<Date>,
    ) -> Result<Option<ProjectRating>> {
        ProjectRating::load(ctx, &self.row, on).await
    }

    /// What you may do with it now.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Ready<ProjectPermissions>> {
        let loaders = loaders(ctx)?;
        let facts = loaders.load_one(FactsOf(self.row.id)).await?;
        let facts = facts.ok_or_else(|| public(Error::NotFound))?;
        let mut tasks = children(ctx, MilestonesOf(self.row.id)).await?;
        tasks.extend(children(ctx, ActiveReportsOf(self.row.id)).await?);
        let (principal, rules) = (&call(ctx)?.principal, &services(ctx)?.rules);
        let view = ProjectView::of(principal, &self.row, &facts, &tasks, rules);
        Ok(Ready(view.into()))
    }
}

/// The milestones of a project, as much of each as is asked for.
async fn milestones(ctx: &Context<'_>, id: ProjectId) -> Result<Vec<Row>> {
    if line_suffices(&ctx.look_ahead()) {
        let lines = children(ctx, LinesOf(id)).await?;
        return Ok(lines.into_iter().map(Row::Line).collect());
    }
    let rows = children(ctx, MilestonesOf(id)).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// A step that the workflow has from a project's stage.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectTransition {
    /// To which stage.
    to: Stage,
    /// What the step is called.
    title: String,
    /// True where a supervisor must approve it.
    requires_approval: bool,
    /// What must happen first; empty when nothing blocks.
    #[graphql(complexity = "list_cost(child_complexity)")]
    blockers: ReadyList<Blocker>,
}

/// What a person may do with a project now, from the policy that will decide it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ProjectPermissions {
    /// Move it along the pipeline, or propose a move.
    move_project: bool,
    /// Claim at least one of its open tasks.
    claim_tasks: bool,
    /// Submit at least one of its open reports.
    submit_report: bool,
    /// Propose a schedule or a change.
    propose_change: bool,
    /// Verify or return at least one of its submitted tasks.
    verify_tasks: bool,
    /// Assign its units.
    assign_units: bool,
    /// Set a rating beside the computed one.
    override_rating: bool,
    /// Raise an issue.
    raise_issues: bool,
}

impl From<ProjectView> for ProjectPermissions {
    fn from(view: ProjectView) -> Self {
        Self {
            move_project: view.move_project,
            claim_tasks: view.claim_tasks,
            submit_report: view.submit_report,
            propose_change: view.propose_change,
            verify_tasks: view.verify_tasks,
            assign_units: view.assign_units,
            override_rating: view.override_rating,
            raise_issues: view.raise_issues,
        }
    }
}

connection!(ProjectConnection, ProjectEdge, Project, project::Model);

/// How a project is named.
#[derive(Clone, Debug, OneofObject)]
pub enum ProjectBy {
    /// By id.
    Id(ID),
    /// By code.
    Code(String),
    /// By an identifier in another scheme.
    ExternalId(ExternalIdInput),
}

/// An identifier in another scheme.
#[derive(Clone, Debug, InputObject)]
pub struct ExternalIdInput {
    /// The scheme.
    scheme: String,
    /// The identifier.
    value: String,
}

/// What a list of projects is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "projects::ProjectOrder")]
pub enum ProjectOrderField {
    /// Code.
    Code,
    /// Title, by code point.
    Title,
    /// Current date of completion; those without one last.
    DueDate,
    /// Days overdue of the task that is longest overdue.
    DaysOverdue,
    /// When it last changed.
    Updated,
}

/// The order of a list of projects.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ProjectOrder {
    /// By what.
    field: ProjectOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

/// A page of projects that were loaded whole.
pub(super) fn whole_projects(
    rows: &[project::Model],
    request: &PageRequest,
) -> Result<ProjectConnection> {
    let page = page_of_whole(rows, |row| row.id.to_string(), request)?;
    Ok(ProjectConnection::of(page, u64::try_from(rows.len()).ok()))
}

/// One page of projects, and their number where it is asked for.
async fn list_projects(
    ctx: &Context<'_>,
    filter: Option<ProjectFilter>,
    order: Option<ProjectOrder>,
    request: PageRequest,
) -> Result<ProjectConnection> {
    let (services, call) = (services(ctx)?, call(ctx)?);
    let filter = filter.unwrap_or_default().checked()?;
    let order = order.map(|order| (order.field.into(), order.direction.into()));
    let page = services
        .projects(call, &filter, order, &request)
        .await
        .map_err(public)?;
    ahead::of_projects(ctx, page.rows.iter().map(|(_, row)| row)).await?;
    let total = if ctx.look_ahead().field("totalCount").exists() {
        Some(
            services
                .count_projects(call, &filter)
                .await
                .map_err(public)?,
        )
    } else {
        None
    };
    Ok(ProjectConnection::of(page, total))
}

/// Root fields on projects.
#[derive(Debug, Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// The projects that you may see.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<ProjectFilter>,
        #[graphql(
            desc = "In which order; where nothing is said, of a text the best matches first, else by code."
        )]
        order_by: Option<ProjectOrder>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<ProjectConnection> {
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        list_projects(ctx, filter, order_by, request).await
    }

    /// One project.
    async fn project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is named.")] by: ProjectBy,
    ) -> Result<Ready<Project>> {
        let by = match by {
            ProjectBy::Id(id) => projects::ProjectBy::Id(parse(&id)?),
            ProjectBy::Code(code) => projects::ProjectBy::Code(code),
            ProjectBy::ExternalId(ExternalIdInput { scheme, value }) => {
                projects::ProjectBy::ExternalId { scheme, value }
            }
        };
        let found = services(ctx)?.project_with_facts(call(ctx)?, &by).await;
        let (row, known) = found.map_err(public)?;
        ahead::of_project(ctx, &row, known).await?;
        Ok(Ready(row.into()))
    }
}
