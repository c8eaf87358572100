//! How things stood at an earlier instant, from the ledger alone: rows made again from their
//! entries, and the rules of today's lists applied to them with that day's local date.
//!
//! What may be seen of the past is what may be seen now: a project that somebody sees is seen
//! with all of its past.

mod filter;
mod projects;
mod tasks;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId, UnitId};
use duban_entities::vocabulary::TaskKind;
use duban_entities::{project, report_revision, task, unit};

use super::{Call, Evidence, Services};
use crate::error::{Error, Result};
use crate::store::ledger::past::{Of, Past, Until};
use crate::store::page::{Direction, Page, PageRequest};
use crate::store::portfolio::Counts;
use crate::store::projects::{ProjectFilter, visible_by_ids};
use crate::store::record::{Known, Restore, Row};
use crate::store::scope;
use crate::store::tasks::{TaskFilter, TaskOrder};
use crate::store::today::Today;

/// A task as it stood.
#[derive(Clone, Debug)]
pub struct PastTask {
    /// The row.
    pub row: task::Model,
    /// The references of its last claim then.
    pub evidence: Vec<Evidence>,
    /// The local date then.
    pub today: NaiveDate,
    /// What had been submitted of a report, in order.
    pub revisions: Vec<report_revision::Model>,
}

/// A project as it stood.
#[derive(Clone, Debug)]
pub struct PastProject {
    /// The row.
    pub row: project::Model,
    /// The local date then.
    pub today: NaiveDate,
    /// Its lead unit then.
    pub lead: Option<unit::Model>,
    /// What was owed on it, milestones first, in the order of the schedule.
    pub tasks: Vec<PastTask>,
}

impl PastTask {
    fn restore(known: &Known, today: &Today) -> Result<Self> {
        let row = task::Model::restore(known)?;
        Ok(Self {
            evidence: listed(known.field("evidence"))?,
            today: today.of(row.jurisdiction_id),
            revisions: Vec::new(),
            row,
        })
    }
}

/// The members of a list as the ledger keeps it.
fn listed<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Result<Vec<T>> {
    text.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(Error::internal)
    })
}

impl Services {
    /// Refuses an instant that has not come yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] for this field.
    pub fn has_come(&self, at: DateTime<Utc>, field: &str) -> Result<()> {
        if at <= self.clock.now() {
            return Ok(());
        }
        Err(Error::invalid(field, "not in the future"))
    }

    /// Today in every jurisdiction, as it was then.
    async fn day_of(&self, at: DateTime<Utc>) -> Result<Today> {
        self.has_come(at, "asOf")?;
        Today::load(self.store.read(), at).await
    }

