//! What change requests propose.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject, Union};
use chrono::NaiveDate;
use duban_entities::ids::{AreaId, ClauseId, UnitId};
use duban_entities::vocabulary as words;

use crate::graphql::connection::list_cost;
use crate::graphql::context::{loaders, parse};
use crate::graphql::error::Result;
use crate::graphql::jurisdiction::Area;
use crate::graphql::plan::Clause;
use crate::graphql::scalar::{Date, Decimal};
use crate::graphql::unit::Unit;
use crate::graphql::vocabulary::{Demand, ProjectKind, Qualifier, Stage};
use crate::service;
use crate::store::record::decimal_of_hundredths;

/// What a change request proposes.
#[derive(Clone, Debug, Union)]
pub enum ChangeContent {
    /// A first schedule.
    Schedule(ScheduleChange),
    /// A stage move.
    Stage(StageChange),
    /// Other dates.
    Reschedule(RescheduleChange),
    /// Another lead unit.
    Reassign(ReassignChange),
    /// Other contents.
    Amend(AmendChange),
    /// A new work.
    Propose(ProposalChange),
}

impl From<service::Content> for ChangeContent {
    fn from(content: service::Content) -> Self {
        match content {
            service::Content::Schedule { milestones } => Self::Schedule(ScheduleChange {
                milestones: milestones.into_iter().map(PlannedMilestone::from).collect(),
            }),
            service::Content::Stage(stage) => Self::Stage(stage.into()),
            service::Content::Reschedule { milestones } => Self::Reschedule(RescheduleChange {
                milestones: milestones.into_iter().map(Into::into).collect(),
            }),
            service::Content::Reassign(content) => Self::Reassign(ReassignChange { content }),
            service::Content::Amend { before, after } => Self::Amend(AmendChange {
                before: ProjectParts { parts: before },
                after: ProjectParts { parts: after },
            }),
            service::Content::Propose(content) => Self::Propose(ProposalChange { content }),
        }
    }
}

/// A proposed first schedule.
#[derive(Clone, Debug, SimpleObject)]
pub struct ScheduleChange {
    /// The milestones, in order.
    #[graphql(complexity = "list_cost(child_complexity)")]
    milestones: Vec<PlannedMilestone>,
}

/// A milestone as it stands in a proposal.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct PlannedMilestone {
    #[graphql(skip)]
    unit: Option<String>,
    /// Title.
    title: String,
    /// When it is due.
    due_date: Date,
    /// Weight; only its share of the schedule's sum matters.
    weight: Decimal,
}

impl From<service::PlannedMilestone> for PlannedMilestone {
    fn from(milestone: service::PlannedMilestone) -> Self {
        Self {
            unit: milestone.unit_id,
            title: milestone.title,
            due_date: Date(milestone.due_date),
            weight: Decimal(decimal_of_hundredths(milestone.weight.into())),
        }
    }
}

#[ComplexObject]
impl PlannedMilestone {
    /// The unit that shall owe it; null for the lead unit.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = &self.unit else {
            return Ok(None);
        };
        let id: UnitId = parse(&ID(id.clone()))?;
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }
}

/// A proposed stage move.
#[derive(Clone, Debug, SimpleObject)]
pub struct StageChange {
    /// The stage from which it was proposed.
    from: Option<Stage>,
    /// The stage to reach.
    to: Option<Stage>,
    /// The day on which it happened.
    occurred_on: Date,
    /// When a suspension is reviewed.
    review_on: Option<Date>,
    /// New dates of the open milestones, where a suspension ends.
    #[graphql(complexity = "list_cost(child_complexity)")]
    dates: Vec<MovedDate>,
}

impl From<service::StageContent> for StageChange {
    fn from(content: service::StageContent) -> Self {
        let stage = |text: &str| {
            let stage: Option<words::Stage> = text.parse().ok();
            stage.map(Stage::from)
        };
        Self {
            from: stage(&content.from),
            to: stage(&content.to),
            occurred_on: Date(content.occurred_on),
            review_on: content.review_on.map(Date),
            dates: content.dates.into_iter().map(Into::into).collect(),
        }
    }
}

