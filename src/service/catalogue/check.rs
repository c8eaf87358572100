//! What must hold between the rows of the spreadsheets, and between them and the database.
//!
//! Every check adds to one list, so that a run reports everything at once.

use std::collections::{HashMap, HashSet};

use super::index::Index;
use super::sheets::{Place, Problem, SheetRow, Sheets, Table};
use super::{check_projects, phrases};

/// The columns that name a row of another table (`;` between several).
const REFERENCES: &[(Table, &str, Table)] = &[
    (Table::Areas, "jurisdiction", Table::Jurisdictions),
    (Table::Units, "jurisdiction", Table::Jurisdictions),
    (Table::Units, "parent", Table::Units),
    (Table::Units, "area", Table::Areas),
    (Table::UnitAliases, "unit", Table::Units),
    (Table::Plans, "jurisdiction", Table::Jurisdictions),
    (Table::Clauses, "plan", Table::Plans),
    (Table::Clauses, "parent", Table::Clauses),
    (Table::Indicators, "plan", Table::Plans),
    (Table::Projects, "jurisdiction", Table::Jurisdictions),
    (Table::Projects, "parent", Table::Projects),
    (Table::Projects, "areas", Table::Areas),
    (Table::Projects, "lead_unit", Table::Units),
    (Table::ProjectAliases, "project", Table::Projects),
    (Table::ProjectExternalIds, "project", Table::Projects),
    (Table::Citations, "project", Table::Projects),
    (Table::Citations, "clause", Table::Clauses),
    (Table::SuggestedLeads, "project", Table::Projects),
    (Table::SuggestedLeads, "unit", Table::Units),
    (Table::CooperatingUnits, "project", Table::Projects),
    (Table::CooperatingUnits, "unit", Table::Units),
    (Table::Targets, "project", Table::Projects),
];

/// The columns that tell the rows of a table apart.
const KEYS: &[(Table, &[&str])] = &[
    (Table::Jurisdictions, &["code"]),
    (Table::Areas, &["code"]),
    (Table::Units, &["code"]),
    (Table::UnitAliases, &["unit", "alias"]),
    (Table::Plans, &["code"]),
    (Table::Clauses, &["code"]),
    (Table::Indicators, &["code"]),
    (Table::Projects, &["code"]),
    (Table::ProjectAliases, &["project", "alias"]),
    (Table::ProjectExternalIds, &["value", "scheme"]),
    (
        Table::Citations,
        &["quote", "project", "clause", "source_file", "source_line"],
    ),
    (Table::SuggestedLeads, &["unit", "project"]),
    (Table::CooperatingUnits, &["unit", "project"]),
    (
        Table::Targets,
        &["words", "project", "name", "source_file", "source_line"],
    ),
    (Table::Phrases, &["phrase"]),
];

/// Columns of which the first must not be after the second.
const PERIODS: &[(Table, &str, &str)] = &[
    (Table::Plans, "period_from", "period_to"),
    (Table::Units, "valid_from", "valid_to"),
];

/// Everything that is wrong, in the order of the files; what the reader found is among it.
pub(super) fn check(sheets: &Sheets, index: &Index) -> Vec<Problem> {
    let mut problems = sheets.problems.clone();
    duplicates(sheets, &mut problems);
    references(sheets, index, &mut problems);
    moved(sheets, index, &mut problems);
    for table in [Table::Units, Table::Clauses, Table::Projects] {
        cycles(sheets, index, table, &mut problems);
    }
    clause_parents(sheets, index, &mut problems);
    periods(sheets, &mut problems);
    phrases::check(sheets, &mut problems);
    check_projects::check(sheets, index, &mut problems);
    problems.sort();
    problems.dedup();
    problems
}

