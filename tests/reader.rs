//! Rows are the same, whichever way they are read, and no read waits for another.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use duban::store::{facts, reader};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::Stage;
use duban_entities::{
    api_token, area, briefing, change_request, citation, clause, cooperating_unit, document_number,
    duty_mark, grant, idempotency, import_row, indicator, jurisdiction, ledger, order,
    order_dismissal, order_project, order_task, plan, project, project_alias, project_area,
    project_external_id, project_investment, rating_adoption, rating_override, refresh_token,
    report_draft, report_revision, search_gram, search_mark, search_text, search_unit, session,
    suggested_lead, tally, tally_mark, target, task, task_evidence, throttle, unit, unit_alias,
    unit_tally, user,
};
use futures_util::FutureExt;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    Statement,
};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{Engine, NOW, World, on_both, on_world};

on_both!(
    every_row_is_read_as_the_pool_reads_it,
    numbers_stand_behind_their_rows,
    a_cell_of_another_type_is_refused,
    a_long_statement_is_read_to_its_end,
    a_closed_store_reads_nothing,
);

/// What the world has no rows of: left to the tests of what fills it.
const EMPTY: [&str; 11] = [
    "briefing",
    "duty_mark",
    "idempotency",
    "import_row",
    "order_dismissal",
    "order_task",
    "project_investment",
    "refresh_token",
    "report_draft",
    "task_evidence",
    "throttle",
];

/// How many rows there are; panics where the two ways differ.
async fn compared<E>(world: &World) -> usize
where
    E: EntityTrait,
    E::Model: PartialEq + FromCells,
{
    let pooled = E::find().all(&world.db).await.unwrap();
    let read = world.services.store.read();
    assert_eq!(reader::all(read, E::find()).await.unwrap(), pooled);
    let found = reader::find::<E>;
    assert_eq!(reader::all(read, found()).await.unwrap(), pooled);
    assert_eq!(found().all(&world.db).await.unwrap(), pooled);
    pooled.len()
}

macro_rules! compared {
    ($world:ident: $($module:ident),+ $(,)?) => {
        [$((stringify!($module), compared::<$module::Entity>($world).await)),+]
    };
}

async fn every_row_is_read_as_the_pool_reads_it(world: &World) {
    let counts = compared!(world:
        api_token, area, briefing, change_request, citation, clause, cooperating_unit, duty_mark,
        document_number, grant, idempotency, import_row, indicator, jurisdiction, ledger, order,
        order_dismissal, order_project, order_task, plan, project, project_alias, project_area,
        project_external_id, project_investment, rating_adoption, rating_override, refresh_token,
        report_draft, report_revision, search_gram, search_mark, search_text, search_unit, session, suggested_lead, tally, tally_mark, target, task, task_evidence,
        throttle, unit, unit_alias, unit_tally, user,
    );
    let empty = counts.iter().filter(|(_, count)| *count == 0);
    let empty: Vec<&str> = empty.map(|(table, _)| *table).collect();
    assert_eq!(empty, EMPTY, "what is empty is not compared");
}

async fn a_long_statement_is_read_to_its_end(world: &World) {
    let select = project::Entity::find().order_by_asc(project::Column::Code);
    let read = world.services.store.read();
    let plain = reader::all(read, select).await.unwrap();
    assert!(!plain.is_empty());
    // When it comes again, it is known to take long.
    for _ in 0..2 {
        let long = reader::all(read, long_select()).await;
        assert_eq!(long.unwrap(), plain);
    }
}

/// Each connection has a thread and pages of its own: more than the places would only share
/// the same cores.
#[cfg(target_os = "linux")]
#[test]
fn long_reads_at_once_open_few_connections() {
    const READS: usize = 64;
    on_world(Engine::Sqlite, async |world| {
        let open = || {
            let files = std::fs::read_dir("/proc/self/fd").unwrap();
            let files = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
            files.filter(|path| *path == world.database.file()).count()
        };
        let before = open();
        let mut running = JoinSet::new();
        for _ in 0..READS {
            let read = world.services.store.read().clone();
            running.spawn(async move { reader::all(&read, long_select()).await.unwrap().len() });
        }
        let mut most = 0;
        while !running.is_empty() {
            most = most.max(open());
            while let Some(found) = running.try_join_next() {
                assert!(found.unwrap() > 0);
            }
            tokio::task::yield_now().await;
        }
        let cores = std::thread::available_parallelism().unwrap().get();
        assert!(most > before, "none was seen");
        assert!(most <= before + 8 + cores, "{most}, before {before}");
    });
}

