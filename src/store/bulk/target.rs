//! The two databases, as they take very many rows: SQLite by prepared statements of many
//! rows on one connection, PostgreSQL by `COPY`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use chrono::SecondsFormat;
use sea_orm::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};

use super::{Rows, unknown};
use crate::error::{Error, Result};
use crate::store::DatabaseUrl;

/// Values in one statement: more does not pay.
const VALUES: usize = 4_000;

/// Bytes of one message to PostgreSQL.
const MESSAGE: usize = 1 << 20;

/// The indexes that no constraint needs, each with how it is made.
const SQLITE_INDEXES: &str = "SELECT name, sql FROM sqlite_schema \
    WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
const POSTGRES_INDEXES: &str = "SELECT c.relname::text, pg_get_indexdef(c.oid) \
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
    WHERE c.relnamespace = current_schema()::regnamespace \
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid) ORDER BY 1";

/// A database that is being filled. Nobody else has it open.
#[derive(Debug)]
pub struct Bulk {
    target: Target,
    /// How the indexes are made that were set aside: sorting all keys at the end costs less
    /// than finding the place of each.
    aside: Vec<String>,
}

#[derive(Debug)]
enum Target {
    Sqlite {
        connection: SqliteConnection,
        /// The statement of so many rows of a table.
        statements: HashMap<(&'static str, usize), Arc<str>>,
    },
    Postgres(Box<PgConnection>),
}

impl Bulk {
    /// Opens a migrated database.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be opened alone.
    pub async fn open(url: &DatabaseUrl) -> Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path).await,
            DatabaseUrl::Postgres(url) => Self::open_postgres(url).await,
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            // Pages behind the end of the file need no copy in this journal.
            .journal_mode(SqliteJournalMode::Delete)
            .synchronous(SqliteSynchronous::Off)
            .foreign_keys(false)
            .pragma("cache_size", "-262144")
            .disable_statement_logging()
            .connect()
            .await
            .map_err(Error::internal)?;
        let indexes: Vec<(String, String)> = sqlx::query_as(SQLITE_INDEXES)
            .fetch_all(&mut connection)
            .await
            .map_err(Error::internal)?;
        for (name, _) in &indexes {
            run_sqlite(&mut connection, &format!("DROP INDEX {name}")).await?;
        }
        let aside = indexes.into_iter().map(|(_, made)| made).collect();
        Ok(Self {
            target: Target::Sqlite {
                connection,
                statements: HashMap::new(),
            },
            aside,
        })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let mut connection = PgConnectOptions::from_str(url)
            .map_err(Error::internal)?
            .application_name("duban generate")
            .options([("TimeZone", "UTC"), ("synchronous_commit", "off")])
            .disable_statement_logging()
            .connect()
            .await
            .map_err(Error::internal)?;
        let indexes: Vec<(String, String)> = sqlx::query_as(POSTGRES_INDEXES)
            .fetch_all(&mut connection)
            .await
            .map_err(Error::internal)?;
        for (name, _) in &indexes {
            run_postgres(&mut connection, &format!("DROP INDEX {name}")).await?;
        }
        let aside = indexes.into_iter().map(|(_, made)| made).collect();
        Ok(Self {
            target: Target::Postgres(Box::new(connection)),
            aside,
        })
    }

    /// Writes a batch in one transaction.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn write(&mut self, batch: Vec<Rows>) -> Result<()> {
        match &mut self.target {
            Target::Sqlite {
                connection,
                statements,
            } => {
                run_sqlite(connection, "BEGIN IMMEDIATE").await?;
                for rows in batch {
                    insert(connection, statements, rows).await?;
                }
                run_sqlite(connection, "COMMIT").await
            }
            Target::Postgres(connection) => {
                run_postgres(connection, "BEGIN").await?;
                for rows in batch {
                    copy(connection, &rows).await?;
                }
                run_postgres(connection, "COMMIT").await
            }
        }
    }

    /// Makes the indexes that were set aside, looks at what there is for the planner's sake, and
    /// closes.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn finish(self) -> Result<()> {
        match self.target {
            Target::Sqlite { mut connection, .. } => {
                for made in &self.aside {
                    run_sqlite(&mut connection, made).await?;
                }
                run_sqlite(&mut connection, "PRAGMA analysis_limit = 1000").await?;
                run_sqlite(&mut connection, "ANALYZE").await?;
                // What was written without waiting is on the disk behind this.
                run_sqlite(&mut connection, "PRAGMA synchronous = FULL").await?;
                run_sqlite(&mut connection, "PRAGMA journal_mode = WAL").await?;
                connection.close().await.map_err(Error::internal)
            }
            Target::Postgres(mut connection) => {
                run_postgres(&mut connection, "SET maintenance_work_mem = '256MB'").await?;
                for made in &self.aside {
                    run_postgres(&mut connection, made).await?;
                }
                run_postgres(&mut connection, "VACUUM (ANALYZE)").await?;
                connection.close().await.map_err(Error::internal)
            }
        }
    }
}

