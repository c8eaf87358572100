//! Selects for progress and ratings: what stands now, and what stood at past instants.

use chrono::{DateTime, NaiveDate, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId, RatingAdoptionId, RatingOverrideId};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::{RevisionState, TaskKind};
use duban_entities::{ledger, rating_adoption, rating_override, report_revision, task};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ledger::past::{self, Of, Past, Until};
use super::record::Row;
use crate::error::Result;
use crate::store::Reads;
use crate::store::reader;

/// What progress needs of a submission, without its texts. In the order of the columns of
/// [`submissions_of`].
#[derive(Clone, Debug, FromCells)]
pub struct Submission {
    /// The project.
    pub project_id: ProjectId,
    /// The month, `YYYY-MM`.
    pub period: String,
    /// From 1, in the order of submission.
    pub number: i32,
    /// Where it stands.
    pub state: RevisionState,
    /// Percent complete in hundredths.
    pub percent_complete: i32,
    /// When the unit expects to complete.
    pub forecast_completion: Option<NaiveDate>,
}

impl From<report_revision::Model> for Submission {
    fn from(row: report_revision::Model) -> Self {
        Self {
            project_id: row.project_id,
            period: row.period,
            number: row.number,
            state: row.state,
            percent_complete: row.percent_complete,
            forecast_completion: row.forecast_completion,
        }
    }
}

/// The milestones and reports of these projects.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn tasks_of(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects))
        .filter(task::Column::Kind.is_in([TaskKind::Milestone, TaskKind::Report]))
        .order_by_asc(task::Column::Position)
        .order_by_asc(task::Column::Id);
    reader::all(connection, select).await
}

/// The submissions of these projects' reports.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn submissions_of(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<Submission>> {
    use report_revision::Column;
    let select = reader::find::<report_revision::Entity>()
        .select_only()
        .columns([
            Column::ProjectId,
            Column::Period,
            Column::Number,
            Column::State,
            Column::PercentComplete,
            Column::ForecastCompletion,
        ])
        .filter(Column::ProjectId.is_in(projects));
    reader::tuples(connection, select).await
}

/// The overrides of these projects that nobody has ended; some may have run out.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn overrides_of(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<rating_override::Model>> {
    let select = reader::find::<rating_override::Entity>()
        .filter(rating_override::Column::ProjectId.is_in(projects))
        .filter(rating_override::Column::EndedAt.is_null());
    reader::all(connection, select).await
}

/// The override of this id, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn override_by_id(
    connection: &impl Reads,
    id: RatingOverrideId,
) -> Result<Option<rating_override::Model>> {
    let select =
        reader::find::<rating_override::Entity>().filter(rating_override::Column::Id.eq(id));
    reader::one(connection, select).await
}

/// What these jurisdictions have adopted, the last adoption first.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn adoptions_of(
    connection: &impl Reads,
    jurisdictions: Vec<JurisdictionId>,
) -> Result<Vec<rating_adoption::Model>> {
    let select = reader::find::<rating_adoption::Entity>()
        .filter(rating_adoption::Column::JurisdictionId.is_in(jurisdictions))
        .order_by_desc(rating_adoption::Column::AdoptedAt)
        .order_by_desc(rating_adoption::Column::Id);
    reader::all(connection, select).await
}

/// The adoption of this id.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn adoption(
    connection: &impl Reads,
    id: RatingAdoptionId,
) -> Result<Option<rating_adoption::Model>> {
    let select =
        reader::find::<rating_adoption::Entity>().filter(rating_adoption::Column::Id.eq(id));
    reader::one(connection, select).await
}

/// What stood at each of these instants, from the ledger alone, in one pass over it: the
/// subjects that a rating needs of the projects, and the rules adopted in the jurisdictions.
/// The answer has a past for each instant, in their order.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read or an entry is not
/// what it must be.
pub async fn pasts(
    connection: &impl Reads,
    of: &Of,
    adoptions: &[RatingAdoptionId],
    instants: &[DateTime<Utc>],
) -> Result<Vec<Past>> {
    let mut pasts = vec![Past::default(); instants.len()];
    let Some(last) = instants.iter().max() else {
        return Ok(pasts);
    };
    let mut take = |entry: &ledger::Model| {
        if !is_needed(&entry.subject_type) {
            return Ok(());
        }
        let mut all = pasts.iter_mut().zip(instants);
        all.try_for_each(|(past, at)| match entry.at <= *at {
            true => past.apply(entry),
            false => Ok(()),
        })
    };
    past::each(connection, of, Until::Instant(*last), &mut take).await?;
    if matches!(of, Of::Projects(_)) {
        // They concern no project.
        let ids = adoptions.iter().map(ToString::to_string);
        let select = reader::find::<ledger::Entity>()
            .filter(ledger::Column::SubjectId.is_in(ids))
            .order_by_asc(ledger::Column::Seq);
        let entries = reader::all(connection, select).await?;
        entries.iter().try_for_each(take)?;
    }
    Ok(pasts)
}

fn is_needed(subject_type: &str) -> bool {
    use duban_entities::project;
    [
        project::Model::SUBJECT,
        task::Model::SUBJECT,
        report_revision::Model::SUBJECT,
        rating_override::Model::SUBJECT,
        rating_adoption::Model::SUBJECT,
    ]
    .contains(&subject_type)
}