/// Counts to 300,000 before the first row comes.
fn long_select() -> Select<project::Entity> {
    let counting = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                    WHERE i < 300000) SELECT max(i) FROM n) = 300000";
    let select = project::Entity::find().order_by_asc(project::Column::Code);
    select.filter(Expr::cust(counting))
}

async fn numbers_stand_behind_their_rows(world: &World) {
    let read = world.services.store.read();
    let select = || project::Entity::find().limit(3);
    let plain = reader::all(read, select()).await.unwrap();
    let numbered = reader::all_with(read, select(), Some(Expr::value(7)));
    let expected: Vec<_> = plain.into_iter().map(|row| (row, 7)).collect();
    assert_eq!(numbered.await.unwrap(), expected);
}

async fn a_cell_of_another_type_is_refused(world: &World) {
    use project::Column::{Code, Version};
    async fn refused<T: FromCells + std::fmt::Debug>(world: &World, column: project::Column) {
        let select = || {
            project::Entity::find()
                .select_only()
                .column(column)
                .limit(1)
        };
        let read = world.services.store.read();
        let own: Result<Vec<T>, _> = reader::tuples(read, select()).await;
        own.unwrap_err();
        let pooled: Result<Vec<T>, _> = reader::tuples(&world.db, select()).await;
        pooled.unwrap_err();
    }
    refused::<(i64,)>(world, Code).await;
    refused::<(Uuid,)>(world, Version).await;
    refused::<(String,)>(world, Version).await;
    refused::<(NaiveDate,)>(world, Code).await;
    refused::<(DateTime<Utc>,)>(world, Code).await;
    refused::<(Stage,)>(world, Code).await;
}

async fn a_closed_store_reads_nothing(world: &World) {
    let store = duban::store::Store::clone(&world.services.store);
    let read = store.read().clone();
    assert!(
        reader::one(&read, user::Entity::find())
            .await
            .unwrap()
            .is_some()
    );
    store.close().await.unwrap();
    reader::one(&read, user::Entity::find()).await.unwrap_err();
}

/// The first one hangs in its middle, as it may on PostgreSQL: the time zones, which every read of
/// dates needs, are not to be had from it.
#[test]
fn nobody_waits_for_who_reads_the_time_zones() {
    on_world(Engine::Postgres, async |world| {
        let store = &world.services.store;
        let mut hanging = Box::pin(store.today(i64::MAX, NOW));
        assert!(hanging.as_mut().now_or_never().is_none());
        let other = timeout(Duration::from_secs(60), store.today(i64::MAX, NOW)).await;
        other.expect("waits for the first one").unwrap();
        hanging.await.unwrap();
    });
}

/// Whom the policy is told of is looked up with every project that is shown by itself.
#[test]
fn the_units_that_owe_a_task_are_told_from_an_index() {
    on_world(Engine::Sqlite, async |world| {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&asked);
        let store = &world.services.store;
        store.watch(move |statement| noted.lock().unwrap().push(statement.to_string()));
        let row = project::Entity::find().one(&world.db).await.unwrap();
        facts::of_project(store.read(), &row.unwrap())
            .await
            .unwrap();
        let asked = asked.lock().unwrap().clone();
        let [statement] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        let explained = format!("EXPLAIN QUERY PLAN {statement}");
        let explained = Statement::from_string(DbBackend::Sqlite, explained);
        let plan = world.db.query_all_raw(explained).await.unwrap();
        let plan: Vec<String> = plan
            .iter()
            .map(|step| step.try_get("", "detail").unwrap())
            .collect();
        let index = "SEARCH tasks USING COVERING INDEX tasks_project_id_unit_id_idx";
        assert!(plan.iter().any(|step| step.starts_with(index)), "{plan:?}");
        assert!(
            !plan.iter().any(|step| step.contains("TEMP B-TREE")),
            "{plan:?}"
        );
    });
}
