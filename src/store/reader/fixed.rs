//! Statements that run with every request: their texts are put together once.

use std::sync::OnceLock;

use sea_orm::sea_query::{PostgresQueryBuilder, SelectStatement, SqliteQueryBuilder, Values};
use sea_orm::{DbBackend, Statement, Value};

use super::Reads;

/// A select of which nothing but its values ever differs.
#[derive(Debug)]
pub struct Fixed {
    make: fn() -> SelectStatement,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Fixed {
    /// What `make` makes, whatever values stand in it; none but those that are given each time.
    pub const fn new(make: fn() -> SelectStatement) -> Self {
        Self {
            make,
            sqlite: OnceLock::new(),
            postgres: OnceLock::new(),
        }
    }

    /// The statement with these values, in the order in which they stand in it.
    pub fn with<const N: usize>(&self, on: &impl Reads, values: [Value; N]) -> Statement {
        let backend = on.backend();
        let build = || {
            let made = (self.make)();
            let (text, Values(bound)) = match backend {
                DbBackend::Postgres => made.build(PostgresQueryBuilder),
                _ => made.build(SqliteQueryBuilder),
            };
            debug_assert_eq!(bound.len(), N, "{text}");
            text
        };
        let text = match backend {
            DbBackend::Postgres => self.postgres.get_or_init(build),
            _ => self.sqlite.get_or_init(build),
        };
        Statement {
            sql: text.clone(),
            values: Some(Values(values.into())),
            db_backend: backend,
        }
    }
}
