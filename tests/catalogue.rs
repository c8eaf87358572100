//! Importing the catalogue, on every database.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use duban::clock::ManualClock;
use duban::import::{Source, read};
use duban::policy::{Action, Facts, Principal};
use duban::service::catalogue::{ImportFailure, Mode, Outcome, Progress, Sheets, Table};
use duban::service::{Call, Services};
use duban::store::{Access, DatabaseUrl, Store, WriteContext, ledger};
use duban_entities::vocabulary::{
    DueBasis, LeadBasis, MilestoneRole, ProjectKind, Stage, TaskState,
};
use duban_entities::{
    area, citation, clause, import_row, indicator, jurisdiction, plan, project, project_area,
    suggested_lead, task, task_evidence, unit,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tempfile::TempDir;

/// A fresh, migrated database that goes when the test ends.
struct Fresh {
    services: Services,
    _folder: TempDir,
}

fn clock() -> Arc<ManualClock> {
    let start: DateTime<Utc> = "2026-11-21T02:00:00Z".parse().unwrap();
    ManualClock::at(start)
}

async fn open(url: &str, folder: TempDir) -> Fresh {
    let clock = clock();
    let url: DatabaseUrl = url.parse().unwrap();
    let store = Store::open(&url, Access::ReadWrite, clock.clone())
        .await
        .unwrap();
    store.migrate().await.unwrap();
    Fresh {
        services: Services {
            store: Arc::new(store),
            clock,
        },
        _folder: folder,
    }
}

/// A database of every kind that can be reached: SQLite always, PostgreSQL where
/// `DUBAN_TEST_POSTGRES_URL` names a server.
async fn databases() -> Vec<Fresh> {
    let folder = TempDir::new().unwrap();
    let file = format!("sqlite://{}", folder.path().join("duban.db").display());
    let mut all = vec![open(&file, folder).await];
    if let Some(server) = std::env::var_os("DUBAN_TEST_POSTGRES_URL") {
        let url = new_postgres_database(server.to_str().unwrap()).await;
        all.push(open(&url, TempDir::new().unwrap()).await);
    }
    all
}

async fn new_postgres_database(server: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("duban_catalogue_{}_{number}", std::process::id());
    let mut connection = sqlx::PgConnection::connect(server).await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    connection.execute(AssertSqlSafe(create)).await.unwrap();
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = base.rsplit_once('/').unwrap();
    format!("{host}/{name}?{query}")
}

async fn import(services: &Services, sheets: Sheets, mode: Mode) -> Result<Outcome, ImportFailure> {
    let call = Call::system("import", "request-import".to_owned());
    services
        .import_catalogue(&call, sheets, mode, &|_| {})
        .await
}

async fn import_seeds(services: &Services) -> Outcome {
    import(services, read(&[Source::Seeds]), Mode::Apply)
        .await
        .unwrap()
}

/// Reads files written for the occasion.
fn sheets(files: &[(&str, &str)]) -> Sheets {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut sheets = read(&[Source::Path(folder.path().to_owned())]);
    let prefix = format!("{}/", folder.path().display());
    for problem in &mut sheets.problems {
        problem.place.file = problem.place.file.replace(&prefix, "").into();
    }
    for row in sheets.rows.values_mut().flatten() {
        row.place.file = row.place.file.replace(&prefix, "").into();
    }
    sheets
}

/// A small jurisdiction with two projects.
const SMALL: &[(&str, &str)] = &[
    (
        "jurisdictions.csv",
        "code,name,time_zone\nXXX,测试市,Asia/Shanghai\n",
    ),
    (
        "areas.csv",
        "code,jurisdiction,name,kind\nXXX-A,XXX,甲县,COUNTY\nXXX-B,XXX,乙区,DISTRICT\n",
    ),
    (
        "units.csv",
        "code,jurisdiction,name,kind,parent\nXXX-SUB,XXX,水库管理处,INSTITUTION,XXX-SLJ\nXXX-SLJ,XXX,市水利局,DEPARTMENT,\nXXX-JTJ,XXX,市交通局,DEPARTMENT,\nXXX-ALL,XXX,各县区,COLLECTIVE,\n",
    ),
    (
        "plans.csv",
        "code,jurisdiction,title,status,document_number,issued_on,period_from,period_to\nXXX-P,XXX,测试规划,IN_FORCE,测政〔2021〕1号,2021-03-01,2021-01-01,2025-12-31\n",
    ),
    (
        "clauses.csv",
        "code,plan,parent,number,heading,source_file,source_line\nXXX-P/1,XXX-P,,第一章,水利,p.txt,1\nXXX-P/1.1,XXX-P,XXX-P/1,第一节,水库,p.txt,2\n",
    ),
    (
        "projects.csv",
        "code,jurisdiction,title,kind,participation,stage,areas,due_date,due_words,lead_unit\nXXX-RES-0001,XXX,甲水库工程,RESERVOIR,LEADS,PROPOSED,XXX-B;XXX-A,,,\nXXX-ROA-0001,XXX,南环路,ROAD,LEADS,COMPLETED,,2023-12-31,到2023年底,XXX-JTJ\nXXX-ROA-0002,XXX,北环路,ROAD,SUPPORTS,,,,,\n",
    ),
    (
        "citations.csv",
        "project,clause,quote,phrase,demand,source_file,source_line\nXXX-RES-0001,XXX-P/1.1,甲水库,,BUILD,p.txt,3\nXXX-ROA-0001,XXX-P/1,南环路建成,已经通车,,p.txt,4\nXXX-ROA-0002,XXX-P/1,北环路,,SUPPORT,p.txt,5\n",
    ),
    (
        "phrases.csv",
        "phrase,demand,stage\n已经通车,COMPLETE,COMPLETED\n",
    ),
    (
        "suggested_leads.csv",
        "project,unit,source_file,source_line\nXXX-RES-0001,XXX-SLJ,p.txt,3\n",
    ),
    (
        "cooperating_units.csv",
        "project,unit,role_words\nXXX-RES-0001,XXX-JTJ,配合单位\n",
    ),
];

/// The small jurisdiction with one file replaced.
fn small_with(name: &'static str, text: &'static str) -> Sheets {
    let mut files: BTreeMap<&str, &str> = SMALL.iter().copied().collect();
    files.insert(name, text);
    let files: Vec<(&str, &str)> = files.into_iter().collect();
    sheets(&files)
}

async fn import_small(services: &Services) -> Outcome {
    import(services, sheets(SMALL), Mode::Apply).await.unwrap()
}

async fn db_project(services: &Services, code: &str) -> project::Model {
    project::Entity::find()
        .filter(project::Column::Code.eq(code))
        .one(services.store.read())
        .await
        .unwrap()
        .unwrap()
}

async fn db_milestone(services: &Services, code: &str) -> task::Model {
    let project = db_project(services, code).await;
    let tasks = task::Entity::find()
        .filter(task::Column::ProjectId.eq(project.id))
        .all(services.store.read())
        .await
        .unwrap();
    assert_eq!(tasks.len(), 1, "{code} has one milestone");
    tasks.into_iter().next().unwrap()
}

async fn db_unit(services: &Services, code: &str) -> unit::Model {
    unit::Entity::find()
        .filter(unit::Column::Code.eq(code))
        .one(services.store.read())
        .await
        .unwrap()
        .unwrap()
}

async fn ledger_length(services: &Services) -> i64 {
    ledger::head(services.store.read()).await.unwrap().seq
}

/// Changes a project as a person would, past the rules of who may.
async fn db_change_project(
    services: &Services,
    code: &str,
    change: impl FnOnce(&mut project::Model) + Send + 'static,
) {
    let before = db_project(services, code).await;
    let context = WriteContext {
        principal: Principal::system("test"),
        request_id: "request-test".to_owned(),
        reason: None,
    };
    services
        .store
        .write(context, move |work| {
            Box::pin(async move {
                let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
                let mut after = before.clone();
                change(&mut after);
                work.update(&permit, &before, after).await
            })
        })
        .await
        .unwrap();
}

fn problems(result: Result<Outcome, ImportFailure>) -> Vec<String> {
    match result {
        Err(ImportFailure::Problems(problems)) => {
            problems.iter().map(ToString::to_string).collect()
        }
        other => panic!("expected problems, got {other:?}"),
    }
}

#[tokio::test]
async fn all_the_plans_are_imported_and_a_second_time_nothing_changes() {
    for fresh in databases().await {
        let services = &fresh.services;
        let first = import_seeds(services).await;
        assert_eq!(first.of(Table::Jurisdictions).added, 3);
        assert!(first.of(Table::Projects).added > 1_200);
        assert!(first.matches.is_empty() && first.kept.is_empty());
        let length = ledger_length(services).await;
        let second = import_seeds(services).await;
        assert!(second.is_unchanged(), "{:?}", &second.changed);
        assert!(second.kept.is_empty(), "{:?}", &second.kept);
        let projects = second.of(Table::Projects);
        assert_eq!(projects.unchanged, first.of(Table::Projects).added);
        assert_eq!(ledger_length(services).await, length);
    }
}

#[tokio::test]
async fn every_subject_has_one_creation_in_the_ledger() {
    for fresh in databases().await {
        let services = &fresh.services;
        let outcome = import_seeds(services).await;
        let on = services.store.read();
        let entries = ledger::after(on, 0, 100_000).await.unwrap();
        let mut subjects: HashMap<&str, u64> = HashMap::new();
        for entry in &entries {
            *subjects.entry(&entry.subject_type).or_default() += 1;
            assert_eq!(ledger::hash(entry).unwrap(), entry.hash);
            let reason = entry.reason.as_deref().unwrap();
            assert!(reason.starts_with("导入 seeds"), "{reason}");
            assert_eq!(entry.actor_id, "system:import");
        }
        let counted = [
            ("Jurisdiction", jurisdiction::Entity::find().count(on).await),
            ("Area", area::Entity::find().count(on).await),
            ("Unit", unit::Entity::find().count(on).await),
            ("Plan", plan::Entity::find().count(on).await),
            ("Clause", clause::Entity::find().count(on).await),
            ("Indicator", indicator::Entity::find().count(on).await),
            ("Project", project::Entity::find().count(on).await),
            ("Task", task::Entity::find().count(on).await),
        ];
        for (subject, count) in counted {
            assert_eq!(subjects.get(subject), Some(&count.unwrap()), "{subject}");
        }
        assert_eq!(subjects["Task"], subjects["Project"]);
        assert_eq!(
            outcome.added.len() as u64 + subjects["Task"],
            entries.len() as u64
        );
        let citations = citation::Entity::find().count(on).await.unwrap();
        assert_eq!(
            citations as usize,
            read(&[Source::Seeds]).of(Table::Citations).len()
        );
    }
}

#[tokio::test]
async fn a_creation_lists_every_field_from_nothing() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let project = db_project(services, "XXX-RES-0001").await;
        let entries = ledger::after(services.store.read(), 0, 1_000)
            .await
            .unwrap();
        let entry = entries
            .iter()
            .find(|entry| entry.subject_id == project.id.to_string())
            .unwrap();
        let changes: Vec<ledger::FieldChange> = serde_json::from_str(&entry.changes).unwrap();
        assert!(changes.iter().all(|change| change.from.is_none()));
        let to: HashMap<&str, Option<&str>> = changes
            .iter()
            .map(|change| (change.field.as_str(), change.to.as_deref()))
            .collect();
        assert_eq!(to["areas"], Some("XXX-A;XXX-B"));
        assert_eq!(to["aliases"], None);
        assert_eq!(to["title"], Some("甲水库工程"));
        assert_eq!(
            to["cooperatingUnits"],
            Some(r#"[{"role_words":"配合单位","unit":"XXX-JTJ"}]"#)
        );
        assert_eq!(
            to["citations"],
            Some(
                r#"[{"clause":"XXX-P/1.1","demand":"BUILD","quote":"甲水库","source_file":"p.txt","source_line":"3"}]"#
            )
        );
        for field in [
            "externalIds",
            "suggestedLeads",
            "targets",
            "dueDate",
            "leadUnit",
        ] {
            assert!(to.contains_key(field), "{field}");
        }
    }
}

