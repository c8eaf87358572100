//! The configuration: flags before environment (`DUBAN_*`) before defaults, read and
//! checked once.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::http::{ConnectionLimits, Settings};
use crate::service::SignInLimits;
use crate::store::DatabaseUrl;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Everything that can be set.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address to listen on
    #[arg(
        long,
        global = true,
        env = "DUBAN_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// Database: sqlite://PATH, or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        global = true,
        env = "DUBAN_DATABASE_URL",
        value_name = "URL",
        default_value = "sqlite://duban.db",
        hide_env_values = true
    )]
    pub database_url: DatabaseUrl,

    /// File with the key that signs access tokens (32 bytes or more). On SQLite it is made
    /// beside the database where it is not set; on PostgreSQL it is required
    #[arg(
        long,
        global = true,
        env = "DUBAN_SIGNING_KEY_FILE",
        value_name = "PATH"
    )]
    pub signing_key_file: Option<PathBuf>,

    /// What to log, such as `info` or `duban=debug,security=info`
    #[arg(
        long,
        global = true,
        env = "DUBAN_LOG",
        value_name = "FILTER",
        default_value = "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn",
        hide_short_help = true
    )]
    pub log: String,

    /// How log lines look
    #[arg(
        long,
        global = true,
        env = "DUBAN_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text",
        hide_short_help = true
    )]
    pub log_format: LogFormat,

    /// Days before its date from which a task counts as due soon
    #[arg(long, global = true, env = "DUBAN_DUE_SOON_DAYS", value_name = "DAYS", default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=366), hide_short_help = true)]
    pub due_soon_days: u16,

    /// Seconds between rounds of the jobs, such as the one that makes the monthly reports
    #[arg(long, global = true, env = "DUBAN_JOBS_INTERVAL_SECONDS", value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub jobs_interval_seconds: u32,

    /// Failed sign-ins that an address may make at once
    #[arg(long, global = true, env = "DUBAN_SIGN_IN_ADDRESS_BURST", value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub sign_in_address_burst: u32,

    /// Seconds until an address may fail once more
    #[arg(long, global = true, env = "DUBAN_SIGN_IN_ADDRESS_INTERVAL", value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub sign_in_address_interval: u32,

    /// Failed sign-ins on an account, from everywhere, at once
    #[arg(long, global = true, env = "DUBAN_SIGN_IN_ACCOUNT_BURST", value_name = "COUNT", default_value_t = 1800, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub sign_in_account_burst: u32,

    /// Seconds until one more may fail on an account
    #[arg(long, global = true, env = "DUBAN_SIGN_IN_ACCOUNT_INTERVAL", value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub sign_in_account_interval: u32,

    /// MiB of memory for answers that are given again until something changes; 0 for none
    #[arg(long, global = true, env = "DUBAN_ANSWERS_MIB", value_name = "MIB", default_value_t = 8, value_parser = clap::value_parser!(u16).range(0..=4096), hide_short_help = true)]
    pub answers_mib: u16,

    /// Connections that one address may hold open
    #[arg(long, global = true, env = "DUBAN_CONNECTIONS_PER_ADDRESS", value_name = "COUNT", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub connections_per_address: u32,

    /// Connections in all
    #[arg(long, global = true, env = "DUBAN_CONNECTIONS", value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub connections: u32,
}

/// Variables that belong to the project's tests, not to the program.
const TEST_VARIABLES: [&str; 7] = [
    "DUBAN_TEST_POSTGRES_URL",
    "DUBAN_TEST_SEED",
    "DUBAN_TEST_TALLIES",
    "DUBAN_EXPLAIN_URL",
    "DUBAN_PLAN_TEXTS",
    "DUBAN_STRICT",
    "DUBAN_BLESS",
];

