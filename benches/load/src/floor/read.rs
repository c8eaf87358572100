//! Reads: the SQL that the answers need, and their JSON.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use chrono::{NaiveDate, TimeDelta};
use rusqlite::{Connection, Row, params};

use super::Query;

/// Rows a page.
const PAGE: usize = 50;

type Answer = rusqlite::Result<String>;

/// Writes a text as JSON; null where there is none.
fn text(out: &mut String, value: Option<&str>) {
    match value {
        None => out.push_str("null"),
        Some(value) => {
            out.push('"');
            for c in value.chars() {
                match c {
                    '"' => out.push_str("\\\""),
                    '\\' => out.push_str("\\\\"),
                    c if c < ' ' => {
                        let _ = write!(out, "\\u{:04x}", u32::from(c));
                    }
                    c => out.push(c),
                }
            }
            out.push('"');
        }
    }
}

fn member(out: &mut String, name: &str, value: Option<&str>) {
    let _ = write!(out, ",\"{name}\":");
    text(out, value);
}

fn id(out: &mut String, kind: &str, key: &[u8]) {
    out.push('"');
    out.push_str(kind);
    out.push('_');
    hex(out, key);
    out.push('"');
}

fn hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// Hundredths as a decimal.
fn decimal(hundredths: i64) -> String {
    match (hundredths % 100, hundredths % 10) {
        (0, _) => format!("{}", hundredths / 100),
        (_, 0) => format!("{}.{}", hundredths / 100, hundredths / 10 % 10),
        (rest, _) => format!("{}.{rest:02}", hundredths / 100),
    }
}

fn today() -> NaiveDate {
    (super::now() + TimeDelta::hours(8)).date_naive()
}

fn opt<'r>(row: &'r Row<'_>, at: usize) -> rusqlite::Result<Option<&'r str>> {
    Ok(row.get_ref(at)?.as_str_or_null()?)
}

fn key<'r>(row: &'r Row<'_>, at: usize) -> rusqlite::Result<Option<&'r [u8]>> {
    Ok(row.get_ref(at)?.as_blob_or_null()?)
}

/// A unit as `{"id","name"}`, or null.
fn unit(db: &Connection, out: &mut String, key: Option<&[u8]>) -> rusqlite::Result<()> {
    let Some(key) = key else {
        out.push_str("null");
        return Ok(());
    };
    let mut select = db.prepare_cached("SELECT name FROM units WHERE id = ?")?;
    let mut rows = select.query([key])?;
    out.push_str("{\"id\":");
    id(out, "unit", key);
    if let Some(row) = rows.next()? {
        member(out, "name", opt(row, 0)?);
    }
    out.push('}');
    Ok(())
}

/// The milestones of a project as `{"nodes":[…]}`; `whole` with baseline and version.
fn milestones(db: &Connection, out: &mut String, of: &[u8], whole: bool) -> rusqlite::Result<()> {
    let mut select = db.prepare_cached(
        "SELECT id, title, due_date, state, baseline_due_date, version FROM tasks \
         WHERE project_id = ? AND kind = 'MILESTONE' ORDER BY position, id",
    )?;
    let mut rows = select.query([of])?;
    out.push_str("{\"nodes\":[");
    let mut first = true;
    while let Some(row) = rows.next()? {
        out.push_str(if first { "{\"id\":" } else { ",{\"id\":" });
        first = false;
        id(out, "task", key(row, 0)?.unwrap_or_default());
        member(out, "title", opt(row, 1)?);
        member(out, "dueDate", opt(row, 2)?);
        if whole {
            member(out, "baselineDueDate", opt(row, 4)?);
        }
        member(out, "state", opt(row, 3)?);
        if whole {
            let _ = write!(out, ",\"version\":{}", row.get::<_, i64>(5)?);
        }
        out.push('}');
    }
    out.push_str("]}");
    Ok(())
}

