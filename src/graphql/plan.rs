//! Plans, their outline and their indicators.

use async_graphql::{ComplexObject, Context, ID, Object, OneofObject, SimpleObject};
use duban_entities::{clause, indicator, plan};

use super::connection::{list_cost, page_cost};
use super::context::{call, children, loaders, parse, parse_option, services};
use super::error::{Result, public};
use super::jurisdiction::Jurisdiction;
use super::loader::{ClausesOf, ClausesWithoutProjectsOf, IndicatorsOf, ProjectsOf};
use super::project::{ProjectConnection, whole_projects};
use super::ready::{Ready, ReadyList};
use super::scalar::Date;
use super::vocabulary::{IndicatorNature, PlanStatus};
use crate::error::Error;
use crate::service;
use crate::store::page::PageRequest;

/// What a plan's outline weighs as a list: it has up to a few hundred clauses.
const CLAUSES: usize = 60;

/// A published plan or document (规划).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Plan {
    #[graphql(skip)]
    row: plan::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Code.
    code: String,
    /// Title.
    title: String,
    /// Draft, in force or ended.
    status: PlanStatus,
    /// Document number (文号).
    document_number: Option<String>,
    /// Date of issue.
    issued_on: Option<Date>,
    /// Who issued it.
    issued_by: Option<String>,
    /// The document that carried it.
    issuing_document: Option<String>,
    /// First day of the stated period.
    period_from: Option<Date>,
    /// Last day of the stated period.
    period_to: Option<Date>,
    /// The text it was read from.
    source_file: Option<String>,
}

impl From<plan::Model> for Plan {
    fn from(row: plan::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            code: row.code.clone(),
            title: row.title.clone(),
            status: row.status.into(),
            document_number: row.document_number.clone(),
            issued_on: row.issued_on.map(Date),
            issued_by: row.issued_by.clone(),
            issuing_document: row.issuing_document.clone(),
            period_from: row.period_from.map(Date),
            period_to: row.period_to.map(Date),
            source_file: row.source_file.clone(),
            row,
        }
    }
}

#[ComplexObject]
impl Plan {
    /// The jurisdiction whose plan it is.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Ready<Jurisdiction>> {
        let row = loaders(ctx)?.load_one(self.row.jurisdiction_id).await?;
        row.map(Jurisdiction::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }

    /// The outline, in the text's order. With `withoutProjects: true` only the clauses that no
    /// project answers.
    #[graphql(complexity = "CLAUSES * child_complexity + 1")]
    async fn clauses(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "True for those alone that no project answers.")]
        without_projects: bool,
    ) -> Result<ReadyList<Clause>> {
        let rows = if without_projects {
            children(ctx, ClausesWithoutProjectsOf(self.row.id)).await?
        } else {
            children(ctx, ClausesOf(self.row.id)).await?
        };
        Ok(rows.into_iter().map(Clause::from).collect())
    }

    /// Its target figures, in the text's order.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn indicators(&self, ctx: &Context<'_>) -> Result<ReadyList<Indicator>> {
        let rows = children(ctx, IndicatorsOf(self.row.id)).await?;
        Ok(rows.into_iter().map(Indicator::from).collect())
    }
}

/// A part of a plan's outline (条款): part, chapter, section, box or numbered clause.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Clause {
    #[graphql(skip)]
    row: clause::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Code.
    code: String,
    /// Number as worded.
    number: Option<String>,
    /// Heading.
    heading: String,
    /// Place in the outline, from 0.
    position: i32,
    /// The text.
    source_file: String,
    /// 1-based line of the heading.
    source_line: i32,
}

impl From<clause::Model> for Clause {
    fn from(row: clause::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            code: row.code.clone(),
            number: row.number.clone(),
            heading: row.heading.clone(),
            position: row.position,
            source_file: row.source_file.clone(),
            source_line: row.source_line,
            row,
        }
    }
}

#[ComplexObject]
impl Clause {
    /// The plan.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Ready<Plan>> {
        let row = loaders(ctx)?.load_one(self.row.plan_id).await?;
        row.map(Plan::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }

    /// The clause around it.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Ready<Self>>> {
        let Some(id) = self.row.parent_id else {
            return Ok(None);
        };
        let row = loaders(ctx)?.load_one(id).await?;
        Ok(row.map(Self::from).map(Ready))
    }

    /// The projects that cite it, by code.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn projects(
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
        let rows = children(ctx, ProjectsOf(self.row.id)).await?;
        whole_projects(&rows, &request)
    }
}

/// A plan's target figure (指标), values as the text words them.
#[derive(Clone, Debug, SimpleObject)]
pub struct Indicator {
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Code.
    code: String,
    /// The table group it stands in.
    group: Option<String>,
    /// Name.
    name: String,
    /// Unit of measure.
    unit_of_measure: Option<String>,
    /// Value in the base year.
    base_value: Option<String>,
    /// Base year.
    base_year: Option<String>,
    /// Target value.
    target_value: Option<String>,
    /// Target year.
    target_year: Option<String>,
    /// Yearly growth.
    annual_growth: Option<String>,
    /// Binding (约束性), anticipated (预期性), or not stated.
    nature: IndicatorNature,
    /// What a reader should know.
    note: Option<String>,
    /// The text.
    source_file: String,
    /// 1-based line.
    source_line: i32,
}

impl From<indicator::Model> for Indicator {
    fn from(row: indicator::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            code: row.code,
            group: row.group_name,
            name: row.name,
            unit_of_measure: row.unit_of_measure,
            base_value: row.base_value,
            base_year: row.base_year,
            target_value: row.target_value,
            target_year: row.target_year,
            annual_growth: row.annual_growth,
            nature: row.nature.into(),
            note: row.note,
            source_file: row.source_file,
            source_line: row.source_line,
        }
    }
}

/// How a plan is named.
#[derive(Clone, Debug, OneofObject)]
pub enum PlanBy {
    /// By id.
    Id(ID),
    /// By code.
    Code(String),
}

/// Root fields on plans.
#[derive(Debug, Default)]
pub struct PlanQuery;

#[Object]
impl PlanQuery {
    /// The plans in your reach, by code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn plans(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this jurisdiction; of all in your reach where nothing is said.")]
        jurisdiction_id: Option<ID>,
    ) -> Result<ReadyList<Plan>> {
        let jurisdiction = parse_option(jurisdiction_id.as_ref())?;
        let rows = services(ctx)?
            .plans(call(ctx)?, jurisdiction)
            .await
            .map_err(public)?;
        Ok(rows.into_iter().map(Plan::from).collect())
    }

    /// One plan.
    async fn plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is named.")] by: PlanBy,
    ) -> Result<Ready<Plan>> {
        let by = match by {
            PlanBy::Id(id) => service::PlanBy::Id(parse(&id)?),
            PlanBy::Code(code) => service::PlanBy::Code(code),
        };
        let row = services(ctx)?.plan(call(ctx)?, &by).await.map_err(public)?;
        Ok(Ready(row.into()))
    }
}
