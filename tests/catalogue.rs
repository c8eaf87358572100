//! Importing the catalogue, on every database.

mod again;
mod first;
mod refused;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use duban::clock::ManualClock;
use duban::import::{Source, read};
use duban::policy::{Action, Facts, Principal};
use duban::service::catalogue::{ImportFailure, Mode, Outcome, Progress, Sheets, Table};
use duban::service::{Call, Services};
use duban::store::projects::ProjectFilter;
use duban::store::{WriteContext, ledger};
use duban_entities::vocabulary::{
    DueBasis, LeadBasis, MilestoneRole, ProjectKind, Stage, TaskState,
};
use duban_entities::{
    area, citation, clause, import_row, indicator, jurisdiction, plan, project, project_area,
    suggested_lead, task, task_evidence, unit,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use tempfile::TempDir;

use crate::support::world::services;
use crate::support::{Content, Database, Engine, NOW};

/// A fresh, migrated database with the services over it.
struct Fresh {
    services: Services,
    _database: Database,
}

/// A database of every kind that there is.
async fn databases() -> Vec<Fresh> {
    let mut all = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if engine.is_there() {
            let database = engine.database(Content::Schema).await;
            let clock = ManualClock::at(NOW);
            let store = database.store_at(Arc::clone(&clock)).await;
            all.push(Fresh {
                services: services(store, &clock),
                _database: database,
            });
        }
    }
    all
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
        .one(services.store.read().pool())
        .await
        .unwrap()
        .unwrap()
}

async fn db_milestone(services: &Services, code: &str) -> task::Model {
    let project = db_project(services, code).await;
    let tasks = task::Entity::find()
        .filter(task::Column::ProjectId.eq(project.id))
        .all(services.store.read().pool())
        .await
        .unwrap();
    assert_eq!(tasks.len(), 1, "{code} has one milestone");
    tasks.into_iter().next().unwrap()
}

async fn db_unit(services: &Services, code: &str) -> unit::Model {
    unit::Entity::find()
        .filter(unit::Column::Code.eq(code))
        .one(services.store.read().pool())
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
        simulated: false,
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

fn sheets_small() -> Sheets {
    sheets(SMALL)
}
