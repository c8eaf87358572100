//! Any object by its id, through the query that its type has anyway.

use async_graphql::{Context, ID, Interface, Object};
use duban_entities::ids::{
    AreaId, BriefingId, ChangeRequestId, ClauseId, JurisdictionId, PlanId, ProjectId, TaskId,
    UnitId, UserId, prefix,
};

use super::briefing::Briefing;
use super::change::ChangeRequest;
use super::context::{call, parse, services};
use super::error::{Result, public};
use super::jurisdiction::{Area, Jurisdiction};
use super::plan::{Clause, Plan};
use super::project::Project;
use super::task::{Issue, Milestone, Order, Report, Task};
use super::unit::Unit;
use super::user::User;
use crate::error::Error;
use crate::service::{PlanBy, UnitBy};
use crate::store::projects::ProjectBy;

/// An object with a global id.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque id."))]
pub enum Node {
    /// A jurisdiction.
    Jurisdiction(Jurisdiction),
    /// An area.
    Area(Area),
    /// A unit.
    Unit(Unit),
    /// A plan.
    Plan(Plan),
    /// A clause.
    Clause(Clause),
    /// A project.
    Project(Project),
    /// A milestone.
    Milestone(Milestone),
    /// A report.
    Report(Report),
    /// An issue.
    Issue(Issue),
    /// An order.
    Order(Order),
    /// A change request.
    ChangeRequest(ChangeRequest),
    /// A published briefing.
    Briefing(Briefing),
    /// A user.
    User(User),
}

/// The root field `node`.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The object of this id.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Node> {
        load(ctx, &id).await
    }
}

async fn load(ctx: &Context<'_>, id: &ID) -> Result<Node> {
    let (services, call) = (services(ctx)?, call(ctx)?);
    let node = match prefix(id.as_str()) {
        Some(JurisdictionId::PREFIX) => {
            let row = services
                .jurisdiction(call, parse(id)?)
                .await
                .map_err(public)?;
            Node::Jurisdiction(row.into())
        }
        Some(AreaId::PREFIX) => Node::Area(
            services
                .area(call, parse(id)?)
                .await
                .map_err(public)?
                .into(),
        ),
        Some(UnitId::PREFIX) => {
            let by = UnitBy::Id(parse(id)?);
            Node::Unit(services.unit(call, &by).await.map_err(public)?.into())
        }
        Some(PlanId::PREFIX) => {
            let by = PlanBy::Id(parse(id)?);
            Node::Plan(services.plan(call, &by).await.map_err(public)?.into())
        }
        Some(ClauseId::PREFIX) => Node::Clause(
            services
                .clause(call, parse(id)?)
                .await
                .map_err(public)?
                .into(),
        ),
        Some(ProjectId::PREFIX) => {
            let by = ProjectBy::Id(parse(id)?);
            Node::Project(services.project(call, &by).await.map_err(public)?.into())
        }
        Some(TaskId::PREFIX) => match services
            .task(call, parse(id)?)
            .await
            .map_err(public)?
            .into()
        {
            Task::Milestone(milestone) => Node::Milestone(milestone),
            Task::Report(report) => Node::Report(report),
            Task::Issue(issue) => Node::Issue(issue),
            Task::Order(order) => Node::Order(order),
        },
        Some(ChangeRequestId::PREFIX) => {
            let row = services.change(call, parse(id)?).await.map_err(public)?;
            Node::ChangeRequest(row.into())
        }
        Some(BriefingId::PREFIX) => Node::Briefing(Briefing::load(ctx, id).await?),
        Some(UserId::PREFIX) => {
            let row = services.user(call, parse(id)?).await.map_err(public)?;
            Node::User(row.into())
        }
        _ => return Err(public(Error::NotFound)),
    };
    Ok(node)
}
