//! `duban ledger`: verify and export.
//!
//! `verify` exits 0 for a whole chain, 1 for a broken one, 2 when it cannot be read.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::output::{note, say};
use super::{explain, open_to_read};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::store::ledger::{self, Broken, Fault, Head, Report, Verifier};

/// Entries read at a time.
const BATCH: u64 = 5_000;

#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// Recompute the chain: exit 0 whole, 1 broken, 2 unreadable
    Verify {
        /// A head that was kept elsewhere, as `NUMBER:HASH`: finds a chain that was cut short
        /// or written anew
        #[arg(long, value_name = "HEAD", value_parser = parse_head)]
        head: Option<Head>,
        /// Verify an exported copy instead of the database
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Write every entry as a line of JSON, from the first
    Export {
        /// Write to this file instead of standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

fn parse_head(text: &str) -> std::result::Result<Head, String> {
    let wrong = || "expected NUMBER:HASH, as `ledger verify` prints it".to_owned();
    let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    Ok(Head {
        seq: seq.parse().map_err(|_| wrong())?,
        hash: hash.to_lowercase(),
    })
}

pub(super) async fn run(config: &Config, command: Ledger) -> ExitCode {
    match command {
        Ledger::Verify { head, file } => {
            let verified = match &file {
                Some(path) => verify_file(path, head),
                None => verify_database(config, head).await,
            };
            report(verified)
        }
        Ledger::Export { output } => match export(config, output.as_deref()).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                explain(&error);
                ExitCode::from(2)
            }
        },
    }
}

fn report(verified: Result<std::result::Result<Report, Broken>>) -> ExitCode {
    let said = match verified {
        Ok(Ok(Report { head })) => say(&format!(
            "whole: {} entries, head {}:{}\n",
            head.seq, head.seq, head.hash
        ))
        .map(|()| ExitCode::SUCCESS),
        Ok(Err(Broken { seq, fault })) => {
            say(&format!("broken at entry {seq}: {fault}\n")).map(|()| ExitCode::from(1))
        }
        Err(error) => Err(error),
    };
    said.unwrap_or_else(|error| {
        explain(&error);
        ExitCode::from(2)
    })
}

async fn verify_database(
    config: &Config,
    kept: Option<Head>,
) -> Result<std::result::Result<Report, Broken>> {
    let store = open_to_read(config).await?;
    ledger::verify(store.read(), kept).await
}

fn verify_file(path: &Path, kept: Option<Head>) -> Result<std::result::Result<Report, Broken>> {
    let file = File::open(path).map_err(Error::internal)?;
    let mut verifier = Verifier::new(kept);
    for line in BufReader::new(file).lines() {
        let line = line.map_err(Error::internal)?;
        if let Err(broken) = check_line(&mut verifier, &line) {
            return Ok(Err(broken));
        }
    }
    Ok(verifier.finish())
}

fn check_line(verifier: &mut Verifier, line: &str) -> std::result::Result<(), Broken> {
    let expected = verifier.seq() + 1;
    let unreadable = |why: &str| Broken {
        seq: expected,
        fault: Fault::Unreadable(why.to_owned()),
    };
    let value: Value = serde_json::from_str(line).map_err(|_| unreadable("not a line of JSON"))?;
    let Value::Object(mut members) = value else {
        return Err(unreadable("not a JSON object"));
    };
    let mut text = |name| match members.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(unreadable("a hash is missing")),
    };
    let (prev_hash, hash) = (text("prevHash")?, text("hash")?);
    let seq = members.get("seq").and_then(Value::as_i64);
    let seq = seq.ok_or_else(|| unreadable("the number is missing"))?;
    verifier.next(seq, &Value::Object(members), &prev_hash, &hash)
}

async fn export(config: &Config, output: Option<&Path>) -> Result<()> {
    let store = open_to_read(config).await?;
    let mut out: Box<dyn Write + Send> = match output {
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(Error::internal)?)),
        None => Box::new(BufWriter::new(std::io::stdout())),
    };
    let mut seq = 0;
    loop {
        let entries = ledger::after(store.read(), seq, BATCH).await?;
        let Some(last) = entries.last() else { break };
        seq = last.seq;
        for entry in &entries {
            let mut content = ledger::content(entry)?;
            content["prevHash"] = json!(entry.prev_hash);
            content["hash"] = json!(entry.hash);
            let line = serde_json::to_string(&content).map_err(Error::internal)?;
            writeln!(out, "{line}").map_err(Error::internal)?;
        }
    }
    out.flush().map_err(Error::internal)?;
    if output.is_some() {
        note(&format!("exported {seq} entries"));
    }
    Ok(())
}
