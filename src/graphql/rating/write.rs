//! Adopting rating rules, overriding a rating.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::RatingAdoption;
use crate::graphql::context::{call, parse, services};
use crate::graphql::error::{Result, public};
use crate::graphql::project::Project;
use crate::graphql::scalar::Date;
use crate::graphql::vocabulary::Rating;
use crate::service;
use crate::store::projects;

/// The document by which an office adopts rules.
#[derive(Clone, Debug, InputObject)]
pub struct AdoptionDocumentInput {
    /// Its title, 1 to 200 characters.
    title: String,
    /// Its number (文号), at most 100 characters.
    number: Option<String>,
}

/// Adopts rating rules for a jurisdiction.
#[derive(Clone, Debug, InputObject)]
pub struct RatingRulesAdoptInput {
    /// The jurisdiction.
    jurisdiction_id: ID,
    /// Code of a draft (`ratingRules.drafts`).
    code: String,
    /// The first day on which they hold: today or later, at most 366 days ahead.
    effective_from: Date,
    /// The document of the adoption.
    document: AdoptionDocumentInput,
    /// Why.
    reason: Option<String>,
    /// The version of the draft that you read.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `ratingRulesAdopt` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct RatingRulesAdoptPayload {
    /// The adoption.
    adoption: RatingAdoption,
}

/// Sets a rating beside the computed one.
#[derive(Clone, Debug, InputObject)]
pub struct RatingOverrideInput {
    /// The project.
    project_id: ID,
    /// GREEN, YELLOW or RED.
    rating: Rating,
    /// Why.
    reason: String,
    /// The last day on which it stands: after today, at most 92 days ahead.
    expires_on: Date,
    /// The version of the project that you saw.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `ratingOverride` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct RatingOverridePayload {
    /// Id of the override; the project's `rating` shows it.
    override_id: ID,
    /// The project.
    project: Project,
}

/// Ends an override before it runs out.
#[derive(Clone, Debug, InputObject)]
pub struct RatingOverrideEndInput {
    /// The override.
    override_id: ID,
    /// Why.
    reason: String,
    /// The version of the override that you saw.
    expected_version: Option<i32>,
}

/// What `ratingOverrideEnd` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct RatingOverrideEndPayload {
    /// The project.
    project: Project,
}

/// Mutations on ratings.
#[derive(Debug, Default)]
pub struct RatingMutation;

#[Object]
impl RatingMutation {
    /// Adopts rating rules: they hold from the day on until a later adoption's day, and
    /// never backwards.
    async fn rating_rules_adopt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RatingRulesAdoptInput,
    ) -> Result<RatingRulesAdoptPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let id = services
            .adopt_rating_rules(call, input.command()?)
            .await
            .map_err(public)?;
        let adopted = services.rating_adoption(call, id).await.map_err(public)?;
        Ok(RatingRulesAdoptPayload {
            adoption: adopted.into(),
        })
    }

    /// Sets a rating beside the computed one, for a time and with a reason. An override that
    /// still stands is ended.
    async fn rating_override(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RatingOverrideInput,
    ) -> Result<RatingOverridePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let command = input.command()?;
        let by = projects::ProjectBy::Id(command.project);
        let id = services
            .override_rating(call, command)
            .await
            .map_err(public)?;
        let project = services.project(call, &by).await.map_err(public)?;
        Ok(RatingOverridePayload {
            override_id: ID(id.to_string()),
            project: project.into(),
        })
    }

    /// Ends an override: the computed rating counts again.
    async fn rating_override_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RatingOverrideEndInput,
    ) -> Result<RatingOverrideEndPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let command = service::RatingOverrideEnd {
            overridden: parse(&input.override_id)?,
            reason: input.reason,
            expected_version: input.expected_version,
        };
        let id = services
            .end_rating_override(call, command)
            .await
            .map_err(public)?;
        let by = projects::ProjectBy::Id(id);
        let project = services.project(call, &by).await.map_err(public)?;
        Ok(RatingOverrideEndPayload {
            project: project.into(),
        })
    }
}

impl RatingRulesAdoptInput {
    fn command(self) -> Result<service::RatingRulesAdopt> {
        let Self {
            jurisdiction_id,
            code,
            effective_from,
            document,
            reason,
            expected_version,
            idempotency_key,
        } = self;
        Ok(service::RatingRulesAdopt {
            jurisdiction: parse(&jurisdiction_id)?,
            code,
            effective_from: effective_from.0,
            document_title: document.title,
            document_number: document.number,
            reason,
            expected_version,
            idempotency_key,
        })
    }
}

impl RatingOverrideInput {
    fn command(self) -> Result<service::RatingOverride> {
        let Self {
            project_id,
            rating,
            reason,
            expires_on,
            expected_version,
            idempotency_key,
        } = self;
        Ok(service::RatingOverride {
            project: parse(&project_id)?,
            rating: rating.into(),
            reason,
            expires_on: expires_on.0,
            expected_version,
            idempotency_key,
        })
    }
}
