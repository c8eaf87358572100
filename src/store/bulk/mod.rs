//! Fills an empty database with very many rows: for data that is generated, and for nothing
//! else. Rows are written a batch a transaction, past the unit of work, but with the same
//! ledger entries, by the same rules of record and hash: [`Filler`] makes rows and what the
//! ledger tells of them, [`Entries`] gives that its places in the chain, and [`Bulk`] writes
//! both together. A batch may be at each of the three at the same time.
//!
//! What a crash of the machine leaves of a database that is being filled is to be thrown
//! away: SQLite does not wait for the disk here, and indexes are missing until the end.

mod target;

use std::mem;

use chrono::{DateTime, Utc};
use duban_entities::ledger;
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

/// The rows of one request, and what is to be told of them.
#[derive(Debug)]
pub struct Batch {
    tables: Vec<Rows>,
    drafts: Vec<Draft>,
    context: WriteContext,
    at: DateTime<Utc>,
}

/// Makes rows, and drafts of their ledger entries.
#[derive(Debug)]
pub struct Filler {
    context: WriteContext,
    at: DateTime<Utc>,
    tables: Vec<Rows>,
    drafts: Vec<Draft>,
}

/// The ledger of a database that is being filled.
#[derive(Debug)]
pub struct Entries {
    chain: Chain,
}

impl Filler {
    /// Begins with a request at this instant.
    #[must_use]
    pub const fn new(context: WriteContext, at: DateTime<Utc>) -> Self {
        Self {
            context,
            at,
            tables: Vec::new(),
            drafts: Vec::new(),
        }
    }

    /// Begins another request at another instant. What was made before was taken.
    pub fn begin(&mut self, request_id: String, at: DateTime<Utc>) {
        self.context.request_id = request_id;
        self.at = at;
    }

    /// The instant of what is made.
    #[must_use]
    pub const fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Makes a row and what tells of its creation, as `Work::create` does.
    pub fn create<R: Row>(&mut self, permit: &Permit, row: R, parts: Fields) {
        let mut fields = row.fields();
        fields.extend(parts);
        self.drafts.push(Draft {
            action: permit.action().as_str(),
            role: permit.role(),
            subject_type: R::SUBJECT,
            subject_id: row.subject_id(),
            project: row.project(),
            jurisdiction: row.jurisdiction(),
            changes: creation(fields),
        });
        self.part::<R::Table>(row);
    }

    /// Makes a row that has no entry of its own.
    pub fn part<E>(&mut self, row: E::Model)
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        push::<E>(&mut self.tables, row);
    }

    /// What was made since the last time. A table stands behind those that its rows point to
    /// if a row of theirs was made first.
    pub fn take(&mut self) -> Batch {
        let tables = self.tables.iter_mut().map(|rows| Rows {
            table: rows.table,
            columns: rows.columns.clone(),
            values: emptied(&mut rows.values),
        });
        Batch {
            tables: tables.collect(),
            drafts: emptied(&mut self.drafts),
            context: self.context.clone(),
            at: self.at,
        }
    }
}

impl Entries {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        let start = Head {
            seq: 0,
            hash: GENESIS.to_owned(),
        };
        Self {
            chain: Chain::behind(start),
        }
    }

    /// Puts what tells of a batch behind what told of those before it: its rows, those of the
    /// ledger among them.
    ///
    /// # Errors
    /// [`Error::Internal`] when an entry cannot be written as JSON.
    pub fn append(&mut self, batch: Batch) -> Result<Vec<Rows>> {
        let Batch {
            mut tables,
            drafts,
            context,
            at,
        } = batch;
        for draft in drafts {
            let entry = self.chain.append(draft, &context, at)?;
            push::<ledger::Entity>(&mut tables, entry);
        }
        Ok(tables)
    }

    /// The end of the ledger so far.
    #[must_use]
    pub const fn head(&self) -> &Head {
        self.chain.end()
    }
}

impl Default for Entries {
    fn default() -> Self {
        Self::new()
    }
}

fn push<E>(tables: &mut Vec<Rows>, row: E::Model)
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let rows = rows_of::<E>(tables);
    let mut row = row.into_active_model();
    for column in E::Column::iter() {
        rows.values.push(match row.take(column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => value,
            ActiveValue::NotSet => Value::String(None),
        });
    }
}

fn rows_of<E: EntityTrait>(tables: &mut Vec<Rows>) -> &mut Rows {
    let table = E::default().table_name();
    let known = tables.iter().position(|rows| rows.table == table);
    let place = known.unwrap_or_else(|| {
        tables.push(Rows {
            table,
            columns: E::Column::iter().map(|column| column.as_str()).collect(),
            values: Vec::new(),
        });
        tables.len() - 1
    });
    &mut tables[place]
}

/// What is in it; as much will come again.
fn emptied<T>(full: &mut Vec<T>) -> Vec<T> {
    let next = Vec::with_capacity(full.len());
    mem::replace(full, next)
}

fn unknown(value: &Value) -> Error {
    Error::internal(format!("no column has a value such as {value:?}"))
}
