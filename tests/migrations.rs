//! The schema on both databases: up, down, and what happens when a change fails.

use std::collections::BTreeSet;

use duban::error::Error;
use duban::service::Call;
use duban::store::Store;
use duban::store::migrate::SchemaState;
use duban::store::writes::run_unprepared;
use duban_migrations::{Migrator, POSTGRES_TRIGGERS, SQLITE_TRIGGERS};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IdenStatic, Iterable};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::{MigratorTrait, async_trait};

use crate::support::dump::{columns, tables, texts};
use crate::support::{Content, Engine, on_both};

on_both!(engine:
    changes_go_up_down_and_up_again,
    the_columns_are_those_of_the_entities,
    a_failing_change_leaves_nothing,
    a_newer_schema_is_refused,
    instances_migrate_one_at_a_time,
    the_ledger_refuses_to_be_changed,
    a_missing_or_altered_trigger_is_found,
);

/// The schema as the database tells it.
async fn db_schema(engine: Engine, connection: &DatabaseConnection) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => {
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS v FROM sqlite_schema \
             WHERE name <> 'seaql_migrations' AND tbl_name <> 'seaql_migrations' ORDER BY 1"
        }
        Engine::Postgres => {
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
             || ' ' || coalesce(collation_name, '') AS v FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name <> 'seaql_migrations' \
             UNION ALL SELECT indexdef FROM pg_indexes \
             WHERE schemaname = 'public' AND tablename <> 'seaql_migrations' \
             UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
             AND conrelid <> 'seaql_migrations'::regclass \
             UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
             UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc \
             WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
        }
    };
    texts(connection, sql).await
}

async fn changes_go_up_down_and_up_again(engine: Engine) {
    let database = engine.database(Content::Nothing).await;
    let store = database.store().await;
    let all = Migrator::migrations().len();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Older(all));
    store.migrate().await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    let connection = database.connect().await;
    let first = db_schema(engine, &connection).await;
    assert!(first.len() > 100, "{first:#?}");
    for left in (0..all).rev() {
        Migrator::down(&connection, Some(1)).await.unwrap();
        let applied = Migrator::get_applied_migrations(&connection).await.unwrap();
        assert_eq!(applied.len(), left);
    }
    assert_eq!(db_schema(engine, &connection).await, Vec::<String>::new());
    store.migrate().await.unwrap();
    assert_eq!(db_schema(engine, &connection).await, first);
    store.migrate().await.unwrap();
    assert_eq!(db_schema(engine, &connection).await, first);
    store.check_ledger_triggers().await.unwrap();
    close(store, connection, database).await;
}

async fn close(store: Store, connection: DatabaseConnection, database: crate::support::Database) {
    store.close().await.unwrap();
    connection.close().await.unwrap();
    database.remove().await;
}

/// Name, and whether it may be NULL, of each column of an entity.
fn entity_columns<E: EntityTrait>(_: E) -> (String, BTreeSet<(String, bool)>)
where
    E::Column: Iterable,
{
    use sea_orm::ColumnTrait as _;
    let columns = E::Column::iter().map(|column| {
        let nullable = column.def().is_null();
        (column.as_str().to_owned(), nullable)
    });
    (E::default().table_name().to_owned(), columns.collect())
}

macro_rules! all_entities {
    ($($module:ident),+ $(,)?) => {
        vec![$(entity_columns(duban_entities::$module::Entity)),+]
    };
}

fn entities() -> Vec<(String, BTreeSet<(String, bool)>)> {
    all_entities!(
        api_token,
        area,
        briefing,
        change_request,
        citation,
        clause,
        cooperating_unit,
        document_number,
        duty_mark,
        grant,
        idempotency,
        import_row,
        indicator,
        jurisdiction,
        ledger,
        order,
        order_dismissal,
        order_project,
        order_task,
        plan,
        project,
        project_alias,
        project_area,
        project_external_id,
        project_investment,
        rating_adoption,
        rating_override,
        refresh_token,
        report_draft,
        report_revision,
        search_gram,
        search_mark,
        search_text,
        search_unit,
        session,
        suggested_lead,
        tally,
        tally_mark,
        target,
        task,
        task_evidence,
        throttle,
        unit,
        unit_alias,
        unit_tally,
        user,
    )
}

async fn db_nullable(engine: Engine, connection: &DatabaseConnection, table: &str) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => {
            format!("SELECT name AS v FROM pragma_table_info('{table}') WHERE NOT \"notnull\"")
        }
        Engine::Postgres => format!(
            "SELECT column_name::text AS v FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' AND is_nullable = 'YES'"
        ),
    };
    texts(connection, &sql).await
}

async fn the_columns_are_those_of_the_entities(engine: Engine) {
    let database = engine.database(Content::Schema).await;
    let connection = database.connect().await;
    let mut known = vec!["seaql_migrations".to_owned()];
    for (table, wanted) in entities() {
        let nullable = db_nullable(engine, &connection, &table).await;
        let found = columns(&connection, &table).await.into_iter();
        let found = found.map(|name| {
            let may_be_null = nullable.contains(&name);
            (name, may_be_null)
        });
        assert_eq!(found.collect::<BTreeSet<_>>(), wanted, "{table}");
        known.push(table);
    }
    known.sort();
    assert_eq!(tables(&connection).await, known, "tables without an entity");
    connection.close().await.unwrap();
    database.remove().await;
}

/// The migrations, and one more that fails halfway.
struct Failing;

#[async_trait::async_trait]
impl MigratorTrait for Failing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = Migrator::migrations();
        all.push(Box::new(Halfway));
        all
    }
}

