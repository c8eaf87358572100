//! What the compiled-in spreadsheets promise: every quote stands in its text, every phrase
//! is known, every row of the source catalogue is accounted for.

mod counts;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use duban::import::{Source, read, seeds};
use duban::service::catalogue::{SheetRow, Sheets, Table};

/// How many lines a quote may run over.
const LINES: usize = 4;

/// The stages, from the first to the furthest.
const STAGES: [&str; 6] = [
    "PROPOSED",
    "IN_RESERVE",
    "PREPARATION",
    "CONSTRUCTION",
    "COMPLETED",
    "OPERATION",
];

fn project_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sheets() -> Sheets {
    let sheets = read(&[Source::Seeds]);
    let problems: Vec<String> = sheets.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    sheets
}

fn at(row: &SheetRow) -> String {
    format!("{}:{}", row.place.file, row.place.line)
}

fn line_of(row: &SheetRow) -> usize {
    row.text("source_line").parse().unwrap()
}

/// The plan texts, if this machine has them.
fn plan_texts() -> Option<HashMap<String, Vec<String>>> {
    let strict = std::env::var_os("DUBAN_STRICT").is_some_and(|value| value == "1");
    let folder = std::env::var_os("DUBAN_PLAN_TEXTS").map(PathBuf::from);
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        assert!(
            !strict,
            "DUBAN_PLAN_TEXTS names no folder with the plan texts"
        );
        eprintln!("skipped: DUBAN_PLAN_TEXTS names no folder with the plan texts");
        return None;
    };
    let mut texts = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            texts.insert(name, text.split('\n').map(str::to_owned).collect());
        }
    }
    Some(texts)
}

fn without_space(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}

/// True if the quote begins in the line and runs on from there; an ellipsis stands for words
/// that are left out.
fn stands(lines: &[String], line: usize, quote: &str) -> bool {
    let first = without_space(&lines[line - 1]);
    let last = (line - 1 + LINES).min(lines.len());
    let joined = without_space(&lines[line - 1..last].concat());
    let quote = without_space(quote);
    let mut parts = quote.split('…').filter(|part| !part.is_empty());
    let Some(opening) = parts.next() else {
        return false;
    };
    let starts: Vec<usize> = joined
        .match_indices(opening)
        .map(|(start, _)| start)
        .collect();
    let rest: Vec<&str> = parts.collect();
    starts.into_iter().any(|start| {
        let mut from = start + opening.len();
        start < first.len()
            && rest.iter().all(|part| match joined[from..].find(part) {
                Some(found) => {
                    from += found + part.len();
                    true
                }
                None => false,
            })
    })
}