#[tokio::test]
async fn a_project_owes_its_completion_milestone() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let reservoir = db_milestone(services, "XXX-RES-0001").await;
        assert_eq!(reservoir.title, "建成");
        assert_eq!(reservoir.role, Some(MilestoneRole::Finish));
        assert_eq!((reservoir.weight, reservoir.unit_id), (10_000, None));
        assert_eq!(reservoir.due_basis, Some(DueBasis::PlanPeriod));
        assert_eq!(reservoir.due_date, "2025-12-31".parse().ok());
        assert_eq!(reservoir.baseline_due_date, None);
        let project = db_project(services, "XXX-RES-0001").await;
        assert_eq!(project.due_date, reservoir.due_date);
        assert_eq!(project.due_basis, reservoir.due_basis);
        let support = db_milestone(services, "XXX-ROA-0002").await;
        assert_eq!(support.title, "配合");
        assert_eq!(support.role, Some(MilestoneRole::Support));
    }
}

#[tokio::test]
async fn a_work_that_stands_by_the_text_is_done_with_the_plan_as_evidence() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let project = db_project(services, "XXX-ROA-0001").await;
        assert_eq!(project.stage, Stage::Completed);
        assert_eq!(project.percent_complete, 10_000);
        assert_eq!(project.lead_basis, Some(LeadBasis::Stated));
        assert_eq!(project.due_basis, Some(DueBasis::Stated));
        assert_eq!(project.baseline_due_date, "2023-12-31".parse().ok());
        let road = db_milestone(services, "XXX-ROA-0001").await;
        assert_eq!(road.state, TaskState::Done);
        assert_eq!(road.claim_note.as_deref(), Some("南环路建成"));
        assert_eq!(road.unit_id, project.lead_unit_id);
        let evidence = task_evidence::Entity::find()
            .filter(task_evidence::Column::TaskId.eq(road.id))
            .one(services.store.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(evidence.title, "测试规划");
        assert_eq!(evidence.document_number.as_deref(), Some("测政〔2021〕1号"));
        assert_eq!(evidence.document_date, "2021-03-01".parse().ok());
    }
}

