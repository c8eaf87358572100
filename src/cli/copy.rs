//! `duban copy`: an installation from one database into another.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::output::{note, say};
use crate::clock::SystemClock;
use crate::copy::{self, Outcome, Progress, Report, Step};
use crate::error::{Error, Result};
use crate::store::{Access, DatabaseUrl, Store};

/// How long apart two lines on the progress of one table are.
const APART: Duration = Duration::from_secs(2);

/// From where, and where to.
#[derive(Debug, Args)]
pub(super) struct Copy {
    /// The database that is copied; it is only read
    #[arg(long, value_name = "URL")]
    from: DatabaseUrl,
    /// An empty database, or one into which this copy was begun
    #[arg(long, value_name = "URL")]
    to: DatabaseUrl,
    /// Rows that are read and committed at a time
    #[arg(long, value_name = "ROWS", default_value_t = copy::BATCH,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    batch_rows: u64,
}

pub(super) async fn run(command: Copy) -> Result<()> {
    if same(&command.from, &command.to) {
        return Err(Error::internal("--from and --to are the same database"));
    }
    let clock = Arc::new(SystemClock);
    let source = Store::open(&command.from, Access::ReadOnly, Arc::clone(&clock) as _).await?;
    let target = Store::open(&command.to, Access::ReadWrite, clock).await?;
    let mut told = Told::new();
    let mut listen = |progress: Progress| {
        told.hear(progress);
        ControlFlow::Continue(())
    };
    let outcome = copy::copy(&source, &target, command.batch_rows, &mut listen).await;
    source.close().await?;
    target.close().await?;
    match outcome? {
        Outcome::Complete(report) => say(&summary(&report)),
        Outcome::Stopped => Ok(()),
    }
}

/// Two files may be one under two names; two servers under two names are found by what the
/// target holds.
fn same(from: &DatabaseUrl, to: &DatabaseUrl) -> bool {
    let whole = |path: &Path| -> PathBuf {
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    };
    match (from, to) {
        (DatabaseUrl::Sqlite(from), DatabaseUrl::Sqlite(to)) => whole(from) == whole(to),
        _ => from == to,
    }
}

/// What has been said on standard error.
struct Told {
    table: &'static str,
    since: Instant,
    last: Instant,
    ended: Instant,
}

impl Told {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            table: "",
            since: now,
            last: now,
            ended: now,
        }
    }

    /// A line now and then, and one at the end of a table.
    fn hear(&mut self, progress: Progress) {
        let now = Instant::now();
        let Progress {
            table,
            step,
            rows,
            total,
            fresh,
        } = progress;
        if step == Step::Comparing {
            note(&format!("compared {table}: {rows} rows"));
            return;
        }
        if self.table != table {
            // It began when the one before it had ended.
            (self.table, self.since) = (table, self.ended);
        }
        let rate = self.rate(now, fresh);
        if step == Step::Copied {
            note(&format!("copied {table}: {rows} rows, {rate} rows/s"));
            (self.last, self.ended) = (now, now);
        } else if now.duration_since(self.last) >= APART {
            note(&format!(
                "copying {table}: {rows} of {total} rows, {rate} rows/s"
            ));
            self.last = now;
        }
    }

    fn rate(&self, now: Instant, fresh: u64) -> u128 {
        let millis = now.duration_since(self.since).as_millis().max(1);
        u128::from(fresh) * 1_000 / millis
    }
}

fn summary(report: &Report) -> String {
    let mut text = String::new();
    for table in &report.tables {
        let _ = writeln!(text, "{} {} {}", table.checksum, table.rows, table.table);
    }
    let rows: u64 = report.tables.iter().map(|table| table.rows).sum();
    let head = &report.head;
    let _ = writeln!(
        text,
        "whole: {rows} rows in {} tables, ledger head {}:{}",
        report.tables.len(),
        head.seq,
        head.hash
    );
    text
}
