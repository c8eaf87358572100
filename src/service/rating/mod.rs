//! Ratings, today's and past ones, and the progress they rest on.
//!
//! Today's come from the rows, those of a past day from the ledger as it stood at the end of
//! that local day; both go through the same functions of `domain::progress` and
//! `domain::rating`. So the rating of a past month, asked again later, is the one it had.

mod adopt;
mod overriding;
mod standing;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use duban_entities::ids::{JurisdictionId, ProjectId, RatingAdoptionId};
use duban_entities::vocabulary::Rating;
use duban_entities::{project, rating_adoption, rating_override};

use super::Services;
use crate::domain::rating::{Reason, Unrated, is_month_end, month_ends, yellow_in_a_row};
use crate::error::{Error, Result};
use crate::store::ledger::past::{Of, Past};
use crate::store::ratings;
use crate::store::today::Today;

pub use adopt::RatingRulesAdopt;
pub use overriding::{RatingOverride, RatingOverrideEnd};
pub use standing::{Adopted, Standing, in_force};

/// The rating of a project on a day.
#[derive(Clone, Debug)]
pub struct Rated {
    /// The day.
    pub on: NaiveDate,
    /// What the rules say.
    pub computed: Rating,
    /// The conditions that hold, the worst first.
    pub reasons: Vec<Reason>,
    /// Why there is no rating, where it is NONE.
    pub unrated: Option<Unrated>,
    /// The adoption whose rules were in force.
    pub adopted: Option<rating_adoption::Model>,
    /// The override that stood beside it.
    pub overridden: Option<rating_override::Model>,
}

impl Rated {
    /// What counts: the override where one stands, else what the rules say.
    #[must_use]
    pub fn effective(&self) -> Rating {
        let overridden = self.overridden.as_ref();
        overridden.map_or(self.computed, |row| row.rating)
    }
}

/// All that ratings need to know of one moment.
#[derive(Debug, Default)]
struct Moment {
    standings: HashMap<ProjectId, Standing>,
    adopted: Vec<Adopted>,
}

impl Moment {
    fn of_past(past: &Past) -> Result<Self> {
        Ok(Self {
            standings: standing::standings_of_past(past)?,
            adopted: Adopted::of(past.rows()?)?,
        })
    }

    /// The colour without the rule that looks back, as it was on a day.
    fn base(&self, project: ProjectId, day: NaiveDate) -> Rating {
        let Some(standing) = self.standings.get(&project) else {
            return Rating::None;
        };
        let rules = in_force(&self.adopted, standing.project.jurisdiction_id, day);
        match (standing.unrated(), rules) {
            (None, Some(adopted)) => adopted.rules.base(&standing.measured(day)),
            _ => Rating::None,
        }
    }

    /// The rating of every project; `earlier` are the month ends before the day, the latest
    /// first.
    fn rate(&self, day: NaiveDate, earlier: &[(NaiveDate, Self)]) -> HashMap<ProjectId, Rated> {
        let all = self.standings.iter();
        all.map(|(id, standing)| (*id, self.rate_one(standing, day, earlier)))
            .collect()
    }

    fn rate_one(
        &self,
        standing: &Standing,
        day: NaiveDate,
        earlier: &[(NaiveDate, Self)],
    ) -> Rated {
        let project = &standing.project;
        let adopted = in_force(&self.adopted, project.jurisdiction_id, day);
        let overridden = standing.override_on(day).cloned();
        let none = |unrated| Rated {
            on: day,
            computed: Rating::None,
            reasons: Vec::new(),
            unrated: Some(unrated),
            adopted: adopted.map(|one| one.row.clone()),
            overridden: overridden.clone(),
        };
        if let Some(unrated) = standing.unrated() {
            return none(unrated);
        }
        let Some(adopted) = adopted else {
            return none(Unrated::NoRules);
        };
        let mut measured = standing.measured(day);
        let this = is_month_end(day).then(|| adopted.rules.base(&measured));
        let before = earlier
            .iter()
            .map(|(end, then)| then.base(project.id, *end));
        let colours: Vec<Rating> = this.into_iter().chain(before).collect();
        measured.yellow_months = yellow_in_a_row(&colours);
        let (computed, reasons) = adopted.rules.rate(&measured);
        Rated {
            on: day,
            computed,
            reasons,
            unrated: None,
            adopted: Some(adopted.row.clone()),
            overridden,
        }
    }
}