#[test]
fn every_quote_stands_in_its_text_at_its_line() {
    let Some(texts) = plan_texts() else {
        return;
    };
    let sheets = sheets();
    let mut wrong = Vec::new();
    for row in sheets.of(Table::Citations) {
        let lines = texts.get(row.text("source_file"));
        let holds = lines.is_some_and(|lines| {
            line_of(row) <= lines.len() && stands(lines, line_of(row), row.text("quote"))
        });
        if !holds {
            wrong.push(format!("{}: {}", at(row), row.text("quote")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_line_is_a_line_of_its_text() {
    let Some(texts) = plan_texts() else {
        return;
    };
    for (table, rows) in &sheets().rows {
        for row in rows.iter().filter(|row| row.get("source_file").is_some()) {
            let lines = texts.get(row.text("source_file"));
            let lines = lines.unwrap_or_else(|| panic!("{table} {}: no such text", at(row)));
            let line = line_of(row);
            assert!((1..=lines.len()).contains(&line), "{table} {}", at(row));
        }
    }
}

#[test]
fn every_phrase_is_in_the_table_once_and_used() {
    let sheets = sheets();
    let phrases: HashSet<&str> = sheets
        .of(Table::Phrases)
        .iter()
        .map(|row| row.text("phrase"))
        .collect();
    assert_eq!(phrases.len(), sheets.of(Table::Phrases).len());
    let mut used = HashSet::new();
    for row in sheets.of(Table::Citations) {
        if let Some(phrase) = row.get("phrase") {
            assert!(phrases.contains(phrase), "{}: {phrase}", at(row));
            used.insert(phrase);
        }
    }
    let unused: Vec<_> = phrases.difference(&used).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// The wording of a plan raises a stage only by a phrase about the present.
#[test]
fn a_projects_stage_is_the_furthest_that_its_phrases_tell_of() {
    let sheets = sheets();
    let rank = |stage: &str| STAGES.iter().position(|known| *known == stage).unwrap();
    let stages: HashMap<&str, usize> = sheets
        .of(Table::Phrases)
        .iter()
        .filter_map(|row| Some((row.text("phrase"), rank(row.get("stage")?))))
        .collect();
    let mut told: HashMap<&str, usize> = HashMap::new();
    for row in sheets.of(Table::Citations) {
        let stage = stages.get(row.text("phrase")).copied().unwrap_or(0);
        let furthest = told.entry(row.text("project")).or_default();
        *furthest = stage.max(*furthest);
    }
    for row in sheets.of(Table::Projects) {
        let stage = STAGES[told[row.code()]];
        assert_eq!(row.text("stage"), stage, "{} {}", at(row), row.code());
    }
}

/// A mention belongs to the last heading before it; headings on one line share it.
#[test]
fn every_citation_is_in_the_clause_nearest_above_it() {
    let sheets = sheets();
    let clauses: HashMap<&str, &SheetRow> = sheets
        .of(Table::Clauses)
        .iter()
        .map(|row| (row.code(), row))
        .collect();
    let mut headings: HashMap<&str, BTreeSet<usize>> = HashMap::new();
    for row in sheets.of(Table::Clauses) {
        let lines = headings.entry(row.text("source_file")).or_default();
        lines.insert(line_of(row));
    }
    for row in sheets.of(Table::Citations) {
        let clause = clauses[row.text("clause")];
        let lines = &headings[row.text("source_file")];
        let nearest = lines.range(..=line_of(row)).next_back();
        let own = (clause.text("source_file"), Some(&line_of(clause)));
        assert_eq!(own, (row.text("source_file"), nearest), "{}", at(row));
    }
}

/// Every code begins with its jurisdiction's, so a reference across shows.
#[test]
fn nothing_refers_across_a_jurisdiction() {
    let columns = [
        "project",
        "unit",
        "plan",
        "clause",
        "parent",
        "areas",
        "area",
        "lead_unit",
    ];
    for (table, rows) in &sheets().rows {
        for row in rows {
            let own = ["code", "project", "unit"]
                .into_iter()
                .find_map(|column| row.get(column));
            let Some((own, _)) = own.and_then(|code| code.split_once('-')) else {
                continue;
            };
            let jurisdiction = row.get("jurisdiction").unwrap_or(own);
            assert_eq!(jurisdiction, own, "{table} {}", at(row));
            for code in columns
                .iter()
                .flat_map(|column| row.text(column).split(';'))
            {
                let within = code.is_empty() || code.starts_with(&format!("{own}-"));
                assert!(within, "{table} {}: {code}", at(row));
            }
        }
    }
}

#[test]
fn every_spreadsheet_of_the_folder_is_compiled_in() {
    let mut found = BTreeSet::new();
    let mut folders = vec![project_file("seeds/catalogue"), project_file("seeds")];
    for entry in fs::read_dir(project_file("seeds/catalogue")).unwrap() {
        folders.push(entry.unwrap().path());
    }
    for folder in folders {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let csv = path.extension().is_some_and(|extension| extension == "csv");
            if csv && !path.ends_with("rows.csv") {
                let inside = path.strip_prefix(project_file("")).unwrap();
                found.insert(inside.to_str().unwrap().to_owned());
            }
        }
    }
    let compiled: BTreeSet<String> = seeds::SEEDS
        .iter()
        .map(|seed| seed.path.to_owned())
        .collect();
    assert_eq!(found, compiled);
}
