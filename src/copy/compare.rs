//! Whether two databases hold the same.

use std::ops::ControlFlow;

use futures_util::future::try_join;

use super::{Listener, Progress, Step};
use crate::error::{Error, Result};
use crate::store::copy::{Checksum, Row, Snapshot, TABLES, Table};

/// A table that is the same on both sides.
#[derive(Debug)]
pub struct Compared {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over its rows in the order of their key, hexadecimal.
    pub checksum: String,
}

/// Reads every table on both sides, in the order of its key.
pub(super) async fn tables(
    source: &Snapshot,
    target: &Snapshot,
    batch: u64,
    listen: Listener<'_>,
) -> Result<ControlFlow<(), Vec<Compared>>> {
    let mut all = Vec::with_capacity(TABLES.len());
    let mut differing = Vec::new();
    for table in TABLES {
        let sides = Sides::read(source, target, table, batch).await?;
        let (rows, total) = (sides.left.rows, sides.right.rows);
        match sides.judge(table) {
            Ok(compared) => all.push(compared),
            Err(difference) => differing.push(difference),
        }
        let progress = Progress {
            table: table.name(),
            step: Step::Comparing,
            rows,
            total,
            fresh: rows,
        };
        if listen(progress).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    if differing.is_empty() {
        return Ok(ControlFlow::Continue(all));
    }
    Err(Error::internal(format!(
        "source and target differ: {}",
        differing.join("; ")
    )))
}

/// A table as the two databases have it.
#[derive(Default)]
struct Sides {
    left: Side,
    right: Side,
    /// The first row that is not the same, in words.
    first: Option<String>,
}

#[derive(Default)]
struct Side {
    rows: u64,
    checksum: Checksum,
}

impl Side {
    fn add(&mut self, rows: &[Row]) -> Result<()> {
        self.rows += rows.len() as u64;
        rows.iter().try_for_each(|row| self.checksum.add(row))
    }
}

impl Sides {
    async fn read(a: &Snapshot, b: &Snapshot, table: &Table, batch: u64) -> Result<Self> {
        let mut sides = Self::default();
        let (mut behind_a, mut behind_b) = (None, None);
        loop {
            let (of_a, of_b) = try_join(
                a.rows(table, behind_a.as_deref(), batch),
                b.rows(table, behind_b.as_deref(), batch),
            )
            .await?;
            if of_a.is_empty() && of_b.is_empty() {
                return Ok(sides);
            }
            sides.left.add(&of_a)?;
            sides.right.add(&of_b)?;
            if sides.first.is_none() {
                sides.first = first_difference(table, &of_a, &of_b);
            }
            behind_a = of_a.last().map(|row| table.key(row)).or(behind_a);
            behind_b = of_b.last().map(|row| table.key(row)).or(behind_b);
        }
    }

    fn judge(self, table: &Table) -> std::result::Result<Compared, String> {
        let (rows, target_rows) = (self.left.rows, self.right.rows);
        let (checksum, target) = (self.left.checksum.finish(), self.right.checksum.finish());
        if rows == target_rows && checksum == target {
            return Ok(Compared {
                table: table.name(),
                rows,
                checksum,
            });
        }
        let first = self.first.unwrap_or_default();
        Err(format!(
            "table {} ({rows} rows, {checksum} against {target_rows} rows, {target}; {first})",
            table.name()
        ))
    }
}

/// The values themselves are not told: they may be hashes of passwords.
fn first_difference(table: &Table, a: &[Row], b: &[Row]) -> Option<String> {
    let pairs = a.iter().zip(b);
    let differing = pairs.into_iter().find(|(a, b)| a != b);
    let Some((left, right)) = differing else {
        let longer = if a.len() > b.len() { a } else { b };
        let row = longer.get(a.len().min(b.len()))?;
        return Some(format!("first only on one side: {:?}", table.key(row)));
    };
    let columns = table.columns().into_iter().zip(left.iter().zip(right));
    let names: Vec<&str> = columns
        .filter(|(_, (a, b))| a != b)
        .map(|(name, _)| name)
        .collect();
    Some(format!(
        "first at {:?}, in {}",
        table.key(left),
        names.join(", ")
    ))
}
