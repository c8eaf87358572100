//! The units that owe a task of a project are told from the index alone. No list of a project's
//! tasks needs them by position but that of its milestones, which has an index of its own. Both may
//! have been done before, without a lock.

use async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        patient(manager).await?;
        let sql = "CREATE INDEX IF NOT EXISTS tasks_project_id_unit_id_idx \
            ON tasks (project_id, unit_id)";
        dialect::run(manager, sql).await?;
        dialect::run(
            manager,
            "DROP INDEX IF EXISTS tasks_project_id_position_idx",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        patient(manager).await?;
        let sql = "CREATE INDEX tasks_project_id_position_idx ON tasks (project_id, position)";
        dialect::run(manager, sql).await?;
        dialect::run(manager, "DROP INDEX tasks_project_id_unit_id_idx").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// An index over millions of tasks takes longer than a statement may.
async fn patient(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        dialect::run(manager, "SET LOCAL statement_timeout = 0").await?;
    }
    Ok(())
}
