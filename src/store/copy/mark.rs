//! How far a copy has come: a table of the target's own, which is there as long as the copy
//! is not complete. While it is, nothing serves the database.
//!
//! It is no part of the schema: a copy makes it and takes it away.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::ledger::Head;

const TABLE: &str = "copy_progress";
/// The note of the source's head; the others have the names of tables.
const SOURCE: &str = "";

/// How far a table has been copied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Rows that were copied.
    pub rows: u64,
    /// The key of the last of them.
    after: Option<Vec<Part>>,
    /// True once all of it is there.
    pub done: bool,
}

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    Int(i32),
    Bigint(i64),
    Text(String),
    Uuid(uuid::Uuid),
}

impl Place {
    /// The place behind these rows, the last of which has this key.
    ///
    /// # Errors
    /// [`Error::Internal`] for a type of value that no key has.
    pub fn behind(&self, rows: u64, key: Vec<Value>) -> Result<Self> {
        let parts: Result<Vec<Part>> = key.into_iter().map(Part::of).collect();
        Ok(Self {
            rows: self.rows + rows,
            after: Some(parts?),
            done: false,
        })
    }

    /// The same place, with nothing left to copy.
    #[must_use]
    pub fn finished(&self) -> Self {
        Self {
            done: true,
            ..self.clone()
        }
    }

    /// The key of the last row.
    #[must_use]
    pub fn after(&self) -> Option<Vec<Value>> {
        let parts = self.after.as_ref()?.iter().cloned();
        Some(parts.map(Part::value).collect())
    }
}

impl Part {
    fn of(value: Value) -> Result<Self> {
        match value {
            Value::Int(Some(value)) => Ok(Self::Int(value)),
            Value::BigInt(Some(value)) => Ok(Self::Bigint(value)),
            Value::String(Some(value)) => Ok(Self::Text(value)),
            Value::Uuid(Some(value)) => Ok(Self::Uuid(value)),
            other => Err(Error::internal(format!("{other:?} is no part of a key"))),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Int(value) => value.into(),
            Self::Bigint(value) => value.into(),
            Self::Text(value) => value.into(),
            Self::Uuid(value) => value.into(),
        }
    }
}

/// True for a database into which a copy was begun and not completed.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn is_unfinished(store: &Store) -> Result<bool> {
    store.has_table(TABLE).await
}

/// The source's head when the copy was begun, and the place in each table.
pub(super) async fn read(on: &DatabaseTransaction) -> Result<(Head, BTreeMap<String, Place>)> {
    let select = Query::select()
        .columns([Alias::new("name"), Alias::new("value")])
        .from(Alias::new(TABLE))
        .to_owned();
    let mut head = None;
    let mut places = BTreeMap::new();
    for row in on.query_all(&select).await? {
        let (name, value): (String, String) = (row.try_get("", "name")?, row.try_get("", "value")?);
        if name == SOURCE {
            let (seq, hash) = serde_json::from_str(&value).map_err(Error::internal)?;
            head = Some(Head { seq, hash });
        } else {
            places.insert(name, serde_json::from_str(&value).map_err(Error::internal)?);
        }
    }
    let head = head.ok_or_else(|| Error::internal("the note of the copy has no beginning"))?;
    Ok((head, places))
}

/// Makes the notes: of the source's head, and that nothing of these tables is there yet.
pub(super) async fn begin<'n>(
    on: &DatabaseTransaction,
    source: &Head,
    tables: impl Iterator<Item = &'n str>,
) -> Result<()> {
    let make = "CREATE TABLE copy_progress (name text PRIMARY KEY, value text NOT NULL)";
    on.execute_unprepared(make).await?;
    let head = json(&(source.seq, &source.hash))?;
    let mut insert = Query::insert();
    insert
        .into_table(Alias::new(TABLE))
        .columns([Alias::new("name"), Alias::new("value")])
        .values([SOURCE.into(), head.into()])
        .map_err(Error::internal)?;
    let nothing = json(&Place::default())?;
    for table in tables {
        let row = [Expr::value(table), Expr::value(nothing.clone())];
        insert.values(row).map_err(Error::internal)?;
    }
    on.execute(&insert).await?;
    Ok(())
}

/// Moves the place in a table. It must still be where this copy left it: two that run at
/// once stop each other here.
pub(super) async fn advance(
    on: &DatabaseTransaction,
    table: &str,
    from: &Place,
    to: &Place,
) -> Result<()> {
    let update = Query::update()
        .table(Alias::new(TABLE))
        .value(Alias::new("value"), json(to)?)
        .and_where(Expr::col(Alias::new("name")).eq(table))
        .and_where(Expr::col(Alias::new("value")).eq(json(from)?))
        .to_owned();
    if on.execute(&update).await?.rows_affected() == 1 {
        return Ok(());
    }
    Err(Error::internal(
        "another copy into this database is under way",
    ))
}

/// Takes the notes away: the copy is complete.
pub(super) async fn end(on: &DatabaseTransaction) -> Result<()> {
    on.execute_unprepared("DROP TABLE copy_progress").await?;
    Ok(())
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
