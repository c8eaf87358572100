//! All that an import writes, worked out before the first row is written.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use duban_entities::{area, clause, import_row, indicator, jurisdiction, plan, project, unit};

use super::cell::{Codes, Ids};
use super::check::check;
use super::index::Index;
use super::matches;
use super::milestone::{Milestones, PlannedTask};
use super::outcome::Outcome;
use super::phrases::Phrases;
use super::planner::{Existing, Planned, Planner};
use super::prepare;
use super::sheets::{Cells, Problem, Sheets, Table};
use super::stored::Stored;
use super::subject::Subject;
use super::written::Writer;
use crate::clock::{Clock, new_id};
use crate::error::{Error, Result};
use crate::store::catalogue::{Known, Parts};

/// All that an import writes.
#[derive(Debug)]
pub(super) struct Blueprint {
    pub(super) jurisdictions: Vec<Planned<jurisdiction::Model>>,
    pub(super) areas: Vec<Planned<area::Model>>,
    pub(super) units: Vec<Planned<unit::Model>>,
    pub(super) plans: Vec<Planned<plan::Model>>,
    pub(super) clauses: Vec<Planned<clause::Model>>,
    pub(super) indicators: Vec<Planned<indicator::Model>>,
    pub(super) projects: Vec<Planned<project::Model>>,
    pub(super) tasks: Vec<PlannedTask>,
    pub(super) parts: Parts,
    pub(super) memory: Vec<import_row::Model>,
    pub(super) outcome: Outcome,
}

/// Checks the rows against each other and the database, and works out what to write.
pub(super) fn draw(
    sheets: &Sheets,
    known: &Known,
    clock: &dyn Clock,
    at: DateTime<Utc>,
) -> Result<Result<(Blueprint, Ids), Vec<Problem>>> {
    let mut ids = stored_ids(known);
    let index = Index::new(sheets, known, &ids);
    let problems = check(sheets, &index);
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    add_new_ids(&mut ids, sheets, clock);
    let last = last_import(known)?;
    let draft = Draft {
        sheets,
        known,
        index: &index,
        ids: &ids,
        stored: Stored::new(known, &ids),
        clock,
    };
    let planner = Planner {
        ids: &ids,
        last: &last,
        at,
        clock,
        outcome: Outcome::default(),
        memory: Vec::new(),
    };
    let blueprint = draft.blueprint(planner)?;
    Ok(Ok((blueprint, ids)))
}

fn stored_ids(known: &Known) -> Ids {
    let mut ids = Ids::default();
    for row in &known.jurisdictions {
        ids.jurisdictions.add(&row.code, row.id);
    }
    for row in &known.areas {
        ids.areas.add(&row.code, row.id);
    }
    for row in &known.units {
        ids.units.add(&row.code, row.id);
    }
    for row in &known.plans {
        ids.plans.add(&row.code, row.id);
    }
    for row in &known.clauses {
        ids.clauses.add(&row.code, row.id);
    }
    for row in &known.projects {
        ids.projects.add(&row.code, row.id);
    }
    ids
}

fn add_new_ids(ids: &mut Ids, sheets: &Sheets, clock: &dyn Clock) {
    fn add<T>(codes: &mut Codes<T>, sheets: &Sheets, table: Table, clock: &dyn Clock)
    where
        T: Copy + Eq + std::hash::Hash + From<uuid::Uuid>,
    {
        for row in sheets.of(table) {
            if !codes.contains(row.code()) {
                codes.add(row.code(), new_id(clock));
            }
        }
    }
    add(&mut ids.jurisdictions, sheets, Table::Jurisdictions, clock);
    add(&mut ids.areas, sheets, Table::Areas, clock);
    add(&mut ids.units, sheets, Table::Units, clock);
    add(&mut ids.plans, sheets, Table::Plans, clock);
    add(&mut ids.clauses, sheets, Table::Clauses, clock);
    add(&mut ids.projects, sheets, Table::Projects, clock);
}

fn last_import(known: &Known) -> Result<HashMap<(String, String), Cells>> {
    let row = |row: &import_row::Model| {
        let cells = serde_json::from_str(&row.content).map_err(Error::internal)?;
        Ok(((row.table_name.clone(), row.code.clone()), cells))
    };
    known.import_rows.iter().map(row).collect()
}

/// What a blueprint is drawn from.
struct Draft<'a> {
    sheets: &'a Sheets,
    known: &'a Known,
    index: &'a Index,
    ids: &'a Ids,
    stored: Stored,
    clock: &'a dyn Clock,
}

