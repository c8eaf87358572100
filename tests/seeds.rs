//! What the compiled-in spreadsheets promise: every quote stands in its text, every phrase
//! is known, every row of the source catalogue is accounted for.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use duban::import::{Source, format, read, seeds};
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

/// What became of a row of the source catalogue.
struct Row {
    row: String,
    outcome: String,
    project: String,
    reason: String,
}

/// The sources of the catalogue: the prefix of its rows, and the text.
const SOURCES: [(&str, &str); 5] = [
    ("ZMD", "000 驻马店市规划纲要(草案)"),
    ("GZ", "001 驻马店市政府公报"),
    ("DBS", "002 驻马店市老区振兴实施意见"),
    ("LH", "003 漯河经济技术开发区规划纲要"),
    ("JZ", "004 焦作市城乡一体化示范区规划纲要"),
];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for folder in ["zhumadian", "luohe", "jiaozuo"] {
        let path = project_file(&format!("seeds/catalogue/{folder}/rows.csv"));
        for record in csv::Reader::from_path(path).unwrap().records() {
            let record = record.unwrap();
            rows.push(Row {
                row: record[0].to_owned(),
                outcome: record[1].to_owned(),
                project: record[2].to_owned(),
                reason: record[3].to_owned(),
            });
        }
    }
    rows
}

fn source_of(row: &Row) -> &str {
    row.row.rsplit_once('-').unwrap().0
}

#[test]
fn every_row_of_the_source_catalogue_is_accounted_for() {
    let sheets = sheets();
    let projects: HashMap<&str, &SheetRow> = sheets
        .of(Table::Projects)
        .iter()
        .map(|row| (row.code(), row))
        .collect();
    let mut seen = HashSet::new();
    for row in rows() {
        let name = &row.row;
        assert!(seen.insert(name.clone()), "{name} twice");
        let project = projects.get(row.project.as_str());
        match row.outcome.as_str() {
            "PROJECT" => assert_eq!(project.unwrap().get("parent"), None, "{name}"),
            "CHILD" => assert!(project.unwrap().get("parent").is_some(), "{name}"),
            "CITATION" => assert!(project.is_some() && !row.reason.is_empty(), "{name}"),
            "LEFT_OUT" => assert!(row.project.is_empty() && !row.reason.is_empty(), "{name}"),
            other => panic!("{name}: {other}"),
        }
    }
}

/// The counts of seeds/README.md, from the spreadsheets.
fn counts() -> String {
    let (rows, sheets) = (rows(), sheets());
    let mut text = String::from(
        "| text | rows in | a project | a child | merged into a project | left out |\n|---|---|---|---|---|---|\n",
    );
    let mut total = [0; 5];
    for (prefix, title) in SOURCES {
        let of_source = || rows.iter().filter(|row| source_of(row) == prefix);
        let of = |outcome| of_source().filter(|row| row.outcome == outcome).count();
        let line = [
            of_source().count(),
            of("PROJECT"),
            of("CHILD"),
            of("CITATION"),
            of("LEFT_OUT"),
        ];
        total = std::array::from_fn(|at| total[at] + line[at]);
        writeln!(
            text,
            "| {title} | {} |",
            line.map(|n| n.to_string()).join(" | ")
        )
        .unwrap();
    }
    writeln!(
        text,
        "| all | {} |\n",
        total.map(|n| n.to_string()).join(" | ")
    )
    .unwrap();
    text.push_str(&projects_out(&rows, &sheets));
    text.push_str(&left_out(&rows));
    text.push_str(&tables(&sheets));
    text
}

fn projects_out(rows: &[Row], sheets: &Sheets) -> String {
    let own: HashSet<&str> = rows
        .iter()
        .filter(|row| matches!(row.outcome.as_str(), "PROJECT" | "CHILD"))
        .map(|row| row.project.as_str())
        .collect();
    let mut text = String::from(
        "| jurisdiction | projects out | with a row of their own | without one | children among them |\n|---|---|---|---|---|\n",
    );
    for jurisdiction in sheets.of(Table::Jurisdictions) {
        let projects = || {
            let all = sheets.of(Table::Projects).iter();
            all.filter(|row| row.text("jurisdiction") == jurisdiction.code())
        };
        let with_row = projects().filter(|row| own.contains(row.code())).count();
        let children = projects().filter(|row| row.get("parent").is_some()).count();
        let all = projects().count();
        let name = jurisdiction.text("name");
        writeln!(
            text,
            "| {name} | {all} | {with_row} | {} | {children} |",
            all - with_row
        )
        .unwrap();
    }
    text.push('\n');
    text
}

/// A reason begins with its sort: `创建申报:…`.
fn left_out(rows: &[Row]) -> String {
    let mut reasons: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.outcome == "LEFT_OUT") {
        let sort = row
            .reason
            .split_once(':')
            .map_or(row.reason.as_str(), |(sort, _)| sort);
        let source = SOURCES
            .iter()
            .position(|(prefix, _)| *prefix == source_of(row));
        reasons.entry(sort).or_default()[source.unwrap()] += 1;
    }
    let mut text = String::from(
        "| left out because it is | 000 | 001 | 002 | 003 | 004 |\n|---|---|---|---|---|---|\n",
    );
    for (sort, counts) in reasons {
        writeln!(
            text,
            "| {sort} | {} |",
            counts.map(|n| n.to_string()).join(" | ")
        )
        .unwrap();
    }
    text.push('\n');
    text
}

fn tables(sheets: &Sheets) -> String {
    let mut text = String::from("| table | rows |\n|---|---|\n");
    for table in Table::ALL {
        writeln!(text, "| {table} | {} |", sheets.of(*table).len()).unwrap();
    }
    text
}

/// Compares what stands between the two marks in seeds/README.md; `DUBAN_UPDATE=1` writes
/// it there.
#[track_caller]
fn assert_section(mark: &str, expected: &str) {
    let path = project_file("seeds/README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->\n"));
    let (before, rest) = readme.split_once(&open).unwrap();
    let (found, after) = rest.split_once(&close).unwrap();
    if std::env::var_os("DUBAN_UPDATE").is_some_and(|value| value == "1") {
        let updated = [before, &open, expected, &close, after].concat();
        fs::write(&path, updated).unwrap();
        return;
    }
    assert_eq!(
        found, expected,
        "DUBAN_UPDATE=1 writes seeds/README.md anew"
    );
}

#[test]
fn the_readme_documents_the_format_that_is_read() {
    assert_section("format", &format!("\n{}\n", format::documentation()));
    assert_section("counts", &format!("\n{}\n", counts()));
}
