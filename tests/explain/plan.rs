//! What a database says of how it would run a statement.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::Value;

/// How a statement comes to the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The table, or what stands for it in the statement.
    pub table: String,
    /// How.
    pub way: Way,
    /// The plan's own words.
    pub words: String,
}

/// Whether rows are found or looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// From the first row of the table to the last.
    Table,
    /// From the first entry of an index to the last, or until a limit is reached.
    Index,
    /// By a condition on an index.
    Search,
    /// The rows found are sorted before the first is known.
    Sort,
}

/// The steps of a statement's plan. Nothing is run; what has no plan has no steps.
pub async fn plan(connection: &DatabaseConnection, statement: &Statement) -> Vec<Step> {
    let verb = statement.sql.split_whitespace().next().unwrap_or_default();
    if !["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].contains(&verb) {
        return Vec::new();
    }
    match connection.get_database_backend() {
        DbBackend::Sqlite => sqlite(connection, statement).await,
        _ => postgres(connection, statement).await,
    }
}

fn explained(statement: &Statement, with: &str) -> Statement {
    Statement {
        sql: format!("{with} {}", statement.sql),
        values: statement.values.clone(),
        db_backend: statement.db_backend,
    }
}

async fn sqlite(connection: &DatabaseConnection, statement: &Statement) -> Vec<Step> {
    let rows = connection
        .query_all_raw(explained(statement, "EXPLAIN QUERY PLAN"))
        .await
        .unwrap_or_else(|error| panic!("{error}: {}", statement.sql));
    let details = rows.iter().map(|row| row.try_get("", "detail").unwrap());
    details
        .filter_map(|detail: String| sqlite_step(&detail, &statement.sql))
        .collect()
}

/// `SCAN tasks`, `SCAN tasks USING INDEX i`, `SEARCH tasks USING INDEX i (id=?)`, `USE TEMP
/// B-TREE FOR ORDER BY`, and what says nothing of a table.
fn sqlite_step(detail: &str, sql: &str) -> Option<Step> {
    let mut words = detail.split_whitespace();
    let verb = words.next()?;
    let name = words.next()?;
    let way = match verb {
        "SCAN" if detail.contains(" INDEX ") || detail.contains(" VIRTUAL TABLE ") => Way::Index,
        "SCAN" if name == "CONSTANT" => return None,
        "SCAN" => Way::Table,
        "SEARCH" => Way::Search,
        "USE" => Way::Sort,
        _ => return None,
    };
    Some(Step {
        table: named(name, sql),
        way,
        words: detail.to_owned(),
    })
}

/// The table behind an alias: `"tasks" AS "t"`.
fn named(name: &str, sql: &str) -> String {
    let alias = format!("\" AS \"{name}\"");
    let before = sql.find(&alias).map(|at| &sql[..at]);
    let table = before.and_then(|before| before.rsplit('"').next());
    table.unwrap_or(name).to_owned()
}

async fn postgres(connection: &DatabaseConnection, statement: &Statement) -> Vec<Step> {
    let row = connection
        .query_one_raw(explained(statement, "EXPLAIN (FORMAT JSON)"))
        .await
        .unwrap_or_else(|error| panic!("{error}: {}", statement.sql));
    let plan: Value = row.unwrap().try_get_by_index(0).unwrap();
    let mut steps = Vec::new();
    postgres_steps(&plan[0]["Plan"], &mut steps);
    steps
}

fn postgres_steps(node: &Value, steps: &mut Vec<Step>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let condition = !node["Index Cond"].is_null();
    let way = match kind {
        "Seq Scan" | "Sample Scan" => Some(Way::Table),
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" if condition => Some(Way::Search),
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" => Some(Way::Index),
        "Sort" | "Incremental Sort" => Some(Way::Sort),
        _ => None,
    };
    if let Some(way) = way {
        let of = |key: &str| node[key].as_str().unwrap_or_default();
        let words = [kind, of("Index Name"), of("Index Cond"), of("Filter")];
        steps.push(Step {
            table: of("Relation Name").to_owned(),
            way,
            words: words.join(" ").trim().to_owned(),
        });
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        postgres_steps(child, steps);
    }
}
