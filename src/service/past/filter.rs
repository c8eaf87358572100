//! The filter of projects over what stands in memory: part for part what
//! `store::projects::filter` says in SQL. A test holds the two against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use duban_entities::ids::PlanId;
use duban_entities::vocabulary::MilestoneRole;
use duban_entities::{project, task, unit};

use super::super::due_facts;
use super::listed;
use crate::error::Result;
use crate::store::ledger::past::Past;
use crate::store::projects::ProjectFilter;
use crate::store::record::{Known, Restore};
use crate::store::search::fold;
use crate::store::today::Today;

/// One member of a list in the ledger, such as a citation.
type Member = BTreeMap<String, String>;

/// A project with what hangs on it.
#[derive(Debug)]
pub(super) struct Whole {
    /// The row.
    pub(super) row: project::Model,
    /// What is owed on it.
    pub(super) tasks: Vec<task::Model>,
    areas: BTreeSet<String>,
    clauses: BTreeSet<String>,
    cooperating: BTreeSet<String>,
    aliases: Vec<String>,
    quotes: Vec<String>,
    suggested: bool,
}

impl Whole {
    /// The project as its entries tell of it.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when an entry is not what it must be.
    pub(super) fn restore(known: &Known, tasks: Vec<task::Model>) -> Result<Self> {
        let areas = known.field("areas").unwrap_or_default();
        Ok(Self {
            row: project::Model::restore(known)?,
            tasks,
            areas: areas.split_whitespace().map(str::to_owned).collect(),
            clauses: cells(known, "citations", "clause")?,
            cooperating: cells(known, "cooperatingUnits", "unit")?,
            aliases: cells(known, "aliases", "alias")?.into_iter().collect(),
            quotes: cells(known, "citations", "quote")?.into_iter().collect(),
            suggested: known.field("suggestedLeads").is_some(),
        })
    }
}

/// One cell of each member of a list.
fn cells(known: &Known, field: &str, cell: &str) -> Result<BTreeSet<String>> {
    let members: Vec<Member> = listed(known.field(field))?;
    let cells = members.into_iter().filter_map(|mut row| row.remove(cell));
    Ok(cells.collect())
}

/// The types of subjects that the filter has to know of.
pub(super) fn needed(filter: &ProjectFilter) -> &'static [&'static str] {
    let text = any(filter, &|part| part.text.is_some());
    let plan = any(filter, &|part| part.plan.is_some());
    match (text, plan) {
        (false, false) => &["Project", "Task"],
        (true, false) => &["Project", "Task", "Unit"],
        (false, true) => &["Project", "Task", "Clause"],
        (true, true) => &["Project", "Task", "Unit", "Clause"],
    }
}

/// True if it holds of the filter or of a part of it.
fn any(filter: &ProjectFilter, holds: &impl Fn(&ProjectFilter) -> bool) -> bool {
    let parts = filter.and.iter().chain(filter.or.iter().flatten());
    let mut parts = parts.chain(filter.not.as_deref());
    holds(filter) || parts.any(|part| any(part, holds))
}

/// What stands around the projects.
#[derive(Debug)]
pub(super) struct Around<'t> {
    today: &'t Today,
    /// The names of a unit, folded.
    units: HashMap<String, Vec<String>>,
    /// The plan of a clause.
    plans: HashMap<String, PlanId>,
    /// The projects that the orders to a unit name.
    ordered: HashMap<String, BTreeSet<String>>,
}

impl<'t> Around<'t> {
    /// For filters that look at nothing but the projects themselves.
    pub(super) fn nothing(today: &'t Today) -> Self {
        Self {
            today,
            units: HashMap::new(),
            plans: HashMap::new(),
            ordered: HashMap::new(),
        }
    }

    /// What the past says of it.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when an entry is not what it must be.
    pub(super) fn read(past: &Past, today: &'t Today) -> Result<Self> {
        let mut units = HashMap::new();
        for known in past.of_type("Unit") {
            let mut names: Vec<String> = cells(known, "aliases", "alias")?.into_iter().collect();
            let unit = unit::Model::restore(known)?;
            names.push(unit.name);
            names.extend(unit.full_name);
            names.iter_mut().for_each(|name| *name = fold(name));
            units.insert(known.subject_id.clone(), names);
        }
        let clauses = past.of_type("Clause");
        let plans = clauses.filter_map(|known| {
            let plan = known.field("plan")?.parse().ok()?;
            Some((known.subject_id.clone(), plan))
        });
        let mut ordered: HashMap<String, BTreeSet<String>> = HashMap::new();
        for known in past.of_type("Task") {
            let named: Vec<String> = listed(known.field("projects"))?;
            if let Some(unit) = known.field("unit").filter(|_| !named.is_empty()) {
                ordered.entry(unit.to_owned()).or_default().extend(named);
            }
        }
        Ok(Self {
            plans: plans.collect(),
            today,
            units,
            ordered,
        })
    }

