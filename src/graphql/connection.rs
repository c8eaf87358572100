//! Relay connections over keyset pages.

use async_graphql::SimpleObject;

use super::error::{Result, public};
use crate::error::Error;
use crate::store::page::{DEFAULT_PAGE, LARGEST_PAGE, Page, PageRequest, page_size};

/// Where a page stands in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// True if there are items behind this page.
    pub has_next_page: bool,
    /// True if there are items before this page.
    pub has_previous_page: bool,
    /// Cursor of the first item.
    pub start_cursor: Option<String>,
    /// Cursor of the last item; on an empty page the `after` that was given.
    pub end_cursor: Option<String>,
}

impl PageInfo {
    /// The page info of a page.
    pub fn of<T>(page: &Page<T>) -> Self {
        let cursor = |row: Option<&(String, T)>| row.map(|(cursor, _)| cursor.clone());
        Self {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: cursor(page.rows.first()),
            end_cursor: cursor(page.rows.last()).or_else(|| page.after.clone()),
        }
    }
}

/// Defines a connection type, its edge type, and the way from a page. Edges are made only for
/// who asks for them.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $row:ty) => {
        #[derive(Debug)]
        pub struct $connection {
            items: Vec<(String, $node)>,
            page_info: $crate::graphql::connection::PageInfo,
            total_count: Option<i64>,
        }

        #[doc = concat!("A page of a list of ", stringify!($node), ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The items of the page.
            async fn nodes(&self) -> $crate::graphql::ready::LentList<'_, $node> {
                let nodes = self.items.iter().map(|(_, node)| node);
                $crate::graphql::ready::LentList(nodes.collect())
            }

            /// The items with their cursors.
            async fn edges(&self) -> Vec<$edge> {
                let items = self.items.iter();
                let edges = items.map(|(cursor, node)| $edge {
                    cursor: cursor.clone(),
                    node: node.clone(),
                });
                edges.collect()
            }

            /// Where the page stands in the list.
            async fn page_info(&self) -> &$crate::graphql::connection::PageInfo {
                &self.page_info
            }

            /// How many items the whole list has; counted only when asked for.
            async fn total_count(&self) -> Option<i64> {
                self.total_count
            }
        }

        #[doc = concat!("An item of a list of ", stringify!($node), " with its cursor.")]
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $edge {
            /// Where the item stands in the list.
            cursor: String,
            /// The item.
            node: $node,
        }

        impl $connection {
            /// The connection of a page.
            pub fn of(page: $crate::store::page::Page<$row>, total_count: Option<u64>) -> Self {
                Self {
                    page_info: $crate::graphql::connection::PageInfo::of(&page),
                    items: page
                        .rows
                        .into_iter()
                        .map(|(cursor, row)| (cursor, <$node>::from(row)))
                        .collect(),
                    total_count: total_count.and_then(|count| i64::try_from(count).ok()),
                }
            }
        }
    };
}

pub(crate) use connection;

/// A page of a list that is short enough to be loaded whole, for many parents at once: the
/// milestones of a project, the members of a programme, the projects of a clause.
///
/// # Errors
/// INVALID for a cursor of another list; LIMIT_EXCEEDED for more than 200 items.
pub fn page_of_whole<T: Clone>(
    rows: &[T],
    cursor: impl Fn(&T) -> String,
    request: &PageRequest,
) -> Result<Page<T>> {
    let position = |text: &str, field: &str| {
        let found = rows.iter().position(|row| cursor(row) == text);
        found.ok_or_else(|| public(Error::invalid(field, "not a cursor of this list")))
    };
    let start = match &request.after {
        Some(text) => position(text, "after")? + 1,
        None => 0,
    };
    let end = match &request.before {
        Some(text) => position(text, "before")?,
        None => rows.len(),
    };
    window(rows, cursor, (start, end), request)
}

/// As [`page_of_whole`], of rows in the order of their places: a cursor that names a place
/// stays good when its row is gone.
///
/// # Errors
/// As [`page_of_whole`].
pub fn page_of_places<T: Clone, P: Ord>(
    rows: &[T],
    place: impl Fn(&T) -> P,
    cursors: (impl Fn(&T) -> String, impl Fn(&str) -> Option<P>),
    request: &PageRequest,
) -> Result<Page<T>> {
    let (cursor, named) = cursors;
    let named = |text: &String, field: &str| {
        named(text).ok_or_else(|| public(Error::invalid(field, "not a cursor of this list")))
    };
    let after = request.after.as_ref().map(|text| named(text, "after"));
    let before = request.before.as_ref().map(|text| named(text, "before"));
    let start = after
        .transpose()?
        .map_or(0, |behind| rows.partition_point(|row| place(row) <= behind));
    let end = before.transpose()?.map_or(rows.len(), |ahead| {
        rows.partition_point(|row| place(row) < ahead)
    });
    window(rows, cursor, (start, end), request)
}

/// The first or last rows between two places.
fn window<T: Clone>(
    rows: &[T],
    cursor: impl Fn(&T) -> String,
    (mut start, mut end): (usize, usize),
    request: &PageRequest,
) -> Result<Page<T>> {
    let size = |count: Option<i32>, field| -> Result<usize> {
        let size = count.map_or(Ok(DEFAULT_PAGE), |count| page_size(count, field));
        Ok(usize::try_from(size.map_err(public)?).unwrap_or(usize::MAX))
    };
    if request.last.is_some() {
        start = start.max(end.saturating_sub(size(request.last, "last")?));
    } else {
        end = end.min(start.saturating_add(size(request.first, "first")?));
    }
    let shown = rows.get(start..end).unwrap_or_default().iter();
    Ok(Page {
        rows: shown.map(|row| (cursor(row), row.clone())).collect(),
        has_next: end < rows.len(),
        has_previous: start > 0,
        after: request.after.clone(),
    })
}

/// The complexity of a connection: its page size times what one item costs.
#[must_use]
pub fn page_cost(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let size = first
        .or(last)
        .map_or(DEFAULT_PAGE, |n| u64::try_from(n).unwrap_or(0));
    usize::try_from(size.min(LARGEST_PAGE)).unwrap_or(0) * child + 1
}

/// The complexity of a plain list inside an object.
#[must_use]
pub const fn list_cost(child: usize) -> usize {
    5 * child + 1
}

/// The complexity of a figure that is calculated: what lies in it, and more for a past day,
/// which is folded from the ledger.
#[must_use]
pub const fn figure_cost(past: bool, child: usize) -> usize {
    child + if past { 50 } else { 5 }
}
