//! Every sort of bad file and cell, and the exact words of its problem.

use super::*;

fn found(table: Table, bytes: &[u8]) -> Vec<String> {
    let mut sheets = Sheets::default();
    read(&mut sheets, table, "f.csv", bytes);
    let mut problems = sheets.problems;
    problems.sort();
    problems.iter().map(ToString::to_string).collect()
}

/// One area whose cells after the code are these.
fn area(cells: &str) -> String {
    format!("code,jurisdiction,name,kind,source_file,source_line\nA,J,{cells}\n")
}

fn assert_found(table: &[(Table, String, &str)]) {
    for (sheet, text, problem) in table {
        assert_eq!(found(*sheet, text.as_bytes()), [*problem]);
    }
}

#[test]
fn a_bad_cell_is_named_with_what_is_expected() {
    let long = "长".repeat(10_001);
    let table: &[(Table, String, &str)] = &[
        (
            Table::Areas,
            area(",COUNTY,,"),
            "f.csv:2: name: found nothing, expected text",
        ),
        (
            Table::Areas,
            area("甲县,县,,"),
            "f.csv:2: kind: found \"县\", expected one of COUNTY, DISTRICT, CITY, ZONE, TOWN, STREET",
        ),
        (
            Table::Areas,
            area("甲县,COUNTY,p.txt,-3"),
            "f.csv:2: source_line: found \"-3\", expected a whole number from 0",
        ),
        (
            Table::Areas,
            area("甲\0县,COUNTY,,"),
            "f.csv:2: name: found a NUL character, expected text",
        ),
        (
            Table::Areas,
            area(&format!("{long},COUNTY,,")),
            "f.csv:2: name: found 10001 characters, expected at most 10000",
        ),
        (
            Table::Areas,
            area("甲县,COUNTY"),
            "f.csv:2: found 4 cells, expected 6, as the header has",
        ),
        (
            Table::Areas,
            "code,jurisdiction,name,kind\nzmd,J,甲县,COUNTY\n".to_owned(),
            "f.csv:2: code: found \"zmd\", expected a code of capital letters, digits and . / -",
        ),
        (
            Table::Plans,
            "code,jurisdiction,title,status,issued_on\nP,J,规划,DRAFT,2021-3-1\n".to_owned(),
            "f.csv:2: issued_on: found \"2021-3-1\", expected a day as YYYY-MM-DD",
        ),
        (
            Table::Plans,
            "code,jurisdiction,title,status,issued_on\nP,J,规划,DRAFT,2021-02-30\n".to_owned(),
            "f.csv:2: issued_on: found \"2021-02-30\", expected a day as YYYY-MM-DD",
        ),
    ];
    assert_found(table);
}

#[test]
fn a_value_of_another_kind_is_named_with_what_is_expected() {
    let table: &[(Table, String, &str)] = &[
        (
            Table::Targets,
            "project,name,words,quantity\nP,长,约5公里,约5\n".to_owned(),
            "f.csv:2: quantity: found \"约5\", expected a number such as 12.5",
        ),
        (
            Table::Units,
            "code,jurisdiction,name,kind,simulated\nU,J,局,OTHER,yes\n".to_owned(),
            "f.csv:2: simulated: found \"yes\", expected true or false",
        ),
        (
            Table::Projects,
            "code,jurisdiction,title,kind,areas\nP,J,路,ROAD,A;;B\n".to_owned(),
            "f.csv:2: areas: found \"A;;B\", expected codes of capital letters, digits and . / - with ; between",
        ),
        (
            Table::Projects,
            "code,jurisdiction,title,kind,stage\nP,J,路,ROAD,SUSPENDED\n".to_owned(),
            "f.csv:2: stage: found \"SUSPENDED\", expected one of PROPOSED, IN_RESERVE, PREPARATION, CONSTRUCTION, COMPLETED, OPERATION",
        ),
        (
            Table::Jurisdictions,
            "code,name,time_zone\nJ,市,北京\n".to_owned(),
            "f.csv:2: time_zone: found \"北京\", expected a time zone such as Asia/Shanghai",
        ),
        (
            Table::Phrases,
            "phrase,demand\n建成,建成\n".to_owned(),
            "f.csv:2: demand: found \"建成\", expected one of STUDY, PREPARE, START, BUILD, COMPLETE, OPERATE, SUPPORT, UNSPECIFIED",
        ),
    ];
    assert_found(table);
}

#[test]
fn a_bad_header_is_named() {
    let known = "expected columns of unit_aliases: unit, alias, source_file, source_line";
    assert_eq!(
        found(Table::UnitAliases, b"unit,unit,nick\nU,U,N\n"),
        [
            "f.csv:1: alias: found no such column, expected it: it is required".to_owned(),
            format!("f.csv:1: nick: found the unknown column \"nick\", {known}"),
            "f.csv:1: unit: found the column twice, expected it once".to_owned(),
        ]
    );
    assert_eq!(
        found(Table::UnitAliases, b""),
        ["f.csv:1: found an empty file, expected a header row"]
    );
}

#[test]
fn other_encodings_are_refused_at_their_line() {
    assert_eq!(
        found(Table::UnitAliases, b"unit,alias\nU,\xCA\xD0\n"),
        ["f.csv:2: found bytes that are not UTF-8, expected the file saved as CSV UTF-8"]
    );
}

#[test]
fn an_unclosed_quotation_mark_does_not_swallow_the_rows_behind_it() {
    let text = "unit,alias\nU,\"a \"\"b\"\" c\"\nV,\"two\nlines\"\nW,5\"\nX,\"d\nY,e\n";
    assert_eq!(
        found(Table::UnitAliases, text.as_bytes()),
        [
            "f.csv:6: found a quotation mark that opens a cell, expected it closed: all that follows it would be one cell"
        ]
    );
}

#[test]
fn every_problem_of_a_file_is_found_at_its_own_line() {
    let text = "\u{FEFF}alias,unit\r\n\r\n\"two\r\nlines\",u\r\n\r\n,U\r\n";
    assert_eq!(
        found(Table::UnitAliases, text.as_bytes()),
        [
            "f.csv:3: unit: found \"u\", expected a code of capital letters, digits and . / -",
            "f.csv:6: alias: found nothing, expected text",
        ]
    );
}

#[test]
fn a_good_file_is_read_whatever_the_order_of_its_columns() {
    let mut sheets = Sheets::default();
    let text = "\u{FEFF}kind, title ,code,jurisdiction\nROAD, 甲路 ,J-1,J\n";
    read(&mut sheets, Table::Projects, "f.csv", text.as_bytes());
    assert_eq!(sheets.problems, []);
    let row = &sheets.of(Table::Projects)[0];
    assert_eq!((row.code(), row.get("title")), ("J-1", Some("甲路")));
    assert_eq!(row.place.line, 2);
    assert!(
        !row.cells.contains_key("stage"),
        "a missing column says nothing"
    );
}

#[test]
fn what_an_unreadable_row_would_have_been_is_remembered() {
    let mut sheets = Sheets::default();
    let text = "code,jurisdiction,name,kind\nA,J,甲县,县\n";
    read(&mut sheets, Table::Areas, "f.csv", text.as_bytes());
    assert!(sheets.unread.contains(&(Table::Areas, "A".to_owned())));
    assert!(sheets.torn.is_empty());
}
