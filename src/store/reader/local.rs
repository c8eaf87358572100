//! SQLite, read in the program's own threads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use sea_orm::sea_query::ColumnType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, Iterable, Statement, TryIntoModel, Values,
};

use super::cell::{Cells, Parameter};
use crate::error::{Error, Result};
use crate::store::Patience;
use crate::store::statements::Statements;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// KiB of pages that a connection keeps.
const PAGES: i64 = 8_192;

/// Connections that read one file; each is used by one thread at a time.
#[derive(Debug)]
pub struct Local {
    path: PathBuf,
    patience: Patience,
    /// Those that nobody uses; none once the store is closed.
    idle: Mutex<Option<Vec<Connection>>>,
    /// So many are kept open.
    most: usize,
    statements: Arc<Statements>,
}

impl Local {
    pub(in crate::store) fn new(
        path: &Path,
        patience: Patience,
        most: usize,
        statements: Arc<Statements>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            patience,
            idle: Mutex::new(Some(Vec::new())),
            most,
            statements,
        }
    }

    /// Every row of an entity's select.
    pub(super) fn rows<E>(&self, statement: &Statement) -> Result<Vec<E::Model>>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let columns = columns::<E>();
        self.each(statement, |cells| row::<E>(&columns, cells))
    }

    /// As [`Local::rows`], with a number behind each row.
    pub(super) fn rows_with<E>(&self, statement: &Statement) -> Result<Vec<(E::Model, i64)>>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let columns = columns::<E>();
        self.each(statement, |cells| {
            Ok((row::<E>(&columns, cells)?, cells.take()?))
        })
    }

    /// Every row of a select of three entities, from left to right.
    pub(super) fn triples<A, B, C>(
        &self,
        statement: &Statement,
    ) -> Result<Vec<(A::Model, B::Model, C::Model)>>
    where
        A: EntityTrait,
        B: EntityTrait,
        C: EntityTrait,
        A::ActiveModel: TryIntoModel<A::Model>,
        B::ActiveModel: TryIntoModel<B::Model>,
        C::ActiveModel: TryIntoModel<C::Model>,
    {
        let (a, b, c) = (columns::<A>(), columns::<B>(), columns::<C>());
        self.each(statement, |cells| {
            let first = row::<A>(&a, cells)?;
            let second = row::<B>(&b, cells)?;
            Ok((first, second, row::<C>(&c, cells)?))
        })
    }

    /// What `read` makes of each row.
    pub(in crate::store) fn each<T>(
        &self,
        statement: &Statement,
        mut read: impl FnMut(&mut Cells<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let connection = self.connection()?;
        let mut made = Vec::new();
        {
            let mut prepared = connection.prepare_cached(&statement.sql)?;
            let values = statement.values.as_ref().map_or(&[][..], |Values(all)| all);
            let mut rows = prepared.query(params_from_iter(values.iter().map(Parameter)))?;
            while let Some(row) = rows.next()? {
                made.push(read(&mut Cells::of(row))?);
            }
        }
        self.put_back(connection);
        self.statements.ran(statement);
        Ok(made)
    }

    fn connection(&self) -> Result<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle
            .as_mut()
            .ok_or(Error::internal("the database is closed"))?;
        match idle.pop() {
            Some(connection) => Ok(connection),
            None => Ok(self.open()?),
        }
    }

    /// A connection whose statement failed is not put back.
    fn put_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(idle) = idle.as_mut().filter(|idle| idle.len() < self.most) {
            idle.push(connection);
        }
    }

    /// With the settings of the pool's readers (`store/connect.rs`).
    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.patience.wait)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Without it a statement is planned anew with each value of a bound `LIMIT`, or of
        // what an index of some rows alone asks for.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        for pragma in ["trusted_schema", "mmap_size"] {
            connection.pragma_update(None, pragma, 0)?;
        }
        for pragma in ["query_only", "cell_size_check"] {
            connection.pragma_update(None, pragma, 1)?;
        }
        connection.pragma_update(None, "cache_size", -PAGES)?;
        Ok(connection)
    }

    /// Closes what nobody uses; what somebody uses is closed behind them.
    pub(super) fn close(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.take();
    }
}

/// The columns of an entity in the order of its selects, each with its type.
fn columns<E: EntityTrait>() -> Vec<(E::Column, ColumnType)> {
    let columns = E::Column::iter();
    columns
        .map(|column| (column, column.def().get_column_type().clone()))
        .collect()
}

fn row<E>(columns: &[(E::Column, ColumnType)], cells: &mut Cells<'_>) -> Result<E::Model>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    let mut row = <E::ActiveModel as ActiveModelTrait>::default();
    for (column, of) in columns {
        row.try_set(*column, cells.value(of)?)?;
    }
    Ok(row.try_into_model()?)
}
