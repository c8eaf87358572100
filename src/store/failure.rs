//! What a driver's failure means to the program.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::DatabaseError;

use crate::error::Error;

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_busy(&error) {
            return unavailable(&error);
        }
        Self::internal(error)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        let busy = matches!(
            error.sqlite_error_code(),
            Some(DatabaseBusy | DatabaseLocked)
        );
        if busy {
            unavailable(&error)
        } else {
            Self::internal(error)
        }
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> Error {
    tracing::warn!(%error, "the database is busy");
    busy()
}

/// Others have the database: another try may well succeed.
pub(super) const fn busy() -> Error {
    Error::Unavailable {
        retry_after: Duration::from_secs(1),
    }
}

/// True where another try may well succeed: no connection was free, or a lock was not given
/// in time (SQLite 5 and 6; PostgreSQL `lock_not_available`, `deadlock_detected`,
/// `serialization_failure`).
fn is_busy(error: &DbErr) -> bool {
    let (DbErr::Exec(cause) | DbErr::Query(cause) | DbErr::Conn(cause)) = error else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let RuntimeErr::SqlxError(cause) = cause else {
        return false;
    };
    let code = cause.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| ["5", "6", "55P03", "40P01", "40001"].contains(&code.as_ref()))
}
