//! Keyset pages: a page starts where a row stood, not at a number of rows, so that a deep
//! page costs what the first costs and a row never appears twice while others write.

use std::cmp::Ordering;

use sea_orm::sea_query::{Expr, ExprTrait, Order, SimpleExpr};
use sea_orm::{Condition, Value};
use serde::{Deserialize, Serialize};

use super::ledger::hex;
use crate::error::{Error, Result};

/// Rows a page where the client does not say.
pub const DEFAULT_PAGE: u64 = 50;
/// Most rows a page.
pub const LARGEST_PAGE: u64 = 200;

/// Which way a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Direction {
    const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// Which part of a list is wanted, as a Relay client says it.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// So many rows from the start, or after `after`.
    pub first: Option<i32>,
    /// Start behind this cursor.
    pub after: Option<String>,
    /// So many rows from the end, or before `before`.
    pub last: Option<i32>,
    /// End before this cursor.
    pub before: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows, in the list's order, each with its cursor.
    pub rows: Vec<(String, T)>,
    /// True if there are rows behind the last one.
    pub has_next: bool,
    /// True if there are rows before the first one.
    pub has_previous: bool,
    /// The `after` that was asked with: what `endCursor` is on an empty page.
    pub after: Option<String>,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, convert: impl Fn(T) -> U) -> Page<U> {
        let rows = self.rows.into_iter();
        Page {
            rows: rows.map(|(cursor, row)| (cursor, convert(row))).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
            after: self.after,
        }
    }
}

/// One sort key: an expression and the type of its value.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What the list is sorted by. It is never NULL.
    pub expression: SimpleExpr,
    /// Which way.
    pub direction: Direction,
    /// How a cursor's text becomes a value again.
    pub parse: fn(&str) -> Option<Value>,
}

/// An order: its name, and keys that together are unique.
#[derive(Clone, Debug)]
pub struct Keyset {
    /// Name, kept in the cursor: a cursor of another order is refused.
    pub name: &'static str,
    /// The keys; the last ones make a row unique.
    pub keys: Vec<SortKey>,
}

/// An order of rows that stand in memory.
pub struct Sorting<'s, T, K> {
    /// Name, kept in the cursor.
    pub name: &'static str,
    /// What a row is sorted by; no two rows have the same.
    pub key: &'s dyn Fn(&T) -> K,
    /// The key as a cursor keeps it.
    pub values: &'s dyn Fn(&T) -> Vec<String>,
    /// The key that a cursor keeps.
    pub parse: fn(&[String]) -> Option<K>,
}

impl<T, K> std::fmt::Debug for Sorting<'_, T, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sorting").field(&self.name).finish()
    }
}

/// What a page becomes in SQL.
#[derive(Clone, Debug)]
pub struct Window {
    /// Rows behind the cursor.
    pub condition: Condition,
    /// The order, reversed for a page from the end.
    pub order: Vec<(SimpleExpr, Order)>,
    /// Rows to fetch: one more than wanted, to know whether there are more.
    pub limit: u64,
    backward: bool,
    bounded: bool,
    after: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Cursor(String, Vec<String>);

/// The cursor of a row.
///
/// # Errors
/// [`Error::Internal`] never in practice: the parts are strings.
pub fn cursor(name: &str, values: Vec<String>) -> Result<String> {
    let json = serde_json::to_vec(&Cursor(name.to_owned(), values)).map_err(Error::internal)?;
    Ok(hex(&json))
}

fn parse_cursor(name: &str, keys: &[SortKey], text: &str) -> Option<Vec<Value>> {
    let values = cursor_values(name, text)?;
    if values.len() != keys.len() {
        return None;
    }
    let pairs = keys.iter().zip(&values);
    pairs.map(|(key, text)| (key.parse)(text)).collect()
}

/// What a cursor of this order was made of.
#[must_use]
pub fn cursor_values(name: &str, text: &str) -> Option<Vec<String>> {
    if text.len() > 4_000 || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect();
    let Cursor(order, values) = serde_json::from_slice(&bytes?).ok()?;
    let has_nul = values.iter().any(|value| value.contains('\0'));
    (order == name && !has_nul).then_some(values)
}

impl PageRequest {
    /// The page in SQL.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor of another list, both directions at once, or a number
    /// below 0; [`Error::LimitExceeded`] for more than 200 rows.
    pub fn window(&self, keyset: &Keyset) -> Result<Window> {
        let (backward, count) = self.size()?;
        let mut condition = Condition::all();
        for (text, field, beyond) in [
            (&self.after, "after", true),
            (&self.before, "before", false),
        ] {
            if let Some(text) = text {
                let values = parse_cursor(keyset.name, &keyset.keys, text)
                    .ok_or_else(|| Error::invalid(field, "not a cursor of this list"))?;
                condition = condition.add(beside(&keyset.keys, &values, beyond));
            }
        }
        let order = keyset.keys.iter().map(|key| {
            let direction = if backward {
                key.direction.reversed()
            } else {
                key.direction
            };
            (key.expression.clone(), sql_order(direction))
        });
        Ok(Window {
            condition,
            order: order.collect(),
            limit: count + 1,
            backward,
            bounded: self.after.is_some(),
            after: self.after.clone(),
        })
    }

