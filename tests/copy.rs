//! `duban copy`: everything arrives, whichever way and however often it was cut off, and
//! nothing else is taken for it.

mod refused;
mod tables;

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::process::{Command, Output, Stdio};

use duban::copy::{Outcome, Progress, Report, Step, copy};
use duban::error::{Error, Result};
use duban::store::copy::{DERIVED, is_unfinished};
use serde_json::Value;
use tempfile::TempDir;

use crate::contract::reads;
use crate::program::nothing_serves;
use crate::support::dump::{assert_same, columns, tables as names, texts};
use crate::support::{Content, Database, Engine, World, on_both};

on_both!(engine:
    everything_arrives,
    a_copy_stopped_behind_each_batch_goes_on,
    a_killed_copy_goes_on,
    a_copy_answers_as_the_source_does,
);

/// Rows a batch: small, so that the small world takes many.
const BATCH: u64 = 7;

/// The engines that are there.
fn engines() -> impl Iterator<Item = Engine> {
    let all = [Engine::Sqlite, Engine::Postgres].into_iter();
    all.filter(|engine| engine.is_there())
}

/// Every row of every table that is copied, one line each, as the database writes it.
async fn whole(database: &Database) -> Vec<String> {
    let connection = database.connect().await;
    let mut rows = Vec::new();
    for table in names(&connection).await {
        if table == "seaql_migrations" || DERIVED.contains(&table.as_str()) {
            continue;
        }
        let columns = columns(&connection, &table).await;
        let values = columns.iter().map(|column| match database.engine {
            Engine::Sqlite => format!("'{column}=' || quote({column})"),
            Engine::Postgres => format!("'{column}=' || coalesce({column}::text, 'NULL')"),
        });
        let values = values.collect::<Vec<_>>().join(" || ' ' || ");
        let sql = format!("SELECT '{table} ' || {values} AS v FROM {table} ORDER BY 1");
        rows.extend(texts(&connection, &sql).await);
    }
    connection.close().await.unwrap();
    rows
}

/// Runs a copy, which `stop` may end at any step.
async fn run(
    from: &Database,
    to: &Database,
    batch: u64,
    mut stop: impl FnMut(Progress) -> bool + Send,
) -> Result<Outcome> {
    let (source, target) = (from.store().await, to.store().await);
    let mut listen = |progress: Progress| match stop(progress) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let outcome = copy(&source, &target, batch, &mut listen).await;
    source.close().await.unwrap();
    target.close().await.unwrap();
    outcome
}

/// Runs a copy to its end.
async fn run_whole(from: &Database, to: &Database, batch: u64) -> Result<Report> {
    match run(from, to, batch, |_| false).await? {
        Outcome::Complete(report) => Ok(report),
        Outcome::Stopped => panic!("nobody stopped it"),
    }
}

async fn unfinished(database: &Database) -> bool {
    let store = database.store().await;
    let unfinished = is_unfinished(&store).await.unwrap();
    store.close().await.unwrap();
    unfinished
}

/// What an error says to whoever runs the command.
fn said(error: &Error) -> String {
    let Error::Internal(cause) = error else {
        panic!("{error}");
    };
    cause.clone()
}

/// There and back again: what comes back is the same to the last byte.
async fn everything_arrives(engine: Engine) {
    for content in [Content::World, Content::Plans, Content::Schema] {
        let from = engine.database(content).await;
        let before = whole(&from).await;
        for other in engines() {
            let there = other.database(Content::Nothing).await;
            let back = engine.database(Content::Schema).await;
            let report = run_whole(&from, &there, 500).await.unwrap();
            let returned = run_whole(&there, &back, 500).await.unwrap();
            assert_eq!(whole(&from).await, before, "the source was only read");
            assert_same(&before, &whole(&back).await, "the copy");
            let sums = |report: &Report| -> Vec<(String, u64)> {
                let tables = report.tables.iter();
                tables
                    .map(|table| (table.checksum.clone(), table.rows))
                    .collect()
            };
            assert_eq!(sums(&report), sums(&returned), "the same on both databases");
            assert_eq!(report.head, returned.head);
            let rows: u64 = report.tables.iter().map(|table| table.rows).sum();
            assert_eq!(rows, before.len() as u64);
            assert!(!unfinished(&there).await && !unfinished(&back).await);
            there.remove().await;
            back.remove().await;
        }
        from.remove().await;
    }
}