/// Makes a table and changes another, then fails.
struct Halfway;

impl MigrationName for Halfway {
    fn name(&self) -> &'static str {
        "m9999_halfway"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Halfway {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for sql in [
            "CREATE TABLE halfway (id integer)",
            "ALTER TABLE users ADD COLUMN halfway integer",
            "DELETE FROM grants",
            "INSERT INTO no_such_table VALUES (1)",
        ] {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn a_failing_change_leaves_nothing(engine: Engine) {
    let database = engine.database(Content::World).await;
    let connection = database.connect().await;
    let before = db_schema(engine, &connection).await;
    let rows = crate::support::dump::db_dump(&connection).await;
    Failing::up(&connection, None).await.unwrap_err();
    assert_eq!(db_schema(engine, &connection).await, before);
    assert_eq!(crate::support::dump::db_dump(&connection).await, rows);
    let applied = Failing::get_applied_migrations(&connection).await.unwrap();
    assert_eq!(applied.len(), Migrator::migrations().len());
    connection.close().await.unwrap();
    database.remove().await;
}

/// Every change asks for a transaction: SQLite gives it none otherwise.
#[test]
fn every_change_asks_for_a_transaction() {
    for change in Migrator::migrations() {
        assert_eq!(change.use_transaction(), Some(true), "{}", change.name());
    }
}

async fn a_newer_schema_is_refused(engine: Engine) {
    let database = engine.database(Content::Schema).await;
    let connection = database.connect().await;
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 1)";
    connection.execute_unprepared(sql).await.unwrap();
    let store = database.store().await;
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Newer);
    let refused = store.migrate().await.unwrap_err();
    assert!(refused.to_string().contains("newer release"), "{refused}");
    close(store, connection, database).await;
}

async fn instances_migrate_one_at_a_time(engine: Engine) {
    if engine == Engine::Sqlite {
        // One process a file: there are no other instances.
        return;
    }
    let database = engine.database(Content::Nothing).await;
    let stores = [
        database.store().await,
        database.store().await,
        database.store().await,
    ];
    let [a, b, c] = stores.each_ref().map(Store::migrate);
    let (a, b, c) = tokio::join!(a, b, c);
    for outcome in [a, b, c] {
        outcome.unwrap();
    }
    for store in stores {
        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
        store.close().await.unwrap();
    }
    database.remove().await;
}

const ENTRY: &str = "(seq, at, request_id, actor_kind, actor_id, actor_name, action, \
    subject_type, subject_id, changes, prev_hash, hash) VALUES \
    (1, '2026-01-01T00:00:00Z', 'r', 'SYSTEM', 'system:x', 'x', 'a', 'User', 's', '[]', 'p', 'h')";

/// Runs a statement on the program's own connection, with its settings.
async fn db_write(store: &Store, sql: String) -> Result<(), Error> {
    let call = Call::system("test", "test".to_owned());
    let run = store.write(call.write(None), |work| {
        Box::pin(async move {
            run_unprepared(work.connection(), &sql).await?;
            Ok(())
        })
    });
    run.await
}

async fn the_ledger_refuses_to_be_changed(engine: Engine) {
    let database = engine.database(Content::Schema).await;
    let store = database.store().await;
    let insert = format!("INSERT INTO ledger {ENTRY}");
    db_write(&store, insert.clone()).await.unwrap();
    let mut attacks = vec![
        "UPDATE ledger SET reason = 'other'".to_owned(),
        "DELETE FROM ledger".to_owned(),
        format!("{insert} ON CONFLICT (seq) DO UPDATE SET reason = 'other'"),
    ];
    match engine {
        Engine::Sqlite => attacks.push(format!("INSERT OR REPLACE INTO ledger {ENTRY}")),
        Engine::Postgres => attacks.push("TRUNCATE ledger".to_owned()),
    }
    for attack in attacks {
        let refused = db_write(&store, attack.clone()).await.unwrap_err();
        let Error::Internal(why) = refused else {
            panic!("{attack}: {refused}");
        };
        assert!(why.contains("append-only"), "{attack}: {why}");
    }
    store.close().await.unwrap();
    database.remove().await;
}

async fn a_missing_or_altered_trigger_is_found(engine: Engine) {
    let (names, on_table, others): (Vec<&str>, _, Vec<&str>) = match engine {
        Engine::Sqlite => (
            SQLITE_TRIGGERS.iter().map(|(name, _)| *name).collect(),
            "",
            vec![
                "DROP TRIGGER ledger_no_update; CREATE TRIGGER ledger_no_update BEFORE UPDATE ON \
                 ledger WHEN OLD.seq > 5 BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
            ],
        ),
        Engine::Postgres => (
            POSTGRES_TRIGGERS.iter().map(|(name, _)| *name).collect(),
            " ON ledger",
            vec![
                "ALTER TABLE ledger DISABLE TRIGGER ledger_no_change",
                "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql \
                 AS $$ BEGIN RETURN OLD; END $$",
            ],
        ),
    };
    let drops = names
        .iter()
        .map(|name| format!("DROP TRIGGER {name}{on_table}"));
    for attack in drops.chain(others.into_iter().map(str::to_owned)) {
        let database = engine.database(Content::Schema).await;
        let (store, connection) = (database.store().await, database.connect().await);
        store.check_ledger_triggers().await.unwrap();
        connection.execute_unprepared(&attack).await.unwrap();
        let found = store.check_ledger_triggers().await;
        assert!(found.is_err(), "not found: {attack}");
        close(store, connection, database).await;
    }
}
