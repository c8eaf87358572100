//! Briefings: a month's figures, live and as published.

mod figures;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use duban_entities::briefing;
use duban_entities::ids::JurisdictionId;

use super::connection::{connection, page_cost};
use super::context::{call, loaders, parse, services};
use super::error::{Result, public};
use super::jurisdiction::Jurisdiction;
use super::person::Person;
use super::scalar::DateTime;
use crate::domain::reporting::Month;
use crate::error::Error;
use crate::service;
use crate::store::page::PageRequest;

use figures::BriefingContent;

/// What drawing figures from the whole ledger of a jurisdiction costs.
pub(super) const DRAWING: usize = 200;

/// A month as an office published it (月度通报): frozen at a head of the ledger, so that
/// later acceptances do not move its figures.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Briefing {
    #[graphql(skip)]
    row: briefing::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The month, `YYYY-MM`.
    month: String,
    /// Its number (文号), such as `督通〔2026〕3号`: per jurisdiction and year, without gaps.
    number: String,
    /// The last entry of the ledger that its figures count.
    ledger_seq: i64,
    /// That entry's hash, 64 hexadecimal digits.
    ledger_hash: String,
    /// When it was published.
    published_at: DateTime,
    /// True for a demonstration record.
    simulated: bool,
    /// Grows by one at each change.
    version: i32,
}

impl From<briefing::Model> for Briefing {
    fn from(row: briefing::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            month: row.period.clone(),
            number: service::briefing_number(&row),
            ledger_seq: row.ledger_seq,
            ledger_hash: row.ledger_hash.clone(),
            published_at: DateTime(row.published_at),
            simulated: row.simulated,
            version: row.version,
            row,
        }
    }
}

impl Briefing {
    /// The briefing of this id.
    pub(super) async fn load(ctx: &Context<'_>, id: &ID) -> Result<Self> {
        let row = services(ctx)?.briefing_by_id(call(ctx)?, parse(id)?).await;
        Ok(row.map_err(public)?.into())
    }
}

#[ComplexObject]
impl Briefing {
    /// The jurisdiction.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Jurisdiction> {
        jurisdiction(ctx, self.row.jurisdiction_id).await
    }

    /// Who published it.
    async fn published_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.published_by)).await
    }

    /// The figures as published.
    async fn content(&self) -> Result<BriefingContent> {
        let figures = service::published_figures(&self.row).map_err(public)?;
        Ok(figures.into())
    }
}

connection!(BriefingConnection, BriefingEdge, Briefing, briefing::Model);

async fn jurisdiction(ctx: &Context<'_>, id: JurisdictionId) -> Result<Jurisdiction> {
    let row = loaders(ctx)?.load_one(id).await?;
    row.map(Jurisdiction::from)
        .ok_or_else(|| public(Error::NotFound))
}

/// A month of a jurisdiction: its figures as the ledger has them now, beside those that the
/// office published.
#[derive(Clone, Debug)]
pub struct MonthBriefing {
    jurisdiction: JurisdictionId,
    month: Month,
}

/// A month of a jurisdiction: its figures as the ledger has them now, beside those that the
/// office published.
#[Object]
impl MonthBriefing {
    /// The month, `YYYY-MM`.
    async fn month(&self) -> String {
        self.month.to_string()
    }

    /// The jurisdiction.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Jurisdiction> {
        jurisdiction(ctx, self.jurisdiction).await
    }

    /// The figures at the ledger's head now. They are drawn only when asked for.
    #[graphql(complexity = "DRAWING + child_complexity")]
    async fn live(&self, ctx: &Context<'_>) -> Result<BriefingContent> {
        let drawn = services(ctx)?.briefing(call(ctx)?, self.jurisdiction, self.month);
        Ok(drawn.await.map_err(public)?.into())
    }

    /// What the office published; null where it did not.
    async fn published(&self, ctx: &Context<'_>) -> Result<Option<Briefing>> {
        let row = services(ctx)?.published_briefing(call(ctx)?, self.jurisdiction, self.month);
        Ok(row.await.map_err(public)?.map(Briefing::from))
    }
}

/// Publishes a month's briefing.
#[derive(Clone, Debug, InputObject)]
pub struct BriefingPublishInput {
    /// The jurisdiction.
    jurisdiction_id: ID,
    /// The month, `YYYY-MM`, which must be over.
    month: String,
    /// Why, or by which decision; kept in the ledger.
    reason: Option<String>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `briefingPublish` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct BriefingPublishPayload {
    /// The published briefing.
    briefing: Briefing,
}

/// Root fields on briefings.
#[derive(Debug, Default)]
pub struct BriefingQuery;

#[Object]
impl BriefingQuery {
    /// A month of a jurisdiction, for whoever reads the whole jurisdiction (supervisor,
    /// auditor, viewer, integrator, administrator); units and area supervisors do not.
    async fn briefing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The jurisdiction.")] jurisdiction_id: ID,
        #[graphql(desc = "The month, `YYYY-MM`, not in the future.")] month: String,
    ) -> Result<MonthBriefing> {
        let jurisdiction = parse(&jurisdiction_id)?;
        let (services, call) = (services(ctx)?, call(ctx)?);
        let month = services
            .month_of(call, jurisdiction, &month)
            .await
            .map_err(public)?;
        Ok(MonthBriefing {
            jurisdiction,
            month,
        })
    }

    /// The published briefings of a jurisdiction, the latest month first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn briefings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The jurisdiction.")] jurisdiction_id: ID,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<BriefingConnection> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let jurisdiction = parse(&jurisdiction_id)?;
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let page = services.briefings(call, jurisdiction, &request);
        let page = page.await.map_err(public)?;
        let total = if ctx.look_ahead().field("totalCount").exists() {
            let count = services.count_briefings(call, jurisdiction);
            Some(count.await.map_err(public)?)
        } else {
            None
        };
        Ok(BriefingConnection::of(page, total))
    }
}

/// Mutations on briefings.
#[derive(Debug, Default)]
pub struct BriefingMutation;

#[Object]
impl BriefingMutation {
    /// Publishes a month (印发通报): its figures are frozen at the ledger's head, under the
    /// next number of the year. A jurisdiction has one for each month.
    #[graphql(complexity = "DRAWING + child_complexity")]
    async fn briefing_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: BriefingPublishInput,
    ) -> Result<BriefingPublishPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let command = service::BriefingPublish {
            jurisdiction: parse(&input.jurisdiction_id)?,
            month: input.month,
            reason: input.reason,
            idempotency_key: input.idempotency_key,
        };
        let id = services.publish_briefing(call, command).await;
        let row = services.briefing_by_id(call, id.map_err(public)?).await;
        Ok(BriefingPublishPayload {
            briefing: row.map_err(public)?.into(),
        })
    }
}
