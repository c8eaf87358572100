//! The month: reports, issues, orders, changes, ratings, briefings.

use async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

const REQUESTS_ANEW: &str = include_str!("sql/m0006_change_requests_sqlite.sql");
const TABLES: [&str; 12] = [
    "duty_marks",
    "rating_overrides",
    "rating_adoptions",
    "order_dismissals",
    "order_tasks",
    "order_projects",
    "orders",
    "briefings",
    "document_numbers",
    "project_investments",
    "report_revisions",
    "report_drafts",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let requests = if manager.get_database_backend() == DbBackend::Sqlite {
            REQUESTS_ANEW
        } else {
            "ALTER TABLE change_requests ALTER COLUMN project_id DROP NOT NULL"
        };
        dialect::run(manager, requests).await?;
        dialect::run(manager, include_str!("sql/m0006_month.sql")).await
    }

    /// Proposed works have no place in the schema before: they go.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop_tables(manager, &TABLES).await?;
        dialect::run(manager, include_str!("sql/m0006_month_down.sql")).await?;
        if manager.get_database_backend() == DbBackend::Sqlite {
            let required =
                REQUESTS_ANEW.replace("project_id {uuid} REF", "project_id {uuid} NOT NULL REF");
            dialect::run(manager, &required).await
        } else {
            let required = "ALTER TABLE change_requests ALTER COLUMN project_id SET NOT NULL";
            dialect::run(manager, required).await
        }
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