#[tokio::test]
async fn what_people_changed_is_kept_and_reported() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let unit = db_unit(services, "XXX-SLJ").await.id;
        db_change_project(services, "XXX-RES-0001", move |project| {
            project.kind = ProjectKind::WaterSupply;
            project.lead_unit_id = Some(unit);
            project.lead_basis = Some(LeadBasis::Assigned);
        })
        .await;
        let outcome = import(
            services,
            small_with(
                "projects.csv",
                "code,jurisdiction,title,kind,lead_unit\nXXX-RES-0001,XXX,甲水库扩容工程,IRRIGATION,\n",
            ),
            Mode::Apply,
        )
        .await;
        let outcome = outcome.unwrap();
        let project = db_project(services, "XXX-RES-0001").await;
        assert_eq!(project.title, "甲水库扩容工程");
        assert_eq!(project.kind, ProjectKind::WaterSupply);
        assert_eq!(project.lead_unit_id, Some(unit));
        assert_eq!(outcome.changed.len(), 1);
        assert_eq!(outcome.changed[0].fields, ["title"]);
        let kept: Vec<_> = outcome
            .kept
            .iter()
            .map(|kept| (kept.field.as_str(), kept.imported.as_deref()))
            .collect();
        assert_eq!(kept, [("kind", Some("IRRIGATION")), ("lead_unit", None)]);
        assert_eq!(outcome.kept[0].current.as_deref(), Some("WATER_SUPPLY"));
    }
}

