//! Jurisdictions and areas.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use duban_entities::{area, jurisdiction};

use super::connection::list_cost;
use super::context::{call, children, loaders, services, today};
use super::error::{Result, public};
use super::loader::AreasOf;
use super::ready::{Ready, ReadyList};
use super::scalar::Date;
use super::vocabulary::AreaKind;
use crate::error::Error;

/// A government whose plans these are (辖区).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Jurisdiction {
    #[graphql(skip)]
    row: jurisdiction::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Short code, the prefix of its project codes (`ZMD`).
    code: String,
    /// Name.
    name: String,
    /// IANA time zone in which "today" is reckoned.
    time_zone: String,
}

impl From<jurisdiction::Model> for Jurisdiction {
    fn from(row: jurisdiction::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            code: row.code.clone(),
            name: row.name.clone(),
            time_zone: row.time_zone.clone(),
            row,
        }
    }
}

#[ComplexObject]
impl Jurisdiction {
    /// Today's local date: what overdue is reckoned against.
    async fn today(&self, ctx: &Context<'_>) -> Result<Date> {
        let today = today(ctx).await?;
        Ok(Date(today.of(self.row.id)))
    }

    /// Its areas, by code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn areas(&self, ctx: &Context<'_>) -> Result<ReadyList<Area>> {
        let rows = children(ctx, AreasOf(self.row.id)).await?;
        Ok(rows.into_iter().map(Area::from).collect())
    }
}

/// A county, district or zone inside a jurisdiction (区域).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Area {
    #[graphql(skip)]
    row: area::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Code.
    code: String,
    /// Name.
    name: String,
    /// What sort of area.
    kind: AreaKind,
}

impl From<area::Model> for Area {
    fn from(row: area::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            code: row.code.clone(),
            name: row.name.clone(),
            kind: row.kind.into(),
            row,
        }
    }
}

#[ComplexObject]
impl Area {
    /// The jurisdiction it lies in.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Ready<Jurisdiction>> {
        let row = loaders(ctx)?.load_one(self.row.jurisdiction_id).await?;
        row.map(Jurisdiction::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }
}

/// Root fields on jurisdictions.
#[derive(Debug, Default)]
pub struct JurisdictionQuery;

#[Object]
impl JurisdictionQuery {
    /// The jurisdictions in your reach, by code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn jurisdictions(&self, ctx: &Context<'_>) -> Result<ReadyList<Jurisdiction>> {
        let rows = services(ctx)?
            .jurisdictions(call(ctx)?)
            .await
            .map_err(public)?;
        Ok(rows.into_iter().map(Jurisdiction::from).collect())
    }
}
