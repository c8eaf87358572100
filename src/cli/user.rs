//! `duban user`: the first administrator, and lost passwords.

use std::io::{BufRead, IsTerminal, stdin};

use clap::{Args, Subcommand};

use super::output::{note, say};
use super::{open_to_write, services};
use crate::clock::new_id;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::service::{Call, Secret};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an administrator of everything; there is no default account
    CreateAdmin {
        /// Login name
        username: String,
        /// Display name; the login name where not given
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        password: Password,
    },
    /// Set a user's password and end all of the user's sessions
    SetPassword {
        /// Login name
        username: String,
        /// Ask for another password at the next sign-in
        #[arg(long)]
        must_change: bool,
        #[command(flatten)]
        password: Password,
    },
}

/// Where the password comes from. It is never an argument, which other users could read.
#[derive(Debug, Args)]
pub(super) struct Password {
    /// Read the password from this file; from standard input where not given
    #[arg(long, value_name = "FILE")]
    password_file: Option<std::path::PathBuf>,
}

impl Password {
    fn read(&self) -> Result<Secret> {
        let text = match &self.password_file {
            Some(path) => std::fs::read_to_string(path).map_err(Error::internal)?,
            None => {
                if stdin().is_terminal() {
                    note("Password (it will show as you type), then Enter:");
                }
                let mut line = String::new();
                stdin()
                    .lock()
                    .read_line(&mut line)
                    .map_err(Error::internal)?;
                line
            }
        };
        let password = text.trim_end_matches(['\r', '\n']).to_owned();
        if password.is_empty() {
            return Err(Error::invalid("password", "nothing was given"));
        }
        Ok(Secret::new(password))
    }
}

pub(super) async fn run(config: &Config, command: User) -> Result<()> {
    let services = services(config, open_to_write(config).await?)?;
    let request_id = new_id::<uuid::Uuid>(services.clock.as_ref()).to_string();
    let call = Call::system("command line", request_id);
    match command {
        User::CreateAdmin {
            username,
            name,
            password,
        } => {
            let name = name.unwrap_or_else(|| username.clone());
            let password = password.read()?;
            let user = services
                .create_admin(&call, username, name, password)
                .await?;
            say(&format!("made the administrator {}\n", user.username))
        }
        User::SetPassword {
            username,
            must_change,
            password,
        } => {
            let password = password.read()?;
            let user = services
                .set_password(&call, &username, password.expose(), must_change)
                .await?;
            say(&format!("set the password of {}\n", user.username))
        }
    }
}
