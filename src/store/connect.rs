//! Opening the database with the settings that its promises rest on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use sea_orm::{
    DatabaseConnection, DbBackend, SqlxPostgresConnector, SqlxSqliteConnector, Statement,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection as _, Executor};

use super::reader::Reader;
use super::{Statements, Store, reader, sqlite};
use crate::clock::Clock;
use crate::error::{Error, Result};

/// The first SQLite without the write-ahead log corruption of 3.7.0 to 3.51.2.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// Where the database is: `sqlite://PATH` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// One file.
    Sqlite(PathBuf),
    /// A server, with the whole URL.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            let path = path.split('?').next().unwrap_or_default();
            if path.is_empty() || path == ":memory:" {
                return Err("sqlite:// needs the path of a file".to_owned());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            PgConnectOptions::from_str(text).map_err(|_| "not a PostgreSQL URL".to_owned())?;
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err("expected sqlite://PATH or postgres://USER@HOST/DATABASE".to_owned())
    }
}

/// The password never shows.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => match (url.split_once("://"), url.rsplit_once('@')) {
                (Some((scheme, rest)), Some((_, host))) => {
                    let user = rest.split([':', '@']).next().unwrap_or_default();
                    let host = host.split('?').next().unwrap_or_default();
                    write!(f, "{scheme}://{user}:***@{host}")
                }
                _ => f.write_str(url.split('?').next().unwrap_or_default()),
            },
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To serve: the file is made where it is missing.
    ReadWrite,
    /// To look, beside a live server: nothing is made or changed.
    ReadOnly,
}

/// How long the store waits: before it refuses, and for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a lock, a connection, or the turn of a writer.
    pub wait: Duration,
    /// For the end of a statement; on PostgreSQL alone.
    pub statement: Duration,
    /// For others that join a commit; on SQLite alone. Whoever ends so long after the first has
    /// begun commits, though others wait.
    pub group: Duration,
}

impl Default for Patience {
    /// 5 s and 10 s: who waits longer than that has gone. 10 ms: a commit may take as long.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            statement: Duration::from_secs(10),
            group: Duration::from_millis(10),
        }
    }
}

impl Store {
    /// Opens the database, with the usual patience. It is not migrated.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be reached, or when the SQLite library is too old
    /// to be trusted.
    pub async fn open(url: &DatabaseUrl, access: Access, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(url, access, clock, Patience::default()).await
    }

    /// As [`Store::open`], with a patience of its own.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with(
        url: &DatabaseUrl,
        access: Access,
        clock: Arc<dyn Clock>,
        patience: Patience,
    ) -> Result<Self> {
        let (backend, mut reader, mut writer) = match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path, access, patience).await?,
            DatabaseUrl::Postgres(url) => open_postgres(url, access, patience).await?,
        };
        let statements = Arc::new(Statements::default());
        for connection in [&mut reader, &mut writer] {
            let statements = Arc::clone(&statements);
            connection.set_metric_callback(move |info| statements.ran(info.statement));
        }
        let (own, one) = match url {
            DatabaseUrl::Sqlite(path) => {
                let ran = || Arc::clone(&statements);
                let readers = sqlite::Readers::new(path, patience, readers(), ran());
                let writer = sqlite::Writer::new(path, access, patience, ran());
                (Some(Arc::new(readers)), Some(Arc::new(writer)))
            }
            DatabaseUrl::Postgres(_) => (None, None),
        };
        let store = Self {
            backend,
            reader: Reader::new(reader, own),
            pool: writer,
            writer: one,
            clock,
            statements,
            zones: Arc::default(),
            steady: Arc::default(),
        };
        if backend == DbBackend::Sqlite {
            store.check_sqlite_version().await?;
        }
        Ok(store)
    }

    async fn check_sqlite_version(&self) -> Result<()> {
        let statement = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version() AS v");
        let row = reader::written(&self.reader, statement).await?;
        let (text,): (String,) = row.into_iter().next().ok_or(Error::NotFound)?;
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        let version = (next(), next(), next());
        if version < OLDEST_SQLITE {
            return Err(Error::internal(format!(
                "SQLite {text} can corrupt its write-ahead log: 3.51.3 or newer is needed"
            )));
        }
        Ok(())
    }
}

