//! Nothing looks an entry of the ledger up by its hash, and its number is hashed with it: the
//! primary key says as much as a unique index over hashes. As hashes are scattered, each entry
//! cost a page of that index. It may have been dropped before, without a lock.

use async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, "DROP INDEX IF EXISTS ledger_hash_key").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            // The index over millions of entries takes longer than a statement may.
            dialect::run(manager, "SET LOCAL statement_timeout = 0").await?;
        }
        let sql = "CREATE UNIQUE INDEX ledger_hash_key ON ledger (hash)";
        dialect::run(manager, sql).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