async fn run_sqlite(connection: &mut SqliteConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map_err(Error::internal)?;
    Ok(())
}

async fn run_postgres(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map_err(Error::internal)?;
    Ok(())
}

async fn insert(
    connection: &mut SqliteConnection,
    statements: &mut HashMap<(&'static str, usize), Arc<str>>,
    rows: Rows,
) -> Result<()> {
    let Rows {
        table,
        columns,
        values,
    } = rows;
    let at_once = columns.len() * (VALUES / columns.len()).max(1);
    let mut values = values.into_iter();
    while values.len() > 0 {
        let count = values.len().min(at_once) / columns.len();
        let sql = statements
            .entry((table, count))
            .or_insert_with(|| insertion(table, &columns, count));
        // Only the statement of a full chunk comes again.
        let mut query = sqlx::query(AssertSqlSafe(Arc::clone(sql)))
            .persistent(count == at_once / columns.len());
        for value in values.by_ref().take(count * columns.len()) {
            query = match value {
                Value::Bool(value) => query.bind(value),
                Value::Int(value) => query.bind(value),
                Value::BigInt(value) => query.bind(value),
                Value::String(value) => query.bind(value),
                Value::Uuid(value) => query.bind(value),
                Value::ChronoDate(value) => query.bind(value),
                Value::ChronoDateTimeUtc(value) => query.bind(value),
                other => return Err(unknown(&other)),
            };
        }
        query
            .execute(&mut *connection)
            .await
            .map_err(Error::internal)?;
    }
    Ok(())
}

fn quoted(columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    columns.join(", ")
}

fn insertion(table: &str, columns: &[&str], rows: usize) -> Arc<str> {
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let rows = vec![row.as_str(); rows].join(", ");
    format!("INSERT INTO {table} ({}) VALUES {rows}", quoted(columns)).into()
}

async fn copy(connection: &mut PgConnection, rows: &Rows) -> Result<()> {
    let sql = format!("COPY {} ({}) FROM STDIN", rows.table, quoted(&rows.columns));
    let mut copy = connection
        .copy_in_raw(&sql)
        .await
        .map_err(Error::internal)?;
    let mut text = String::with_capacity(MESSAGE + (1 << 16));
    for row in rows.values.chunks(rows.columns.len()) {
        for (n, value) in row.iter().enumerate() {
            if n > 0 {
                text.push('\t');
            }
            write_value(&mut text, value)?;
        }
        text.push('\n');
        if text.len() > MESSAGE {
            copy.send(text.as_bytes()).await.map_err(Error::internal)?;
            text.clear();
        }
    }
    copy.send(text.as_bytes()).await.map_err(Error::internal)?;
    copy.finish().await.map_err(Error::internal)?;
    Ok(())
}

/// A value in the text format of `COPY`.
fn write_value(out: &mut String, value: &Value) -> Result<()> {
    let written = match value {
        Value::Bool(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::String(None)
        | Value::Uuid(None)
        | Value::ChronoDate(None)
        | Value::ChronoDateTimeUtc(None) => out.write_str("\\N"),
        Value::Bool(Some(value)) => out.write_str(if *value { "t" } else { "f" }),
        Value::Int(Some(value)) => write!(out, "{value}"),
        Value::BigInt(Some(value)) => write!(out, "{value}"),
        Value::String(Some(value)) => {
            escape(out, value);
            Ok(())
        }
        Value::Uuid(Some(value)) => write!(out, "{value}"),
        Value::ChronoDate(Some(value)) => write!(out, "{value}"),
        Value::ChronoDateTimeUtc(Some(value)) => {
            out.write_str(&value.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        other => return Err(unknown(other)),
    };
    written.map_err(Error::internal)
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
}