impl Draft<'_> {
    fn blueprint(&self, mut planner: Planner<'_>) -> Result<Blueprint> {
        let known = self.known;
        let jurisdictions = self.plain(&mut planner, &known.jurisdictions)?;
        let areas = self.plain(&mut planner, &known.areas)?;
        let units = self.units(&mut planner)?;
        let plans = self.plain(&mut planner, &known.plans)?;
        let rows = prepare::clauses(self.sheets, self.index, known, self.ids);
        let clauses = planner.table(&rows, &existing(&known.clauses), &[])?;
        planner.tally(&clauses);
        let indicators = self.plain(&mut planner, &known.indicators)?;
        let mut projects = self.projects(&mut planner)?;
        let tasks = self.tasks(&planner, &plans, &clauses, &mut projects)?;
        planner.tally(&projects);
        planner.outcome.matches = self.matches(&projects)?;
        let parts = self.parts(&units, &projects, &tasks)?;
        Ok(Blueprint {
            jurisdictions,
            areas,
            units,
            plans,
            clauses,
            indicators,
            projects,
            tasks,
            parts,
            memory: planner.memory,
            outcome: planner.outcome,
        })
    }

    /// A table without lists.
    fn plain<S: Subject>(&self, planner: &mut Planner<'_>, known: &[S]) -> Result<Vec<Planned<S>>> {
        let rows = prepare::rows(self.sheets, self.index, S::TABLE);
        let planned = planner.table(&rows, &existing(known), &[])?;
        planner.tally(&planned);
        Ok(planned)
    }

    fn units(&self, planner: &mut Planner<'_>) -> Result<Vec<Planned<unit::Model>>> {
        let rows = prepare::units(self.sheets, self.index, self.ids, &self.stored)?;
        let lists = |row: &unit::Model| prepare::unit_lists(&self.stored, row.id);
        let known = existing_with(&self.known.units, lists)?;
        let planned = planner.table(&rows, &known, prepare::UNIT_COLUMNS)?;
        planner.tally(&planned);
        Ok(planned)
    }

    fn projects(&self, planner: &mut Planner<'_>) -> Result<Vec<Planned<project::Model>>> {
        let rows = prepare::projects(self.sheets, self.index, self.ids, &self.stored)?;
        let lists = |row: &project::Model| prepare::project_lists(&self.stored, row.id);
        let known = existing_with(&self.known.projects, lists)?;
        planner.table(&rows, &known, prepare::PROJECT_COLUMNS)
    }

    fn tasks(
        &self,
        planner: &Planner<'_>,
        plans: &[Planned<plan::Model>],
        clauses: &[Planned<clause::Model>],
        projects: &mut [Planned<project::Model>],
    ) -> Result<Vec<PlannedTask>> {
        let mut known = HashMap::new();
        for task in self.known.milestones.iter().rev() {
            if let Some(project) = task.project_id {
                known.insert(project, task);
            }
        }
        let milestones = Milestones {
            known,
            plans: self.plans_of_clauses(plans, clauses),
            phrases: Phrases::new(self.sheets),
        };
        let plan = |project| milestones.plan(planner, project).transpose();
        projects.iter_mut().filter_map(plan).collect()
    }

    fn plans_of_clauses(
        &self,
        plans: &[Planned<plan::Model>],
        clauses: &[Planned<clause::Model>],
    ) -> HashMap<String, plan::Model> {
        let stored = self.known.plans.iter();
        let newer = plans.iter().map(|planned| &planned.after);
        let plans: HashMap<_, _> = stored.chain(newer).map(|plan| (plan.id, plan)).collect();
        let stored = self.known.clauses.iter();
        let newer = clauses.iter().map(|planned| &planned.after);
        stored
            .chain(newer)
            .filter_map(|clause| {
                let plan = plans.get(&clause.plan_id)?;
                Some((clause.code.clone(), (*plan).clone()))
            })
            .collect()
    }

    fn matches(
        &self,
        projects: &[Planned<project::Model>],
    ) -> Result<Vec<super::outcome::PossibleMatch>> {
        let by_id: HashMap<_, _> = self
            .known
            .projects
            .iter()
            .map(|row| (row.id, row))
            .collect();
        let titles = self
            .known
            .projects
            .iter()
            .map(|row| (row, row.title.as_str()));
        let aliases = self.known.project_aliases.iter();
        let aliases =
            aliases.filter_map(|row| Some((*by_id.get(&row.project_id)?, row.alias.as_str())));
        matches::possible(projects, titles.chain(aliases))
    }

    fn parts(
        &self,
        units: &[Planned<unit::Model>],
        projects: &[Planned<project::Model>],
        tasks: &[PlannedTask],
    ) -> Result<Parts> {
        let writer = Writer {
            ids: self.ids,
            stored: &self.stored,
            clock: self.clock,
        };
        let mut parts = Parts::default();
        for planned in units {
            writer.unit(planned, &mut parts)?;
        }
        for planned in projects {
            writer.project(planned, &mut parts)?;
        }
        for task in tasks {
            parts.with_evidence.push(task.after.id);
            parts.evidence.extend(task.evidence.clone());
        }
        Ok(parts)
    }
}

fn existing<S: Subject>(rows: &[S]) -> HashMap<String, Existing<S>> {
    let with_code = |row: &S| {
        let existing = Existing {
            row: row.clone(),
            lists: Cells::new(),
        };
        (row.code().to_owned(), existing)
    };
    rows.iter().map(with_code).collect()
}

fn existing_with<S: Subject>(
    rows: &[S],
    lists: impl Fn(&S) -> Result<Cells>,
) -> Result<HashMap<String, Existing<S>>> {
    let with_code = |row: &S| {
        let existing = Existing {
            row: row.clone(),
            lists: lists(row)?,
        };
        Ok((row.code().to_owned(), existing))
    };
    rows.iter().map(with_code).collect()
}
