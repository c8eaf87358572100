//! The milestones of a project in the order of its schedule, apart from its reports, of which
//! there are more each month. The index may have been made before, without a lock.

use async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            // The index over millions of tasks takes longer than a statement may.
            dialect::run(manager, "SET LOCAL statement_timeout = 0").await?;
        }
        let sql = "CREATE INDEX IF NOT EXISTS tasks_milestones_idx \
            ON tasks (project_id, position, id) WHERE kind = 'MILESTONE'";
        dialect::run(manager, sql).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, "DROP INDEX tasks_milestones_idx").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