/// A page of projects from a statement whose rows are id, code, title, kind, stage, due date,
/// baseline, percentage, lead.
fn page(db: &Connection, mut rows: rusqlite::Rows<'_>) -> Answer {
    let mut nodes = String::with_capacity(40_000);
    let (mut count, mut last) = (0, String::new());
    while let Some(row) = rows.next()? {
        count += 1;
        if count > PAGE {
            break;
        }
        let project = key(row, 0)?.unwrap_or_default();
        nodes.push_str(if count == 1 { "{\"id\":" } else { ",{\"id\":" });
        id(&mut nodes, "project", project);
        last.clear();
        last.push_str(opt(row, 1)?.unwrap_or_default());
        member(&mut nodes, "code", Some(&last));
        let names = ["title", "kind", "stage", "dueDate", "baselineDueDate"];
        for (name, at) in names.into_iter().zip(2..) {
            member(&mut nodes, name, opt(row, at)?);
        }
        member(&mut nodes, "percentComplete", Some(&decimal(row.get(7)?)));
        nodes.push_str(",\"leadUnit\":");
        unit(db, &mut nodes, key(row, 8)?)?;
        nodes.push_str(",\"milestones\":");
        milestones(db, &mut nodes, project, false)?;
        nodes.push('}');
    }
    let mut out = String::with_capacity(nodes.len() + 300);
    connection(&mut out, "projects", count > PAGE, &last);
    out.push_str(&nodes);
    out.push_str("]}}}");
    Ok(out)
}

/// The beginning of a connection; its cursor is as long as that of the server.
fn connection(out: &mut String, name: &str, more: bool, last: &str) {
    let _ = write!(
        out,
        "{{\"data\":{{\"{name}\":{{\"pageInfo\":{{\"hasNextPage\":{more},\"endCursor\":\""
    );
    hex(out, format!("[\"project.code\",[\"{last}\"]]").as_bytes());
    out.push_str("\"},\"nodes\":[");
}

const PROJECT: &str = "SELECT id, code, title, kind, stage, due_date, baseline_due_date, \
    percent_complete, lead_unit_id FROM projects";

pub(super) fn projects(db: &Connection, query: &Query) -> Answer {
    let after = query.get("after");
    match query.key("of") {
        None => {
            let sql = format!("{PROJECT} WHERE code > ? ORDER BY code LIMIT 51");
            page(db, db.prepare_cached(&sql)?.query([after])?)
        }
        Some(of) => {
            let sql = format!(
                "{PROJECT} WHERE jurisdiction_id = ? AND code > ? ORDER BY code LIMIT 51"
            );
            page(db, db.prepare_cached(&sql)?.query((of, after))?)
        }
    }
}

/// As one would search without an index: a scan of the texts, the best places first.
pub(super) fn search(db: &Connection, query: &Query) -> Answer {
    let sql = format!(
        "{PROJECT} WHERE title LIKE ?2 OR code LIKE ?2 \
         OR id IN (SELECT project_id FROM project_aliases WHERE alias LIKE ?2) \
         OR id IN (SELECT project_id FROM citations WHERE quote LIKE ?2) \
         OR lead_unit_id IN (SELECT id FROM units WHERE name LIKE ?2 OR full_name LIKE ?2 \
         OR id IN (SELECT unit_id FROM unit_aliases WHERE alias LIKE ?2)) \
         ORDER BY CASE WHEN code LIKE ?1 THEN 1 WHEN title LIKE ?1 THEN 2 \
         WHEN title LIKE ?2 THEN 3 ELSE 4 END, code LIMIT 51"
    );
    let start = format!("{}%", query.get("text"));
    let anywhere = format!("%{start}");
    page(db, db.prepare_cached(&sql)?.query([start, anywhere])?)
}

const OVERDUE: &str = "FROM tasks WHERE state = 'OPEN' AND NOT due_basis = 'PLAN_PERIOD' \
    AND counted_due_date < coalesce(clock_stopped_on, ?1)";

