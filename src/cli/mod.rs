//! The command line.
//!
//! Standard output carries what a script reads; everything else goes to standard error.

mod copy;
mod generate;
mod import;
mod ledger;
mod mutations;
mod output;
mod serve;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

use crate::clock::SystemClock;
use crate::config::{Config, LogFormat};
use crate::error::{Error, Result};
use crate::service::{Credentials, Rules, Services, SigningKey};
use crate::store::copy::is_unfinished;
use crate::store::demonstration::is_half_generated;
use crate::store::migrate::{SchemaState, too_new};
use crate::store::{Access, DatabaseUrl, Store};
use output::{complain, say};

/// 督办: published plans become projects that somebody answers for.
#[derive(Debug, Parser)]
#[command(
    name = "duban",
    version,
    about,
    propagate_version = true,
    max_term_width = 100
)]
struct Cli {
    #[command(flatten)]
    config: Config,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API
    Serve(serve::Serve),
    /// Bring the database's schema up to date
    Migrate,
    /// Import spreadsheets: units, plans, projects and their sources (format: seeds/README.md)
    Import(import::Import),
    /// Development: fill an empty database with simulated data to measure with
    Generate(generate::Generate),
    /// Copy a whole installation into an empty database, of either kind; run again, it goes
    /// on where it was cut off
    Copy(copy::Copy),
    /// Make the first administrator, or set a password
    #[command(subcommand)]
    User(user::User),
    /// Print the API's schema
    #[command(subcommand)]
    Schema(Schema),
    /// Verify or export the ledger; only reads, and runs beside a live server
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Print the effective configuration, secrets hidden
    Config,
}

#[derive(Debug, Subcommand)]
enum Schema {
    /// Print it in the schema definition language
    Print {
        /// Write it to this file instead
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    if let Err(message) = cli.config.check_environment() {
        complain(&message);
        return ExitCode::from(2);
    }
    if let Err(message) = start_log(&cli.config) {
        complain(&message);
        return ExitCode::from(2);
    }
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(dispatch(cli))
}

/// Shows what clap has to say; where a value came from the environment, names the variable.
fn refuse(error: &clap::Error) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    if error.print().is_err() {
        return ExitCode::from(code);
    }
    if let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) {
        let flag = argument.split_whitespace().next().unwrap_or_default();
        let given = std::env::args().any(|word| word.split('=').next() == Some(flag));
        let command = Cli::command();
        let mut known = command.get_arguments();
        let argument = known
            .find(|arg| arg.get_long().map(|long| format!("--{long}")).as_deref() == Some(flag));
        let key = argument
            .and_then(clap::Arg::get_env)
            .and_then(std::ffi::OsStr::to_str);
        if let (Some(key), false) = (key, given) {
            complain(&format!(
                "the value comes from the environment variable {key}"
            ));
        }
    }
    ExitCode::from(code)
}

async fn dispatch(cli: Cli) -> ExitCode {
    let config = &cli.config;
    let outcome = match cli.command {
        Command::Ledger(command) => return ledger::run(config, command).await,
        Command::Import(command) => return import::run(config, command).await,
        Command::Serve(command) => serve::run(config, command).await,
        Command::Migrate => migrate(config).await,
        Command::Generate(command) => generate::run(config, &command).await,
        Command::Copy(command) => copy::run(command).await,
        Command::User(command) => user::run(config, command).await,
        Command::Schema(Schema::Print { output }) => print_schema(output),
        Command::Config => say(&config.effective()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            explain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error what went wrong, every problem on a line of its own.
fn explain(error: &Error) {
    match error {
        Error::Invalid(problems) => {
            for problem in problems {
                complain(&format!("{}: {}", problem.field, problem.message));
            }
        }
        Error::Internal(cause) => complain(cause),
        other => complain(&other.to_string()),
    }
}

fn start_log(config: &Config) -> std::result::Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| format!("DUBAN_LOG: {error}"))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    started.map_err(|error| error.to_string())
}

/// Opens the database for a command that only reads.
async fn open_to_read(config: &Config) -> Result<Store> {
    Store::open(
        &config.database_url,
        Access::ReadOnly,
        Arc::new(SystemClock),
    )
    .await
}

/// Opens the database for a command that writes, and brings its schema up to date.
async fn open_to_write(config: &Config) -> Result<Store> {
    let clock = Arc::new(SystemClock);
    let store = Store::open(&config.database_url, Access::ReadWrite, clock).await?;
    refuse_half_filled(&store).await?;
    store.migrate().await?;
    store.check_ledger_triggers().await?;
    Ok(store)
}

/// Nothing may be written to a database that is being filled, by a copy or with generated data,
/// and nothing serves it as if it were whole.
async fn refuse_half_filled(store: &Store) -> Result<()> {
    if is_unfinished(store).await? {
        return Err(Error::internal(
            "a copy into this database was not completed: run `duban copy` again",
        ));
    }
    if is_half_generated(store).await? {
        return Err(Error::internal(
            "generating data into this database was not completed: remove it, and run \
             `duban generate` on an empty one",
        ));
    }
    Ok(())
}

/// The services over a store, with the key that the configuration names or, on SQLite, the
/// one beside the database.
fn services(config: &Config, store: Store) -> Result<Services> {
    let key = match (&config.signing_key_file, &config.database_url) {
        (Some(path), _) => SigningKey::load(path)?,
        (None, DatabaseUrl::Sqlite(path)) => {
            SigningKey::load_or_create(&path.with_extension("key"))?
        }
        // A command that signs nobody in needs no lasting key.
        (None, DatabaseUrl::Postgres(_)) => SigningKey::generate()?,
    };
    services_with(config, store, &key)
}

fn services_with(config: &Config, store: Store, key: &SigningKey) -> Result<Services> {
    let mut rules = Rules::embedded()?;
    rules.due_soon_days = config.due_soon_days;
    Ok(Services {
        store: Arc::new(store),
        clock: Arc::new(SystemClock),
        rules: Arc::new(rules),
        credentials: Arc::new(Credentials::new(key, config.sign_in_limits())?),
    })
}

async fn migrate(config: &Config) -> Result<()> {
    let clock = Arc::new(SystemClock);
    let store = Store::open(&config.database_url, Access::ReadWrite, clock).await?;
    refuse_half_filled(&store).await?;
    let message = match store.schema_state().await? {
        SchemaState::Newer => return Err(too_new()),
        SchemaState::Current => "the schema is up to date".to_owned(),
        SchemaState::Older(missing) => {
            store.migrate().await?;
            format!("applied {missing} changes to the schema")
        }
    };
    store.check_ledger_triggers().await?;
    store.close().await?;
    say(&format!("{message}\n"))
}

fn print_schema(output: Option<PathBuf>) -> Result<()> {
    let sdl = crate::graphql::sdl();
    match output {
        Some(path) => std::fs::write(path, sdl).map_err(Error::internal),
        None => say(&sdl),
    }
}
