//! The library over real HTTP, on a database of its own, with a clock that stands still.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use duban::clock::{Clock, ManualClock};
use duban::error::Result;
use duban::graphql::{self, Api};
use duban::http::{self, Authenticator, Readiness, Serving, Settings, Site};
use duban::policy::{Action, Facts, Principal};
use duban::service::{
    Call, Caller, Credentials, NewToken, RequestInfo, Rules, Services, SignInLimits, SigningKey,
};
use duban::store::record::Row;
use duban::store::{Store, ledger, reader};
use duban_entities::ledger as entry;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::persona::PASSWORD;
use super::{Answer, Client, Content, Database, Engine, NOW, Persona};

/// A served database.
#[derive(Debug)]
pub struct World {
    /// Where everything stands.
    pub database: Database,
    /// A connection of the test's own.
    pub db: DatabaseConnection,
    /// The services behind the server.
    pub services: Services,
    /// What time it is.
    pub clock: Arc<ManualClock>,
    /// The ledger's last number when the server started.
    pub head: i64,
    serving: Serving,
    stop: oneshot::Sender<()>,
    http: reqwest::Client,
    tokens: Mutex<HashMap<(Persona, DateTime<Utc>), String>>,
}

impl World {
    /// The small world.
    pub async fn open(engine: Engine) -> Self {
        Self::of(engine.database(Content::World).await).await
    }

    /// Any migrated database, served.
    pub async fn of(database: Database) -> Self {
        Self::at(database, ManualClock::at(NOW)).await
    }

    /// Any migrated database, served by a clock.
    pub async fn at(database: Database, clock: Arc<ManualClock>) -> Self {
        let services = services(database.store_at(Arc::clone(&clock)).await, &clock);
        let (stop, stopped) = oneshot::channel();
        let serving = serve(&services, stopped).await;
        let db = database.connect().await;
        Self {
            head: ledger::head(&db).await.unwrap().seq,
            db,
            database,
            services,
            clock,
            serving,
            stop,
            http: reqwest::Client::new(),
            tokens: Mutex::default(),
        }
    }

    /// Ends the server and takes the database away.
    pub async fn close(self) {
        if super::environment("DUBAN_TEST_TALLIES").is_some() {
            let call = Call::system("test", "test".to_owned());
            let wrong = self.services.check_tallies(&call).await.unwrap();
            assert_eq!(wrong, Vec::<String>::new());
        }
        drop(self.http);
        self.stop.send(()).expect("a server that runs");
        self.serving.stopped().await.unwrap();
        self.db.close().await.unwrap();
        Store::clone(&self.services.store).close().await.unwrap();
        self.database.remove().await;
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.serving.address())
    }

    /// Where the server listens.
    pub const fn address(&self) -> std::net::SocketAddr {
        self.serving.address()
    }

    /// A client with this token, or with none; answers are computed for it, because tests
    /// write rows past the program, too.
    pub fn client(&self, token: Option<String>) -> Client {
        Client::new(self.http.clone(), self.url("/graphql"), token).fresh()
    }

    /// A client that acts as this person.
    pub async fn client_of(&self, persona: Persona) -> Client {
        if persona == Persona::Anonymous {
            return self.client(None);
        }
        let key = (persona, self.clock.now());
        let known = self.tokens.lock().unwrap().get(&key).cloned();
        let token = match known {
            Some(token) => token,
            None => self.token_of(persona).await,
        };
        self.tokens.lock().unwrap().insert(key, token.clone());
        self.client(Some(token))
    }

    async fn token_of(&self, persona: Persona) -> String {
        let signed_in = self
            .services
            .sign_in(&request(), persona.name(), PASSWORD)
            .await
            .unwrap();
        if persona != Persona::Integrator {
            return signed_in.access_token.expose().to_owned();
        }
        let call = Call {
            principal: signed_in.principal,
            request: request(),
            simulated: false,
            version: None,
        };
        let issued = self.services.issue_token(&call, token(self.clock.now()));
        let secret = issued.await.unwrap().secret;
        secret.expect("a new token").expose().to_owned()
    }

    /// The principal that the server makes of this person's token.
    pub async fn principal(&self, persona: Persona) -> Principal {
        match self.client_of(persona).await.token() {
            Some(token) => {
                let caller = self.services.authenticate(token, "test").await.unwrap();
                caller.principal.as_ref().clone()
            }
            None => Principal::anonymous(),
        }
    }

    /// The ledger's entries since the server started.
    pub async fn db_new_entries(&self) -> Vec<entry::Model> {
        let entries = entry::Entity::find().filter(entry::Column::Seq.gt(self.head));
        let entries = entries.order_by_asc(entry::Column::Seq);
        entries.all(&self.db).await.unwrap()
    }

    /// Makes every insert into the ledger fail.
    pub async fn db_break_ledger(&self) {
        let statements: &[&str] = match self.database.engine {
            Engine::Sqlite => &["CREATE TRIGGER broken BEFORE INSERT ON ledger \
                 BEGIN SELECT RAISE(ABORT, 'no more entries'); END"],
            Engine::Postgres => &[
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'no more entries'; END $$",
                "CREATE TRIGGER broken BEFORE INSERT ON ledger \
                 FOR EACH ROW EXECUTE FUNCTION broken()",
            ],
        };
        for sql in statements {
            self.db.execute_unprepared(sql).await.unwrap();
        }
    }

    /// Takes that away.
    pub async fn db_mend_ledger(&self) {
        let sql = match self.database.engine {
            Engine::Sqlite => "DROP TRIGGER broken",
            Engine::Postgres => "DROP TRIGGER broken ON ledger",
        };
        self.db.execute_unprepared(sql).await.unwrap();
    }

    /// Lets days go by. Whoever was signed in signs in again.
    pub fn advance_days(&self, days: i64) {
        self.clock.advance(TimeDelta::days(days));
    }
}