/// A milestone's date, before and after.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct MovedDate {
    #[graphql(skip)]
    task: String,
    /// Title of the milestone.
    title: String,
    /// Its date when this was proposed.
    from: Option<Date>,
    /// The date that is proposed.
    to: Date,
    /// True where the date before had passed already.
    late: bool,
}

impl From<service::MovedDate> for MovedDate {
    fn from(moved: service::MovedDate) -> Self {
        Self {
            task: moved.task,
            title: moved.title,
            from: moved.from.map(Date),
            to: Date(moved.to),
            late: moved.late,
        }
    }
}

#[ComplexObject]
impl MovedDate {
    /// Id of the milestone.
    async fn task_id(&self) -> ID {
        ID(self.task.clone())
    }
}

/// Other dates for milestones of the approved schedule (调整时间).
#[derive(Clone, Debug, SimpleObject)]
pub struct RescheduleChange {
    /// The milestones that move.
    #[graphql(complexity = "list_cost(child_complexity)")]
    milestones: Vec<MovedDate>,
}

/// Another lead unit (调整牵头单位).
#[derive(Clone, Debug)]
pub struct ReassignChange {
    content: service::ReassignContent,
}

/// Another lead unit (调整牵头单位).
#[Object]
impl ReassignChange {
    /// Who led when this was proposed.
    async fn from(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        unit(ctx, self.content.from.as_ref()).await
    }

    /// Who shall lead.
    async fn to(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        unit(ctx, Some(&self.content.to)).await
    }

    /// Who shall cooperate, in order; null where that stays.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn cooperating_units(&self, ctx: &Context<'_>) -> Result<Option<Vec<Unit>>> {
        let Some(ids) = &self.content.cooperating else {
            return Ok(None);
        };
        let ids = wire_ids::<UnitId>(ids)?;
        let known = loaders(ctx)?.load_many(ids.clone()).await?;
        let units = ids.iter().filter_map(|id| known.get(id));
        Ok(Some(units.map(|unit| Unit::from(unit.clone())).collect()))
    }
}

async fn unit(ctx: &Context<'_>, id: Option<&String>) -> Result<Option<Unit>> {
    let Some(id) = id else { return Ok(None) };
    let id: UnitId = parse(&ID(id.clone()))?;
    Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
}

fn wire_ids<T: std::str::FromStr>(ids: &[String]) -> Result<Vec<T>> {
    ids.iter().map(|id| parse(&ID(id.clone()))).collect()
}

async fn areas_by_code(ctx: &Context<'_>, ids: &[String]) -> Result<Vec<Area>> {
    let ids = wire_ids::<AreaId>(ids)?;
    let mut rows: Vec<_> = loaders(ctx)?.load_many(ids).await?.into_values().collect();
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(rows.into_iter().map(Area::from).collect())
}

/// Other contents of a project (调整内容). Both sides speak of the same parts.
#[derive(Clone, Debug, SimpleObject)]
pub struct AmendChange {
    /// As it was when this was proposed.
    before: ProjectParts,
    /// As it shall be.
    after: ProjectParts,
}

/// Parts of a project's contents; null where a part is not spoken of.
#[derive(Clone, Debug)]
pub struct ProjectParts {
    parts: service::Parts,
}

/// Parts of a project's contents; null where a part is not spoken of.
#[Object]
impl ProjectParts {
    /// Title.
    async fn title(&self) -> Option<&str> {
        self.parts.title.as_deref()
    }

    /// What sort of work.
    async fn kind(&self) -> Option<ProjectKind> {
        kind(self.parts.kind.as_deref())
    }

    /// Where it lies, by code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn areas(&self, ctx: &Context<'_>) -> Result<Option<Vec<Area>>> {
        match &self.parts.areas {
            Some(ids) => areas_by_code(ctx, ids).await.map(Some),
            None => Ok(None),
        }
    }

    /// What shall be built, in quantities.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn targets(&self) -> Option<Vec<PlannedTarget>> {
        self.parts.targets.as_ref().map(|all| targets(all))
    }

    /// Total investment, in yuan.
    async fn investment_total(&self) -> Option<Decimal> {
        self.parts.investment_total.map(Decimal::of_hundredths)
    }

    /// Investment planned for each year, by year.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn investments(&self) -> Option<Vec<YearlyInvestment>> {
        let years = self.parts.investments.as_ref()?;
        let years = years.iter().map(|year| YearlyInvestment {
            year: year.year,
            amount: Decimal::of_hundredths(year.amount),
        });
        Some(years.collect())
    }
}

