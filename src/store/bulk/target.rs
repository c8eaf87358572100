//! The two databases, as they take very many rows: SQLite by a prepared statement a table on
//! one connection, PostgreSQL by `COPY`.

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;

use chrono::SecondsFormat;
use sea_orm::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::{Rows, unknown};
use crate::error::{Error, Result};
use crate::store::DatabaseUrl;
use crate::store::sqlite::Filling;

/// Bytes of one message to PostgreSQL.
const MESSAGE: usize = 1 << 20;

/// The indexes that no constraint needs, each with how it is made.
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
    Sqlite(Filling),
    Postgres(Box<PgConnection>),
}

impl Bulk {
    /// Opens a migrated database.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be opened alone.
    pub async fn open(url: &DatabaseUrl) -> Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path),
            DatabaseUrl::Postgres(url) => Self::open_postgres(url).await,
        }
    }

    fn open_sqlite(path: &Path) -> Result<Self> {
        let filling = Filling::open(path)?;
        let indexes = filling.indexes()?;
        for (name, _) in &indexes {
            filling.run(&format!("DROP INDEX {name}"))?;
        }
        let aside = indexes.into_iter().map(|(_, made)| made).collect();
        let target = Target::Sqlite(filling);
        Ok(Self { target, aside })
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
            Target::Sqlite(filling) => {
                filling.run("BEGIN IMMEDIATE")?;
                batch.iter().try_for_each(|rows| insert(filling, rows))?;
                filling.run("COMMIT")
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
            Target::Sqlite(filling) => {
                for made in &self.aside {
                    filling.run(made)?;
                }
                filling.run("PRAGMA analysis_limit = 1000; ANALYZE")?;
                filling.close()
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

async fn run_postgres(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map_err(Error::internal)?;
    Ok(())
}

fn insert(filling: &Filling, rows: &Rows) -> Result<()> {
    let width = rows.columns.len();
    let places = vec!["?"; width].join(", ");
    let (table, columns) = (rows.table, quoted(&rows.columns));
    let sql = format!("INSERT INTO {table} ({columns}) VALUES ({places})");
    filling.insert(&sql, width, &rows.values)
}

fn quoted(columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    columns.join(", ")
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
