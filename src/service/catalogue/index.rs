//! What is known of every code, in the spreadsheets or in the database.

use std::collections::{BTreeMap, HashMap, HashSet};

use duban_entities::vocabulary::UnitKind;

use super::cell::Ids;
use super::sheets::{Place, SheetRow, Sheets, Table};
use crate::store::catalogue::Known;

/// What is known of a code.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Code of its jurisdiction; none where that cannot be told.
    pub(super) jurisdiction: Option<String>,
    /// Code of its plan.
    pub(super) plan: Option<String>,
    /// Code of what it lies under.
    pub(super) parent: Option<String>,
    /// True for a collective name.
    pub(super) collective: bool,
    /// True if the database has it.
    pub(super) stored: bool,
    /// Where the spreadsheets have it first.
    pub(super) place: Option<Place>,
}

/// Every code.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: HashMap<Table, BTreeMap<String, Entry>>,
    /// The mentions in the database, as (project, file, line).
    pub(super) mentions: HashSet<(String, String, String)>,
    /// Units that lead, or are suggested as lead, in the database.
    pub(super) leads: HashSet<String>,
    /// The external ids in the database, with their project.
    pub(super) external: HashMap<(String, String), String>,
}

impl Index {
    /// Indexes the database and then the spreadsheets, whose word is newer.
    pub(super) fn new(sheets: &Sheets, known: &Known, ids: &Ids) -> Self {
        let mut index = Self::default();
        index.add_stored(known, ids);
        index.add_stored_projects(known, ids);
        for table in Table::ALL {
            for row in sheets.of(*table) {
                if row.get("code").is_some() {
                    index.add_row(*table, row);
                }
            }
        }
        index
    }

    /// What is known of a code.
    pub(super) fn get(&self, table: Table, code: &str) -> Option<&Entry> {
        self.entries.get(&table)?.get(code)
    }

    /// The jurisdiction of a row: its own, or that of what owns it.
    pub(super) fn jurisdiction_of(&self, row: &SheetRow) -> Option<String> {
        if let Some(own) = row.get("jurisdiction") {
            return Some(own.to_owned());
        }
        let owners = [
            (Table::Projects, "project"),
            (Table::Units, "unit"),
            (Table::Plans, "plan"),
        ];
        let owned = |(table, column): &(Table, &str)| self.get(*table, row.get(column)?);
        owners.iter().find_map(owned)?.jurisdiction.clone()
    }

    fn add_row(&mut self, table: Table, row: &SheetRow) {
        let jurisdiction = match table {
            Table::Jurisdictions => Some(row.code().to_owned()),
            _ => self.jurisdiction_of(row),
        };
        let entries = self.entries.entry(table).or_default();
        let entry = entries.entry(row.code().to_owned()).or_default();
        if entry.place.is_some() {
            return;
        }
        entry.place = Some(row.place.clone());
        if !entry.stored {
            entry.jurisdiction = jurisdiction;
            entry.plan = row.get("plan").map(str::to_owned);
        }
        if row.cells.contains_key("parent") {
            entry.parent = row.get("parent").map(str::to_owned);
        }
        if let Some(kind) = row.get("kind") {
            entry.collective = table == Table::Units && kind == UnitKind::Collective.as_str();
        }
    }

    fn store(&mut self, table: Table, code: &str, entry: Entry) {
        let stored = Entry {
            stored: true,
            ..entry
        };
        let entries = self.entries.entry(table).or_default();
        entries.insert(code.to_owned(), stored);
    }

    fn add_stored(&mut self, known: &Known, ids: &Ids) {
        let within = |jurisdiction| Entry {
            jurisdiction: ids.jurisdictions.code(jurisdiction),
            ..Entry::default()
        };
        for row in &known.jurisdictions {
            self.store(Table::Jurisdictions, &row.code, within(row.id));
        }
        for row in &known.areas {
            self.store(Table::Areas, &row.code, within(row.jurisdiction_id));
        }
        for row in &known.units {
            let entry = Entry {
                parent: row.parent_id.and_then(|id| ids.units.code(id)),
                collective: row.kind == UnitKind::Collective,
                ..within(row.jurisdiction_id)
            };
            self.store(Table::Units, &row.code, entry);
        }
        for row in &known.plans {
            self.store(Table::Plans, &row.code, within(row.jurisdiction_id));
        }
        for row in &known.clauses {
            let entry = self.of_plan(
                ids.plans.code(row.plan_id),
                row.parent_id.and_then(|id| ids.clauses.code(id)),
            );
            self.store(Table::Clauses, &row.code, entry);
        }
        for row in &known.indicators {
            let entry = self.of_plan(ids.plans.code(row.plan_id), None);
            self.store(Table::Indicators, &row.code, entry);
        }
    }

    fn of_plan(&self, plan: Option<String>, parent: Option<String>) -> Entry {
        let known = plan
            .as_deref()
            .and_then(|code| self.get(Table::Plans, code));
        Entry {
            jurisdiction: known.and_then(|plan| plan.jurisdiction.clone()),
            plan,
            parent,
            ..Entry::default()
        }
    }

    fn add_stored_projects(&mut self, known: &Known, ids: &Ids) {
        for row in &known.projects {
            let entry = Entry {
                jurisdiction: ids.jurisdictions.code(row.jurisdiction_id),
                parent: row.parent_id.and_then(|id| ids.projects.code(id)),
                ..Entry::default()
            };
            self.store(Table::Projects, &row.code, entry);
        }
        let leads = known.projects.iter().filter_map(|row| row.lead_unit_id);
        let suggested = known.suggested_leads.iter().map(|row| row.unit_id);
        self.leads = leads
            .chain(suggested)
            .filter_map(|id| ids.units.code(id))
            .collect();
        for row in &known.citations {
            if let Some(project) = ids.projects.code(row.project_id) {
                let file = row.source_file.clone();
                let line = row.source_line.to_string();
                self.mentions.insert((project, file, line));
            }
        }
        for row in &known.project_external_ids {
            if let Some(project) = ids.projects.code(row.project_id) {
                let id = (row.scheme.clone(), row.value.clone());
                self.external.insert(id, project);
            }
        }
    }
}
