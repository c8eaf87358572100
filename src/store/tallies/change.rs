//! What a unit of work changes of the counts.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use duban_entities::ids::{JurisdictionId, ProjectId, TaskId};
use duban_entities::{jurisdiction, project, tally_mark, task};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::delta::{Delta, Sign};
use super::facts::{Class, Led, Owed, Placed, placed};
use super::write;
use crate::clock::local_date;
use crate::error::{Error, Result};
use crate::store::record::Row;
use crate::store::{Reads, Writes, reader};

/// Keys that one statement asks for.
const KEYS: usize = 5_000;

/// How a row stood before the work, and how it stands now.
#[derive(Clone, Copy, Debug)]
struct Change<T> {
    /// None for a new row.
    before: Option<T>,
    after: T,
}

/// What a unit of work has changed so far, as far as it may count.
#[derive(Debug, Default)]
pub struct Changes {
    tasks: HashMap<TaskId, Change<Owed>>,
    projects: HashMap<ProjectId, Change<Led>>,
    /// Projects that nobody else changes meanwhile, as they were before the work.
    locked: HashMap<ProjectId, Class>,
    jurisdictions: Vec<jurisdiction::Model>,
}

/// A unit of work's changes, and what stands around them behind the ledger's lock.
struct Around {
    /// The day for which each jurisdiction's cells stand; those without are not kept.
    days: HashMap<JurisdictionId, NaiveDate>,
    /// Under what each project is counted now.
    now: HashMap<ProjectId, Class>,
}

impl Changes {
    /// Notes a row that was made, or changed.
    pub fn note<R: Row>(&mut self, before: Option<&R>, after: &R) {
        let after: &dyn Any = after;
        let before = before.map(|row| row as &dyn Any);
        if let Some(after) = after.downcast_ref::<task::Model>() {
            let before = before.and_then(<dyn Any>::downcast_ref::<task::Model>);
            join(
                &mut self.tasks,
                after.id,
                before.map(Owed::from),
                after.into(),
            );
        } else if let Some(after) = after.downcast_ref::<project::Model>() {
            let before = before.and_then(<dyn Any>::downcast_ref::<project::Model>);
            join(
                &mut self.projects,
                after.id,
                before.map(Led::from),
                after.into(),
            );
        } else if let (None, Some(new)) = (before, after.downcast_ref::<jurisdiction::Model>()) {
            self.jurisdictions.push(new.clone());
        }
    }

    /// Notes how a project stands that nobody else changes until the work is done.
    pub fn locked(&mut self, row: &project::Model) {
        let class = Led::from(row).class();
        self.locked.entry(row.id).or_insert(class);
    }

