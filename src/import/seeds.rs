//! The plans that are compiled in: the same spreadsheets that users import.

use std::collections::HashSet;

use super::reader;
use crate::service::catalogue::{Sheets, Table};

macro_rules! seeds {
    ($($folder:literal: $($table:ident $name:literal)+;)+) => {
        &[$($(Seed {
            table: Table::$table,
            path: concat!("seeds/", $folder, $name, ".csv"),
            text: include_str!(concat!("../../seeds/", $folder, $name, ".csv")),
        },)+)+]
    };
}

/// A spreadsheet that is compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Its table.
    pub table: Table,
    /// Its path in the project.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Every spreadsheet.
pub const SEEDS: &[Seed] = seeds! {
    "": Phrases "phrases";
    "catalogue/zhumadian/":
        Jurisdictions "jurisdictions" Areas "areas" Units "units" UnitAliases "unit_aliases"
        Plans "plans" Clauses "clauses" Indicators "indicators" Projects "projects"
        ProjectAliases "project_aliases" Citations "citations"
        SuggestedLeads "suggested_leads" CooperatingUnits "cooperating_units"
        Targets "targets";
    "catalogue/luohe/":
        Jurisdictions "jurisdictions" Areas "areas" Units "units" UnitAliases "unit_aliases"
        Plans "plans" Clauses "clauses" Indicators "indicators" Projects "projects"
        ProjectAliases "project_aliases" Citations "citations"
        SuggestedLeads "suggested_leads" Targets "targets";
    "catalogue/jiaozuo/":
        Jurisdictions "jurisdictions" Areas "areas" Units "units" UnitAliases "unit_aliases"
        Plans "plans" Clauses "clauses" Indicators "indicators" Projects "projects"
        ProjectAliases "project_aliases" Citations "citations"
        SuggestedLeads "suggested_leads" Targets "targets";
};

/// The units that only the demonstration has.
pub const DEMO: &[Seed] = seeds! {
    "demo/": Units "units";
};

/// Reads spreadsheets that are compiled in.
pub(super) fn read(sheets: &mut Sheets, name: &str, seeds: &[Seed]) {
    sheets.sources.push(name.to_owned());
    for seed in seeds {
        reader::read(sheets, seed.table, seed.path, seed.text.as_bytes());
    }
}

/// Puts the built-in phrase table behind the phrases of the run.
pub(super) fn add_phrases(sheets: &mut Sheets) {
    let mut builtin = Sheets::default();
    for seed in SEEDS.iter().filter(|seed| seed.table == Table::Phrases) {
        reader::read(&mut builtin, seed.table, seed.path, seed.text.as_bytes());
    }
    let rows = sheets.rows.entry(Table::Phrases).or_default();
    let own: HashSet<String> = rows
        .iter()
        .map(|row| row.text("phrase").to_owned())
        .collect();
    let builtin = builtin.rows.remove(&Table::Phrases).unwrap_or_default();
    rows.extend(
        builtin
            .into_iter()
            .filter(|row| !own.contains(row.text("phrase"))),
    );
}
