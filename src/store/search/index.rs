//! The index kept in step with the rows that it tells of.

use std::collections::{BTreeMap, HashMap};

use duban_entities::ids::{ProjectId, UnitId};
use duban_entities::{
    citation, project, project_alias, search_text, search_unit, unit, unit_alias,
};
use sea_orm::sea_query::{Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use super::stale::Stale;
use super::text::fold;
use crate::error::Result;
use crate::store::writes::{Writes, insert_all, run};
use crate::store::{Reads, reader};

/// Rows that are indexed at once.
pub(super) const CHUNK: usize = 500;

/// The pairs of texts, some twice. `{texts}` begins the recursion with code, tier and text; what is left
/// of a text loses one character a step.
const CUT: &str = "WITH RECURSIVE cut (code, tier, rest) AS (
    {texts}
    UNION ALL
    SELECT code, CASE tier WHEN 2 THEN 3 ELSE tier END, substr(rest, 2) FROM cut WHERE rest <> ''
)
SELECT
    CAST({point}(rest) AS bigint) * 2097152
        + CASE substr(rest, 2, 1) WHEN '\n' THEN 0 ELSE coalesce({point}(substr(rest, 2)), 0) END,
    tier, code
FROM cut WHERE rest <> '' AND substr(rest, 1, 1) <> '\n'";

/// The texts of projects, of all that are in `{which}`.
const OF_PROJECTS: &str = "SELECT code, 2, title FROM search_texts WHERE {which}
    UNION ALL SELECT code, 4, names FROM search_texts WHERE {which}
    UNION ALL SELECT code, 5, quotes FROM search_texts WHERE {which}";

/// The texts of units.
const OF_UNITS: &str = "SELECT code, 6, names FROM search_units WHERE {which}";

/// Whose texts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Projects,
    Units,
}

/// The select of the pairs of the texts in `which`.
pub(super) fn cut(backend: DbBackend, of: Of, which: &str) -> String {
    let point = match backend {
        DbBackend::Sqlite => "unicode",
        _ => "ascii",
    };
    let texts = match of {
        Of::Projects => OF_PROJECTS,
        Of::Units => OF_UNITS,
    };
    CUT.replace("{texts}", texts)
        .replace("{which}", which)
        .replace("{point}", point)
}

/// Brings the index up to date with what a unit of work has changed, within it. Two that
/// change the texts of one project or unit queue for its own row before they come here.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub(in crate::store) async fn refresh(on: &impl Writes, stale: Stale) -> Result<()> {
    let projects: Vec<ProjectId> = stale.projects.into_iter().collect();
    for chunk in projects.chunks(CHUNK) {
        refresh_projects(on, chunk.to_vec()).await?;
    }
    let units: Vec<UnitId> = stale.units.into_iter().collect();
    for chunk in units.chunks(CHUNK) {
        refresh_units(on, chunk.to_vec()).await?;
    }
    Ok(())
}

async fn refresh_projects(on: &impl Writes, ids: Vec<ProjectId>) -> Result<()> {
    let codes = Query::select()
        .column(project::Column::Code)
        .from(project::Entity)
        .and_where(project::Column::Id.is_in(ids.clone()))
        .to_owned();
    let mut known = reader::find::<search_text::Entity>()
        .filter(search_text::Column::Code.in_subquery(codes))
        .order_by_asc(search_text::Column::Code);
    if on.backend() == DbBackend::Postgres {
        known = known.lock_exclusive();
    }
    let known = reader::all(on, known).await?.into_iter();
    let known: HashMap<String, search_text::Model> =
        known.map(|row| (row.code.clone(), row)).collect();
    let mut texts = project_texts(on, project::Column::Id.is_in(ids)).await?;
    texts.retain(|row| known.get(&row.code) != Some(row));
    let codes: Vec<String> = texts.iter().map(|row| row.code.clone()).collect();
    let old = codes.iter().filter(|code| known.contains_key(*code));
    forget(on, Of::Projects, old.cloned().collect()).await?;
    insert_all::<search_text::Entity>(on, texts).await?;
    index(on, Of::Projects, codes).await
}

async fn refresh_units(on: &impl Writes, ids: Vec<UnitId>) -> Result<()> {
    let mut known = reader::find::<search_unit::Entity>()
        .filter(search_unit::Column::UnitId.is_in(ids.clone()))
        .order_by_asc(search_unit::Column::Code);
    if on.backend() == DbBackend::Postgres {
        known = known.lock_exclusive();
    }
    let known = reader::all(on, known).await?.into_iter();
    let known: HashMap<String, search_unit::Model> =
        known.map(|row| (row.code.clone(), row)).collect();
    let mut texts = unit_texts(on, unit::Column::Id.is_in(ids)).await?;
    texts.retain(|row| known.get(&row.code) != Some(row));
    let codes: Vec<String> = texts.iter().map(|row| row.code.clone()).collect();
    let old = codes.iter().filter(|code| known.contains_key(*code));
    forget(on, Of::Units, old.cloned().collect()).await?;
    insert_all::<search_unit::Entity>(on, texts).await?;
    index(on, Of::Units, codes).await
}