    /// Brings the counts up to what was changed. The ledger's lock must be held: nobody else
    /// commits a change until this work is done.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn apply(self, on: &impl Writes, at: DateTime<Utc>) -> Result<()> {
        self.mark_new_jurisdictions(on, at).await?;
        let tasks = self.tasks_that_count(at);
        let projects: Vec<&Change<Led>> = self
            .projects
            .values()
            .filter(|change| change.before != Some(change.after))
            .collect();
        if tasks.is_empty() && projects.is_empty() {
            return Ok(());
        }
        let around = self.around(on, &tasks, &projects).await?;
        if around.days.is_empty() {
            return Ok(());
        }
        let mut delta = Delta::default();
        self.move_tasks(on, &mut delta, &tasks, &around).await?;
        for change in tasks.values() {
            self.count_task(&mut delta, change, &around);
        }
        for change in projects {
            count_project(&mut delta, change, &around);
        }
        write::apply(on, delta, &around.days).await
    }

    /// A jurisdiction is kept from its first row on.
    async fn mark_new_jurisdictions(&self, on: &impl Writes, at: DateTime<Utc>) -> Result<()> {
        for row in &self.jurisdictions {
            let zone: Tz = row.time_zone.parse().map_err(Error::internal)?;
            write::mark(on, row.id, local_date(at, zone)).await?;
        }
        Ok(())
    }

    /// The tasks whose change may change a count on a day that has begun somewhere.
    fn tasks_that_count(&self, at: DateTime<Utc>) -> HashMap<TaskId, Change<Owed>> {
        let today = at.date_naive();
        let last = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let counts = |change: &Change<Owed>| match &change.before {
            Some(before) => before.weight(last) != change.after.weight(last),
            None => change.after.is_active(),
        };
        let counting = self.tasks.iter().filter(|(_, change)| counts(change));
        counting.map(|(id, change)| (*id, *change)).collect()
    }

    async fn around(
        &self,
        on: &impl Reads,
        tasks: &HashMap<TaskId, Change<Owed>>,
        projects: &[&Change<Led>],
    ) -> Result<Around> {
        let of_tasks = tasks.values().map(|change| change.after.jurisdiction_id);
        let of_projects = projects.iter().map(|change| change.after.jurisdiction_id);
        let mut around = Around {
            days: days(on, of_tasks.chain(of_projects).collect()).await?,
            now: HashMap::new(),
        };
        around.now.clone_from(&self.locked);
        let changed = self.projects.iter();
        around
            .now
            .extend(changed.map(|(id, change)| (*id, change.after.class())));
        let of_tasks = tasks.values().filter_map(|change| change.after.project_id);
        let missing: BTreeSet<ProjectId> = of_tasks
            .filter(|project| !around.now.contains_key(project))
            .collect();
        around.now.extend(classes(on, missing).await?);
        Ok(around)
    }

    /// What a project was counted under before the work; none of a new one.
    fn class_before(&self, project: ProjectId, around: &Around) -> Option<Class> {
        match self.projects.get(&project) {
            Some(change) => change.before.map(|before| before.class()),
            None => around.now.get(&project).copied(),
        }
    }

    fn count_task(&self, delta: &mut Delta, change: &Change<Owed>, around: &Around) {
        let Some(day) = around.days.get(&change.after.jurisdiction_id) else {
            return;
        };
        if let Some(before) = &change.before {
            let project = before.project_id;
            let class = project.and_then(|project| self.class_before(project, around));
            delta.task(before, class, *day, Sign::Minus);
        }
        let project = change.after.project_id;
        let class = project.and_then(|project| around.now.get(&project).copied());
        delta.task(&change.after, class, *day, Sign::Plus);
    }

    /// The tasks of projects whose kind or stage changed go with them.
    async fn move_tasks(
        &self,
        on: &impl Reads,
        delta: &mut Delta,
        counted: &HashMap<TaskId, Change<Owed>>,
        around: &Around,
    ) -> Result<()> {
        let moved = |change: &Change<Led>| {
            let before = change.before?.class();
            (before != change.after.class()).then_some(before)
        };
        let moved: HashMap<ProjectId, Class> = self
            .projects
            .iter()
            .filter_map(|(id, change)| Some((*id, moved(change)?)))
            .collect();
        let ids: Vec<ProjectId> = moved.keys().copied().collect();
        for chunk in ids.chunks(KEYS) {
            for Placed { task, class } in active_of(on, chunk).await? {
                let before = task.project_id.and_then(|project| moved.get(&project));
                let day = around.days.get(&task.jurisdiction_id);
                let (Some(before), Some(day)) = (before, day) else {
                    continue;
                };
                if !counted.contains_key(&task.id) {
                    delta.task(&task, Some(*before), *day, Sign::Minus);
                    delta.task(&task, class, *day, Sign::Plus);
                }
            }
        }
        Ok(())
    }
}

/// The first state before and the last after stay.
fn join<K: std::hash::Hash + Eq, T>(
    changes: &mut HashMap<K, Change<T>>,
    key: K,
    before: Option<T>,
    after: T,
) {
    match changes.entry(key) {
        std::collections::hash_map::Entry::Occupied(mut known) => known.get_mut().after = after,
        std::collections::hash_map::Entry::Vacant(new) => {
            new.insert(Change { before, after });
        }
    }
}

fn count_project(delta: &mut Delta, change: &Change<Led>, around: &Around) {
    if !around.days.contains_key(&change.after.jurisdiction_id) {
        return;
    }
    if let Some(before) = &change.before {
        delta.project(before, Sign::Minus);
    }
    delta.project(&change.after, Sign::Plus);
}

/// The days of the marks of these jurisdictions.
async fn days(
    on: &impl Reads,
    jurisdictions: BTreeSet<JurisdictionId>,
) -> Result<HashMap<JurisdictionId, NaiveDate>> {
    let select = reader::find::<tally_mark::Entity>()
        .filter(tally_mark::Column::JurisdictionId.is_in(jurisdictions));
    let days = reader::all(on, select).await?.into_iter();
    Ok(days.map(|row| (row.jurisdiction_id, row.day)).collect())
}

async fn classes(
    on: &impl Reads,
    projects: BTreeSet<ProjectId>,
) -> Result<Vec<(ProjectId, Class)>> {
    use project::Column::{Id, Kind, Stage};
    let projects: Vec<ProjectId> = projects.into_iter().collect();
    let mut found = Vec::with_capacity(projects.len());
    for chunk in projects.chunks(KEYS) {
        let select = reader::find::<project::Entity>()
            .select_only()
            .columns([Id, Kind, Stage])
            .filter(Id.is_in(chunk.iter().copied()));
        let rows = reader::tuples(on, select).await?.into_iter();
        found.extend(rows.map(|(id, kind, stage)| (id, Class { kind, stage })));
    }
    Ok(found)
}

async fn active_of(on: &impl Reads, projects: &[ProjectId]) -> Result<Vec<Placed>> {
    use duban_entities::vocabulary::TaskState::{Open, Submitted};
    let of = Condition::all()
        .add(task::Column::ProjectId.is_in(projects.iter().copied()))
        .add(task::Column::State.is_in([Open, Submitted]));
    reader::rows(on, &placed(of)).await
}
