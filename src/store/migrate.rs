//! Bringing the schema up to date, and refusing one that this program does not know.

use duban_migrations::{Migrator, POSTGRES_FUNCTION, POSTGRES_TRIGGERS, SQLITE_TRIGGERS};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::MigratorTrait;

use super::{Store, reader, search};
use crate::error::{Error, Result};

/// The advisory lock under which one instance migrates on PostgreSQL ("duban mig").
const MIGRATION_LOCK: i64 = 0x6475_6261_6e6d_6967;

/// How the schema stands against this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// They match.
    Current,
    /// This many changes are missing.
    Older(usize),
    /// It has changes that this program does not know.
    Newer,
}

impl Store {
    /// Compares the schema with this program's.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn schema_state(&self) -> Result<SchemaState> {
        let known: Vec<String> = Migrator::migrations()
            .iter()
            .map(|migration| migration.name().to_owned())
            .collect();
        let applied = self.applied_migrations().await?;
        if applied.iter().any(|name| !known.contains(name)) {
            return Ok(SchemaState::Newer);
        }
        Ok(match known.len() - applied.len() {
            0 if !search::is_made(&self.reader).await? => SchemaState::Older(1),
            0 => SchemaState::Current,
            missing => SchemaState::Older(missing),
        })
    }

    async fn applied_migrations(&self) -> Result<Vec<String>> {
        let exists = match self.backend {
            DbBackend::Sqlite => {
                "SELECT name AS v FROM sqlite_schema WHERE type = 'table' AND name = 'seaql_migrations'"
            }
            _ => {
                "SELECT to_regclass('seaql_migrations')::text AS v WHERE to_regclass('seaql_migrations') IS NOT NULL"
            }
        };
        if self.texts(exists).await?.is_empty() {
            return Ok(Vec::new());
        }
        self.texts("SELECT version AS v FROM seaql_migrations ORDER BY version")
            .await
    }

    /// True for a database in which there is any table at all.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn has_tables(&self) -> Result<bool> {
        let sql = match self.backend {
            DbBackend::Sqlite => "SELECT name AS v FROM sqlite_schema WHERE type = 'table' LIMIT 1",
            _ => {
                "SELECT tablename::text AS v FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"
            }
        };
        Ok(!self.texts(sql).await?.is_empty())
    }

    /// True where there is a table of this name.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn has_table(&self, name: &'static str) -> Result<bool> {
        let sql = match self.backend {
            DbBackend::Sqlite => {
                "SELECT 1 AS v FROM sqlite_schema WHERE type = 'table' AND name = $1"
            }
            _ => "SELECT 1 AS v WHERE to_regclass($1) IS NOT NULL",
        };
        let statement = Statement::from_sql_and_values(self.backend, sql, [name.into()]);
        let found: Vec<(i32,)> = reader::written(&self.reader, statement).await?;
        Ok(!found.is_empty())
    }

    async fn texts(&self, sql: &'static str) -> Result<Vec<String>> {
        let statement = Statement::from_string(self.backend, sql);
        let texts: Vec<(String,)> = reader::written(&self.reader, statement).await?;
        Ok(texts.into_iter().map(|(text,)| text).collect())
    }

    /// Applies what is missing, one change a transaction, and makes the index of the search
    /// where it is not the one of this program; on PostgreSQL one instance at a time.
    ///
    /// # Errors
    /// [`Error::Internal`] when a change fails (it leaves nothing behind) or when the schema
    /// is newer than this program.
    pub async fn migrate(&self) -> Result<()> {
        if self.schema_state().await? == SchemaState::Newer {
            return Err(too_new());
        }
        if self.backend == DbBackend::Postgres {
            return self.migrate_under_lock().await;
        }
        self.apply().await
    }

    async fn apply(&self) -> Result<()> {
        Migrator::up(&self.pool, None).await?;
        if !search::is_made(&self.pool).await? {
            self.index_search().await?;
        }
        Ok(())
    }

    /// The lock is held by a transaction of its own connection, so that it goes when the
    /// connection does.
    async fn migrate_under_lock(&self) -> Result<()> {
        let guard = self.begin().await?;
        let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        guard.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0").await?;
        guard.execute_unprepared(&lock).await?;
        self.apply().await?;
        guard.commit().await?;
        Ok(())
    }

    /// Checks that the triggers that keep the ledger append-only are there, unchanged.
    ///
    /// # Errors
    /// [`Error::Internal`] naming the trigger that is missing or was altered.
    pub async fn check_ledger_triggers(&self) -> Result<()> {
        let (sql, wanted) = match self.backend {
            DbBackend::Sqlite => (
                "SELECT sql AS v FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'ledger'",
                SQLITE_TRIGGERS,
            ),
            _ => (
                "SELECT pg_get_triggerdef(oid) AS v FROM pg_trigger WHERE tgrelid = 'ledger'::regclass AND NOT tgisinternal AND tgenabled = 'O'",
                POSTGRES_TRIGGERS,
            ),
        };
        let found = self.texts(sql).await?;
        for (name, definition) in wanted {
            let same = |text: &String| comparable(text) == comparable(definition);
            if !found.iter().any(same) {
                return Err(Error::internal(format!(
                    "the trigger {name} that keeps the ledger append-only is missing or altered"
                )));
            }
        }
        if self.backend == DbBackend::Postgres {
            self.check_ledger_function().await?;
        }
        Ok(())
    }

    /// The triggers may stand while what they run does nothing.
    async fn check_ledger_function(&self) -> Result<()> {
        let sql = "SELECT prosrc AS v FROM pg_proc WHERE oid = 'ledger_append_only'::regproc";
        if self.texts(sql).await? != [POSTGRES_FUNCTION] {
            return Err(Error::internal(
                "the function that keeps the ledger append-only was altered",
            ));
        }
        Ok(())
    }
}

/// PostgreSQL prints a trigger back with its events in its own order and the schema named.
fn comparable(definition: &str) -> Vec<String> {
    let mut words: Vec<String> = definition
        .replace("public.", "")
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    words.sort_unstable();
    words
}

/// The refusal of a schema from a later release.
#[must_use]
pub fn too_new() -> Error {
    Error::internal("the database was made by a newer release of duban: use that release")
}
