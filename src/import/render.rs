//! An import's outcome and its problems as text, for a person at a terminal.

use std::fmt::{self, Write as _};

use crate::service::catalogue::{Mode, Outcome, Problem, Table};

/// The most lines of one list; the rest is counted.
const LINES: usize = 50;

/// Every problem, one a line, and what follows from them.
#[must_use]
pub fn problems(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let _ = writeln!(text, "{problem}");
    }
    let count = problems.len();
    let noun = if count == 1 { "problem" } else { "problems" };
    let _ = writeln!(text, "{count} {noun}: nothing was imported");
    text
}

/// What was done, or would be: counts a table, then what changed, was kept, or may be the
/// same work.
#[must_use]
pub fn outcome(outcome: &Outcome, mode: Mode) -> String {
    let mut text = counts(outcome, mode);
    // A fresh catalogue would list thousands: what is new is listed where it is not all new.
    let changes = outcome.changed.iter();
    list(&mut text, "changed", changes, |out, changed| {
        let fields = changed.fields.join(", ");
        write!(out, "{} {}: {fields}", changed.table, changed.code)
    });
    if mode == Mode::DryRun {
        list(&mut text, "added", outcome.added.iter(), |out, added| {
            write!(out, "{} {}", added.table, added.code)
        });
    }
    let kept = outcome.kept.iter();
    list(&mut text, "kept as people left it", kept, |out, kept| {
        let imported = stated(kept.imported.as_deref());
        let current = stated(kept.current.as_deref());
        let (table, code, field) = (kept.table, &kept.code, &kept.field);
        write!(
            out,
            "{table} {code}: {field} stays {current}, the file has {imported}"
        )
    });
    let matches = outcome.matches.iter();
    let title = "may be the same work: confirm";
    list(&mut text, title, matches, |out, found| {
        let (code, name) = (&found.code, &found.name);
        write!(
            out,
            "{code} {name} = {} {}?",
            found.existing, found.existing_name
        )
    });
    text
}

fn counts(outcome: &Outcome, mode: Mode) -> String {
    let mut text = String::new();
    if mode == Mode::DryRun {
        text.push_str("dry run: nothing was written\n");
    }
    let _ = writeln!(
        text,
        "{:<16}{:>8}{:>9}{:>11}{:>6}",
        "table", "added", "changed", "unchanged", "kept"
    );
    for table in Table::ALL {
        if let Some(counts) = outcome.counts.get(table) {
            let _ = writeln!(
                text,
                "{:<16}{:>8}{:>9}{:>11}{:>6}",
                table.name(),
                counts.added,
                counts.changed,
                counts.unchanged,
                counts.kept
            );
        }
    }
    text
}

fn list<T>(
    text: &mut String,
    title: &str,
    items: impl ExactSizeIterator<Item = T>,
    line: impl Fn(&mut String, T) -> fmt::Result,
) {
    let total = items.len();
    if total == 0 {
        return;
    }
    let _ = writeln!(text, "\n{title}:");
    for item in items.take(LINES) {
        text.push_str("  ");
        let _ = line(text, item);
        text.push('\n');
    }
    if total > LINES {
        let _ = writeln!(text, "  … and {} more", total - LINES);
    }
}

/// A value in one short line.
fn stated(value: Option<&str>) -> String {
    value.map_or_else(|| "not stated".to_owned(), super::cell::quoted)
}
