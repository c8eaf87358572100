//! What must hold for projects, and for what stands on them.

use std::collections::HashSet;

use duban_entities::vocabulary::UnitKind;

use super::index::Index;
use super::sheets::{Problem, SheetRow, Sheets, Table};

/// Adds everything that is wrong with the projects.
pub(super) fn check(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    collectives(sheets, index, problems);
    turned_collective(sheets, index, problems);
    prefixes(sheets, problems);
    suggestions(sheets, index, problems);
    sourceless(sheets, index, problems);
    external_ids(sheets, index, problems);
    for row in sheets.of(Table::Targets) {
        quantity(row, problems);
    }
}

/// A collective name is wording: it never leads.
fn collectives(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    let leads = [
        (Table::Projects, "lead_unit"),
        (Table::SuggestedLeads, "unit"),
    ];
    for (table, column) in leads {
        for row in sheets.of(table) {
            let code = row.text(column);
            if index
                .get(Table::Units, code)
                .is_some_and(|unit| unit.collective)
            {
                let found = format!("{code}, a collective name");
                let expected = "a unit that can answer for it";
                problems.push(Problem::new(&row.place, column, found, expected));
            }
        }
    }
}

/// Nor does a unit that leads become one.
fn turned_collective(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    for row in sheets.of(Table::Units) {
        let kind = row.text("kind");
        if kind == UnitKind::Collective.as_str() && index.leads.contains(row.code()) {
            let expected = "another kind: the unit leads projects or is suggested to";
            problems.push(Problem::new(&row.place, "kind", kind, expected));
        }
    }
}

fn prefixes(sheets: &Sheets, problems: &mut Vec<Problem>) {
    for row in sheets.of(Table::Projects) {
        let prefix = format!("{}-", row.text("jurisdiction"));
        if !row.code().starts_with(&prefix) {
            let expected = format!("a code that begins with {prefix}");
            problems.push(Problem::new(&row.place, "code", row.code(), expected));
        }
    }
}

fn mention(row: &SheetRow) -> (String, String, String) {
    let cell = |column| row.text(column).to_owned();
    (cell("project"), cell("source_file"), cell("source_line"))
}

/// A suggestion stands on a mention of the project.
fn suggestions(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    let mentions: HashSet<_> = sheets.of(Table::Citations).iter().map(mention).collect();
    if torn(sheets) {
        return;
    }
    for row in sheets.of(Table::SuggestedLeads) {
        let wanted = mention(row);
        if !mentions.contains(&wanted) && !index.mentions.contains(&wanted) {
            let found = format!("{}:{}", wanted.1, wanted.2);
            let expected = format!("the file and line of a citation of {}", wanted.0);
            problems.push(Problem::new(&row.place, "source_line", found, expected));
        }
    }
}

/// Citations that could not be read may be the ones that are missing.
fn torn(sheets: &Sheets) -> bool {
    sheets.torn.contains(&Table::Citations)
}

/// A new project has a source.
fn sourceless(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    if torn(sheets) {
        return;
    }
    let mentions = sheets.of(Table::Citations).iter();
    let cited: HashSet<&str> = mentions.map(|row| row.text("project")).collect();
    for row in sheets.of(Table::Projects) {
        let entry = index.get(Table::Projects, row.code());
        let stored = entry.is_some_and(|entry| entry.stored);
        if !stored && !cited.contains(row.code()) {
            let found = format!("{} without a citation", row.code());
            let expected = "at least one row in citations for a new project";
            problems.push(Problem::new(&row.place, "code", found, expected));
        }
    }
}

fn external_ids(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    for row in sheets.of(Table::ProjectExternalIds) {
        let id = (row.text("scheme").to_owned(), row.text("value").to_owned());
        if let Some(owner) = index.external.get(&id)
            && owner != row.text("project")
        {
            let expected = format!("an identifier of its own: it is that of {owner}");
            problems.push(Problem::new(&row.place, "value", id.1, expected));
        }
    }
}

/// The number, its qualifier and its upper end go together.
fn quantity(row: &SheetRow, problems: &mut Vec<Problem>) {
    let (number, end) = (row.get("quantity"), row.get("quantity_to"));
    let qualifier = row.get("qualifier");
    let mut problem = |column, found: &str, expected| {
        problems.push(Problem::new(&row.place, column, found, expected));
    };
    match (number, qualifier) {
        (None, Some(word)) => problem("qualifier", word, "none where quantity is empty"),
        (Some(_), None) => problem("qualifier", "nothing", "a word where quantity is stated"),
        _ => {}
    }
    match (qualifier, end) {
        (Some("RANGE"), None) => problem("quantity_to", "nothing", "the upper end of the RANGE"),
        (Some("RANGE"), Some(_)) | (_, None) => {}
        (_, Some(end)) => problem("quantity_to", end, "nothing unless qualifier is RANGE"),
    }
}
