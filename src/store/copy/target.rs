//! Where a copy goes.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Value};
use uuid::Uuid;

use super::snapshot::{count, patient};
use super::{Place, Row, Snapshot, TABLES, Table, mark};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::ledger::Head;

/// Values that one statement binds: SQLite takes 32,766.
const BOUND: usize = 30_000;
/// Rows that one statement inserts.
const INSERTED: usize = 500;

/// What an emptied target may still count of rows that it no longer holds. The index of the
/// search is made anew at the copy's end.
const COUNTED: [&str; 3] = ["tallies", "unit_tallies", "tally_marks"];

/// A database that nobody serves yet.
#[derive(Clone, Copy, Debug)]
pub struct Target<'s>(&'s Store);

impl<'s> Target<'s> {
    /// This database.
    #[must_use]
    pub const fn new(store: &'s Store) -> Self {
        Self(store)
    }

    /// Begins a copy of the source at this head, or finds the one that was begun: the place
    /// in each table.
    ///
    /// # Errors
    /// [`Error::Internal`] where the database holds anything that is not the beginning of
    /// this very copy.
    pub async fn begin(&self, source: &Head) -> Result<BTreeMap<String, Place>> {
        let begun = mark::is_unfinished(self.0).await?;
        let transaction = self.transaction().await?;
        if !begun {
            for table in TABLES {
                expect_rows(&transaction, table, 0).await?;
            }
            for derived in COUNTED {
                let clear = format!("DELETE FROM {derived}");
                transaction.execute_unprepared(&clear).await?;
            }
            let names = TABLES.iter().map(Table::name);
            mark::begin(&transaction, source, names).await?;
        }
        let (head, places) = mark::read(&transaction).await?;
        transaction.commit().await?;
        if head != *source {
            return Err(Error::internal(format!(
                "the copy was begun when the source's ledger ended at {}:{}, and it has gone on \
                 to {}:{}: empty the target and copy again",
                head.seq, head.hash, source.seq, source.hash
            )));
        }
        if begun {
            self.expect_beginning(&places).await?;
        }
        Ok(places)
    }

    /// What a copy that was cut off has noted is there, and no more.
    async fn expect_beginning(&self, places: &BTreeMap<String, Place>) -> Result<()> {
        let transaction = self.transaction().await?;
        for table in TABLES {
            let place = places.get(table.name());
            let rows = place.map_or(0, |place| place.rows);
            expect_rows(&transaction, table, rows).await?;
        }
        transaction.rollback().await?;
        Ok(())
    }

    async fn transaction(&self) -> Result<DatabaseTransaction> {
        let transaction = self.0.begin().await?;
        if self.0.backend() != DbBackend::Sqlite {
            patient(&transaction).await?;
        }
        Ok(transaction)
    }

    /// Writes rows, and that they are there, in one transaction. A row that refers to one of
    /// the same table that comes later gets that reference in [`Target::finish_table`].
    ///
    /// # Errors
    /// [`Error::Internal`] naming the table, when the database refuses; nothing was written.
    pub async fn insert(
        &self,
        table: &Table,
        from: &Place,
        to: &Place,
        rows: Vec<Row>,
    ) -> Result<()> {
        let transaction = self.transaction().await?;
        let inserted = insert_all(&transaction, table, rows).await;
        inserted.map_err(|error| table.blame(&error))?;
        mark::advance(&transaction, table.name(), from, to).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Sets the references to later rows of the same table, and notes that all of the table
    /// is there.
    ///
    /// # Errors
    /// [`Error::Internal`] naming the table, when the database refuses; nothing was written.
    pub async fn finish_table(
        &self,
        source: &Snapshot,
        table: &Table,
        from: &Place,
        batch: u64,
    ) -> Result<Place> {
        let transaction = self.transaction().await?;
        if let Some(parent) = table.parent() {
            let set = set_parents(&transaction, source, table, parent, batch).await;
            set.map_err(|error| table.blame(&error))?;
        }
        let to = from.finished();
        mark::advance(&transaction, table.name(), from, &to).await?;
        transaction.commit().await?;
        Ok(to)
    }

    /// Lets the database be served.
    ///
    /// # Errors
    /// [`Error::Internal`] when it refuses.
    pub async fn finish(&self) -> Result<()> {
        let transaction = self.transaction().await?;
        if self.0.backend() != DbBackend::Sqlite {
            // Its plans would otherwise be those for empty tables.
            transaction.execute_unprepared("ANALYZE").await?;
        }
        mark::end(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn expect_rows(on: &DatabaseTransaction, table: &Table, wanted: u64) -> Result<()> {
    let found = count(on, table).await?;
    if found == wanted {
        return Ok(());
    }
    Err(Error::internal(format!(
        "the target holds something else than the beginning of this copy: {} has {found} rows, \
         expected {wanted}",
        table.name()
    )))
}

async fn insert_all(on: &DatabaseTransaction, table: &Table, rows: Vec<Row>) -> Result<()> {
    let columns = table.columns();
    let mut rows = rows;
    if let Some(parent) = table.parent() {
        leave_out_later(&columns, parent, &mut rows);
    }
    let size = (BOUND / columns.len().max(1)).clamp(1, INSERTED);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new(table.name()))
            .columns(columns.iter().map(|column| Alias::new(*column)));
        for row in rows.by_ref().take(size) {
            let values = row.into_iter().map(Expr::value);
            insert.values(values).map_err(Error::internal)?;
        }
        on.execute(&insert).await?;
    }
    Ok(())
}

/// A parent stands before its children nearly always: keys grow with time.
fn leave_out_later(columns: &[&str], parent: &str, rows: &mut [Row]) {
    let place = |name: &str| columns.iter().position(|column| *column == name);
    let (Some(id), Some(parent)) = (place("id"), place(parent)) else {
        return;
    };
    for row in rows {
        if let (Some(Value::Uuid(Some(id))), Some(Value::Uuid(Some(other)))) =
            (row.get(id), row.get(parent))
            && other > id
        {
            row[parent] = Value::Uuid(None);
        }
    }
}

async fn set_parents(
    on: &DatabaseTransaction,
    source: &Snapshot,
    table: &Table,
    parent: &str,
    batch: u64,
) -> Result<()> {
    let mut after: Option<Uuid> = None;
    loop {
        let pairs = source.backward(table, parent, after, batch).await?;
        let Some((last, _)) = pairs.last() else {
            return Ok(());
        };
        after = Some(*last);
        for (id, other) in pairs {
            let update = Query::update()
                .table(Alias::new(table.name()))
                .value(Alias::new(parent), other)
                .and_where(Expr::col(Alias::new("id")).eq(id))
                .to_owned();
            on.execute(&update).await?;
        }
    }
}
