//! Databases for tests: copies of templates that are made once a run.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use duban::clock::ManualClock;
use duban::import::{Source, read};
use duban::service::Call;
use duban::service::catalogue::Mode;
use duban::store::{Access, Patience, Store};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tempfile::TempDir;

use super::world::services;
use super::{NOW, fixture, postgres};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// What stands in a fresh database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing, not even a table.
    Nothing,
    /// The tables.
    Schema,
    /// The small world of `fixture`.
    World,
    /// All that the plans name, imported, and the administrator of everything.
    Plans,
}

/// A database of one test.
#[derive(Debug)]
pub struct Database {
    /// Which one.
    pub engine: Engine,
    /// Its URL.
    pub url: String,
    name: String,
    /// Where a file lives as long as the test.
    dir: Option<TempDir>,
}

impl Engine {
    /// False where there is no such database here.
    pub fn is_there(self) -> bool {
        self == Self::Sqlite || postgres::server().is_some()
    }

    /// A fresh database.
    pub async fn database(self, content: Content) -> Database {
        let template = match content {
            Content::Nothing => None,
            Content::Schema | Content::World | Content::Plans => Some(template(self, content)),
        };
        let database = Database::named(self);
        match (self, template) {
            (Self::Sqlite, Some(template)) => {
                fs::copy(template.file(), database.file()).unwrap();
            }
            (Self::Sqlite, None) => {}
            (Self::Postgres, template) => {
                let template = template.map_or("template0", |template| template.name.as_str());
                create(&database.name, template).await;
            }
        }
        database
    }
}

impl Database {
    fn named(engine: Engine) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("duban_test_{}_{n}", std::process::id());
        let dir = (engine == Engine::Sqlite).then(|| TempDir::new().unwrap());
        let url = match &dir {
            Some(dir) => format!("sqlite://{}/duban.db", dir.path().display()),
            None => postgres::server().expect("PostgreSQL").url(&name),
        };
        Self {
            engine,
            url,
            name,
            dir,
        }
    }

    /// The file of a SQLite database.
    pub fn file(&self) -> PathBuf {
        self.dir.as_ref().expect("a file").path().join("duban.db")
    }

    /// Opens the store on it, with a clock of its own.
    pub async fn store(&self) -> Store {
        self.store_at(ManualClock::at(NOW)).await
    }

    /// Opens the store on it. It waits far longer than a server would: on a slow machine many
    /// writers at once make a long queue, and none of them is to be refused, nor is a group of
    /// them to be committed early because the machine was busy with something else.
    pub async fn store_at(&self, clock: Arc<ManualClock>) -> Store {
        const PATIENCE: Duration = Duration::from_secs(120);
        let url = self.url.parse().unwrap();
        let patience = Patience {
            wait: PATIENCE,
            statement: PATIENCE,
            group: PATIENCE,
        };
        let store = Store::open_with(&url, Access::ReadWrite, clock, patience).await;
        store.unwrap()
    }

    /// A connection that knows nothing of the program.
    pub async fn connect(&self) -> DatabaseConnection {
        sea_orm::Database::connect(&self.url).await.unwrap()
    }

    /// Takes it away.
    pub async fn remove(self) {
        if self.engine == Engine::Postgres {
            let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            on_server(&sql).await;
        }
    }
}

async fn create(name: &str, template: &str) {
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
    on_server(&sql).await;
}

async fn on_server(sql: &str) {
    let url = postgres::server().expect("PostgreSQL").url("postgres");
    let connection = sea_orm::Database::connect(url).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

/// A template is made once, by whoever needs it first; the others wait.
fn template(engine: Engine, content: Content) -> &'static Database {
    static TEMPLATES: [OnceLock<Database>; 6] = [const { OnceLock::new() }; 6];
    let n = match (engine, content) {
        (Engine::Sqlite, Content::World) => 0,
        (Engine::Postgres, Content::World) => 1,
        (Engine::Sqlite, Content::Plans) => 2,
        (Engine::Postgres, Content::Plans) => 3,
        (Engine::Sqlite, Content::Nothing | Content::Schema) => 4,
        (Engine::Postgres, Content::Nothing | Content::Schema) => 5,
    };
    TEMPLATES[n].get_or_init(|| {
        // A thread of its own, because the caller's may not block on a runtime.
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(make(engine, content))
        });
        made.join().expect("a template")
    })
}

/// A migrated database, filled; its file is whole once the connections are closed.
async fn make(engine: Engine, content: Content) -> Database {
    let database = Box::pin(engine.database(Content::Nothing)).await;
    let store = database.store().await;
    store.migrate().await.unwrap();
    match content {
        Content::World => fixture::fill(&store).await,
        Content::Plans => {
            import(store.clone()).await;
            fixture::add_administrator(&store).await;
        }
        Content::Nothing | Content::Schema => {}
    }
    store.close().await.unwrap();
    // The store's connections close side by side: one that closes alone and last writes what
    // the log still holds into the file, which is what is copied.
    let connection = database.connect().await;
    if engine == Engine::Sqlite {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        connection.execute_unprepared(sql).await.unwrap();
    }
    connection.close().await.unwrap();
    database
}

async fn import(store: Store) {
    let services = services(store, &ManualClock::at(NOW));
    let call = Call::system("import", "import".to_owned());
    let sheets = read(&[Source::Seeds]);
    let done = services.import_catalogue(&call, sheets, Mode::Apply, &|_| {});
    done.await.unwrap();
}
