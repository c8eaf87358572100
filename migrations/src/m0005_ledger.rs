//! The ledger, and the triggers that keep it append-only.

use async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::dialect;

/// Name and SQL of each trigger on SQLite, as `sqlite_schema` keeps it: the program
/// compares them at start, because whoever holds the file could drop them.
///
/// `INSERT OR REPLACE` fires the delete trigger only with `recursive_triggers = ON`,
/// which the program sets on every connection.
pub const SQLITE_TRIGGERS: [(&str, &str); 2] = [
    (
        "ledger_no_update",
        "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    ),
    (
        "ledger_no_delete",
        "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    ),
];

/// Name and SQL of each trigger on PostgreSQL.
pub const POSTGRES_TRIGGERS: [(&str, &str); 2] = [
    (
        "ledger_no_change",
        "CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_append_only()",
    ),
    (
        "ledger_no_truncate",
        "CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()",
    ),
];

/// What PostgreSQL's triggers run, as `pg_proc` keeps it.
pub const POSTGRES_FUNCTION: &str = " BEGIN RAISE EXCEPTION 'the ledger is append-only'; END ";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, include_str!("sql/m0005_ledger.sql")).await?;
        let connection = manager.get_connection();
        let triggers = if manager.get_database_backend() == DbBackend::Sqlite {
            SQLITE_TRIGGERS
        } else {
            let function = format!(
                "CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $${POSTGRES_FUNCTION}$$"
            );
            connection.execute_unprepared(&function).await?;
            POSTGRES_TRIGGERS
        };
        for (_, sql) in triggers {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop_tables(manager, &["ledger"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager
                .get_connection()
                .execute_unprepared("DROP FUNCTION ledger_append_only()")
                .await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
