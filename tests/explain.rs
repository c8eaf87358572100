//! How the databases come to the rows that the contract's documents ask for.

mod plan;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::contract::{Sent, reads, writes};
use crate::support::{Content, Database, Engine, World};
use plan::{Step, Way, plan};

/// What a document made the database do.
struct Recorded {
    document: String,
    statement: Statement,
}

/// Tables that grow with jurisdictions, plans, units and people, not with projects: reading
/// one whole is cheap. Every other table is taken for one that grows.
const SMALL: [&str; 11] = [
    "jurisdictions",
    "areas",
    "units",
    "unit_aliases",
    "plans",
    "clauses",
    "indicators",
    "users",
    "grants",
    "api_tokens",
    "rating_adoptions",
];

/// Records the statements of a world's store.
fn record(world: &World) -> Arc<Mutex<Vec<Statement>>> {
    let statements = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&statements);
    world
        .services
        .store
        .watch(move |statement| kept.lock().unwrap().push(statement.clone()));
    statements
}

async fn sent(world: &World, statements: &Mutex<Vec<Statement>>, sent: Sent) -> Vec<Recorded> {
    let client = world.client_of(sent.persona).await;
    statements.lock().unwrap().clear();
    let answer = client.ask_named(sent.document, sent.operation, sent.variables).await;
    answer.data();
    let ran = std::mem::take(&mut *statements.lock().unwrap());
    let mut seen = BTreeSet::new();
    ran.into_iter()
        .filter(|statement| seen.insert(statement.sql.clone()))
        .map(|statement| Recorded {
            document: sent.operation.to_owned(),
            statement,
        })
        .collect()
}

/// The statements of every document of the contract, over the small world.
async fn recorded(engine: Engine) -> Vec<Recorded> {
    let world = World::open(engine).await;
    let statements = record(&world);
    let mut all = Vec::new();
    for read in reads() {
        all.extend(sent(&world, &statements, read).await);
    }
    world.close().await;
    for write in writes() {
        let world = World::open(engine).await;
        let statements = record(&world);
        all.extend(sent(&world, &statements, write).await);
        world.close().await;
    }
    all
}

#[tokio::test]
async fn dump() {
    let database = Engine::Sqlite.database(Content::Schema).await;
    let connection = unmeasured(&database).await;
    let mut lines = BTreeSet::new();
    for one in recorded(Engine::Sqlite).await {
        let steps = plan(&connection, &one.statement).await;
        let sort = steps.iter().any(|s| s.way == Way::Sort);
        for step in steps {
            if SMALL.contains(&step.table.as_str()) { continue; }
            if step.way == Way::Search && !sort { continue; }
            lines.insert(format!("{:?}\t{}\t{}\t{}\n\t\t{}", step.way, step.table, step.words, one.document, one.statement));
        }
    }
    std::fs::write("/tmp/copy-explain.txt", lines.into_iter().collect::<Vec<_>>().join("\n")).unwrap();
}

async fn unmeasured(database: &Database) -> DatabaseConnection {
    let connection = database.connect().await;
    connection.execute_unprepared("DROP TABLE IF EXISTS sqlite_stat1").await.unwrap();
    connection.close().await.unwrap();
    database.connect().await
}
