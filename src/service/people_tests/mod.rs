//! Sign-in and administration against real databases: always SQLite, PostgreSQL where
//! `DUBAN_TEST_POSTGRES_URL` names a server.

mod refreshing;
mod secrets;
mod signing_in;
mod throttling;
mod tokens;
mod users;

use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use duban_entities::ids::{JurisdictionId, UnitId, UserId};
use duban_entities::vocabulary::{AreaKind, Role, UnitKind};
use duban_entities::{area, jurisdiction, unit, user};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use super::*;
use crate::clock::{ManualClock, new_id};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Principal};
use crate::store::record::Fields;
use crate::store::{Access, DatabaseUrl, Patience, Work};

pub(crate) const PASSWORD: &str = "mend the western dyke";

/// A migrated database with two jurisdictions, and services on it.
pub(crate) struct World {
    pub(crate) services: Services,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) url: DatabaseUrl,
    pub(crate) home: JurisdictionId,
    pub(crate) abroad: JurisdictionId,
    pub(crate) area: duban_entities::ids::AreaId,
    /// A bureau at home, and an office below it.
    pub(crate) bureau: UnitId,
    pub(crate) office: UnitId,
    pub(crate) collective: UnitId,
    pub(crate) foreign: UnitId,
    _folder: TempDir,
}

/// Runs a test on each database there is.
pub(crate) async fn everywhere<F: Future<Output = ()>>(run: impl Fn(World) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("duban.db"));
    run(World::new(url, folder).await).await;
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
    if let Ok(server) = std::env::var("DUBAN_TEST_POSTGRES_URL") {
        let (admin, name) = fresh_name(&server);
        let connection = Database::connect(&admin).await.unwrap();
        let create = format!("CREATE DATABASE {name}");
        connection.execute_unprepared(&create).await.unwrap();
        let (base, _) = admin.rsplit_once('/').unwrap();
        let url = DatabaseUrl::from_str(&format!("{base}/{name}")).unwrap();
        run(World::new(url, tempfile::tempdir().unwrap()).await).await;
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        connection.execute_unprepared(&drop).await.unwrap();
    }
}

fn fresh_name(server: &str) -> (String, String) {
    let id: uuid::Uuid = new_id(&crate::clock::SystemClock);
    (server.to_owned(), format!("duban_people_{}", id.simple()))
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-11-21T04:00:00Z".parse().unwrap()
}

impl World {
    async fn new(url: DatabaseUrl, folder: TempDir) -> Self {
        let clock = ManualClock::at(noon());
        let services = open(&url, &clock, SignInLimits::default()).await;
        services.store.migrate().await.unwrap();
        let rows = services
            .store
            .write(system().write(None), |work| Box::pin(catalogue(work)))
            .await
            .unwrap();
        let (home, abroad, area, [bureau, office, collective, foreign]) = rows;
        Self {
            services,
            clock,
            url,
            home,
            abroad,
            area,
            bureau,
            office,
            collective,
            foreign,
            _folder: folder,
        }
    }

    /// The same database behind other limits, as after a restart.
    pub(crate) async fn restarted(&self, limits: SignInLimits) -> Services {
        open(&self.url, &self.clock, limits).await
    }

    pub(crate) fn file(&self) -> Option<PathBuf> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => Some(path.clone()),
            DatabaseUrl::Postgres(_) => None,
        }
    }

    pub(crate) fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Makes a user who need not change the password.
    pub(crate) async fn user(&self, username: &str, grants: Vec<NewGrant>) -> user::Model {
        let new = new_user(username, grants);
        let call = system();
        let made = self.services.create_simulated_user(&call, new);
        made.await.unwrap()
    }

    pub(crate) async fn sign_in(&self, username: &str) -> SignedIn {
        self.services
            .sign_in(&from("192.0.2.1"), username, PASSWORD)
            .await
            .unwrap()
    }

    pub(crate) async fn authenticate(&self, token: &Secret) -> Result<Principal> {
        let caller = self.services.authenticate(token.expose(), "192.0.2.1");
        Ok(caller.await?.principal.as_ref().clone())
    }

    /// A call by this user, signed in.
    pub(crate) async fn call(&self, username: &str) -> Call {
        by(self.sign_in(username).await.principal)
    }

    pub(crate) async fn administrator(&self) -> Call {
        self.user(
            "admin",
            vec![grant(Role::Administrator, GrantScope::Everything)],
        )
        .await;
        self.call("admin").await
    }
}

