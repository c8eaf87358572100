//! Fills an empty database with very many rows: for data that is generated, and for nothing
//! else. Rows are written a batch a transaction, past the unit of
//! work, but with the same ledger entries: [`Filler`] makes them by the same rules of record
//! and hash, and [`Bulk`] writes rows and entries together.
//!
//! What a crash of the machine leaves of a database that is being filled is to be thrown
//! away: SQLite does not wait for the disk here, and indexes are missing until the end.

mod target;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait, IdenStatic};
use sea_orm::{IntoActiveModel, Iterable, Value};

use super::WriteContext;
use super::ledger::{Chain, Draft, GENESIS, Head};
use super::record::{Fields, Row, creation};
use crate::error::{Error, Result};
use crate::policy::Permit;

pub use target::Bulk;

/// Rows of one table, one behind the other.
#[derive(Debug)]
pub struct Rows {
    table: &'static str,
    columns: Vec<&'static str>,
    values: Vec<Value>,
}

/// Makes rows and their ledger entries, to be written in this order.
#[derive(Debug)]
pub struct Filler {
    chain: Chain,
    context: WriteContext,
    at: DateTime<Utc>,
    tables: Vec<Rows>,
}

impl Filler {
    /// For a database whose ledger is empty.
    #[must_use]
    pub fn new(context: WriteContext, at: DateTime<Utc>) -> Self {
        let start = Head {
            seq: 0,
            hash: GENESIS.to_owned(),
        };
        Self {
            chain: Chain::behind(start),
            context,
            at,
            tables: Vec::new(),
        }
    }

    /// Begins another request at another instant.
    pub fn begin(&mut self, request_id: String, at: DateTime<Utc>) {
        self.context.request_id = request_id;
        self.at = at;
    }

    /// The instant of what is made.
    #[must_use]
    pub const fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Makes a row and its creation, as `Work::create` does.
    ///
    /// # Errors
    /// [`Error::Internal`] when the entry cannot be written as JSON.
    pub fn create<R: Row>(&mut self, permit: &Permit, row: R, parts: Fields) -> Result<()> {
        let mut fields = row.fields();
        fields.extend(parts);
        let draft = Draft {
            action: permit.action().as_str(),
            role: permit.role(),
            subject_type: R::SUBJECT,
            subject_id: row.subject_id(),
            project: row.project(),
            jurisdiction: row.jurisdiction(),
            changes: creation(fields),
        };
        let entry = self.chain.append(draft, &self.context, self.at)?;
        self.part::<R::Table>(row);
        self.part::<duban_entities::ledger::Entity>(entry);
        Ok(())
    }

    /// Makes a row that has no entry of its own.
    pub fn part<E>(&mut self, row: E::Model)
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        let rows = self.rows::<E>();
        let mut row = row.into_active_model();
        for column in E::Column::iter() {
            rows.values.push(match row.take(column) {
                ActiveValue::Set(value) | ActiveValue::Unchanged(value) => value,
                ActiveValue::NotSet => Value::String(None),
            });
        }
    }

    fn rows<E: EntityTrait>(&mut self) -> &mut Rows {
        let table = E::default().table_name();
        let known = self.tables.iter().position(|rows| rows.table == table);
        let place = known.unwrap_or_else(|| {
            self.tables.push(Rows {
                table,
                columns: E::Column::iter().map(|column| column.as_str()).collect(),
                values: Vec::new(),
            });
            self.tables.len() - 1
        });
        &mut self.tables[place]
    }

    /// What was made since the last time. A table stands behind those that its rows point to
    /// if a row of theirs was made first.
    pub fn take(&mut self) -> Vec<Rows> {
        let taken = self.tables.iter_mut().map(|rows| {
            // The next batch is about as large.
            let next = Vec::with_capacity(rows.values.len());
            Rows {
                table: rows.table,
                columns: rows.columns.clone(),
                values: std::mem::replace(&mut rows.values, next),
            }
        });
        taken.collect()
    }

    /// The end of the ledger so far.
    #[must_use]
    pub const fn head(&self) -> &Head {
        self.chain.end()
    }
}

fn unknown(value: &Value) -> Error {
    Error::internal(format!("no column has a value such as {value:?}"))
}
