//! A supervisor sets a rating beside the computed one, for a time and with a reason.

use chrono::{Days, NaiveDate};
use duban_entities::ids::{ProjectId, RatingOverrideId};
use duban_entities::vocabulary::Rating;
use duban_entities::{project, rating_override};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::policy::{Action, Permit};
use crate::service::idempotency::{self, Key};
use crate::service::task::as_text;
use crate::service::{Call, Services, fetch};
use crate::store::record::Fields;
use crate::store::today::Today;
use crate::store::{Work, ratings};

/// Days that an override lasts at most: a quarter, then it is looked at again.
const LONGEST: Days = Days::new(92);

/// A supervisor overrides a rating.
#[derive(Clone, Debug, Serialize)]
pub struct RatingOverride {
    /// The project.
    #[serde(serialize_with = "as_text")]
    pub project: ProjectId,
    /// GREEN, YELLOW or RED.
    #[serde(serialize_with = "as_text")]
    pub rating: Rating,
    /// Why; required.
    pub reason: String,
    /// The last day on which it stands: after today, at most 92 days ahead.
    pub expires_on: NaiveDate,
    /// The version of the project that the person saw.
    pub expected_version: Option<i32>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// A supervisor ends an override before it runs out.
#[derive(Clone, Debug)]
pub struct RatingOverrideEnd {
    /// The override.
    pub overridden: RatingOverrideId,
    /// Why; required.
    pub reason: String,
    /// The version of the override that the person saw.
    pub expected_version: Option<i32>,
}

impl Services {
    /// Sets a rating beside the computed one. An override that still stands is ended.
    ///
    /// # Errors
    /// [`Error::Invalid`] for NONE, without a reason, for a day that is not ahead or too
    /// far; [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn override_rating(
        &self,
        call: &Call,
        input: RatingOverride,
    ) -> Result<RatingOverrideId> {
        Self::signed_in(call)?;
        let reason = fetch::required_note("reason", Some(&input.reason))?;
        if input.rating == Rating::None {
            return Err(Error::invalid("rating", "GREEN, YELLOW or RED"));
        }
        let key = Key::of("ratingOverride", input.idempotency_key.as_deref(), &input)?;
        self.store
            .write(call.write(Some(reason.clone())), move |work| {
                Box::pin(async move { set(work, &input, reason, key).await })
            })
            .await
    }

    /// Ends an override.
    ///
    /// # Errors
    /// [`Error::Blocked`] when it has ended or run out; [`Error::Invalid`] without a reason;
    /// [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn end_rating_override(
        &self,
        call: &Call,
        input: RatingOverrideEnd,
    ) -> Result<ProjectId> {
        Self::signed_in(call)?;
        let reason = fetch::required_note("reason", Some(&input.reason))?;
        self.store
            .write(call.write(Some(reason)), move |work| {
                Box::pin(async move { end(work, &input).await })
            })
            .await
    }
}

async fn set(
    work: &mut Work,
    input: &RatingOverride,
    reason: String,
    key: Option<Key>,
) -> Result<RatingOverrideId> {
    let (permit, project) = fetch::project(work, Action::RatingOverride, input.project).await?;
    if let Some(id) = idempotency::replay::<String>(work, key.as_ref()).await? {
        return id.parse().map_err(Error::internal);
    }
    fetch::expect_version(input.expected_version, project.version)?;
    let today = Today::load(work.connection(), work.at()).await?;
    check_expiry(input.expires_on, today.of(project.jurisdiction_id))?;
    let standing = ratings::overrides_of(work.connection(), vec![project.id]).await?;
    for former in &standing {
        end_row(work, &permit, former).await?;
    }
    let row = row(work, input, &project, reason)?;
    let row = work.create(&permit, row, Fields::new()).await?;
    idempotency::remember(work, key, &row.id.to_string()).await?;
    Ok(row.id)
}

fn check_expiry(day: NaiveDate, today: NaiveDate) -> Result<()> {
    let furthest = today.checked_add_days(LONGEST).unwrap_or(NaiveDate::MAX);
    if day <= today {
        return Err(Error::invalid("expiresOn", "after today"));
    }
    if day > furthest {
        return Err(Error::invalid("expiresOn", "at most 92 days ahead"));
    }
    Ok(())
}

fn row(
    work: &Work,
    input: &RatingOverride,
    project: &project::Model,
    reason: String,
) -> Result<rating_override::Model> {
    let overridden_by = work.principal().user_id();
    Ok(rating_override::Model {
        id: work.new_id(),
        jurisdiction_id: project.jurisdiction_id,
        project_id: project.id,
        rating: input.rating,
        reason,
        expires_on: input.expires_on,
        overridden_by: overridden_by.ok_or(Error::Forbidden("only a person overrides"))?,
        overridden_at: work.at(),
        ended_at: None,
        simulated: work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    })
}

async fn end_row(
    work: &mut Work,
    permit: &Permit,
    before: &rating_override::Model,
) -> Result<rating_override::Model> {
    let after = rating_override::Model {
        ended_at: Some(work.at()),
        ..before.clone()
    };
    work.update(permit, before, after).await
}

async fn end(work: &mut Work, input: &RatingOverrideEnd) -> Result<ProjectId> {
    let connection = work.connection();
    let found = ratings::override_by_id(connection, input.overridden).await?;
    let project = found.ok_or(Error::NotFound)?.project_id;
    let (permit, project) = fetch::project(work, Action::RatingOverride, project).await?;
    // Read again behind the project's lock: another override may have ended it.
    let found = ratings::override_by_id(work.connection(), input.overridden).await?;
    let before = found.ok_or(Error::NotFound)?;
    fetch::expect_version(input.expected_version, before.version)?;
    let today = Today::load(work.connection(), work.at()).await?;
    let passed = before.expires_on < today.of(project.jurisdiction_id);
    if before.ended_at.is_some() || passed {
        return Err(Error::blocked(
            "OVERRIDE_ENDED",
            "the override has ended or run out",
        ));
    }
    end_row(work, &permit, &before).await?;
    Ok(project.id)
}