/// Takes texts and their pairs out of the index.
async fn forget(on: &impl Writes, of: Of, codes: Vec<String>) -> Result<()> {
    if codes.is_empty() {
        return Ok(());
    }
    let cut = cut(on.backend(), of, &among(codes.len()));
    let sql = format!("DELETE FROM search_grams WHERE (gram, tier, code) IN ({cut})");
    run_of(on, sql, codes.clone()).await?;
    let table = match of {
        Of::Projects => "search_texts",
        Of::Units => "search_units",
    };
    let sql = format!("DELETE FROM {table} WHERE {}", among(codes.len()));
    run_of(on, sql, codes).await
}

/// Writes the pairs of texts that stand in the index.
async fn index(on: &impl Writes, of: Of, codes: Vec<String>) -> Result<()> {
    if codes.is_empty() {
        return Ok(());
    }
    let cut = cut(on.backend(), of, &among(codes.len()));
    let sql = format!("INSERT INTO search_grams (gram, tier, code) {cut} ON CONFLICT DO NOTHING");
    run_of(on, sql, codes).await
}

/// `code IN ($1, $2 …)`: both databases take numbered values, and the same ones several
/// times.
fn among(many: usize) -> String {
    let values: Vec<String> = (1..=many).map(|n| format!("${n}")).collect();
    format!("code IN ({})", values.join(", "))
}

async fn run_of(on: &impl Writes, sql: String, codes: Vec<String>) -> Result<()> {
    let values = codes.into_iter().map(Value::from);
    let statement = Statement::from_sql_and_values(on.backend(), sql, values);
    run(on, statement).await?;
    Ok(())
}

/// The texts of the projects that meet a condition.
pub(super) async fn project_texts(
    on: &impl Reads,
    which: SimpleExpr,
) -> Result<Vec<search_text::Model>> {
    let select = reader::find::<project::Entity>()
        .select_only()
        .columns([
            project::Column::Id,
            project::Column::Code,
            project::Column::Title,
        ])
        .filter(which);
    let rows: Vec<(ProjectId, String, String)> = reader::tuples(on, select).await?;
    let ids = || rows.iter().map(|(id, ..)| *id);
    let names = reader::find::<project_alias::Entity>()
        .select_only()
        .columns([
            project_alias::Column::ProjectId,
            project_alias::Column::Alias,
        ])
        .filter(project_alias::Column::ProjectId.is_in(ids()));
    let mut names = grouped::<ProjectId>(reader::tuples(on, names).await?);
    let quotes = reader::find::<citation::Entity>()
        .select_only()
        .columns([citation::Column::ProjectId, citation::Column::Quote])
        .filter(citation::Column::ProjectId.is_in(ids()));
    let mut quotes = grouped::<ProjectId>(reader::tuples(on, quotes).await?);
    let texts = rows.into_iter().map(|(id, code, title)| {
        let title = fold(&title);
        let mut known = vec![title.clone(), fold(&code)];
        add_new(&mut known, &names.remove(&id).unwrap_or_default());
        let named = known.len();
        add_new(&mut known, &quotes.remove(&id).unwrap_or_default());
        let (names, quotes) = known.split_at(named);
        search_text::Model {
            code,
            title,
            names: names.iter().skip(1).cloned().collect::<Vec<_>>().join("\n"),
            quotes: quotes.join("\n"),
        }
    });
    Ok(texts.collect())
}

/// The texts of the units that meet a condition.
pub(super) async fn unit_texts(
    on: &impl Reads,
    which: SimpleExpr,
) -> Result<Vec<search_unit::Model>> {
    let rows = reader::all(on, reader::find::<unit::Entity>().filter(which)).await?;
    let names = reader::find::<unit_alias::Entity>()
        .select_only()
        .columns([unit_alias::Column::UnitId, unit_alias::Column::Alias])
        .filter(unit_alias::Column::UnitId.is_in(rows.iter().map(|row| row.id)));
    let mut names = grouped::<UnitId>(reader::tuples(on, names).await?);
    let texts = rows.into_iter().map(|row| {
        let mut own = names.remove(&row.id).unwrap_or_default();
        own.push(row.name);
        own.extend(row.full_name);
        let mut known = Vec::new();
        add_new(&mut known, &own);
        search_unit::Model {
            code: row.code,
            unit_id: row.id,
            names: known.join("\n"),
        }
    });
    Ok(texts.collect())
}

fn grouped<K: Ord>(pairs: Vec<(K, String)>) -> BTreeMap<K, Vec<String>> {
    let mut all: BTreeMap<K, Vec<String>> = BTreeMap::new();
    for (key, text) in pairs {
        all.entry(key).or_default().push(text);
    }
    all
}

/// Adds texts, folded, that do not stand in those that are there: whatever is found in them
/// is found at a better place already.
fn add_new(known: &mut Vec<String>, texts: &[String]) {
    let mut texts: Vec<String> = texts.iter().map(|text| fold(text)).collect();
    texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    for text in texts {
        if !known.iter().any(|longer| longer.contains(&text)) {
            known.push(text);
        }
    }
}

/// The next rows of a table in the order of their codes, so many of them.
pub(super) fn next_codes<E: EntityTrait>(
    of: E,
    id: E::Column,
    code: E::Column,
    after: &str,
) -> SelectStatement {
    Query::select()
        .column(id)
        .from(of)
        .and_where(code.gt(after))
        .order_by(code, sea_orm::Order::Asc)
        .limit(2_000)
        .to_owned()
}
