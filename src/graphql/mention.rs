//! What plans say of a project: citations, targets, suggested leads, identifiers.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use duban_entities::{citation, cooperating_unit, project_external_id, suggested_lead, target};

use super::context::{children, loaders};
use super::error::{Result, public};
use super::loader::CitationsOf;
use super::plan::Clause;
use super::ready::Ready;
use super::scalar::Decimal;
use super::unit::Unit;
use super::vocabulary::{Demand, Qualifier};
use crate::error::Error;

/// A project's mention in a clause (出处), in the plan's own words.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Citation {
    #[graphql(skip)]
    row: citation::Model,
    /// Opaque id.
    pub(super) id: ID,
    /// The few words that name the work.
    quote: String,
    /// The text's verb phrase.
    phrase: Option<String>,
    /// What the mention demands.
    demand: Demand,
    /// The text.
    source_file: String,
    /// 1-based line.
    source_line: i32,
}

impl From<citation::Model> for Citation {
    fn from(row: citation::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            quote: row.quote.clone(),
            phrase: row.phrase.clone(),
            demand: row.demand.into(),
            source_file: row.source_file.clone(),
            source_line: row.source_line,
            row,
        }
    }
}

#[ComplexObject]
impl Citation {
    /// The clause.
    async fn clause(&self, ctx: &Context<'_>) -> Result<Ready<Clause>> {
        let row = loaders(ctx)?.load_one(self.row.clause_id).await?;
        row.map(Clause::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }
}

/// A quantity as the plan words it (建设内容及规模).
#[derive(Clone, Debug, SimpleObject)]
pub struct Target {
    /// What is counted.
    name: String,
    /// The plan's words.
    words: String,
    /// The number, where there is one.
    quantity: Option<Decimal>,
    /// Upper end of a range.
    quantity_to: Option<Decimal>,
    /// How the number is meant.
    qualifier: Option<Qualifier>,
    /// Unit of measure, as worded.
    unit_of_measure: Option<String>,
}

impl From<target::Model> for Target {
    fn from(row: target::Model) -> Self {
        Self {
            name: row.name,
            words: row.words,
            quantity: row.quantity.map(Decimal),
            quantity_to: row.quantity_to.map(Decimal),
            qualifier: row.qualifier.map(Into::into),
            unit_of_measure: row.unit_of_measure,
        }
    }
}

/// An identifier of a project in another scheme.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExternalId {
    /// The scheme.
    scheme: String,
    /// The identifier.
    value: String,
}

impl From<project_external_id::Model> for ExternalId {
    fn from(row: project_external_id::Model) -> Self {
        Self {
            scheme: row.scheme,
            value: row.value,
        }
    }
}

/// A unit that a text suggests as lead without saying so; a supervisor may accept it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct SuggestedLead {
    #[graphql(skip)]
    row: suggested_lead::Model,
    /// Order among the suggestions, from 0.
    position: i32,
}

impl From<suggested_lead::Model> for SuggestedLead {
    fn from(row: suggested_lead::Model) -> Self {
        Self {
            position: row.position,
            row,
        }
    }
}

#[ComplexObject]
impl SuggestedLead {
    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Ready<Unit>> {
        let row = loaders(ctx)?.load_one(self.row.unit_id).await?;
        row.map(Unit::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }

    /// The mention that suggests it.
    async fn citation(&self, ctx: &Context<'_>) -> Result<Ready<Citation>> {
        let rows = children(ctx, CitationsOf(self.row.project_id)).await?;
        let mut rows = rows.into_iter();
        let row = rows.find(|row| row.id == self.row.citation_id);
        row.map(Citation::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }
}

/// A cooperating unit with the text's own word for its role.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct CooperatingUnit {
    #[graphql(skip)]
    row: cooperating_unit::Model,
    /// The text's own word for its role.
    role_words: Option<String>,
}

impl From<cooperating_unit::Model> for CooperatingUnit {
    fn from(row: cooperating_unit::Model) -> Self {
        Self {
            role_words: row.role_words.clone(),
            row,
        }
    }
}

#[ComplexObject]
impl CooperatingUnit {
    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Ready<Unit>> {
        let row = loaders(ctx)?.load_one(self.row.unit_id).await?;
        row.map(Unit::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }
}