pub(super) fn overdue(db: &Connection, query: &Query) -> Answer {
    const COLUMNS: &str = "id, kind, title, due_date, baseline_due_date, due_basis, state, \
        unit_id, project_id, counted_due_date, coalesce(carried_days_late, 0)";
    let today = today();
    let date = today.to_string();
    let mut out = String::with_capacity(30_000);
    match query.key("of") {
        None => {
            let sql = format!("SELECT {COLUMNS} {OVERDUE} ORDER BY due_date, id LIMIT 51");
            overdue_page(db, &mut out, today, db.prepare_cached(&sql)?.query([date])?)?;
        }
        Some(of) => {
            let sql = format!(
                "SELECT {COLUMNS} {OVERDUE} AND jurisdiction_id = ?2 ORDER BY due_date, id LIMIT 51"
            );
            overdue_page(db, &mut out, today, db.prepare_cached(&sql)?.query(params![date, of])?)?;
        }
    }
    Ok(out)
}

fn overdue_page(
    db: &Connection,
    out: &mut String,
    today: NaiveDate,
    mut rows: rusqlite::Rows<'_>,
) -> rusqlite::Result<()> {
    let mut nodes = String::with_capacity(30_000);
    let (mut count, mut last) = (0, String::new());
    while let Some(row) = rows.next()? {
        count += 1;
        if count > PAGE {
            break;
        }
        let typename = match opt(row, 1)? {
            Some("MILESTONE") => "Milestone",
            Some("REPORT") => "Report",
            Some("ISSUE") => "Issue",
            _ => "Order",
        };
        let _ = write!(nodes, "{}{{\"__typename\":\"{typename}\",\"id\":", if count > 1 { "," } else { "" });
        let task = key(row, 0)?.unwrap_or_default();
        id(&mut nodes, "task", task);
        last.clear();
        hex(&mut last, task);
        let names = ["title", "dueDate", "baselineDueDate", "dueBasis"];
        for (name, at) in names.into_iter().zip(2..) {
            member(&mut nodes, name, opt(row, at)?);
        }
        let counted = opt(row, 9)?.and_then(|date| date.parse().ok());
        let days = counted.map_or(0, |date: NaiveDate| (today - date).num_days());
        let _ = write!(nodes, ",\"daysOverdue\":{}", days + row.get::<_, i64>(10)?);
        member(&mut nodes, "state", opt(row, 6)?);
        nodes.push_str(",\"unit\":");
        unit(db, &mut nodes, key(row, 7)?)?;
        nodes.push_str(",\"project\":");
        project_of_task(db, &mut nodes, key(row, 8)?)?;
        nodes.push('}');
    }
    connection(out, "tasks", count > PAGE, &last);
    out.push_str(&nodes);
    out.push_str("]}}}");
    Ok(())
}

fn project_of_task(db: &Connection, out: &mut String, of: Option<&[u8]>) -> rusqlite::Result<()> {
    let Some(of) = of else {
        out.push_str("null");
        return Ok(());
    };
    let sql = "SELECT code, title, lead_unit_id FROM projects WHERE id = ?";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query([of])?;
    if let Some(row) = rows.next()? {
        out.push_str("{\"id\":");
        id(out, "project", of);
        member(out, "code", opt(row, 0)?);
        member(out, "title", opt(row, 1)?);
        out.push_str(",\"leadUnit\":");
        unit(db, out, key(row, 2)?)?;
        out.push('}');
    }
    Ok(())
}

