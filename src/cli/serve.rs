//! `duban serve`.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::import::show_progress;
use super::mutations::Mutations;
use super::output::{note, say};
use super::{refuse_half_filled, services};
use crate::clock::{Clock, ManualClock, SystemClock};
use crate::config::Config;
use crate::demo::{self, Telling};
use crate::error::{Error, Result};
use crate::graphql::{self, Api};
use crate::http::{self, Authenticator, Readiness, Site};
use crate::jobs::Jobs;
use crate::service::{Caller, Demonstration, Services};
use crate::store::migrate::{SchemaState, too_new};
use crate::store::{Access, DatabaseUrl, Store, ledger};

/// How to serve.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Import the built-in plans and add simulated users, assignments and schedules; print
    /// the demonstration sign-ins. Only on a loopback address
    #[arg(long)]
    demo: bool,
    /// How many months back the demonstration of 驻马店市 begins
    #[arg(long, value_name = "N", default_value_t = 18, requires = "demo",
          value_parser = clap::value_parser!(u32).range(1..=36))]
    demo_months: u32,
    /// Refuse a database with an older schema instead of migrating it
    #[arg(long)]
    no_migrate: bool,
}

pub(super) async fn run(config: &Config, command: Serve) -> Result<()> {
    check(config, &command)?;
    let store = open(config, &command).await?;
    let services = services_for(config, &command, store)?;
    refuse_demonstration_in_public(config, &services).await?;
    if command.demo {
        demonstrate(config, &command).await?;
    }
    let mutations = Mutations::start()?;
    let site = Site {
        executor: Api::new(services.clone()),
        mutations: mutations.handle().clone(),
        authenticator: Arc::new(Door(services.clone())),
        readiness: Arc::new(Door(services.clone())),
        sdl: graphql::sdl(),
        clock: Arc::clone(&services.clock),
    };
    let serving = http::serve(config.http(), site, stop_signal()?).await?;
    say(&format!("listening on http://{}\n", serving.address()))?;
    let jobs = Jobs::start(services.clone(), config.jobs_interval());
    let served = serving.stopped().await;
    jobs.stopped().await;
    served?;
    tracing::info!("stopped");
    match Arc::into_inner(services.store) {
        Some(store) => store.close().await,
        None => Ok(()),
    }
}

/// Sets the demonstration up on connections of its own, whose clock is moved.
async fn demonstrate(config: &Config, command: &Serve) -> Result<()> {
    let clock = ManualClock::at(SystemClock.now());
    let moved = Arc::clone(&clock) as Arc<dyn Clock>;
    let store = Store::open(&config.database_url, Access::ReadWrite, Arc::clone(&moved)).await?;
    let mut services = services_for(config, command, store)?;
    services.clock = moved;
    let telling = Telling {
        import: &show_progress,
        month: &|month, months| note(&format!("simulating month {month} of {months}")),
    };
    for line in demo::prepare(&services, &clock, command.demo_months, &telling).await? {
        say(&format!("{line}\n"))?;
    }
    match Arc::into_inner(services.store) {
        Some(store) => store.close().await,
        None => Ok(()),
    }
}

/// What can be refused before anything is opened.
fn check(config: &Config, command: &Serve) -> Result<()> {
    if command.demo && !config.listen.ip().is_loopback() {
        return Err(Error::internal(format!(
            "--demo has well-known passwords: it listens only on a loopback address, not on {}",
            config.listen
        )));
    }
    let postgres = matches!(config.database_url, DatabaseUrl::Postgres(_));
    if postgres && config.signing_key_file.is_none() && !command.demo {
        return Err(Error::internal(
            "DUBAN_SIGNING_KEY_FILE is required on PostgreSQL: all instances share one key",
        ));
    }
    Ok(())
}

async fn open(config: &Config, command: &Serve) -> Result<Store> {
    let clock = Arc::new(SystemClock);
    let store = Store::open(&config.database_url, Access::ReadWrite, clock).await?;
    refuse_half_filled(&store).await?;
    match store.schema_state().await? {
        SchemaState::Newer => return Err(too_new()),
        SchemaState::Older(missing) if command.no_migrate => {
            return Err(Error::internal(format!(
                "the schema is {missing} changes behind: run `duban migrate`"
            )));
        }
        SchemaState::Older(_) => store.migrate().await?,
        SchemaState::Current => (),
    }
    store.check_ledger_triggers().await?;
    Ok(store)
}

/// A demonstration keeps its well-known passwords, whichever way it is served.
async fn refuse_demonstration_in_public(config: &Config, services: &Services) -> Result<()> {
    let state = services.demonstration().await?;
    let is_demonstration = matches!(
        state,
        Demonstration::Begun | Demonstration::Complete | Demonstration::Generated
    );
    if is_demonstration && !config.listen.ip().is_loopback() {
        return Err(Error::internal(format!(
            "this database holds the demonstration's well-known passwords: it is served only on \
             a loopback address, not on {}",
            config.listen
        )));
    }
    Ok(())
}

fn services_for(config: &Config, command: &Serve, store: Store) -> Result<Services> {
    let postgres = matches!(config.database_url, DatabaseUrl::Postgres(_));
    if command.demo && postgres && config.signing_key_file.is_none() {
        let key = crate::service::SigningKey::generate()?;
        return super::services_with(config, store, &key);
    }
    services(config, store)
}

/// Completes when the process is asked to stop.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        tracing::info!("stopping");
    })
}

/// What the HTTP room asks the services.
#[derive(Debug)]
pub struct Door(pub Services);

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
        self.0.store.schema_state().await.ok() == Some(SchemaState::Current)
    }
}
