//! What an entry is about, as the API's object of that type.

use std::str::FromStr;

use async_graphql::{Context, ID, Interface, SimpleObject};
use duban_entities::ids::{
    ApiTokenId, AreaId, BriefingId, ChangeRequestId, ClauseId, GrantId, IndicatorId,
    JurisdictionId, OrderDismissalId, PlanId, ProjectId, RatingAdoptionId, RatingOverrideId,
    ReportRevisionId, UnitId, UserId,
};
use duban_entities::ledger;

use super::super::briefing::Briefing;
use super::super::change::ChangeRequest;
use super::super::context::loaders;
use super::super::error::{Result, public};
use super::super::grant::Grant;
use super::super::jurisdiction::{Area, Jurisdiction};
use super::super::person::Person;
use super::super::plan::{Clause, Indicator, Plan};
use super::super::project::Project;
use super::super::proposal::OrderDismissal;
use super::super::rating::{RatingAdoption, RatingOverride};
use super::super::report::ReportRevision;
use super::super::task::{Issue, Milestone, Order, Report, Task};
use super::super::token::ApiToken;
use super::super::unit::Unit;
use crate::error::Error;
use crate::service::Adopted;

/// Something that entries of the ledger are about.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque id."))]
pub enum Subject {
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
    /// An indicator.
    Indicator(Indicator),
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
    /// The draft of a report.
    SavedDraft(SavedDraft),
    /// A submission of a report.
    ReportRevision(ReportRevision),
    /// A dismissed proposal of an order.
    OrderDismissal(OrderDismissal),
    /// Adopted rating rules.
    RatingAdoption(RatingAdoption),
    /// A rating that a supervisor set.
    RatingOverride(RatingOverride),
    /// A published briefing.
    Briefing(Briefing),
    /// A user.
    Person(Person),
    /// A grant.
    Grant(Grant),
    /// An API token.
    ApiToken(ApiToken),
}

/// Types of which an entry shows nothing but the id.
macro_rules! named {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, SimpleObject)]
            pub struct $name {
                /// Opaque id.
                #[graphql(owned)]
                id: ID,
            }
        )+
    };
}

named! {
    /// The draft of a report that a unit saved: its content is the unit's own.
    SavedDraft,
}

/// Loads a row by the subject's id, and makes its object.
macro_rules! loaded {
    ($ctx:ident, $id:ident, $key:ty, $face:ident) => {
        loaders($ctx)?
            .load_one(read::<$key>($id)?)
            .await?
            .map(|row| Self::$face(row.into()))
    };
}

impl Subject {
    /// What an entry is about: one statement a type for all entries of a page.
    pub(super) async fn load(ctx: &Context<'_>, entry: &ledger::Model) -> Result<Option<Self>> {
        let text = entry.subject_id.as_str();
        let id = || ID(text.to_owned());
        Ok(match entry.subject_type.as_str() {
            "Jurisdiction" => {
                loaded!(ctx, text, JurisdictionId, Jurisdiction)
            }
            "Area" => loaded!(ctx, text, AreaId, Area),
            "Unit" => loaded!(ctx, text, UnitId, Unit),
            "Plan" => loaded!(ctx, text, PlanId, Plan),
            "Clause" => loaded!(ctx, text, ClauseId, Clause),
            "Indicator" => loaded!(ctx, text, IndicatorId, Indicator),
            "Project" => loaded!(ctx, text, ProjectId, Project),
            "Task" => {
                let row = loaders(ctx)?.load_one(read::<TaskId>(text)?).await?;
                row.map(|row| Self::of_task(row.into()))
            }
            "ChangeRequest" => loaded!(ctx, text, ChangeRequestId, ChangeRequest),
            "Grant" => loaded!(ctx, text, GrantId, Grant),
            "ApiToken" => loaded!(ctx, text, ApiTokenId, ApiToken),
            "User" => {
                let user: UserId = read(text)?;
                Person::load(ctx, Some(user)).await?.map(Self::Person)
            }
            "ReportDraft" => Some(Self::SavedDraft(SavedDraft { id: id() })),
            "ReportRevision" => loaded!(ctx, text, ReportRevisionId, ReportRevision),
            "OrderDismissal" => loaded!(ctx, text, OrderDismissalId, OrderDismissal),
            "RatingOverride" => loaded!(ctx, text, RatingOverrideId, RatingOverride),
            "RatingAdoption" => {
                let row = loaders(ctx)?
                    .load_one(read::<RatingAdoptionId>(text)?)
                    .await?;
                let adopted = Adopted::of(row.into_iter().collect()).map_err(public)?;
                let adopted = adopted.into_iter().next();
                adopted.map(|adopted| Self::RatingAdoption(adopted.into()))
            }
            "Briefing" => loaded!(ctx, text, BriefingId, Briefing),
            other => return Err(public(Error::internal(format!("no subject {other}")))),
        })
    }

    fn of_task(task: Task) -> Self {
        match task {
            Task::Milestone(milestone) => Self::Milestone(milestone),
            Task::Report(report) => Self::Report(report),
            Task::Issue(issue) => Self::Issue(issue),
            Task::Order(order) => Self::Order(order),
        }
    }
}

fn read<T: FromStr>(id: &str) -> Result<T> {
    id.parse().map_err(|_| {
        public(Error::internal(
            "the ledger names a subject by no id of its type",
        ))
    })
}