#[tokio::test]
async fn a_corrected_date_and_lead_reach_the_milestone_until_somebody_is_assigned() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let corrected = "code,jurisdiction,title,kind,due_date,lead_unit\nXXX-RES-0001,XXX,甲水库工程,RESERVOIR,2024-06-30,XXX-SLJ\n";
        let sheets = small_with("projects.csv", corrected);
        import(services, sheets, Mode::Apply).await.unwrap();
        let task = db_milestone(services, "XXX-RES-0001").await;
        let unit = db_unit(services, "XXX-SLJ").await.id;
        assert_eq!(task.unit_id, Some(unit));
        assert_eq!(task.due_basis, Some(DueBasis::Stated));
        assert_eq!(task.due_date, "2024-06-30".parse().ok());
        assert_eq!(task.baseline_due_date, task.due_date);
        assert_eq!(task.counted_due_date, task.due_date);
        db_change_project(services, "XXX-RES-0001", |project| {
            project.due_basis = Some(DueBasis::Scheduled);
        })
        .await;
        let outcome = import(services, sheets_small(), Mode::Apply).await.unwrap();
        assert!(outcome.kept.iter().any(|kept| kept.field == "due_date"));
        let later = db_milestone(services, "XXX-RES-0001").await;
        assert_eq!(later, task);
    }
}

fn sheets_small() -> Sheets {
    sheets(SMALL)
}

