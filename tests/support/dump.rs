//! Everything that stands in the tables, to be compared before and after.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::sync::OnceCell;

/// Rows that signing in and throttling write whatever else happens.
const OPERATIONAL: [&str; 4] = [
    "refresh_tokens",
    "sessions",
    "throttles",
    "seaql_migrations",
];

/// Columns that a request writes by being made at all.
const NOTED: [&str; 2] = ["last_used_at", "last_used_peer"];

/// One line a row, sorted, operational rows apart.
pub async fn db_dump(connection: &DatabaseConnection) -> Vec<String> {
    static STATEMENTS: [OnceCell<String>; 2] = [const { OnceCell::const_new() }; 2];
    let n = usize::from(connection.get_database_backend() == DbBackend::Postgres);
    let sql = STATEMENTS[n].get_or_init(|| statement(connection)).await;
    texts(connection, sql).await
}

/// Every migrated database has the same tables: the statement is made once.
async fn statement(connection: &DatabaseConnection) -> String {
    let tables = tables(connection).await;
    let backend = connection.get_database_backend();
    let mut selects = Vec::new();
    for table in tables.iter().filter(|t| !OPERATIONAL.contains(&t.as_str())) {
        let columns = columns(connection, table).await;
        let columns = columns.iter().filter(|c| !NOTED.contains(&c.as_str()));
        let values: Vec<String> = columns.map(|column| shown(backend, column)).collect();
        let row = values.join(" || ' ' || ");
        selects.push(format!(
            "SELECT '{table}' || ' ' || {row} AS v FROM {table}"
        ));
    }
    format!("{} ORDER BY 1", selects.join(" UNION ALL "))
}

fn shown(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Sqlite => format!("'{column}=' || quote({column})"),
        _ => format!("'{column}=' || coalesce({column}::text, 'NULL')"),
    }
}

/// The names of the tables.
pub async fn tables(connection: &DatabaseConnection) -> Vec<String> {
    let sql = match connection.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name AS v FROM sqlite_schema WHERE type = 'table' \
             AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        }
        _ => "SELECT tablename::text AS v FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    };
    texts(connection, sql).await
}

/// The names of a table's columns, in order.
pub async fn columns(connection: &DatabaseConnection, table: &str) -> Vec<String> {
    let sql = match connection.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT name AS v FROM pragma_table_info('{table}')"),
        _ => format!(
            "SELECT column_name::text AS v FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
        ),
    };
    texts(connection, &sql).await
}

/// The texts that a statement selects as `v`.
pub async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "v").unwrap())
        .collect()
}

/// Fails unless nothing differs; says what does.
#[track_caller]
pub fn assert_same(before: &[String], after: &[String], what: &str) {
    if before == after {
        return;
    }
    let gone: Vec<&String> = before.iter().filter(|row| !after.contains(row)).collect();
    let new: Vec<&String> = after.iter().filter(|row| !before.contains(row)).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "{what} changed something\n gone: {gone:#?}\n new: {new:#?}"
    );
}
