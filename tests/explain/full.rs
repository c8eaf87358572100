//! The plans of a database with many projects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_graphql::{Executor as _, Request, Variables};
use duban::clock::{Clock as _, ManualClock, SystemClock};
use duban::graphql::{Api, Limits};
use duban::policy::{Actor, Credential, Held, Principal, Scope};
use duban::store::copy::TABLES;
use duban::store::{Access, Store};
use duban_entities::ids::{JurisdictionId, UnitId, UserId};
use duban_entities::vocabulary::Role;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};
use uuid::Uuid;

use super::plan::{Way, plan};
use super::{Record, Recorded, grows, is_known, recorded_writes};
use crate::contract::{Sent, reads};
use crate::support::known::{HERE, RESERVOIR};
use crate::support::world::{request, services};
use crate::support::{Content, Engine, Persona, environment};

/// Rows from which a table is too long to be looked through.
const LONG: i64 = 1_000;

/// Reads are run as they are; of writes only the plans are asked, with keys of this
/// database in the place of the small world's. Nothing is changed.
#[tokio::test]
#[ignore = "asks a database with many projects, which DUBAN_EXPLAIN_URL names"]
async fn no_document_looks_a_long_table_through() {
    let url = environment("DUBAN_EXPLAIN_URL").expect("DUBAN_EXPLAIN_URL");
    let connection = sea_orm::Database::connect(&url).await.unwrap();
    let engine = match connection.get_database_backend() {
        DbBackend::Sqlite => Engine::Sqlite,
        _ => Engine::Postgres,
    };
    let full = Full::of(&connection).await;
    let mut statements = full.reads(&url).await;
    statements.extend(full.writes(engine, &connection).await);
    let found = full.look(&connection, &statements).await;
    connection.close().await.unwrap();
    assert!(found.is_empty(), "looked through: {found:#?}");
}

/// What there is most of.
struct Full {
    jurisdiction: Uuid,
    unit: Uuid,
    project: Uuid,
    /// Rows of each table.
    sizes: BTreeMap<&'static str, i64>,
}

