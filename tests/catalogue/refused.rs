//! Imports that are refused, and leave nothing.

use super::*;

/// Files with every sort of problem.
const BROKEN: &[(&str, &str)] = &[
    (
        "jurisdictions.csv",
        "code,name,time_zone\nXXX,测试市,Asia/Shanghai\nYYY,别的市,Mars/Base\nZZZ,第三市,Asia/Shanghai\n",
    ),
    (
        "areas.csv",
        "code,jurisdiction,name,kind\nZZZ-A,ZZZ,甲县,COUNTY\n",
    ),
    (
        "units.csv",
        "code,jurisdiction,name,kind,parent,valid_from,valid_to\nXXX-1,XXX,一,DEPARTMENT,XXX-2,,\nXXX-2,XXX,二,DEPARTMENT,XXX-1,,\nXXX-1,XXX,又一,OTHER,,,\nXXX-C,XXX,各县区,COLLECTIVE,,2024-01-01,2023-01-01\nYYY-1,YYY,三,OTHER,,,\n",
    ),
    (
        "plans.csv",
        "code,jurisdiction,title,status,period_from,period_to\nXXX-P,XXX,规划,IN_FORCE,2025-12-31,2021-01-01\nXXX-Q,XXX,规划二,DRAFT,,\n",
    ),
    (
        "clauses.csv",
        "code,plan,parent,heading,source_file,source_line\nXXX-P/1,XXX-P,,一,p.txt,1\nXXX-Q/1,XXX-Q,XXX-P/1,一,p.txt,x\nXXX-Q/2,XXX-Q,XXX-P/1,二,p.txt,9\n",
    ),
    (
        "projects.csv",
        "code,jurisdiction,title,kind,areas,lead_unit,parent\nXXX-ROA-0001,XXX,路,ROAD,ZZZ-A,XXX-C,\nYYX-ROA-0002,XXX,路二,ROAD,XXX-NO,,XXX-ROA-0009\n",
    ),
    (
        "citations.csv",
        "project,clause,quote,phrase,source_file,source_line\nXXX-ROA-0001,XXX-P/1,路,没有这个说法,p.txt,1\n",
    ),
    (
        "suggested_leads.csv",
        "project,unit,source_file,source_line\nXXX-ROA-0001,XXX-C,p.txt,7\n",
    ),
    (
        "targets.csv",
        "project,name,words,quantity,quantity_to,qualifier\nXXX-ROA-0001,长,约5公里,5,,\nXXX-ROA-0001,宽,3-5米,3,,RANGE\n",
    ),
];

/// Their problems.
const PROBLEMS: &[&str] = &[
    "citations.csv:2: phrase: found \"没有这个说法\", expected a phrase of the phrase table, or a word in the column demand",
    "clauses.csv:3: source_line: found \"x\", expected a whole number from 0",
    "clauses.csv:4: parent: found XXX-P/1 of XXX-P, expected a clause of XXX-Q",
    "jurisdictions.csv:3: time_zone: found \"Mars/Base\", expected a time zone such as Asia/Shanghai",
    "plans.csv:2: period_to: found 2021-01-01, expected a day not before period_from, which is 2025-12-31",
    "projects.csv:2: areas: found ZZZ-A, which belongs to ZZZ, expected a code of areas within XXX",
    "projects.csv:2: lead_unit: found XXX-C, a collective name, expected a unit that can answer for it",
    "projects.csv:3: areas: found XXX-NO, expected a code of areas in these files or in the database",
    "projects.csv:3: code: found YYX-ROA-0002, expected a code that begins with XXX-",
    "projects.csv:3: code: found YYX-ROA-0002 without a citation, expected at least one row in citations for a new project",
    "projects.csv:3: parent: found XXX-ROA-0009, expected a code of projects in these files or in the database",
    "suggested_leads.csv:2: source_line: found p.txt:7, expected the file and line of a citation of XXX-ROA-0001",
    "suggested_leads.csv:2: unit: found XXX-C, a collective name, expected a unit that can answer for it",
    "targets.csv:2: qualifier: found nothing, expected a word where quantity is stated",
    "targets.csv:3: quantity_to: found nothing, expected the upper end of the RANGE",
    "units.csv:2: parent: found XXX-2, which lies below XXX-1, expected a parent outside its own branch",
    "units.csv:3: parent: found XXX-1, which lies below XXX-2, expected a parent outside its own branch",
    "units.csv:4: code: found \"XXX-1\" again, expected it once: it stands at units.csv:2",
    "units.csv:5: valid_to: found 2023-01-01, expected a day not before valid_from, which is 2024-01-01",
];

#[tokio::test]
async fn every_problem_of_a_run_is_reported_and_nothing_is_written() {
    for fresh in databases().await {
        let services = &fresh.services;
        for mode in [Mode::DryRun, Mode::Apply] {
            let found = problems(import(services, sheets(BROKEN), mode).await);
            assert_eq!(found, PROBLEMS);
        }
        let count = jurisdiction::Entity::find()
            .count(services.store.read().pool())
            .await;
        assert_eq!(count.unwrap(), 0);
        assert_eq!(ledger_length(services).await, 0);
    }
}

#[tokio::test]
async fn a_unit_that_leads_does_not_become_a_collective_name() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let units = "code,jurisdiction,name,kind\nXXX-SLJ,XXX,各水利单位,COLLECTIVE\n";
        let sheets = sheets(&[("units.csv", units)]);
        let found = problems(import(services, sheets, Mode::Apply).await);
        assert_eq!(
            found,
            [
                "units.csv:2: kind: found COLLECTIVE, expected another kind: the unit leads projects or is suggested to"
            ]
        );
    }
}

#[tokio::test]
async fn a_code_keeps_its_jurisdiction() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let moved = [
            (
                "jurisdictions.csv",
                "code,name,time_zone\nYYY,别的市,Asia/Shanghai\n",
            ),
            (
                "units.csv",
                "code,jurisdiction,name,kind\nXXX-SLJ,YYY,市水利局,DEPARTMENT\n",
            ),
        ];
        let found = problems(import(services, sheets(&moved), Mode::Apply).await);
        assert_eq!(
            found,
            ["units.csv:2: jurisdiction: found YYY, expected XXX: XXX-SLJ has been there since"]
        );
    }
}

#[tokio::test]
async fn only_an_administrator_of_everything_imports() {
    for fresh in databases().await {
        let mut call = Call::system("import", "request-import".to_owned());
        call.principal = Principal::anonymous();
        let result = fresh
            .services
            .import_catalogue(&call, sheets_small(), Mode::Apply, &|_| {})
            .await;
        let Err(ImportFailure::Failed(error)) = result else {
            panic!("expected a refusal");
        };
        assert_eq!(error.code(), "UNAUTHENTICATED");
    }
}
