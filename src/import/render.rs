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
            "{table} {code}: {field} stays {current}; in the file: {imported}"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::catalogue::{Added, Changed, Counts, Kept, Place, PossibleMatch};

    #[test]
    fn an_outcome_reads_line_by_line() {
        let mut done = Outcome::default();
        let counts = Counts {
            added: 1,
            changed: 1,
            unchanged: 2,
            kept: 1,
        };
        done.counts.insert(Table::Projects, counts);
        let (table, code) = (Table::Projects, "A-ROA-0001".to_owned());
        done.added.push(Added {
            table,
            code: "A-ROA-0002".to_owned(),
        });
        done.changed.push(Changed {
            table,
            code: code.clone(),
            fields: vec!["kind".to_owned(), "title".to_owned()],
        });
        done.kept.push(Kept {
            table,
            code: code.clone(),
            field: "lead_unit".to_owned(),
            imported: None,
            current: Some("A-SLJ".to_owned()),
        });
        done.matches.push(PossibleMatch {
            code: "A-ROA-0002".to_owned(),
            name: "南环路工程".to_owned(),
            existing: code,
            existing_name: "南环路".to_owned(),
        });
        let expected = "\
dry run: nothing was written
table              added  changed  unchanged  kept
projects               1        1          2     1

changed:
  projects A-ROA-0001: kind, title

added:
  projects A-ROA-0002

kept as people left it:
  projects A-ROA-0001: lead_unit stays \"A-SLJ\"; in the file: not stated

may be the same work: confirm:
  A-ROA-0002 南环路工程 = A-ROA-0001 南环路?
";
        assert_eq!(outcome(&done, Mode::DryRun), expected);
    }

    #[test]
    fn problems_are_counted() {
        let place = Place {
            file: "units.csv".into(),
            line: 2,
        };
        let one = [Problem::new(&place, "kind", "\"X\"", "one of A, B")];
        assert_eq!(
            problems(&one),
            "units.csv:2: kind: found \"X\", expected one of A, B\n1 problem: nothing was imported\n"
        );
    }
}