impl Config {
    /// What can be set, with its key, its value now, and whether it is a secret.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let Self {
            listen,
            database_url,
            signing_key_file,
            log,
            log_format,
            due_soon_days,
            jobs_interval_seconds,
            answers_mib,
            sign_in_address_burst,
            sign_in_address_interval,
            sign_in_account_burst,
            sign_in_account_interval,
            connections_per_address,
            connections,
        } = self;
        let key_file = signing_key_file.as_ref().map_or_else(
            || "(beside the database)".to_owned(),
            |path| path.display().to_string(),
        );
        vec![
            ("DUBAN_LISTEN", listen.to_string()),
            ("DUBAN_DATABASE_URL", database_url.to_string()),
            ("DUBAN_SIGNING_KEY_FILE", key_file),
            ("DUBAN_LOG", log.clone()),
            ("DUBAN_LOG_FORMAT", format!("{log_format:?}").to_lowercase()),
            ("DUBAN_DUE_SOON_DAYS", due_soon_days.to_string()),
            (
                "DUBAN_JOBS_INTERVAL_SECONDS",
                jobs_interval_seconds.to_string(),
            ),
            ("DUBAN_ANSWERS_MIB", answers_mib.to_string()),
            (
                "DUBAN_SIGN_IN_ADDRESS_BURST",
                sign_in_address_burst.to_string(),
            ),
            (
                "DUBAN_SIGN_IN_ADDRESS_INTERVAL",
                sign_in_address_interval.to_string(),
            ),
            (
                "DUBAN_SIGN_IN_ACCOUNT_BURST",
                sign_in_account_burst.to_string(),
            ),
            (
                "DUBAN_SIGN_IN_ACCOUNT_INTERVAL",
                sign_in_account_interval.to_string(),
            ),
            (
                "DUBAN_CONNECTIONS_PER_ADDRESS",
                connections_per_address.to_string(),
            ),
            ("DUBAN_CONNECTIONS", connections.to_string()),
        ]
    }

    /// The effective configuration, a key a line; secrets do not show.
    #[must_use]
    pub fn effective(&self) -> String {
        self.settings()
            .into_iter()
            .fold(String::new(), |mut text, (key, value)| {
                let _ = writeln!(text, "{key}={value}");
                text
            })
    }

    /// Refuses an environment variable that looks like ours and is not: a misspelt key
    /// would otherwise be a setting that silently does nothing.
    ///
    /// # Errors
    /// The message, naming the key and those there are.
    pub fn check_environment(&self) -> Result<(), String> {
        let known: BTreeSet<&str> = self.settings().iter().map(|(key, _)| *key).collect();
        for (name, _) in env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            let ours = name.starts_with("DUBAN_");
            if ours && !known.contains(name) && !TEST_VARIABLES.contains(&name) {
                let known: Vec<&str> = known.into_iter().collect();
                return Err(format!(
                    "the environment sets {name}, which is no setting; the settings are {}",
                    known.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// How to serve.
    #[must_use]
    pub fn http(&self) -> Settings {
        let mut settings = Settings::new(self.listen);
        settings.connections = ConnectionLimits {
            total: usize::try_from(self.connections).unwrap_or(usize::MAX),
            per_peer: usize::try_from(self.connections_per_address).unwrap_or(usize::MAX),
            ..settings.connections
        };
        settings.answers = usize::from(self.answers_mib) << 20;
        settings
    }

    /// How long apart the jobs run.
    #[must_use]
    pub fn jobs_interval(&self) -> Duration {
        Duration::from_secs(self.jobs_interval_seconds.into())
    }

    /// What failed sign-ins may take.
    #[must_use]
    pub fn sign_in_limits(&self) -> SignInLimits {
        let seconds = |n: u32| Duration::from_secs(u64::from(n));
        SignInLimits {
            address_burst: self.sign_in_address_burst,
            address_interval: seconds(self.sign_in_address_interval),
            account_burst: self.sign_in_account_burst,
            account_interval: seconds(self.sign_in_account_interval),
            ..SignInLimits::default()
        }
    }
}