fn duplicates(sheets: &Sheets, problems: &mut Vec<Problem>) {
    for (table, columns) in KEYS {
        let mut first: HashMap<Vec<Option<&str>>, &Place> = HashMap::new();
        for row in sheets.of(*table) {
            let key = columns.iter().map(|column| row.get(column)).collect();
            if let Some(place) = first.get(&key) {
                let found = format!("\"{}\" again", row.text(columns[0]));
                let expected = format!("it once: it stands at {}:{}", place.file, place.line);
                problems.push(Problem::new(&row.place, columns[0], found, expected));
            } else {
                first.insert(key, &row.place);
            }
        }
    }
}

fn references(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    for (table, column, target) in REFERENCES {
        for row in sheets.of(*table) {
            for code in row.text(column).split(';').filter(|code| !code.is_empty()) {
                reference(sheets, index, row, (column, *target, code), problems);
            }
        }
    }
}

/// Nothing refers to what is not there, and nothing crosses a jurisdiction.
fn reference(
    sheets: &Sheets,
    index: &Index,
    row: &SheetRow,
    (column, target, code): (&str, Table, &str),
    problems: &mut Vec<Problem>,
) {
    let Some(entry) = index.get(target, code) else {
        let unread = sheets.unread.contains(&(target, code.to_owned()));
        if !unread && !sheets.torn.contains(&target) {
            let expected = format!("a code of {target} in these files or in the database");
            problems.push(Problem::new(&row.place, column, code, expected));
        }
        return;
    };
    if let (Some(own), Some(other)) = (index.jurisdiction_of(row), &entry.jurisdiction)
        && own != *other
    {
        let found = format!("{code}, which belongs to {other}");
        let expected = format!("a code of {target} within {own}");
        problems.push(Problem::new(&row.place, column, found, expected));
    }
}

/// A code keeps its jurisdiction and its plan.
fn moved(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    for table in Table::ALL {
        for row in sheets.of(*table) {
            let Some(entry) = index.get(*table, row.code()).filter(|entry| entry.stored) else {
                continue;
            };
            let bonds = [("jurisdiction", &entry.jurisdiction), ("plan", &entry.plan)];
            for (column, bond) in bonds {
                if let (Some(found), Some(bond)) = (row.get(column), bond)
                    && found != bond
                {
                    let expected = format!("{bond}: {} has been there since", row.code());
                    problems.push(Problem::new(&row.place, column, found, expected));
                }
            }
        }
    }
}

fn cycles(sheets: &Sheets, index: &Index, table: Table, problems: &mut Vec<Problem>) {
    let below = |row: &&SheetRow| row.get("parent").is_some();
    for row in sheets.of(table).iter().filter(below) {
        let mut path: HashSet<&str> = HashSet::new();
        let mut next = Some(row.code());
        while let Some(code) = next {
            if !path.insert(code) {
                if code == row.code() {
                    let found = format!("{}, which lies below {code}", row.text("parent"));
                    let expected = "a parent outside its own branch";
                    problems.push(Problem::new(&row.place, "parent", found, expected));
                }
                break;
            }
            next = index
                .get(table, code)
                .and_then(|entry| entry.parent.as_deref());
        }
    }
}

fn clause_parents(sheets: &Sheets, index: &Index, problems: &mut Vec<Problem>) {
    for row in sheets.of(Table::Clauses) {
        let parent = row
            .get("parent")
            .and_then(|code| index.get(Table::Clauses, code));
        if let Some(plan) = parent.and_then(|entry| entry.plan.as_deref())
            && plan != row.text("plan")
        {
            let found = format!("{} of {plan}", row.text("parent"));
            let expected = format!("a clause of {}", row.text("plan"));
            problems.push(Problem::new(&row.place, "parent", found, expected));
        }
    }
}

/// Dates in their canonical text sort by time.
fn periods(sheets: &Sheets, problems: &mut Vec<Problem>) {
    for (table, from, to) in PERIODS {
        for row in sheets.of(*table) {
            if let (Some(first), Some(last)) = (row.get(from), row.get(to))
                && first > last
            {
                let expected = format!("a day not before {from}, which is {first}");
                problems.push(Problem::new(&row.place, to, last, expected));
            }
        }
    }
}
