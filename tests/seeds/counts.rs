//! The counts and the format of seeds/README.md, recomputed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;

use duban::import::format;
use duban::service::catalogue::{SheetRow, Sheets, Table};

use super::{project_file, sheets};

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

/// Compares what stands between the two marks in seeds/README.md; `DUBAN_BLESS=1` writes
/// it there.
#[track_caller]
fn assert_section(mark: &str, expected: &str) {
    let path = project_file("seeds/README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->\n"));
    let (before, rest) = readme.split_once(&open).unwrap();
    let (found, after) = rest.split_once(&close).unwrap();
    if std::env::var_os("DUBAN_BLESS").is_some_and(|value| value == "1") {
        let updated = [before, &open, expected, &close, after].concat();
        fs::write(&path, updated).unwrap();
        return;
    }
    assert_eq!(found, expected, "DUBAN_BLESS=1 writes seeds/README.md anew");
}

#[test]
fn the_readme_documents_the_format_that_is_read() {
    assert_section("format", &format!("\n{}\n", format::documentation()));
    assert_section("counts", &format!("\n{}\n", counts()));
}