/// The items of a list that a statement finds for a key, each written by `write`.
fn list(
    db: &Connection,
    out: &mut String,
    (name, sql, of): (&str, &str, &[u8]),
    write: impl Fn(&mut String, &Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let _ = write!(out, ",\"{name}\":[");
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query([of])?;
    let mut first = true;
    while let Some(row) = rows.next()? {
        if !first {
            out.push(',');
        }
        first = false;
        write(out, row)?;
    }
    out.push(']');
    Ok(())
}

fn named(out: &mut String, kind: &str, row: &Row<'_>) -> rusqlite::Result<()> {
    out.push_str("{\"id\":");
    id(out, kind, key(row, 0)?.unwrap_or_default());
    member(out, "name", opt(row, 1)?);
    out.push('}');
    Ok(())
}

/// One project with all that hangs on it.
pub(super) fn project(db: &Connection, query: &Query) -> Answer {
    let of = query.key("id").unwrap_or_default();
    let mut out = String::with_capacity(4_000);
    let mut select = db.prepare_cached(
        "SELECT code, title, kind, participation, stage, stage_basis, due_date, \
         baseline_due_date, due_basis, percent_complete, version, simulated, jurisdiction_id, \
         lead_basis, lead_unit_id, parent_id FROM projects WHERE id = ?",
    )?;
    let mut rows = select.query([&of])?;
    let Some(row) = rows.next()? else {
        return Ok("{\"data\":{\"project\":null}}".to_owned());
    };
    out.push_str("{\"data\":{\"project\":{\"id\":");
    id(&mut out, "project", &of);
    let names = [
        "code", "title", "kind", "participation", "stage", "stageBasis", "dueDate",
        "baselineDueDate", "dueBasis",
    ];
    for (name, at) in names.into_iter().zip(0..) {
        member(&mut out, name, opt(row, at)?);
    }
    member(&mut out, "percentComplete", Some(&decimal(row.get(9)?)));
    let (version, simulated): (i64, bool) = (row.get(10)?, row.get(11)?);
    let _ = write!(out, ",\"version\":{version},\"simulated\":{simulated}");
    parts(db, &mut out, &of, row)?;
    out.push_str(",\"milestones\":");
    milestones(db, &mut out, &of, true)?;
    out.push_str("}}}");
    Ok(out)
}

fn parts(db: &Connection, out: &mut String, of: &[u8], row: &Row<'_>) -> rusqlite::Result<()> {
    list(
        db,
        out,
        ("externalIds", "SELECT scheme, value FROM project_external_ids WHERE project_id = ? ORDER BY 1, 2", of),
        |out, row| {
            out.push_str("{\"scheme\":");
            text(out, opt(row, 0)?);
            member(out, "value", opt(row, 1)?);
            out.push('}');
            Ok(())
        },
    )?;
    let mut jurisdiction = db.prepare_cached("SELECT id, name FROM jurisdictions WHERE id = ?")?;
    let mut found = jurisdiction.query([key(row, 12)?])?;
    out.push_str(",\"jurisdiction\":");
    match found.next()? {
        Some(row) => named(out, "jurisdiction", row)?,
        None => out.push_str("null"),
    }
    list(
        db,
        out,
        ("areas", "SELECT a.id, a.name FROM project_areas p JOIN areas a ON a.id = p.area_id WHERE p.project_id = ? ORDER BY a.code", of),
        |out, row| named(out, "area", row),
    )?;
    member(out, "leadBasis", opt(row, 13)?);
    list(
        db,
        out,
        ("suggestedLeads", "SELECT u.id, u.name FROM suggested_leads s JOIN units u ON u.id = s.unit_id WHERE s.project_id = ? ORDER BY s.position", of),
        |out, row| named(out, "unit", row),
    )?;
    lead(db, out, key(row, 14)?)?;
    list(
        db,
        out,
        ("cooperatingUnits", "SELECT u.id, u.name FROM cooperating_units c JOIN units u ON u.id = c.unit_id WHERE c.project_id = ? ORDER BY c.position", of),
        |out, row| named(out, "unit", row),
    )?;
    out.push_str(",\"parent\":");
    project_of_task(db, out, key(row, 15)?)?;
    list(
        db,
        out,
        ("targets", "SELECT name, quantity, qualifier, unit_of_measure FROM targets WHERE project_id = ? ORDER BY position", of),
        |out, row| {
            out.push_str("{\"name\":");
            text(out, opt(row, 0)?);
            member(out, "quantity", opt(row, 1)?);
            member(out, "qualifier", opt(row, 2)?);
            member(out, "unitOfMeasure", opt(row, 3)?);
            out.push('}');
            Ok(())
        },
    )?;
    citations(db, out, of)
}

fn lead(db: &Connection, out: &mut String, lead: Option<&[u8]>) -> rusqlite::Result<()> {
    out.push_str(",\"leadUnit\":");
    unit(db, out, lead)?;
    if let Some(lead) = lead {
        // Inside the brace that was just closed.
        out.pop();
        let sql = "SELECT alias FROM unit_aliases WHERE unit_id = ? ORDER BY alias";
        list(db, out, ("aliases", sql, lead), |out, row| {
            text(out, opt(row, 0)?);
            Ok(())
        })?;
        out.push('}');
    }
    Ok(())
}

fn citations(db: &Connection, out: &mut String, of: &[u8]) -> rusqlite::Result<()> {
    let sql = "SELECT c.id, c.number, c.heading, p.id, p.title, p.document_number, m.quote, \
        m.phrase, m.demand, m.source_file, m.source_line FROM citations m JOIN clauses c ON \
        c.id = m.clause_id JOIN plans p ON p.id = c.plan_id WHERE m.project_id = ? \
        ORDER BY m.position";
    list(db, out, ("citations", sql, of), |out, row| {
        out.push_str("{\"clause\":{\"id\":");
        id(out, "clause", key(row, 0)?.unwrap_or_default());
        member(out, "number", opt(row, 1)?);
        member(out, "heading", opt(row, 2)?);
        out.push_str(",\"plan\":{\"id\":");
        id(out, "plan", key(row, 3)?.unwrap_or_default());
        member(out, "title", opt(row, 4)?);
        member(out, "documentNumber", opt(row, 5)?);
        out.push_str("}}");
        for (name, at) in ["quote", "phrase", "demand", "sourceFile"].into_iter().zip(6..) {
            member(out, name, opt(row, at)?);
        }
        let _ = write!(out, ",\"sourceLine\":{}}}", row.get::<_, i64>(10)?);
        Ok(())
    })
}

/// What a unit has in hand: projects, tasks not done, overdue ones, days of the longest.
type InHand = [i64; 4];

#[derive(Default)]
struct Figures {
    /// Projects, unassigned, unscheduled, overdue tasks, ended periods.
    totals: [i64; 5],
    stages: BTreeMap<String, i64>,
    kinds: BTreeMap<String, [i64; 2]>,
    units: HashMap<Vec<u8>, InHand>,
}

pub(super) fn portfolio(db: &Connection, query: &Query) -> Answer {
    let of = query.key("of");
    let mut figures = Figures::default();
    count_projects(db, of.as_deref(), &mut figures)?;
    count_tasks(db, of.as_deref(), &mut figures)?;
    let mut out = String::with_capacity(6_000);
    let [projects, unassigned, unscheduled, overdue, ended] = figures.totals;
    let _ = write!(
        out,
        "{{\"data\":{{\"portfolio\":{{\"projectCount\":{projects},\
         \"unassignedProjectCount\":{unassigned},\"unscheduledProjectCount\":{unscheduled},\
         \"overdueTaskCount\":{overdue},\"periodEndedProjectCount\":{ended},\"byStage\":["
    );
    for (n, (stage, count)) in figures.stages.iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        let _ = write!(out, "{comma}{{\"stage\":\"{stage}\",\"projectCount\":{count}}}");
    }
    out.push_str("],\"byKind\":[");
    for (n, (kind, [projects, overdue])) in figures.kinds.iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        let _ = write!(
            out,
            "{comma}{{\"kind\":\"{kind}\",\"projectCount\":{projects},\"overdueTaskCount\":{overdue}}}"
        );
    }
    out.push_str("],\"byUnit\":[");
    by_unit(db, &mut out, figures.units)?;
    out.push_str("]}}}");
    Ok(out)
}

