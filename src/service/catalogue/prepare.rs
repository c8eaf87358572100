//! Brings the rows into the shape in which they are compared: lists folded into the row of
//! their owner, clauses numbered, owners before what lies below them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use duban_entities::ids::{ProjectId, UnitId};

use super::cell::Ids;
use super::index::Index;
use super::parts::{Element, List, PROJECT_LISTS, UNIT_LISTS, to_text};
use super::phrases::Phrases;
use super::sheets::{Cells, Place, SheetRow, Sheets, Table};
use super::stored::{Lists, Stored};
use crate::error::Result;
use crate::store::catalogue::Known;

/// The columns of a unit's lists.
pub(super) const UNIT_COLUMNS: &[&str] = &["aliases"];

/// The columns of a project's lists.
pub(super) const PROJECT_COLUMNS: &[&str] = &[
    "areas",
    "aliases",
    "external_ids",
    "citations",
    "suggested_leads",
    "cooperating_units",
    "targets",
];

/// The rows of a table, owners first.
pub(super) fn rows(sheets: &Sheets, index: &Index, table: Table) -> Vec<SheetRow> {
    let mut rows = sheets.of(table).to_vec();
    rows.sort_by_key(|row| depth(index, table, row.code()));
    rows
}

fn depth(index: &Index, table: Table, code: &str) -> usize {
    let parent = |code: &&str| index.get(table, code)?.parent.as_deref();
    std::iter::successors(Some(code), parent).count()
}

/// The clauses, numbered in the order of the rows. An outline of which the files hold only
/// a part keeps its numbers, and new clauses go to its end.
pub(super) fn clauses(sheets: &Sheets, index: &Index, known: &Known, ids: &Ids) -> Vec<SheetRow> {
    let rows = sheets.of(Table::Clauses);
    let named: HashSet<&str> = rows.iter().map(SheetRow::code).collect();
    let mut ends: HashMap<String, i32> = HashMap::new();
    for clause in known
        .clauses
        .iter()
        .filter(|clause| !named.contains(clause.code.as_str()))
    {
        if let Some(plan) = ids.plans.code(clause.plan_id) {
            let end = ends.entry(plan).or_default();
            *end = (*end).max(clause.position + 1);
        }
    }
    for clause in &known.clauses {
        if let Some(end) = ids
            .plans
            .code(clause.plan_id)
            .and_then(|plan| ends.get_mut(&plan))
        {
            *end = (*end).max(clause.position + 1);
        }
    }
    let stored: HashSet<&str> = known.clauses.iter().map(|row| row.code.as_str()).collect();
    let mut next: HashMap<&str, i32> = HashMap::new();
    let mut numbered = rows.to_vec();
    for (row, numbered) in rows.iter().zip(&mut numbered) {
        let plan = row.text("plan");
        let partly = ends.get(plan).copied();
        if partly.is_some() && stored.contains(row.code()) {
            continue;
        }
        let place = next.entry(plan).or_insert(partly.unwrap_or(0));
        let cell = Some(place.to_string());
        numbered.cells.insert("position".to_owned(), cell);
        *place += 1;
    }
    numbered.sort_by_key(|row| depth(index, Table::Clauses, row.code()));
    numbered
}

/// The units with their lists.
pub(super) fn units(
    sheets: &Sheets,
    index: &Index,
    ids: &Ids,
    stored: &Stored,
) -> Result<Vec<SheetRow>> {
    let mut rows = Folding::new(rows(sheets, index, Table::Units));
    for list in UNIT_LISTS {
        rows.fold(list, list.gather(sheets), |code| {
            stored.units.get(&ids.units.id(code).ok()?)
        })?;
    }
    Ok(rows.rows)
}