/// The ratings of every project of a past on the day at whose end it stood. `earlier` are
/// the pasts at the ends of the months before, the latest first: as many as the rules look
/// back at ([`look_back`]).
///
/// # Errors
/// [`Error::Internal`] when an entry is not what it must be.
pub fn ratings_of_past(
    past: &Past,
    day: NaiveDate,
    earlier: &[(NaiveDate, Past)],
) -> Result<HashMap<ProjectId, Rated>> {
    let earlier = earlier.iter();
    let earlier: Result<Vec<_>> = earlier
        .map(|(end, past)| Ok((*end, Moment::of_past(past)?)))
        .collect();
    Ok(Moment::of_past(past)?.rate(day, &earlier?))
}

/// The month ends before a day at which a jurisdiction's rules must be looked at again, the
/// latest first: as far back as its rules look, and no further than it had any.
#[must_use]
pub fn look_back(
    adopted: &[Adopted],
    jurisdiction: JurisdictionId,
    day: NaiveDate,
) -> Vec<NaiveDate> {
    let months = adopted.iter().filter_map(|one| {
        let held = one.row.jurisdiction_id == jurisdiction && one.row.effective_from <= day;
        held.then(|| one.rules.months_back())
    });
    let months = months.max().unwrap_or(0);
    month_ends(day)
        .take(months.into())
        .take_while(|end| in_force(adopted, jurisdiction, *end).is_some())
        .filter(|end| *end < day)
        .collect()
}