async fn all<T: sea_orm::TryGetable>(connection: &DatabaseConnection, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

async fn one<T: sea_orm::TryGetable>(connection: &DatabaseConnection, sql: &str) -> T {
    all(connection, sql).await.pop().expect("a row")
}

impl Full {
    async fn of(connection: &DatabaseConnection) -> Self {
        let mut sizes = BTreeMap::new();
        for table in TABLES {
            let sql = format!("SELECT count(*) FROM {}", table.name());
            sizes.insert(table.name(), one(connection, &sql).await);
        }
        let most = |column: &str| {
            format!(
                "SELECT {column} FROM projects WHERE {column} IS NOT NULL \
                 GROUP BY {column} ORDER BY count(*) DESC LIMIT 1"
            )
        };
        Self {
            jurisdiction: one(connection, &most("jurisdiction_id")).await,
            unit: one(connection, &most("lead_unit_id")).await,
            project: one(
                connection,
                "SELECT id FROM projects WHERE lead_unit_id IS NOT NULL LIMIT 1",
            )
            .await,
            sizes,
        }
    }

    fn principal(&self, persona: Persona) -> Principal {
        let jurisdiction = JurisdictionId(self.jurisdiction);
        let whole = Scope::Jurisdiction(jurisdiction);
        let unit = UnitId(self.unit);
        let (role, scope) = match persona {
            Persona::Signatory => {
                let within = BTreeSet::from([unit]);
                let scope = Scope::Unit {
                    unit,
                    jurisdiction,
                    within,
                };
                (Role::Signatory, scope)
            }
            Persona::Auditor => (Role::Auditor, whole),
            Persona::Integrator => (Role::Integrator, whole),
            _ => (Role::Supervisor, whole),
        };
        Principal {
            actor: Actor::User {
                id: UserId(Uuid::nil()),
                name: "explain".to_owned(),
            },
            credential: Credential::Internal,
            grants: vec![Held {
                role,
                scope,
                home: BTreeSet::new(),
            }],
            must_change_password: false,
        }
    }

    /// The statements of the documents that read, run over this database.
    async fn reads(&self, url: &str) -> Vec<Recorded> {
        // The tallies are those of today where the database was served today; others are counted.
        let clock = ManualClock::at(SystemClock.now());
        let url = url.parse().unwrap();
        let store = Store::open(&url, Access::ReadOnly, clock.clone()).await;
        let services = services(store.unwrap(), &clock);
        let record = Record::of(&services.store);
        let api = Api::new(services.clone());
        let mut statements = Vec::new();
        for sent in reads() {
            let request = self.request(&sent);
            record.take("");
            for error in api.execute(request).await.errors {
                eprintln!("{}: {}", sent.operation, error.message);
            }
            statements.extend(record.take(sent.operation));
        }
        drop(api);
        Store::clone(&services.store).close().await.unwrap();
        statements
    }

    fn request(&self, sent: &Sent) -> Request {
        let of = |known: String, id: Uuid| {
            let (kind, _) = known.split_once('_').unwrap();
            let real = format!("{kind}_{}", id.simple());
            (known, real)
        };
        let mut variables = sent.variables.to_string();
        for (known, real) in [
            of(HERE.to_string(), self.jurisdiction),
            of(RESERVOIR.to_string(), self.project),
        ] {
            variables = variables.replace(&known, &real);
        }
        let variables = serde_json::from_str(&variables).unwrap();
        Request::new(sent.document)
            .operation_name(sent.operation)
            .variables(Variables::from_json(variables))
            .data(self.principal(sent.persona))
            .data(request())
            .data(Limits::SIGNED_IN)
    }

    /// The statements of the documents that write, as the small world runs them, with keys of
    /// this database.
    async fn writes(&self, engine: Engine, connection: &DatabaseConnection) -> Vec<Recorded> {
        let here = self.keys(engine, connection).await;
        let mut statements = recorded_writes(engine).await;
        for recorded in &mut statements {
            for value in recorded.statement.values.iter_mut().flat_map(|v| &mut v.0) {
                if let Value::Uuid(Some(id)) = value
                    && let Some(real) = here.get(id)
                {
                    *id = *real;
                }
            }
        }
        statements
    }

    /// For each key of the small world one of this database, of the same table.
    async fn keys(&self, engine: Engine, full: &DatabaseConnection) -> HashMap<Uuid, Uuid> {
        let world = engine.database(Content::World).await;
        let small = world.connect().await;
        let mut keys = HashMap::new();
        for table in TABLES
            .iter()
            .filter(|table| table.columns().contains(&"id"))
        {
            let sql = format!("SELECT id FROM {} ORDER BY id LIMIT 40", table.name());
            let mut theirs: Vec<Uuid> = all(full, &sql).await;
            match table.name() {
                "jurisdictions" => theirs = vec![self.jurisdiction],
                "units" => theirs.insert(0, self.unit),
                "projects" => theirs.insert(0, self.project),
                _ => {}
            }
            let known: Vec<Uuid> = all(&small, &sql).await;
            keys.extend(known.into_iter().zip(theirs.into_iter().cycle()));
        }
        small.close().await.unwrap();
        world.remove().await;
        keys
    }

    /// The tables that are looked through; says of others what it costs to read them.
    async fn look(
        &self,
        connection: &DatabaseConnection,
        statements: &[Recorded],
    ) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut wide = BTreeSet::new();
        for Recorded {
            document,
            statement,
        } in statements
        {
            for step in plan(connection, statement).await {
                let long = self.sizes.get(step.table.as_str()) >= Some(&LONG);
                if !long || !grows(&step.table) {
                    continue;
                }
                let line = format!("{document}: {}: {}", step.words, statement.sql);
                match step.way {
                    Way::Table if !is_known(&statement.sql) => found.insert(line),
                    Way::Index => wide.insert(line),
                    _ => continue,
                };
            }
        }
        for line in wide {
            eprintln!("a whole index, or a part of it under a limit: {line}");
        }
        found
    }
}
