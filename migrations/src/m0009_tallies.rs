//! Counts that are kept with each change, for portfolios over very many projects.
//!
//! The tables begin empty: the program fills them jurisdiction by jurisdiction, and counts
//! afresh until it has. The index may have been made before, without a lock.

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
        dialect::run(manager, include_str!("sql/m0009_tallies.sql")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, "DROP INDEX tasks_open_counted_idx").await?;
        let tables = ["tally_marks", "unit_tallies", "tallies"];
        dialect::drop_tables(manager, &tables).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