async fn a_copy_stopped_behind_each_batch_goes_on(engine: Engine) {
    let from = engine.database(Content::World).await;
    let before = whole(&from).await;
    for other in engines() {
        let to = other.database(Content::Nothing).await;
        let back = engine.database(Content::Nothing).await;
        let mut stops = 0;
        while let Outcome::Stopped = run(&from, &to, BATCH, behind_a_batch).await.unwrap() {
            stops += 1;
            assert!(unfinished(&to).await);
        }
        assert!(stops > 40, "{stops} batches");
        assert!(!unfinished(&to).await);
        run_whole(&to, &back, 500).await.unwrap();
        assert_same(&before, &whole(&back).await, "a copy of many pieces");
        to.remove().await;
        back.remove().await;
    }
    from.remove().await;
}

fn behind_a_batch(progress: Progress) -> bool {
    progress.step == Step::Copying
}

/// The program, which is told by its arguments where the databases are.
fn duban(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duban"));
    command
        .args(arguments)
        .env("DUBAN_LOG", "off")
        .stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    duban(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The real plans, a row a commit: it is killed when it has said that the first table is
/// there, with thousands of commits to go.
async fn a_killed_copy_goes_on(engine: Engine) {
    let from = engine.database(Content::Plans).await;
    let before = whole(&from).await;
    for other in engines() {
        let to = other.database(Content::Nothing).await;
        let arguments = ["copy", "--from", &from.url, "--to", &to.url];
        let mut child = duban(&arguments)
            .args(["--batch-rows", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        lines.read_line(&mut first).unwrap();
        assert!(first.starts_with("copied jurisdictions: "), "{first}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(unfinished(&to).await);
        nothing_serves(&to);

        let done = output(&arguments);
        let complaint = text(&done.stderr);
        assert_eq!(done.status.code(), Some(0), "{complaint}");
        assert!(complaint.contains("copied projects: ") && complaint.contains(" rows/s"));
        assert!(
            !complaint.contains("copied jurisdictions: "),
            "not once more"
        );
        assert!(
            text(&done.stdout).contains("ledger head "),
            "{}",
            text(&done.stdout)
        );
        let back = engine.database(Content::Nothing).await;
        run_whole(&to, &back, 500).await.unwrap();
        assert_same(&before, &whole(&back).await, "a copy that was killed");
        to.remove().await;
        back.remove().await;
    }
    from.remove().await;
}

async fn a_copy_answers_as_the_source_does(engine: Engine) {
    let from = engine.database(Content::World).await;
    for other in engines() {
        let to = other.database(Content::Nothing).await;
        run_whole(&from, &to, 500).await.unwrap();
        let answers = answers(to).await;
        let source = engine.database(Content::World).await;
        assert_eq!(answers, self::answers(source).await);
    }
    from.remove().await;
}

/// What a served database answers to the contract's documents.
async fn answers(database: Database) -> Vec<Value> {
    let world = World::of(database).await;
    let mut answers = Vec::new();
    for sent in reads() {
        let client = world.client_of(sent.persona).await;
        let answer = client.ask_named(sent.document, sent.operation, sent.variables);
        answers.push(without_new(answer.await.data().clone(), world.head));
    }
    world.close().await;
    answers
}

/// Without the entries that signing in made, whose keys are random.
fn without_new(mut answer: Value, head: i64) -> Value {
    for list in ["changes", "ledger"] {
        let Some(found) = answer.get_mut(list) else {
            continue;
        };
        found["pageInfo"] = Value::Null;
        let nodes = found["nodes"].as_array_mut().unwrap();
        nodes.retain(|entry| {
            let seq = entry["seq"].to_string();
            seq.trim_matches('"').parse::<i64>().unwrap() <= head
        });
        assert!(nodes.len() > 5, "{nodes:?}");
    }
    if let Some(end) = answer.get_mut("ledgerHead") {
        *end = Value::Null;
    }
    answer
}

/// What the command prints for who reads it.
#[tokio::test]
async fn the_command_tells_checksums_and_the_head() {
    let from = Engine::Sqlite.database(Content::World).await;
    let dir = TempDir::new().unwrap();
    let to = format!("sqlite://{}/copy.db", dir.path().display());
    let done = output(&["copy", "--from", &from.url, "--to", &to]);
    let (out, err) = (text(&done.stdout), text(&done.stderr));
    assert_eq!(done.status.code(), Some(0), "{err}");
    let projects = out
        .lines()
        .find(|line| line.ends_with(" projects"))
        .unwrap();
    assert_eq!(projects.split(' ').next().unwrap().len(), 64, "{projects}");
    assert!(out.lines().last().unwrap().starts_with("whole: "), "{out}");
    for line in ["copied projects: ", "compared ledger: "] {
        assert!(err.contains(line), "{err}");
    }
    let verified = output(&["ledger", "verify", "--database-url", &to]);
    assert_eq!(verified.status.code(), Some(0));
}
