//! What stood at an earlier moment, from the ledger alone: entries folded in their order.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId};
use duban_entities::ledger;
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryFilter, QueryOrder, QuerySelect};

use super::changes;
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;
use crate::store::record::{Known, Restore, Row};
use crate::store::scope;

/// Entries read at once.
const BATCH: u64 = 5_000;

/// How far the past reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Up to this entry, itself included.
    Entry(i64),
    /// Up to this instant, itself included.
    Instant(DateTime<Utc>),
}

/// Of what the past is wanted.
#[derive(Clone, Debug)]
pub enum Of {
    /// These subjects, by their ids on the wire.
    Subjects(Vec<String>),
    /// Subjects of these types, of the projects that the principal sees now; of tasks also
    /// those without a project that it sees now. Of one jurisdiction, where one is named.
    Seen(Principal, &'static [&'static str], Option<JurisdictionId>),
    /// Everything that concerns these projects.
    Projects(Vec<ProjectId>),
    /// Subjects of one type that concern these projects.
    Hanging(Vec<ProjectId>, &'static str),
    /// Everything that concerns this jurisdiction.
    Jurisdiction(JurisdictionId),
    /// The subjects of one type, in the API's name, that concern this jurisdiction.
    Type(JurisdictionId, &'static str),
}

/// Subjects as they stood.
#[derive(Clone, Debug, Default)]
pub struct Past {
    subjects: BTreeMap<String, Known>,
}

impl Past {
    /// Reads the past.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read or an entry is not what it must
    /// be.
    pub async fn read(connection: &impl Reads, of: &Of, until: Until) -> Result<Self> {
        let mut past = Self::default();
        each(connection, of, until, |entry| past.apply(entry)).await?;
        Ok(past)
    }

    /// Adds one entry; entries come in the order of the chain.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when its changes are not what they must be.
    pub fn apply(&mut self, entry: &ledger::Model) -> Result<()> {
        let known = self
            .subjects
            .entry(entry.subject_id.clone())
            .or_insert_with(|| Known {
                subject_id: entry.subject_id.clone(),
                subject_type: entry.subject_type.clone(),
                fields: BTreeMap::new(),
                version: 0,
                created_at: entry.at,
                updated_at: entry.at,
            });
        known.version += 1;
        known.updated_at = known.updated_at.max(entry.at);
        changes::fold(&entry.changes, &mut known.fields)
    }

    /// What is known of a subject by its id on the wire.
    #[must_use]
    pub fn get(&self, subject_id: &str) -> Option<&Known> {
        self.subjects.get(subject_id)
    }

    /// Every subject of this type, by id.
    pub fn of_type(&self, subject_type: &str) -> impl Iterator<Item = &Known> {
        let subjects = self.subjects.values();
        subjects.filter(move |known| known.subject_type == subject_type)
    }

    /// Every row of this kind as it stood, by id.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when a field is missing or is not of its type.
    pub fn rows<R: Row + Restore>(&self) -> Result<Vec<R>> {
        self.of_type(R::SUBJECT).map(R::restore).collect()
    }
}

/// Hands over each entry in the order of the chain, in batches.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read; what `take` returned.
pub async fn each(
    connection: &impl Reads,
    of: &Of,
    until: Until,
    mut take: impl FnMut(&ledger::Model) -> Result<()>,
) -> Result<()> {
    let mut last = 0;
    loop {
        let select = reader::find::<ledger::Entity>()
            .filter(condition(of, until, connection.backend()))
            .filter(ledger::Column::Seq.gt(last))
            .order_by_asc(ledger::Column::Seq)
            .limit(BATCH);
        let batch = reader::all(connection, select).await?;
        batch.iter().try_for_each(&mut take)?;
        match batch.last() {
            Some(entry) if batch.len() as u64 == BATCH => last = entry.seq,
            _ => return Ok(()),
        }
    }
}

fn condition(of: &Of, until: Until, backend: DbBackend) -> Condition {
    use ledger::Column;
    let of = match of {
        Of::Subjects(ids) => Condition::all().add(Column::SubjectId.is_in(ids)),
        Of::Seen(principal, types, jurisdiction) => Condition::all()
            .add(Column::SubjectType.is_in(types.iter().copied()))
            .add_option(jurisdiction.map(|id| Column::JurisdictionId.eq(id)))
            .add(scope::past(principal, backend)),
        Of::Projects(ids) => Condition::all().add(Column::ProjectId.is_in(ids.iter().copied())),
        Of::Hanging(ids, subject) => Condition::all()
            .add(Column::ProjectId.is_in(ids.iter().copied()))
            .add(Column::SubjectType.eq(*subject)),
        Of::Jurisdiction(id) => Condition::all().add(Column::JurisdictionId.eq(*id)),
        Of::Type(id, subject) => Condition::all()
            .add(Column::JurisdictionId.eq(*id))
            .add(Column::SubjectType.eq(*subject)),
    };
    of.add(match until {
        Until::Entry(seq) => Column::Seq.lte(seq),
        Until::Instant(at) => Column::At.lte(at),
    })
}
