//! The columns that entities are read by: their names are put together once, and not for each
//! statement, where it costs more than the database takes for a row found by its key.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement, SqliteQueryBuilder};
use sea_orm::{EntityTrait, IdenStatic as _, Iterable as _, QuerySelect, Select};

type Known<K> = LazyLock<RwLock<HashMap<K, Box<dyn Any + Send + Sync>>>>;

/// A select of all columns of an entity, in their order, as `E::find` makes one.
#[must_use]
pub fn find<E: EntityTrait>() -> Select<E> {
    static SELECTS: Known<TypeId> = Known::new(RwLock::default);
    known(&SELECTS, TypeId::of::<E>(), || {
        let mut columns = Query::select();
        for column in E::Column::iter() {
            columns.column((E::default(), column));
        }
        E::find().select_only().expr(Expr::cust(listed(&columns)))
    })
}

/// Adds all columns of another entity to a select, under names that begin with `prefix`.
pub(super) fn with<A: EntityTrait, B: EntityTrait>(
    select: Select<A>,
    prefix: &'static str,
) -> Select<A> {
    static LISTS: Known<(TypeId, &str)> = Known::new(RwLock::default);
    let list: String = known(&LISTS, (TypeId::of::<B>(), prefix), || {
        let mut columns = Query::select();
        for column in B::Column::iter() {
            let name = Alias::new(format!("{prefix}{}", column.as_str()));
            columns.expr_as(Expr::col((B::default(), column)), name);
        }
        listed(&columns)
    });
    select.expr(Expr::cust(list))
}

/// What stands between `SELECT` and the end; both databases quote names alike.
fn listed(columns: &SelectStatement) -> String {
    let text = columns.to_string(SqliteQueryBuilder);
    text.strip_prefix("SELECT ").unwrap_or(&text).to_owned()
}

fn known<K, V>(all: &Known<K>, key: K, make: impl FnOnce() -> V) -> V
where
    K: std::hash::Hash + Eq,
    V: Any + Clone + Send + Sync,
{
    let read = all.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = read.get(&key).and_then(|found| found.downcast_ref::<V>()) {
        return found.clone();
    }
    drop(read);
    let made = make();
    let mut write = all.write().unwrap_or_else(PoisonError::into_inner);
    write.insert(key, Box::new(made.clone()));
    made
}