async fn open(url: &DatabaseUrl, clock: &Arc<ManualClock>, limits: SignInLimits) -> Services {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    // Many at once on a slow machine make a long queue, and none of them is to be refused.
    let patience = Patience {
        wait: Duration::from_secs(120),
        statement: Duration::from_secs(120),
        ..Patience::default()
    };
    let store = Store::open_with(url, Access::ReadWrite, Arc::clone(&clock), patience).await;
    let key = SigningKey::from_bytes((0..32).collect()).unwrap();
    Services {
        store: Arc::new(store.unwrap()),
        clock,
        rules: Arc::new(Rules::embedded().unwrap()),
        credentials: Arc::new(Credentials::new(&key, limits).unwrap()),
    }
}

pub(crate) fn system() -> Call {
    Call::system("test", "request-0".to_owned())
}

pub(crate) fn from(peer: &str) -> RequestInfo {
    RequestInfo {
        request_id: "request-1".to_owned(),
        peer: peer.to_owned(),
        user_agent: Some("test".to_owned()),
    }
}

/// A call by this principal.
pub(crate) fn by(principal: Principal) -> Call {
    Call {
        principal,
        request: from("192.0.2.1"),
        simulated: false,
        version: None,
    }
}

pub(crate) fn grant(role: Role, scope: GrantScope) -> NewGrant {
    NewGrant {
        role,
        scope,
        home_unit: None,
        valid_from: None,
        valid_to: None,
    }
}

pub(crate) fn new_user(username: &str, grants: Vec<NewGrant>) -> NewUser {
    NewUser {
        username: username.to_owned(),
        name: format!("Name of {username}"),
        password: Secret::new(PASSWORD.to_owned()),
        grants,
        reason: None,
        idempotency_key: None,
    }
}

#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.unwrap_err().code()
}

/// The first field that an input was refused for.
#[track_caller]
pub(crate) fn field<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result.unwrap_err() {
        Error::Invalid(problems) => problems[0].field.clone(),
        other => panic!("not a refused input: {other:?}"),
    }
}

type Rows = (
    JurisdictionId,
    JurisdictionId,
    duban_entities::ids::AreaId,
    [UnitId; 4],
);

async fn catalogue(work: &mut Work) -> Result<Rows> {
    let home = jurisdiction(work, "ZMD").await?;
    let abroad = jurisdiction(work, "JZ").await?;
    let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
    let area = area::Model {
        id: work.new_id(),
        jurisdiction_id: home,
        code: "ZMD-PY".to_owned(),
        name: "平舆县".to_owned(),
        kind: AreaKind::County,
        source_file: None,
        source_line: None,
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    let area = work.create(&permit, area, Fields::new()).await?.id;
    let bureau = unit(work, home, "ZMD-SL", UnitKind::Department, None).await?;
    let office = unit(work, home, "ZMD-SL-1", UnitKind::Institution, Some(bureau)).await?;
    let collective = unit(work, home, "ZMD-ALL", UnitKind::Collective, None).await?;
    let foreign = unit(work, abroad, "JZ-SL", UnitKind::Department, None).await?;
    Ok((home, abroad, area, [bureau, office, collective, foreign]))
}

async fn jurisdiction(work: &mut Work, code: &str) -> Result<JurisdictionId> {
    let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
    let row = jurisdiction::Model {
        id: work.new_id(),
        code: code.to_owned(),
        name: code.to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    Ok(work.create(&permit, row, Fields::new()).await?.id)
}

async fn unit(
    work: &mut Work,
    jurisdiction: JurisdictionId,
    code: &str,
    kind: UnitKind,
    parent: Option<UnitId>,
) -> Result<UnitId> {
    let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
    let row = unit::Model {
        id: work.new_id(),
        jurisdiction_id: jurisdiction,
        code: code.to_owned(),
        name: code.to_owned(),
        full_name: None,
        kind,
        parent_id: parent,
        area_id: None,
        valid_from: None,
        valid_to: None,
        simulated: false,
        source_file: None,
        source_line: None,
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    Ok(work.create(&permit, row, Fields::new()).await?.id)
}

pub(crate) fn id_of(principal: &Principal) -> UserId {
    principal.user_id().unwrap()
}