fn by_unit(db: &Connection, out: &mut String, units: HashMap<Vec<u8>, InHand>) -> rusqlite::Result<()> {
    let mut units: Vec<(Vec<u8>, InHand)> = units.into_iter().collect();
    units.sort_by(|(a, x), (b, y)| (y[2], y[3]).cmp(&(x[2], x[3])).then_with(|| a.cmp(b)));
    for (n, (key, [projects, open, overdue, longest])) in units.into_iter().take(20).enumerate() {
        out.push_str(if n > 0 { ",{\"unit\":" } else { "{\"unit\":" });
        unit(db, out, Some(&key))?;
        let _ = write!(
            out,
            ",\"projectCount\":{projects},\"openTaskCount\":{open},\
             \"overdueTaskCount\":{overdue},\"longestOverdueDays\":{longest}}}"
        );
    }
    Ok(())
}

fn count_projects(db: &Connection, of: Option<&[u8]>, figures: &mut Figures) -> rusqlite::Result<()> {
    let (here, bound) = within(of, "");
    let sql = format!(
        "SELECT stage, kind, lead_unit_id, sum(schedule_approved_at IS NULL), count(*) \
         FROM projects WHERE {here} GROUP BY 1, 2, 3"
    );
    let mut select = db.prepare_cached(&sql)?;
    let mut rows = select.query(rusqlite::params_from_iter(bound))?;
    while let Some(row) = rows.next()? {
        let (stage, kind): (String, String) = (row.get(0)?, row.get(1)?);
        let (unscheduled, count): (i64, i64) = (row.get(3)?, row.get(4)?);
        figures.totals[0] += count;
        figures.totals[2] += unscheduled;
        *figures.stages.entry(stage).or_default() += count;
        figures.kinds.entry(kind).or_default()[0] += count;
        match key(row, 2)? {
            Some(unit) => figures.units.entry(unit.to_vec()).or_default()[0] += count,
            None => figures.totals[1] += count,
        }
    }
    Ok(())
}