impl Services {
    /// How these projects stand now: three statements.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn standings(
        &self,
        projects: &[project::Model],
    ) -> Result<HashMap<ProjectId, Standing>> {
        let connection = self.store.read();
        let ids: Vec<ProjectId> = projects.iter().map(|row| row.id).collect();
        let tasks = ratings::tasks_of(connection, ids.clone()).await?;
        let submissions = ratings::submissions_of(connection, ids.clone()).await?;
        let overrides = ratings::overrides_of(connection, ids).await?;
        Ok(standing::standings(
            projects.to_vec(),
            &tasks,
            submissions,
            overrides,
        ))
    }

    /// How these projects stood at the end of a past local day, from the ledger. A project
    /// that was not recorded yet is not among them.
    ///
    /// # Errors
    /// [`Error::Internal`] when the ledger cannot be read.
    pub async fn past_standings(
        &self,
        projects: &[project::Model],
        day: NaiveDate,
        today: &Today,
    ) -> Result<HashMap<ProjectId, Standing>> {
        let mut all = HashMap::new();
        for (jurisdiction, ids) in by_jurisdiction(projects) {
            let at = today.end_of(jurisdiction, day);
            let of = Of::Projects(ids);
            let pasts = ratings::pasts(self.store.read(), &of, &[], &[at]).await?;
            for past in &pasts {
                all.extend(standing::standings_of_past(past)?);
            }
        }
        Ok(all)
    }

    /// The ratings of these projects on a day, today where none is said: today's from the
    /// rows, those of a past day from the ledger. The number of statements does not grow
    /// with the projects, only with their jurisdictions and with the ledger. A project that
    /// was not recorded yet on the day is not in the answer.
    ///
    /// # Errors
    /// [`Error::Invalid`] (`on`) for a day to come.
    pub async fn ratings_on(
        &self,
        projects: &[project::Model],
        day: Option<NaiveDate>,
        today: &Today,
    ) -> Result<HashMap<ProjectId, Rated>> {
        let groups = by_jurisdiction(projects);
        let adopted = self.adopted_in(groups.keys().copied().collect()).await?;
        let mut all = HashMap::new();
        let mut now = Vec::new();
        for (jurisdiction, ids) in groups {
            let local = today.of(jurisdiction);
            let day = day.unwrap_or(local);
            if day > local {
                return Err(Error::invalid("on", "not in the future"));
            }
            if day == local {
                now.push((jurisdiction, ids));
            } else {
                let of = Of::Projects(ids);
                all.extend(
                    self.rate_past(&of, jurisdiction, day, &adopted, today)
                        .await?,
                );
            }
        }
        all.extend(self.rate_now(projects, now, adopted, today).await?);
        Ok(all)
    }

    /// The ratings of every project of a jurisdiction on a past day, from the ledger as it
    /// stood at the day's end.
    ///
    /// # Errors
    /// [`Error::Internal`] when the ledger cannot be read.
    pub async fn ratings_of_jurisdiction(
        &self,
        jurisdiction: JurisdictionId,
        day: NaiveDate,
        today: &Today,
    ) -> Result<HashMap<ProjectId, Rated>> {
        let adopted = self.adopted_in(vec![jurisdiction]).await?;
        let of = Of::Jurisdiction(jurisdiction);
        self.rate_past(&of, jurisdiction, day, &adopted, today)
            .await
    }

    /// What these jurisdictions have adopted, the last adoption first.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn adopted_in(&self, jurisdictions: Vec<JurisdictionId>) -> Result<Vec<Adopted>> {
        let rows = ratings::adoptions_of(self.store.read(), jurisdictions).await?;
        Adopted::of(rows)
    }

    /// One pass over the ledger for the day and the month ends before it. The rows of the
    /// adoptions, which are never changed, say only how far to look back and which entries
    /// to read.
    async fn rate_past(
        &self,
        of: &Of,
        jurisdiction: JurisdictionId,
        day: NaiveDate,
        adopted: &[Adopted],
        today: &Today,
    ) -> Result<HashMap<ProjectId, Rated>> {
        let ends = look_back(adopted, jurisdiction, day);
        let mut pasts = self
            .pasts_of(of, jurisdiction, day, &ends, adopted, today)
            .await?;
        let now = pasts.pop().unwrap_or_default();
        let earlier: Vec<_> = ends.into_iter().zip(pasts).collect();
        ratings_of_past(&now, day, &earlier)
    }

    /// The pasts at these month ends, in their order, and last the one of the day itself.
    async fn pasts_of(
        &self,
        of: &Of,
        jurisdiction: JurisdictionId,
        day: NaiveDate,
        ends: &[NaiveDate],
        adopted: &[Adopted],
        today: &Today,
    ) -> Result<Vec<Past>> {
        let days = ends.iter().chain([&day]);
        let instants: Vec<_> = days.map(|day| today.end_of(jurisdiction, *day)).collect();
        let ids: Vec<RatingAdoptionId> = adopted.iter().map(|one| one.row.id).collect();
        ratings::pasts(self.store.read(), of, &ids, &instants).await
    }

    /// Today's ratings: rows, and the ledger for the month ends before.
    async fn rate_now(
        &self,
        projects: &[project::Model],
        groups: Vec<(JurisdictionId, Vec<ProjectId>)>,
        adopted: Vec<Adopted>,
        today: &Today,
    ) -> Result<HashMap<ProjectId, Rated>> {
        if groups.is_empty() {
            return Ok(HashMap::new());
        }
        let mut now = Moment {
            standings: self.standings(projects).await?,
            adopted,
        };
        let mut all = HashMap::new();
        for (jurisdiction, ids) in groups {
            let day = today.of(jurisdiction);
            let ends = look_back(&now.adopted, jurisdiction, day);
            let earlier = if ends.is_empty() {
                Vec::new()
            } else {
                let of = Of::Projects(ids.clone());
                self.moments(&of, jurisdiction, &ends, &now.adopted, today)
                    .await?
            };
            for id in ids {
                if let Some(standing) = now.standings.remove(&id) {
                    all.insert(id, now.rate_one(&standing, day, &earlier));
                }
            }
        }
        Ok(all)
    }

    async fn moments(
        &self,
        of: &Of,
        jurisdiction: JurisdictionId,
        ends: &[NaiveDate],
        adopted: &[Adopted],
        today: &Today,
    ) -> Result<Vec<(NaiveDate, Moment)>> {
        let instants = ends.iter().map(|end| today.end_of(jurisdiction, *end));
        let instants: Vec<_> = instants.collect();
        let ids: Vec<RatingAdoptionId> = adopted.iter().map(|one| one.row.id).collect();
        let pasts = ratings::pasts(self.store.read(), of, &ids, &instants).await?;
        let moments = ends.iter().zip(&pasts);
        moments
            .map(|(end, past)| Ok((*end, Moment::of_past(past)?)))
            .collect()
    }
}

fn by_jurisdiction(projects: &[project::Model]) -> BTreeMap<JurisdictionId, Vec<ProjectId>> {
    let mut groups: BTreeMap<JurisdictionId, Vec<ProjectId>> = BTreeMap::new();
    for row in projects {
        groups.entry(row.jurisdiction_id).or_default().push(row.id);
    }
    groups
}