/// How many connections read a SQLite file.
fn readers() -> usize {
    let cores = available_parallelism().map_or(2, usize::from);
    (2 * cores).min(8)
}

/// The pools, for what happens beside the service: one connection that writes, and one that
/// reads and never blocks it.
async fn open_sqlite(
    path: &Path,
    access: Access,
    patience: Patience,
) -> Result<(DbBackend, DatabaseConnection, DatabaseConnection)> {
    let options = sqlite_options(path, patience);
    let writable = access == Access::ReadWrite;
    let writer = if writable {
        make_private(path)?;
        let options = options.clone().journal_mode(SqliteJournalMode::Wal);
        options.optimize_on_close(true, 400)
    } else {
        options.clone().read_only(true)
    };
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(patience.wait)
        // Where SQLite took a transaction back by itself, the driver still counts it as open
        // and would begin the next one as a savepoint, which no commit ends.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        .connect_with(writer)
        .await
        .map_err(|error| cannot_open(&path.display(), &error))?;
    let reader = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(patience.wait)
        // A file does not hang up.
        .test_before_acquire(false)
        .connect_with(options.read_only(true).pragma("query_only", "ON"))
        .await
        .map_err(|error| cannot_open(&path.display(), &error))?;
    Ok((
        DbBackend::Sqlite,
        SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
        SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
    ))
}

/// Makes the file where it is missing, for its owner alone: it holds password hashes. The
/// files beside it get its mode.
fn make_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(Error::internal(
            format!("cannot make the database {}: {error}", path.display()),
        )),
        _ => Ok(()),
    }
}

fn sqlite_options(path: &Path, patience: Patience) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(patience.wait)
        .statement_cache_capacity(sqlite::STATEMENTS.into())
        .disable_statement_logging();
    let settings = sqlite::SETTINGS.into_iter().chain(sqlite::OF_WRITERS);
    settings.fold(options, |options, (name, value)| {
        options.pragma(name, value)
    })
}

/// The session settings of every PostgreSQL connection.
const POSTGRES_SETTINGS: [(&str, &str); 4] = [
    // The rollback before each use warns where there is nothing to roll back.
    ("client_min_messages", "error"),
    ("TimeZone", "UTC"),
    ("synchronous_commit", "on"),
    ("idle_in_transaction_session_timeout", "30s"),
];

async fn open_postgres(
    url: &str,
    access: Access,
    patience: Patience,
) -> Result<(DbBackend, DatabaseConnection, DatabaseConnection)> {
    let options = PgConnectOptions::from_str(url)
        .map_err(Error::internal)?
        .application_name("duban")
        .options(POSTGRES_SETTINGS)
        .options([
            ("statement_timeout", milliseconds(patience.statement)),
            ("lock_timeout", milliseconds(patience.wait)),
        ])
        .statement_cache_capacity(256)
        .disable_statement_logging();
    let read_only = [("default_transaction_read_only", "on")];
    let reader = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(patience.wait)
        .connect_with(options.clone().options(read_only))
        .await
        .map_err(|error| cannot_open(&"PostgreSQL", &error))?;
    let writer = if access == Access::ReadWrite {
        options
    } else {
        options.options(read_only)
    };
    let writer = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(patience.wait)
        // A connection whose transaction was cut short must not carry it to the next user.
        .before_acquire(|connection, _| {
            Box::pin(async move {
                connection.execute("ROLLBACK").await?;
                Ok(true)
            })
        })
        .connect_lazy_with(writer);
    Ok((
        DbBackend::Postgres,
        SqlxPostgresConnector::from_sqlx_postgres_pool(reader),
        SqlxPostgresConnector::from_sqlx_postgres_pool(writer),
    ))
}

/// As PostgreSQL reads it.
fn milliseconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

fn cannot_open(what: &dyn fmt::Display, error: &sqlx::Error) -> Error {
    Error::internal(format!("cannot open the database {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_hides_its_password() {
        let url: DatabaseUrl = "postgres://duban:secret@db.local/duban?sslmode=require"
            .parse()
            .unwrap();
        assert_eq!(url.to_string(), "postgres://duban:***@db.local/duban");
        assert!(!format!("{url:?}").contains("secret"));
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["mysql://x", "duban.db", "sqlite://", "sqlite://:memory:"] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }
}