#[tokio::test]
async fn another_plan_adds_its_mentions_and_the_first_import_stays_as_it_is() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let addendum = [
            (
                "clauses.csv",
                "code,plan,parent,number,heading,source_file,source_line\nXXX-P/2,XXX-P,,,补充,q.txt,1\n",
            ),
            (
                "citations.csv",
                "project,clause,quote,phrase,demand,source_file,source_line\nXXX-RES-0001,XXX-P/2,扩建甲水库,,COMPLETE,q.txt,2\n",
            ),
        ];
        let outcome = import(services, sheets(&addendum), Mode::Apply)
            .await
            .unwrap();
        assert_eq!(outcome.changed.len(), 1);
        assert_eq!(outcome.changed[0].fields, ["citations"]);
        let project = db_project(services, "XXX-RES-0001").await;
        let mentions = citation::Entity::find()
            .filter(citation::Column::ProjectId.eq(project.id))
            .order_by_asc(citation::Column::Position)
            .all(services.store.read())
            .await
            .unwrap();
        let quotes: Vec<&str> = mentions.iter().map(|row| row.quote.as_str()).collect();
        assert_eq!(quotes, ["甲水库", "扩建甲水库"]);
        let suggested = suggested_lead::Entity::find()
            .one(services.store.read())
            .await;
        assert_eq!(suggested.unwrap().unwrap().citation_id, mentions[0].id);
        let positions = clause::Entity::find()
            .order_by_asc(clause::Column::Position)
            .all(services.store.read())
            .await
            .unwrap();
        let outline: Vec<_> = positions
            .iter()
            .map(|row| (row.code.as_str(), row.position))
            .collect();
        assert_eq!(outline, [("XXX-P/1", 0), ("XXX-P/1.1", 1), ("XXX-P/2", 2)]);
        let again = import(services, sheets_small(), Mode::Apply).await.unwrap();
        assert!(again.is_unchanged(), "{:?}", again.changed);
    }
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    for fresh in databases().await {
        let services = &fresh.services;
        let rehearsed = import(services, sheets_small(), Mode::DryRun)
            .await
            .unwrap();
        assert_eq!(ledger_length(services).await, 0);
        let on = services.store.read();
        assert_eq!(project::Entity::find().count(on).await.unwrap(), 0);
        assert_eq!(import_row::Entity::find().count(on).await.unwrap(), 0);
        let done = import_small(services).await;
        assert_eq!(rehearsed, done);
    }
}

#[tokio::test]
async fn a_possible_match_is_reported_and_not_merged() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let more = [
            (
                "projects.csv",
                "code,jurisdiction,title,kind\nXXX-RES-0002,XXX,甲 水库(项目),RESERVOIR\n",
            ),
            (
                "citations.csv",
                "project,clause,quote,phrase,source_file,source_line\nXXX-RES-0002,XXX-P/1,甲水库,,r.txt,3\n",
            ),
        ];
        let outcome = import(services, sheets(&more), Mode::Apply).await.unwrap();
        assert_eq!(outcome.matches.len(), 1);
        assert_eq!(outcome.matches[0].existing, "XXX-RES-0001");
        assert_eq!(outcome.of(Table::Projects).added, 1);
    }
}

#[tokio::test]
async fn every_problem_of_a_run_is_reported_and_nothing_is_written() {
    let files = [
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
    let expected = [
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
    for fresh in databases().await {
        let services = &fresh.services;
        for mode in [Mode::DryRun, Mode::Apply] {
            let found = problems(import(services, sheets(&files), mode).await);
            assert_eq!(found, expected);
        }
        let count = jurisdiction::Entity::find()
            .count(services.store.read())
            .await;
        assert_eq!(count.unwrap(), 0);
        assert_eq!(ledger_length(services).await, 0);
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

#[tokio::test]
async fn a_run_tells_how_far_it_is() {
    for fresh in databases().await {
        let told = std::sync::Mutex::new(Vec::<Progress>::new());
        let call = Call::system("import", "request-import".to_owned());
        let progress = |news: Progress| told.lock().unwrap().push(news);
        fresh
            .services
            .import_catalogue(&call, sheets_small(), Mode::Apply, &progress)
            .await
            .unwrap();
        let told = told.into_inner().unwrap();
        assert!(
            told.iter()
                .any(|news| news.step == "projects" && news.done == 3)
        );
        let areas = project_area::Entity::find().count(fresh.services.store.read());
        assert_eq!(areas.await.unwrap(), 2);
    }
}