    /// The page of rows that stand in memory, in the same order and with the same cursors
    /// as a list of this name in the database.
    ///
    /// # Errors
    /// As [`PageRequest::window`].
    pub fn page_of<T, K: Ord>(
        &self,
        sorting: &Sorting<'_, T, K>,
        direction: Direction,
        mut rows: Vec<T>,
    ) -> Result<Page<T>> {
        let (backward, count) = self.size()?;
        let forward = direction == Direction::Ascending;
        let compare = |a: &K, b: &K| if forward { a.cmp(b) } else { b.cmp(a) };
        for (text, field, side) in [
            (&self.after, "after", Ordering::Greater),
            (&self.before, "before", Ordering::Less),
        ] {
            if let Some(text) = text {
                let values = cursor_values(sorting.name, text);
                let key = values.and_then(|values| (sorting.parse)(&values));
                let key = key.ok_or_else(|| Error::invalid(field, "not a cursor of this list"))?;
                rows.retain(|row| compare(&(sorting.key)(row), &key) == side);
            }
        }
        rows.sort_by(|a, b| compare(&(sorting.key)(a), &(sorting.key)(b)));
        if backward {
            rows.reverse();
        }
        let window = Window {
            condition: Condition::all(),
            order: Vec::new(),
            limit: count + 1,
            backward,
            bounded: self.after.is_some(),
            after: self.after.clone(),
        };
        window.page(sorting.name, rows, |row| (sorting.values)(row))
    }

    /// Whether the page is one from the end, and how many rows it has.
    fn size(&self) -> Result<(bool, u64)> {
        let backward = self.direction()?;
        let (count, name) = if backward {
            (self.last, "last")
        } else {
            (self.first, "first")
        };
        let count = count.map_or(Ok(DEFAULT_PAGE), |n| page_size(n, name))?;
        Ok((backward, count))
    }

    /// True for a page from the end.
    fn direction(&self) -> Result<bool> {
        if self.first.is_some() && self.last.is_some() {
            return Err(Error::invalid("last", "not together with first"));
        }
        Ok(self.last.is_some() || (self.before.is_some() && self.first.is_none()))
    }
}

/// A number of rows that a client may ask for.
///
/// # Errors
/// [`Error::Invalid`] below 0, [`Error::LimitExceeded`] above 200.
pub fn page_size(count: i32, field: &str) -> Result<u64> {
    let count = u64::try_from(count).map_err(|_| Error::invalid(field, "not below 0"))?;
    if count > LARGEST_PAGE {
        return Err(Error::LimitExceeded {
            limit: "page",
            message: format!("{field} is {count}: at most {LARGEST_PAGE} a page"),
        });
    }
    Ok(count)
}

const fn sql_order(direction: Direction) -> Order {
    match direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    }
}