    /// True if all parts of the filter hold.
    pub(super) fn matches(&self, filter: &ProjectFilter, project: &Whole) -> bool {
        let or = |parts: &Vec<ProjectFilter>| parts.iter().any(|p| self.matches(p, project));
        let not = |part: &ProjectFilter| !self.matches(part, project);
        direct(filter, &project.row)
            && self.by_parts(filter, project)
            && self.by_tasks(filter, project)
            && filter.and.iter().all(|part| self.matches(part, project))
            && filter.or.as_ref().is_none_or(or)
            && filter.not.as_deref().is_none_or(not)
    }

    fn by_parts(&self, filter: &ProjectFilter, project: &Whole) -> bool {
        let unit = |id: duban_entities::ids::UnitId| {
            let leads = project.row.lead_unit_id == Some(id);
            let owes = project.tasks.iter().any(|task| task.unit_id == Some(id));
            let named = self.ordered.get(&id.to_string());
            let named = named.is_some_and(|all| all.contains(&project.row.id.to_string()));
            leads || owes || named || project.cooperating.contains(&id.to_string())
        };
        let plan = |id: PlanId| {
            let mut plans = project.clauses.iter().map(|id| self.plans.get(id));
            plans.any(|plan| plan == Some(&id))
        };
        filter
            .area
            .is_none_or(|id| project.areas.contains(&id.to_string()))
            && filter.unit.is_none_or(unit)
            && filter
                .clause
                .is_none_or(|id| project.clauses.contains(&id.to_string()))
            && filter.plan.is_none_or(plan)
            && filter
                .has_suggested_lead
                .is_none_or(|wanted| project.suggested == wanted)
            && filter
                .text
                .as_deref()
                .is_none_or(|text| self.says(text, project))
    }

    /// Text in title, code, alias, quote, or the lead unit's names.
    fn says(&self, text: &str, project: &Whole) -> bool {
        let text = fold(text);
        let own = [&project.row.title, &project.row.code].into_iter();
        let mut own = own.chain(&project.aliases).chain(&project.quotes);
        let lead = project.row.lead_unit_id.map(|id| id.to_string());
        let names = lead.and_then(|id| self.units.get(&id));
        let mut names = names.into_iter().flatten();
        !text.is_empty()
            && (own.any(|own| fold(own).contains(&text)) || names.any(|name| name.contains(&text)))
    }

    fn by_tasks(&self, filter: &ProjectFilter, project: &Whole) -> bool {
        let overdue = || {
            let mut tasks = project.tasks.iter();
            tasks.any(|task| due_facts(task).is_overdue(self.today.of(task.jurisdiction_id)))
        };
        let ended = || {
            project
                .tasks
                .iter()
                .any(|task| period_ended(task, self.today))
        };
        filter.overdue.is_none_or(|wanted| overdue() == wanted)
            && filter.period_ended.is_none_or(|wanted| ended() == wanted)
    }
}

/// True for a completion, or the support of another's work, whose plan period has ended.
pub(super) fn period_ended(task: &task::Model, today: &Today) -> bool {
    let whole = matches!(
        task.role,
        Some(MilestoneRole::Finish | MilestoneRole::Support)
    );
    whole && due_facts(task).period_ended(today.of(task.jurisdiction_id))
}

/// What stands in the project's own row; the other parts of the filter are named, so that a
/// new one does not compile until it has its place.
fn direct(filter: &ProjectFilter, row: &project::Model) -> bool {
    let ProjectFilter {
        jurisdiction,
        kinds,
        stages,
        lead_unit,
        unassigned,
        unscheduled,
        parent,
        due_from,
        due_to,
        simulated,
        area: _,
        unit: _,
        has_suggested_lead: _,
        plan: _,
        clause: _,
        overdue: _,
        period_ended: _,
        text: _,
        and: _,
        or: _,
        not: _,
    } = filter;
    jurisdiction.is_none_or(|id| row.jurisdiction_id == id)
        && kinds.as_ref().is_none_or(|kinds| kinds.contains(&row.kind))
        && stages.as_ref().is_none_or(|all| all.contains(&row.stage))
        && lead_unit.is_none_or(|id| row.lead_unit_id == Some(id))
        && unassigned.is_none_or(|none| row.lead_unit_id.is_none() == none)
        && unscheduled.is_none_or(|none| row.schedule_approved_at.is_none() == none)
        && parent.is_none_or(|id| row.parent_id == Some(id))
        && due_from.is_none_or(|day| row.due_date.is_some_and(|due| due >= day))
        && due_to.is_none_or(|day| row.due_date.is_some_and(|due| due <= day))
        && simulated.is_none_or(|wanted| row.simulated == wanted)
}
