//! What progress and ratings need to know of projects, now from the rows and of a past
//! moment from the ledger: the same plain facts either way.

use std::collections::HashMap;

use chrono::NaiveDate;
use duban_entities::ids::{JurisdictionId, ProjectId};
use duban_entities::vocabulary::TaskKind;
use duban_entities::{project, rating_adoption, rating_override, report_revision, task};

use crate::domain::progress::{Known, Progress, Reported, Step};
use crate::domain::rating::{Measured, ReportOwed, RuleSet, Unrated, missed_in_a_row};
use crate::error::Result;
use crate::service::task::due_facts;
use crate::store::ledger::past::Past;
use crate::store::ratings::Submission;

/// How one project stood at some moment.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The project.
    pub project: project::Model,
    /// Its milestones and submissions.
    pub known: Known,
    /// The reports it owes or owed.
    pub reports: Vec<ReportOwed>,
    /// Its overrides.
    pub overrides: Vec<rating_override::Model>,
}

impl Standing {
    fn new(project: project::Model) -> Self {
        Self {
            known: Known {
                scheduled: project.schedule_approved_at.is_some(),
                ..Known::default()
            },
            project,
            reports: Vec::new(),
            overrides: Vec::new(),
        }
    }

    /// Planned against actual on a day that was today at this moment.
    #[must_use]
    pub fn progress(&self, day: NaiveDate) -> Progress {
        self.known.on(day)
    }

    /// What the conditions of rating rules look at, past months apart.
    pub(super) fn measured(&self, day: NaiveDate) -> Measured {
        Measured::of(&self.progress(day), missed_in_a_row(&self.reports, day))
    }

    /// Why it is not rated whatever rules there are.
    pub(super) const fn unrated(&self) -> Option<Unrated> {
        let row = &self.project;
        Unrated::of(row.participation, row.stage, self.known.scheduled)
    }

    /// The override that stands on a day.
    pub(super) fn override_on(&self, day: NaiveDate) -> Option<&rating_override::Model> {
        let standing = self.overrides.iter();
        standing
            .filter(|row| row.ended_at.is_none() && row.expires_on >= day)
            .max_by_key(|row| (row.overridden_at, row.id))
    }

    fn add_task(&mut self, row: &task::Model) {
        match (row.kind, row.role, &row.period) {
            (TaskKind::Milestone, Some(role), _) => self.known.steps.push(Step {
                role,
                weight: row.weight,
                due: due_facts(row),
                baseline: row.baseline_due_date,
                completed_on: row.completed_on,
            }),
            (TaskKind::Report, _, Some(period)) => self.reports.push(ReportOwed {
                period: period.clone(),
                due: due_facts(row),
                submitted: row.first_submitted_on.is_some(),
            }),
            _ => {}
        }
    }
}

impl From<Submission> for Reported {
    fn from(row: Submission) -> Self {
        Self {
            period: row.period,
            number: row.number,
            state: row.state,
            percent: row.percent_complete,
            forecast: row.forecast_completion,
        }
    }
}

/// Puts rows to their projects.
pub(super) fn standings(
    projects: Vec<project::Model>,
    tasks: &[task::Model],
    submissions: Vec<Submission>,
    overrides: Vec<rating_override::Model>,
) -> HashMap<ProjectId, Standing> {
    let projects = projects.into_iter();
    let mut all: HashMap<ProjectId, Standing> =
        projects.map(|row| (row.id, Standing::new(row))).collect();
    for row in tasks {
        if let Some(standing) = row.project_id.and_then(|id| all.get_mut(&id)) {
            standing.add_task(row);
        }
    }
    for row in submissions {
        if let Some(standing) = all.get_mut(&row.project_id) {
            standing.known.reported.push(row.into());
        }
    }
    for row in overrides {
        if let Some(standing) = all.get_mut(&row.project_id) {
            standing.overrides.push(row);
        }
    }
    all
}

/// Every project of a past, as it stood.
///
/// # Errors
/// [`crate::error::Error::Internal`] when an entry is not what it must be.
pub(super) fn standings_of_past(past: &Past) -> Result<HashMap<ProjectId, Standing>> {
    let submissions: Vec<report_revision::Model> = past.rows()?;
    Ok(standings(
        past.rows()?,
        &past.rows::<task::Model>()?,
        submissions.into_iter().map(Submission::from).collect(),
        past.rows()?,
    ))
}

/// An adoption with its rules.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// The adoption.
    pub row: rating_adoption::Model,
    /// The rules as they were adopted.
    pub rules: RuleSet,
}

impl Adopted {
    /// Reads the rules of each row.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when rules cannot be read.
    pub fn of(rows: Vec<rating_adoption::Model>) -> Result<Vec<Self>> {
        let rows = rows.into_iter();
        rows.map(|row| {
            let rules = RuleSet::of_json(&row.rules)?;
            Ok(Self { row, rules })
        })
        .collect()
    }
}

/// The adoption in force on a day: of those that hold from that day or an earlier one, the
/// last that was made.
#[must_use]
pub fn in_force(
    adopted: &[Adopted],
    jurisdiction: JurisdictionId,
    day: NaiveDate,
) -> Option<&Adopted> {
    let here = adopted
        .iter()
        .filter(|one| one.row.jurisdiction_id == jurisdiction && one.row.effective_from <= day);
    here.max_by_key(|one| (one.row.adopted_at, one.row.id))
}
