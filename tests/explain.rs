//! How the databases come to the rows that the contract's documents ask for: none by
//! looking through a table that grows with projects.
//!
//! Over the small world SQLite tells the plan that it has at any size, because it knows
//! nothing of sizes until it is told to measure. PostgreSQL chooses by size: what it does in
//! a database with many projects is asked by `just explain URL`.

mod full;
mod plan;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use duban::service::Call;
use duban::store::Store;
use duban::store::copy::{DERIVED, TABLES};
use duban::store::projects::ProjectFilter;
use duban::store::tallies::UnitOrder;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::contract::{Sent, reads, writes};
use crate::support::world::request;
use crate::support::{Content, Database, Engine, Persona, World};
use plan::{Way, plan};

/// Tables that grow with jurisdictions, plans, units and people: one may be read whole.
/// Every other is taken for one that grows with projects and their use.
const SMALL: [&str; 13] = [
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
    "document_numbers",
    "duty_marks",
];

/// What is looked through all the same, by a part of its statement.
const KNOWN: [&str; 1] = [
    // From the chain's end backward, until enough entries are found.
    "ORDER BY \"ledger\".\"seq\" DESC",
];

/// A statement that a document led to.
#[derive(Clone, Debug)]
struct Recorded {
    document: &'static str,
    statement: Statement,
}

/// The statements that a store has run.
#[derive(Clone, Debug, Default)]
struct Record(Arc<Mutex<Vec<Statement>>>);

impl Record {
    fn of(store: &Store) -> Self {
        let record = Self::default();
        let kept = Arc::clone(&record.0);
        store.watch(move |statement| kept.lock().unwrap().push(statement.clone()));
        record
    }

    /// What has run since it was last asked, each statement once.
    fn take(&self, document: &'static str) -> Vec<Recorded> {
        let ran = std::mem::take(&mut *self.0.lock().unwrap());
        let mut seen = BTreeSet::new();
        let new = ran.into_iter().filter(|one| seen.insert(one.sql.clone()));
        new.map(|statement| Recorded {
            document,
            statement,
        })
        .collect()
    }
}

fn grows(table: &str) -> bool {
    let known = TABLES.iter().any(|known| known.name() == table) || DERIVED.contains(&table);
    known && !SMALL.contains(&table)
}

fn is_known(sql: &str) -> bool {
    KNOWN.iter().any(|part| sql.contains(part))
}

async fn send(world: &World, record: &Record, sent: Sent) -> Vec<Recorded> {
    let client = world.client_of(sent.persona).await;
    record.take("");
    let answer = client.ask_named(sent.document, sent.operation, sent.variables);
    answer.await.data();
    record.take(sent.operation)
}

/// The statements of every document of the contract, over the small world.
async fn recorded(engine: Engine) -> Vec<Recorded> {
    let world = World::open(engine).await;
    let record = Record::of(&world.services.store);
    let mut all = Vec::new();
    for read in reads() {
        all.extend(send(&world, &record, read).await);
    }
    world.close().await;
    all.extend(recorded_writes(engine).await);
    all
}

/// Each in a world of its own.
async fn recorded_writes(engine: Engine) -> Vec<Recorded> {
    let mut all = Vec::new();
    for write in writes() {
        let world = World::open(engine).await;
        let record = Record::of(&world.services.store);
        all.extend(send(&world, &record, write).await);
        world.close().await;
    }
    all
}

/// A connection that knows nothing of the sizes of tables.
async fn blind(database: &Database) -> DatabaseConnection {
    let connection = database.connect().await;
    let forget = "DROP TABLE IF EXISTS sqlite_stat1";
    connection.execute_unprepared(forget).await.unwrap();
    connection.close().await.unwrap();
    database.connect().await
}

#[tokio::test]
async fn no_document_looks_a_growing_table_through() {
    let engine = Engine::Sqlite;
    let recorded = recorded(engine).await;
    assert!(recorded.len() > 200, "{} statements", recorded.len());
    let database = engine.database(Content::Schema).await;
    let connection = blind(&database).await;
    let mut found = BTreeSet::new();
    for Recorded {
        document,
        statement,
    } in recorded
    {
        let steps = plan(&connection, &statement).await.into_iter();
        for step in steps.filter(|step| step.way == Way::Table && grows(&step.table)) {
            if !is_known(&statement.sql) {
                found.insert(format!("{document}: {}: {}", step.words, statement.sql));
            }
        }
    }
    connection.close().await.unwrap();
    database.remove().await;
    assert!(found.is_empty(), "looked through: {found:#?}");
}

/// From each mark to what fell due since, and not through all open tasks: by those who read
/// before the marks are moved, and by who moves them.
#[tokio::test]
async fn a_midnight_is_read_from_its_marks() {
    let world = World::open(Engine::Sqlite).await;
    let record = Record::of(&world.services.store);
    world.advance_days(1);
    let call = Call {
        principal: world.principal(Persona::Administrator).await,
        request: request(),
        simulated: false,
        version: None,
    };
    record.take("");
    let services = &world.services;
    let found = services.portfolio(&call, &ProjectFilter::default()).await;
    let found = found.unwrap();
    assert!(found.is_read());
    let units = services.portfolio_units(&found, UnitOrder::Overdue, 20);
    units.await.unwrap();
    let reads = record.take("portfolio");
    services.keep_tallies(&call).await.unwrap();
    let mut ran = record.take("tallies");
    ran.extend(reads);
    let connection = blind(&world.database).await;
    let mut ranges = 0;
    for Recorded { statement, .. } in ran {
        for step in plan(&connection, &statement).await {
            // The open tasks of a unit are read anew where its longest leaves.
            if step.table == "tasks" && !step.words.contains("unit_id=?") {
                assert!(step.words.contains(">? AND"), "{}: {statement}", step.words);
                ranges += 1;
            }
        }
    }
    // Overdue tasks, ended periods, those of units; and two for each of two jurisdictions.
    assert!(ranges >= 5, "{ranges}");
    connection.close().await.unwrap();
    world.close().await;
}