/// Rows strictly behind (or before) a row: `(a, b) > (x, y)`, which an index in that order
/// answers, or where the directions differ `a > x OR (a = x AND b > y)`.
fn beside(keys: &[SortKey], values: &[Value], beyond: bool) -> Condition {
    if let Some(direction) = keys.first().map(|key| key.direction)
        && keys.iter().all(|key| key.direction == direction)
    {
        let row = Expr::tuple(keys.iter().map(|key| key.expression.clone()));
        let values = Expr::tuple(values.iter().cloned().map(Expr::value));
        let larger = (direction == Direction::Ascending) == beyond;
        let side = if larger {
            row.gt(values)
        } else {
            row.lt(values)
        };
        return Condition::all().add(side);
    }
    let mut any = Condition::any();
    for (n, (key, value)) in keys.iter().zip(values).enumerate() {
        let mut all = Condition::all();
        for (earlier, equal) in keys.iter().zip(values).take(n) {
            all = all.add(earlier.expression.clone().eq(Expr::value(equal.clone())));
        }
        let larger = (key.direction == Direction::Ascending) == beyond;
        let side = key.expression.clone();
        let value = Expr::value(value.clone());
        any = any.add(all.add(if larger {
            side.gt(value)
        } else {
            side.lt(value)
        }));
    }
    any
}

impl Window {
    /// True for a page from the end: rows are wanted in the reversed order.
    #[must_use]
    pub const fn is_backward(&self) -> bool {
        self.backward
    }

    /// The page from the rows that the select returned; `values` are a row's sort keys.
    ///
    /// # Errors
    /// [`Error::Internal`] never in practice.
    pub fn page<T>(
        self,
        name: &str,
        mut rows: Vec<T>,
        values: impl Fn(&T) -> Vec<String>,
    ) -> Result<Page<T>> {
        let wanted = usize::try_from(self.limit - 1).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        if self.backward {
            rows.reverse();
        }
        let rows: Result<Vec<(String, T)>> = rows
            .into_iter()
            .map(|row| Ok((cursor(name, values(&row))?, row)))
            .collect();
        Ok(Page {
            rows: rows?,
            has_next: if self.backward { false } else { more },
            has_previous: if self.backward { more } else { self.bounded },
            after: self.after,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_keys(count: usize) -> Vec<SortKey> {
        let key = SortKey {
            expression: Expr::value(1),
            direction: Direction::Ascending,
            parse: |text| Some(Value::from(text)),
        };
        vec![key; count]
    }

    proptest! {
        #[test]
        fn a_cursor_gives_back_what_it_was_made_of(values in prop::collection::vec("[^\0]{0,40}", 1..4)) {
            let made = cursor("list", values.clone()).unwrap();
            let read = parse_cursor("list", &text_keys(values.len()), &made).unwrap();
            let expected: Vec<Value> = values.iter().map(|text| Value::from(text.as_str())).collect();
            prop_assert_eq!(read, expected);
            prop_assert!(parse_cursor("other", &text_keys(values.len()), &made).is_none());
            prop_assert!(parse_cursor("list", &text_keys(values.len() + 1), &made).is_none());
        }

        #[test]
        fn no_text_is_too_odd_for_a_cursor(text in any::<String>()) {
            prop_assert!(parse_cursor("list", &text_keys(1), &text).is_none());
        }

        #[test]
        fn a_page_has_at_most_two_hundred_rows(first in any::<i32>()) {
            let request = PageRequest { first: Some(first), ..PageRequest::default() };
            let keyset = Keyset { name: "list", keys: text_keys(1) };
            match request.window(&keyset) {
                Ok(window) => prop_assert!((0..=200).contains(&first) && window.limit <= 201),
                Err(error) if first < 0 => prop_assert_eq!(error.code(), "INVALID"),
                Err(error) => prop_assert_eq!(error.code(), "LIMIT_EXCEEDED"),
            }
        }
    }
}