fn count_tasks(db: &Connection, of: Option<&[u8]>, figures: &mut Figures) -> rusqlite::Result<()> {
    const LATE: &str = "(t.state = 'OPEN' AND NOT t.due_basis = 'PLAN_PERIOD' AND \
        t.counted_due_date < coalesce(t.clock_stopped_on, ?1))";
    let (here, bound) = within(of, "t.");
    let sql = format!(
        "SELECT p.kind, t.unit_id, count(*), sum({LATE}), max(CASE WHEN {LATE} THEN \
         CAST(julianday(coalesce(t.clock_stopped_on, ?1)) - julianday(t.counted_due_date) AS \
         INTEGER) + coalesce(t.carried_days_late, 0) ELSE 0 END), sum(t.state = 'OPEN' AND \
         t.due_basis = 'PLAN_PERIOD' AND t.due_date < ?1 AND t.role IN ('FINISH', 'SUPPORT')) \
         FROM tasks t LEFT JOIN projects p ON p.id = t.project_id \
         WHERE t.state IN ('OPEN', 'SUBMITTED') AND {here} GROUP BY 1, 2"
    );
    let mut select = db.prepare_cached(&sql)?;
    let date = today().to_string();
    let mut rows = match bound {
        Some(of) => select.query(params![date, of])?,
        None => select.query([date])?,
    };
    while let Some(row) = rows.next()? {
        let [open, overdue, longest] = [row.get::<_, i64>(2)?, row.get(3)?, row.get(4)?];
        figures.totals[3] += overdue;
        figures.totals[4] += row.get::<_, i64>(5)?;
        if let Some(kind) = opt(row, 0)? {
            figures.kinds.entry(kind.to_owned()).or_default()[1] += overdue;
        }
        if let Some(unit) = key(row, 1)? {
            let unit = figures.units.entry(unit.to_vec()).or_default();
            unit[1] += open;
            unit[2] += overdue;
            unit[3] = unit[3].max(longest);
        }
    }
    Ok(())
}

/// A condition on the jurisdiction, with the value that it binds.
fn within<'k>(of: Option<&'k [u8]>, table: &str) -> (String, Option<&'k [u8]>) {
    match of {
        // The second value of a statement that binds a date, the only one of one that does not.
        Some(_) if table.is_empty() => ("jurisdiction_id = ?1".to_owned(), of),
        Some(_) => (format!("{table}jurisdiction_id = ?2"), of),
        None => ("1".to_owned(), None),
    }
}
