//! What differs between the two databases when a template becomes SQL.

use sea_orm_migration::prelude::{DbErr, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Placeholder, type on SQLite, type on PostgreSQL.
///
/// SQLite tables are `STRICT`, so that a wrong type is refused there as it is on
/// PostgreSQL. Instants are RFC 3339 text in UTC on SQLite, which sorts by time. Text
/// sorts by code point on both.
const TYPES: [(&str, &str, &str); 9] = [
    ("{uuid}", "BLOB", "uuid"),
    ("{text}", "TEXT", "text COLLATE \"C\""),
    ("{int}", "INTEGER", "integer"),
    ("{bigint}", "INTEGER", "bigint"),
    ("{bool}", "INTEGER", "boolean"),
    ("{date}", "TEXT", "date"),
    ("{instant}", "TEXT", "timestamptz"),
    ("{strict}", "STRICT", ""),
    // The rows stand in their primary key, and nowhere else.
    ("{clustered}", "STRICT, WITHOUT ROWID", ""),
];

/// The template as SQL for this database.
#[must_use]
pub fn render(template: &str, backend: DbBackend) -> String {
    TYPES.iter().fold(
        template.to_owned(),
        |sql, (placeholder, sqlite, postgres)| {
            let word = if backend == DbBackend::Sqlite {
                sqlite
            } else {
                postgres
            };
            sql.replace(placeholder, word)
        },
    )
}

/// Runs the statements of a template.
pub(crate) async fn run(manager: &SchemaManager<'_>, template: &str) -> Result<(), DbErr> {
    let sql = render(template, manager.get_database_backend());
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}

/// Drops tables, in the order given.
pub(crate) async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        let sql = format!("DROP TABLE {table}");
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}
