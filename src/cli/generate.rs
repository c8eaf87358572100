//! `duban generate`: simulated data to measure with.

use chrono::NaiveDate;
use clap::Args;

use super::output::{note, say};
use crate::config::Config;
use crate::error::Result;
use crate::generate::{self, PASSWORD, Plan};
use crate::service::{Credentials, SigningKey};

/// How much, and which.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// So many projects, a thousand a jurisdiction
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9_000_000))]
    projects: u32,
    /// The same number and seed make the same data
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The day on which it is as if everything had been entered
    #[arg(long, value_name = "DATE", default_value = "2026-11-20")]
    day: NaiveDate,
}

/// Tells on standard error how far it is, on standard output the sign-ins: `sign-in`, user
/// name, password, role, scope, separated by tabs; and the end of the ledger.
pub(super) async fn run(config: &Config, command: &Generate) -> Result<()> {
    let credentials = Credentials::new(&SigningKey::generate()?, config.sign_in_limits())?;
    let plan = Plan {
        projects: usize::try_from(command.projects).unwrap_or(usize::MAX),
        seed: command.seed,
        day: command.day,
    };
    let step = (plan.projects / 100).max(1_000);
    let tell = |made: usize| {
        if made.is_multiple_of(step) || made == plan.projects {
            note(&format!("generated {made} of {} projects", plan.projects));
        }
    };
    let generated = generate::run(&config.database_url, plan, &credentials, &tell).await?;
    for sign_in in &generated.sign_ins {
        let scope = sign_in.scope.as_deref().unwrap_or_default();
        say(&format!(
            "sign-in\t{}\t{PASSWORD}\t{}\t{scope}\n",
            sign_in.username, sign_in.role
        ))?;
    }
    let head = &generated.head;
    say(&format!("head\t{}:{}\n", head.seq, head.hash))
}