/// The projects with their lists.
pub(super) fn projects(
    sheets: &Sheets,
    index: &Index,
    ids: &Ids,
    stored: &Stored,
) -> Result<Vec<SheetRow>> {
    let phrases = Phrases::new(sheets);
    let mut rows = Folding::new(rows(sheets, index, Table::Projects));
    for row in &mut rows.rows {
        if let Some(areas) = row.cells.get_mut("areas") {
            *areas = areas.as_deref().map(sorted_codes);
        }
    }
    for list in PROJECT_LISTS {
        let mut members = list.gather(sheets);
        if list.table == Table::Citations {
            members = demanding(sheets, list, &phrases);
        }
        rows.fold(list, members, |code| {
            stored.projects.get(&ids.projects.id(code).ok()?)
        })?;
    }
    Ok(rows.rows)
}

/// The mentions, each with what it demands.
fn demanding(sheets: &Sheets, list: &List, phrases: &Phrases<'_>) -> HashMap<String, Vec<Element>> {
    let mut resolved = Sheets::default();
    let rows = sheets.of(list.table).iter().map(|row| {
        let mut row_with = row.clone();
        let demand = phrases.demand(row).map(str::to_owned);
        row_with.cells.insert("demand".to_owned(), demand);
        row_with
    });
    resolved.rows.insert(list.table, rows.collect());
    list.gather(&resolved)
}

/// Rows that take lists up.
struct Folding {
    rows: Vec<SheetRow>,
    by_code: HashMap<String, usize>,
}

impl Folding {
    fn new(rows: Vec<SheetRow>) -> Self {
        let codes = rows.iter().enumerate();
        let by_code = codes.map(|(at, row)| (row.code().to_owned(), at)).collect();
        Self { rows, by_code }
    }

    fn fold<'s>(
        &mut self,
        list: &List,
        members: HashMap<String, Vec<Element>>,
        stored: impl Fn(&str) -> Option<&'s Lists>,
    ) -> Result<()> {
        let members: BTreeMap<String, Vec<Element>> = members.into_iter().collect();
        for (code, rows) in members {
            let current = stored(&code).and_then(|lists| lists.get(list.column));
            let combined = list.combine(current.map_or(&[], Vec::as_slice), rows);
            let text = to_text(&combined)?;
            self.owner(&code).cells.insert(list.column.to_owned(), text);
        }
        Ok(())
    }

    /// The owner's row; one with nothing but its code where the files only add to a list.
    fn owner(&mut self, code: &str) -> &mut SheetRow {
        let next = self.rows.len();
        let at = *self.by_code.entry(code.to_owned()).or_insert(next);
        if at == next {
            self.rows.push(SheetRow {
                place: Place {
                    file: Arc::from(""),
                    line: 0,
                },
                cells: Cells::from([("code".to_owned(), Some(code.to_owned()))]),
            });
        }
        &mut self.rows[at]
    }
}

fn sorted_codes(codes: &str) -> String {
    let sorted: BTreeSet<&str> = codes.split(';').collect();
    sorted.into_iter().collect::<Vec<_>>().join(";")
}

/// A stored project's lists as cells.
pub(super) fn project_lists(stored: &Stored, id: ProjectId) -> Result<Cells> {
    let none = Lists::new();
    let lists = stored.projects.get(&id).unwrap_or(&none);
    let mut cells = list_cells(lists, PROJECT_LISTS)?;
    let areas: BTreeSet<&str> = lists
        .get("areas")
        .into_iter()
        .flatten()
        .filter_map(|member| member.get("area").map(String::as_str))
        .collect();
    let text = areas.into_iter().collect::<Vec<_>>().join(";");
    cells.insert("areas".to_owned(), (!text.is_empty()).then_some(text));
    Ok(cells)
}

/// A stored unit's lists as cells.
pub(super) fn unit_lists(stored: &Stored, id: UnitId) -> Result<Cells> {
    list_cells(stored.units.get(&id).unwrap_or(&Lists::new()), UNIT_LISTS)
}

fn list_cells(lists: &Lists, kinds: &[List]) -> Result<Cells> {
    let cell = |list: &List| {
        let members = lists.get(list.column).cloned().unwrap_or_default();
        Ok((list.column.to_owned(), to_text(&list.ordered(members))?))
    };
    kinds.iter().map(cell).collect()
}