fn kind(word: Option<&str>) -> Option<ProjectKind> {
    let kind: words::ProjectKind = word?.parse().ok()?;
    Some(kind.into())
}

fn targets(all: &[service::PlannedTarget]) -> Vec<PlannedTarget> {
    all.iter().cloned().map(PlannedTarget::from).collect()
}

/// A quantity as it stands in a proposal.
#[derive(Clone, Debug, SimpleObject)]
pub struct PlannedTarget {
    /// What is counted.
    name: String,
    /// The words of a source; name, number and unit where there are none.
    words: Option<String>,
    /// The number.
    quantity: Option<Decimal>,
    /// The upper end of a RANGE.
    quantity_to: Option<Decimal>,
    /// How the number is meant.
    qualifier: Option<Qualifier>,
    /// Unit of measure.
    unit_of_measure: Option<String>,
}

impl From<service::PlannedTarget> for PlannedTarget {
    fn from(target: service::PlannedTarget) -> Self {
        let qualifier = target.qualifier.as_deref();
        let qualifier: Option<words::Qualifier> = qualifier.and_then(|word| word.parse().ok());
        Self {
            name: target.name,
            words: target.words,
            quantity: target.quantity.map(Decimal),
            quantity_to: target.quantity_to.map(Decimal),
            qualifier: qualifier.map(Into::into),
            unit_of_measure: target.unit_of_measure,
        }
    }
}

/// The investment planned for a year.
#[derive(Clone, Debug, SimpleObject)]
pub struct YearlyInvestment {
    /// The year.
    year: i32,
    /// In yuan.
    amount: Decimal,
}

/// A document that is cited.
#[derive(Clone, Debug, SimpleObject)]
pub struct CitedDocument {
    /// Title.
    title: String,
    /// Its number (文号).
    number: Option<String>,
    /// Its date.
    date: Option<Date>,
}

impl CitedDocument {
    /// A document.
    pub fn new(title: String, number: Option<String>, date: Option<NaiveDate>) -> Self {
        Self {
            title,
            number,
            date: date.map(Date),
        }
    }
}

impl From<service::Document> for CitedDocument {
    fn from(document: service::Document) -> Self {
        Self::new(document.title, document.number, document.date)
    }
}

/// A new work for the bank (入库).
#[derive(Clone, Debug)]
pub struct ProposalChange {
    content: service::ProposalContent,
}

/// A new work for the bank (入库).
#[Object]
impl ProposalChange {
    /// Title.
    async fn title(&self) -> &str {
        &self.content.title
    }

    /// What sort of work.
    async fn kind(&self) -> Option<ProjectKind> {
        kind(Some(&self.content.kind))
    }

    /// Where it lies, by code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn areas(&self, ctx: &Context<'_>) -> Result<Vec<Area>> {
        areas_by_code(ctx, &self.content.areas).await
    }

    /// The clause that calls for it.
    async fn clause(&self, ctx: &Context<'_>) -> Result<Option<Clause>> {
        let Some(id) = &self.content.clause else {
            return Ok(None);
        };
        let id: ClauseId = parse(&ID(id.clone()))?;
        Ok(loaders(ctx)?.load_one(id).await?.map(Clause::from))
    }

    /// What the clause demands.
    async fn demand(&self) -> Option<Demand> {
        let demand: words::Demand = self.content.demand.as_deref()?.parse().ok()?;
        Some(demand.into())
    }

    /// The clause's words that name the work.
    async fn quote(&self) -> Option<&str> {
        self.content.quote.as_deref()
    }

    /// The document that calls for it.
    async fn document(&self) -> Option<CitedDocument> {
        self.content.document.clone().map(CitedDocument::from)
    }

    /// What shall be built, in quantities.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn targets(&self) -> Vec<PlannedTarget> {
        targets(&self.content.targets)
    }

    /// Total investment, in yuan.
    async fn investment_total(&self) -> Option<Decimal> {
        self.content.investment_total.map(Decimal::of_hundredths)
    }

    /// When it shall be completed.
    async fn due_date(&self) -> Option<Date> {
        self.content.due_date.map(Date)
    }
}