/// A mutation by the name of its field, whose input has the type of that name.
pub fn mutation(field: &str, selection: &str) -> String {
    let (first, rest) = field.split_at(1);
    let of = format!("{}{rest}Input", first.to_uppercase());
    format!("mutation M($input: {of}!) {{ {field}(input: $input) {{ {selection} }} }}")
}

/// Sends a mutation as somebody.
pub async fn act(
    world: &World,
    who: Persona,
    field: &str,
    input: Value,
    selection: &str,
) -> Answer {
    let client = world.client_of(who).await;
    let document = mutation(field, selection);
    client.ask(&document, json!({ "input": input })).await
}

/// Changes a row of the catalogue, with its entry in the ledger.
pub async fn change<R: Row>(store: &Store, key: impl Into<sea_orm::Value>, alter: fn(&mut R)) {
    let key = key.into();
    let write = Call::system("test", "test".to_owned()).write(None);
    let written = store.write(write, move |work| {
        Box::pin(async move {
            let select = reader::find::<R::Table>().filter(R::key_column().eq(key));
            let before: R = reader::one(work.connection(), select).await?.unwrap();
            let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
            let mut after = before.clone();
            alter(&mut after);
            work.update(&permit, &before, after).await
        })
    });
    written.await.unwrap();
}

/// The services over a store, with the numbers of a fresh installation.
pub fn services(store: Store, clock: &Arc<ManualClock>) -> Services {
    let key = SigningKey::generate().unwrap();
    let credentials = Credentials::new(&key, SignInLimits::default()).unwrap();
    Services {
        store: Arc::new(store),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        rules: Arc::new(Rules::embedded().unwrap()),
        credentials: Arc::new(credentials),
    }
}

async fn serve(services: &Services, stopped: oneshot::Receiver<()>) -> Serving {
    let mut settings = Settings::new((Ipv4Addr::LOCALHOST, 0).into());
    settings.notice = Duration::ZERO;
    settings.drain = Duration::from_secs(10);
    let door = Arc::new(Door(services.clone()));
    let site = Site {
        executor: Api::new(services.clone()),
        mutations: Handle::current(),
        authenticator: Arc::clone(&door) as Arc<dyn Authenticator>,
        readiness: door,
        sdl: graphql::sdl(),
        clock: Arc::clone(&services.clock),
    };
    let shutdown = async move {
        let _ = stopped.await;
    };
    http::serve(settings, site, shutdown).await.unwrap()
}

/// The origin of what a test does without HTTP.
pub fn request() -> RequestInfo {
    RequestInfo {
        request_id: "test".to_owned(),
        peer: "test".to_owned(),
        user_agent: None,
    }
}

fn token(now: DateTime<Utc>) -> NewToken {
    NewToken {
        user: None,
        name: "test".to_owned(),
        expires_at: Some(now + TimeDelta::days(30)),
        idempotency_key: None,
    }
}

struct Door(Services);

#[async_trait]
impl Authenticator for Door {
    async fn authenticate(&self, token: Option<&str>, peer: &str) -> Result<Caller> {
        match token {
            Some(token) => self.0.authenticate(token, peer).await,
            None => Ok(Caller::anonymous()),
        }
    }

    async fn version(&self) -> Result<i64> {
        ledger::version(self.0.store.read()).await
    }
}

#[async_trait]
impl Readiness for Door {
    async fn ready(&self) -> bool {
        true
    }
}
