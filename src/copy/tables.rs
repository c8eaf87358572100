//! The rows of all tables, in the order of what refers to what.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::{Listener, Progress, Step};
use crate::error::Result;
use crate::store::copy::{Place, Row, Snapshot, TABLES, Table, Target};

/// Copies what is not in the target yet.
pub(super) async fn copy(
    source: &Snapshot,
    target: Target<'_>,
    places: BTreeMap<String, Place>,
    batch: u64,
    listen: Listener<'_>,
) -> Result<ControlFlow<()>> {
    for table in TABLES {
        let place = places.get(table.name()).cloned().unwrap_or_default();
        if place.done {
            continue;
        }
        let one = One {
            source,
            target,
            table,
            batch,
            total: source.count(table).await?,
        };
        if one.copy(place, listen).await?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// One table on its way.
struct One<'c> {
    source: &'c Snapshot,
    target: Target<'c>,
    table: &'static Table,
    batch: u64,
    total: u64,
}

impl One<'_> {
    /// While rows are written, the next ones are read.
    async fn copy(&self, mut place: Place, listen: Listener<'_>) -> Result<ControlFlow<()>> {
        let before = place.rows;
        let mut rows = self.read(&place).await?;
        while let Some(last) = rows.last() {
            let to = place.behind(rows.len() as u64, self.table.key(last))?;
            let insert = self.target.insert(self.table, &place, &to, rows);
            let (written, next) = futures_util::future::join(insert, self.read(&to)).await;
            written?;
            place = to;
            rows = next?;
            if listen(self.progress(Step::Copying, &place, before)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let finish = self
            .target
            .finish_table(self.source, self.table, &place, self.batch);
        let place = finish.await?;
        Ok(listen(self.progress(Step::Copied, &place, before)))
    }

    async fn read(&self, place: &Place) -> Result<Vec<Row>> {
        let after = place.after();
        self.source
            .rows(self.table, after.as_deref(), self.batch)
            .await
    }

    fn progress(&self, step: Step, place: &Place, before: u64) -> Progress {
        Progress {
            table: self.table.name(),
            step,
            rows: place.rows,
            total: self.total,
            fresh: place.rows - before,
        }
    }
}