    async fn past_seen(
        &self,
        call: &Call,
        (types, jurisdiction): (&'static [&'static str], Option<JurisdictionId>),
        at: DateTime<Utc>,
    ) -> Result<Past> {
        let of = Of::Seen(call.principal.clone(), types, jurisdiction);
        Past::read(self.store.read(), &of, Until::Instant(at)).await
    }

    /// One page of the tasks as they stood, among those of what the caller may see now, and
    /// how many there are in all.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a future instant; as [`Services::tasks`].
    pub async fn tasks_at(
        &self,
        call: &Call,
        at: DateTime<Utc>,
        (filter, order): (&TaskFilter, (TaskOrder, Direction)),
        request: &PageRequest,
    ) -> Result<(Page<PastTask>, u64)> {
        Self::signed_in(call)?;
        let today = self.day_of(at).await?;
        self.check_named_in_tasks(call, filter).await?;
        let past = self
            .past_seen(call, (&["Task"], filter.jurisdiction), at)
            .await?;
        let own = call.principal.units();
        let mut wanted = Vec::new();
        for known in past.of_type("Task") {
            let task = PastTask::restore(known, &today)?;
            if tasks::matches(filter, &own, &task) {
                wanted.push(task);
            }
        }
        let count = wanted.len() as u64;
        let mut page = tasks::page(order, request, wanted)?;
        self.add_revisions(&mut page, at).await?;
        Ok((page, count))
    }

    /// What had been submitted of the reports of a page.
    async fn add_revisions(&self, page: &mut Page<PastTask>, at: DateTime<Utc>) -> Result<()> {
        let reports = page.rows.iter().map(|(_, task)| &task.row);
        let reports = reports.filter(|row| row.kind == TaskKind::Report);
        let projects: Vec<ProjectId> = reports.filter_map(|row| row.project_id).collect();
        if projects.is_empty() {
            return Ok(());
        }
        let of = Of::Hanging(projects, report_revision::Model::SUBJECT);
        let past = Past::read(self.store.read(), &of, Until::Instant(at)).await?;
        let mut revisions = past.rows::<report_revision::Model>()?;
        revisions.sort_by_key(|row| row.number);
        for (_, task) in &mut page.rows {
            let own = revisions.iter().filter(|row| row.task_id == task.row.id);
            task.revisions = own.cloned().collect();
        }
        Ok(())
    }

    /// Counts what the filter selects as it stood, among what the caller may see now. Where
    /// that is whole jurisdictions, and tasks and units play no part in the filter, only what
    /// has changed since is read from the ledger.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a future instant; as [`Services::portfolio`].
    pub async fn portfolio_at(
        &self,
        call: &Call,
        at: DateTime<Utc>,
        filter: &ProjectFilter,
    ) -> Result<Counts> {
        if scope::whole(&call.principal).is_none() || !filter.is_of_projects_alone() {
            return self.portfolio_folded(call, at, filter).await;
        }
        Self::signed_in(call)?;
        let today = self.day_of(at).await?;
        self.check_named(call, filter).await?;
        let connection = self.store.read();
        projects::counts_since(connection, &call.principal, filter, at, &today).await
    }

    /// The same, all of it from the ledger.
    ///
    /// # Errors
    /// As [`Services::portfolio_at`].
    pub async fn portfolio_folded(
        &self,
        call: &Call,
        at: DateTime<Utc>,
        filter: &ProjectFilter,
    ) -> Result<Counts> {
        Self::signed_in(call)?;
        let today = self.day_of(at).await?;
        self.check_named(call, filter).await?;
        let past = self
            .past_seen(call, (filter::needed(filter), filter.jurisdiction), at)
            .await?;
        projects::counts(&past, &today, filter)
    }

    /// These projects as they stood, as far as they were recorded then and the caller may
    /// see them now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a future instant.
    pub async fn projects_at(
        &self,
        call: &Call,
        projects: Vec<ProjectId>,
        at: DateTime<Utc>,
    ) -> Result<HashMap<ProjectId, PastProject>> {
        Self::signed_in(call)?;
        let today = self.day_of(at).await?;
        let connection = self.store.read();
        let seen = visible_by_ids(connection, &call.principal, projects).await?;
        let of = Of::Projects(seen.iter().map(|row| row.id).collect());
        let past = Past::read(connection, &of, Until::Instant(at)).await?;
        let mut found = HashMap::new();
        for row in past.rows::<project::Model>()? {
            let project = PastProject {
                today: today.of(row.jurisdiction_id),
                lead: None,
                tasks: Vec::new(),
                row,
            };
            found.insert(project.row.id, project);
        }
        for known in past.of_type("Task") {
            let task = PastTask::restore(known, &today)?;
            let of = task.row.project_id.and_then(|id| found.get_mut(&id));
            if let Some(project) = of {
                project.tasks.push(task);
            }
        }
        for project in found.values_mut() {
            project.tasks.sort_by_key(|task| {
                let other = task.row.kind != TaskKind::Milestone;
                (other, task.row.position, task.row.id)
            });
        }
        self.name_leads(&mut found, at).await?;
        Ok(found)
    }

    /// The lead units under the names that they had.
    async fn name_leads(
        &self,
        projects: &mut HashMap<ProjectId, PastProject>,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let leads = projects.values().filter_map(|past| past.row.lead_unit_id);
        let mut ids: Vec<UnitId> = leads.collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        let of = Of::Subjects(ids.iter().map(ToString::to_string).collect());
        let units = Past::read(self.store.read(), &of, Until::Instant(at)).await?;
        for project in projects.values_mut() {
            let lead = project.row.lead_unit_id.map(|id| id.to_string());
            let known = lead.and_then(|id| units.get(&id));
            project.lead = known.map(unit::Model::restore).transpose()?;
        }
        Ok(())
    }
}
