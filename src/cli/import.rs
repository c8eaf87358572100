//! `duban import`: spreadsheets into the catalogue.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::output::{note, say};
use super::{explain, open_to_read, open_to_write, services, services_with};
use crate::clock::new_id;
use crate::config::Config;
use crate::error::Result;
use crate::import::{Source, read, render};
use crate::service::catalogue::{ImportFailure, Mode, Progress};
use crate::service::{Call, SigningKey};

/// What to import.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Files or folders in the format of seeds/README.md
    #[arg(value_name = "PATH", required_unless_present = "built_in")]
    paths: Vec<PathBuf>,
    /// Import the plans that are compiled into the program
    #[arg(long)]
    built_in: bool,
    /// Say what would be added and changed, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Exit 0 done, 1 problems in the files (nothing was written), 2 it could not be run.
pub(super) async fn run(config: &Config, command: Import) -> ExitCode {
    match import(config, command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(ImportFailure::Problems(problems)) => {
            note(render::problems(&problems).trim_end());
            ExitCode::from(1)
        }
        Err(ImportFailure::Failed(error)) => {
            explain(&error);
            ExitCode::from(2)
        }
    }
}

async fn import(config: &Config, command: Import) -> Result<(), ImportFailure> {
    let built_in = command.built_in.then_some(Source::Seeds);
    let paths = command.paths.into_iter().map(Source::Path);
    let sources: Vec<Source> = built_in.into_iter().chain(paths).collect();
    let mode = if command.dry_run {
        Mode::DryRun
    } else {
        Mode::Apply
    };
    let services = match mode {
        Mode::Apply => services(config, open_to_write(config).await?)?,
        // It signs nobody in, and leaves nothing behind.
        Mode::DryRun => services_with(
            config,
            open_to_read(config).await?,
            &SigningKey::generate()?,
        )?,
    };
    let call = Call::system(
        "import",
        new_id::<uuid::Uuid>(services.clock.as_ref()).to_string(),
    );
    let outcome = services
        .import_catalogue(&call, read(&sources), mode, &show_progress)
        .await?;
    say(&render::outcome(&outcome, mode))?;
    close(services).await?;
    Ok(())
}

/// A line on standard error a step, and every thousand rows.
pub(super) fn show_progress(progress: Progress) {
    if progress.done.is_multiple_of(1_000) {
        match progress.total {
            0 => note(&format!("{} …", progress.step)),
            total => note(&format!("{} {}/{total}", progress.step, progress.done)),
        }
    }
}

async fn close(services: crate::service::Services) -> Result<()> {
    match Arc::into_inner(services.store) {
        Some(store) => store.close().await,
        None => Ok(()),
    }
}
