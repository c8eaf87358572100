//! The program as a process: what scripts rely on, and what a killed one leaves.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::{Client, Content, Database, Engine, on_both};

on_both!(engine: a_demonstration_tells_its_sign_ins_and_stays_as_it_is, a_killed_server_keeps_what_it_answered);

/// A server process, killed when dropped.
struct Server {
    child: Child,
    lines: Vec<String>,
    _out: BufReader<ChildStdout>,
    _err: ChildStderr,
}

impl Server {
    /// Starts it and reads what it says until it listens.
    fn start(database: &Database, key: &TempDir, arguments: &[&str]) -> Self {
        let mut child = duban(database, key)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let err = child.stderr.take().unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended: {lines:?}");
            lines.push(line.trim_end().to_owned());
            if line.starts_with("listening on ") {
                break;
            }
        }
        Self {
            child,
            lines,
            _out: out,
            _err: err,
        }
    }

    fn client(&self, token: Option<String>) -> Client {
        let address = self.lines.last().unwrap().strip_prefix("listening on ");
        Client::new(
            reqwest::Client::new(),
            format!("{}/graphql", address.unwrap()),
            token,
        )
    }

    /// Takes it away without a word, as a power cut would take the process.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program over this database, with the log off so that no pipe fills.
fn duban(database: &Database, key: &TempDir) -> Command {
    let file = key.path().join("signing.key");
    if !file.exists() {
        let random = Sha256::digest(file.to_str().unwrap());
        std::fs::write(&file, duban::store::ledger::hex(&random)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_duban"));
    command
        .env("DUBAN_DATABASE_URL", &database.url)
        .env("DUBAN_SIGNING_KEY_FILE", file)
        .env("DUBAN_LOG", "off")
        .stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

/// No command takes a database that is half filled for an installation.
pub fn nothing_serves(database: &Database) {
    let key = TempDir::new().unwrap();
    let commands: [&[&str]; 4] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["migrate"],
        &["import", "--built-in"],
        &["user", "create-admin", "root"],
    ];
    for command in commands {
        let refused = run(duban(database, &key).args(command));
        assert_ne!(refused.status.code(), Some(0), "{command:?}");
        let why = text(&refused.stderr);
        assert!(why.contains("was not completed"), "{command:?}: {why}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn sign_in(server: &Server, username: &str, password: &str) -> Client {
    let document = include_str!("contract/sign-in.graphql");
    let input = json!({ "input": { "username": username, "password": password } });
    let answer = server.client(None).ask(document, input).await;
    let token = answer.body["data"]["signIn"]["accessToken"].as_str();
    server.client(Some(
        token
            .unwrap_or_else(|| panic!("{}", answer.text))
            .to_owned(),
    ))
}

async fn a_demonstration_tells_its_sign_ins_and_stays_as_it_is(engine: Engine) {
    let database = engine.database(Content::Nothing).await;
    let key = TempDir::new().unwrap();
    let server = Server::start(&database, &key, &["--demo", "--demo-months", "1"]);
    let users = sign_ins(&server.lines);
    let (username, ..) = &users[0];
    sign_in(&server, username, "duban-demo").await;
    server.kill();
    let head = head(&database, &key);

    let again = Server::start(&database, &key, &["--demo", "--demo-months", "1"]);
    assert_eq!(sign_ins(&again.lines), users, "the same lines again");
    again.kill();
    assert_eq!(self::head(&database, &key), head, "nothing was changed");
    database.remove().await;
}

/// User name, role and scope of each line, whose form is checked.
fn sign_ins(lines: &[String]) -> Vec<(String, String, String)> {
    let (last, users) = lines.split_last().unwrap();
    assert!(last.starts_with("listening on http://127.0.0.1:"), "{last}");
    let users = users.iter().map(|line| {
        let parts: Vec<&str> = line.split('\t').collect();
        assert_eq!(parts.len(), 5, "{line}");
        assert_eq!(parts[0], "sign-in");
        assert_eq!(parts[2], "duban-demo");
        (
            parts[1].to_owned(),
            parts[3].to_owned(),
            parts[4].to_owned(),
        )
    });
    let users: Vec<_> = users.collect();
    for jurisdiction in ["驻马店市", "漯河经济技术开发区", "焦作市城乡一体化示范区"]
    {
        let mut supervisors = users.iter().filter(|(_, role, scope)| {
            role == "SUPERVISOR" && scope.split('/').next() == Some(jurisdiction)
        });
        assert_eq!(
            supervisors.next().unwrap().2,
            jurisdiction,
            "before any area's"
        );
        assert!(supervisors.next().is_some(), "an area's supervisor");
        let roles: BTreeSet<&str> = users
            .iter()
            .filter(|(_, _, scope)| scope.split('/').next() == Some(jurisdiction))
            .map(|(_, role, _)| role.as_str())
            .collect();
        assert_eq!(roles.len(), 7, "one of each role: {roles:?}");
    }
    users
}

fn head(database: &Database, key: &TempDir) -> String {
    let output = run(duban(database, key).args(["ledger", "verify"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Large pages are taken whole for the first of their bytes. A system without them says nothing.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_refuses_large_pages() {
    let database = Engine::Sqlite.database(Content::Schema).await;
    let key = TempDir::new().unwrap();
    let server = Server::start(&database, &key, &[]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id()));
    let status = status.unwrap();
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("THP_enabled:"));
    assert!(
        allowed.is_none_or(|allowed| allowed.trim() == "0"),
        "{status}"
    );
    server.kill();
    database.remove().await;
}

/// The name of each thread, and how nice it is.
#[cfg(target_os = "linux")]
fn threads(server: &Server) -> Vec<(String, i32)> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", server.child.id())).unwrap();
    let stats = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")));
    // One that ends meanwhile is none.
    let threads = stats.filter_map(Result::ok).map(|stat| {
        let (before, behind) = stat.rsplit_once(')').unwrap();
        let name = before.split_once('(').unwrap().1.to_owned();
        // The first behind the name is the third of all, the niceness the nineteenth.
        let nice = behind.split_whitespace().nth(19 - 3).unwrap();
        (name, nice.parse().unwrap())
    });
    threads.collect()
}

/// A sign-in is a mutation, and its password is hashed beside it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn threads_that_write_leave_the_processors_to_those_that_read() {
    let (database, key) = file().await;
    create_admin(&database, &key);
    let server = Server::start(&database, &key, &[]);
    sign_in(&server, "root", "a long enough phrase").await;
    // One that has just begun is not nicer yet.
    let begun = |threads: &[(String, i32)], usual| {
        let mut named = threads.iter().filter(|(name, _)| name == "duban-mutations");
        named.all(|(_, nice)| *nice != usual)
    };
    let since = Instant::now();
    let (threads, usual) = loop {
        assert!(since.elapsed() < Duration::from_secs(60), "none is nicer");
        let threads = threads(&server);
        let ours = threads.iter().find(|(name, _)| name == "duban");
        let (_, usual) = *ours.unwrap();
        if begun(&threads, usual) {
            break (threads, usual);
        }
    };
    let of = |name: &str| -> BTreeSet<i32> {
        let named = threads.iter().filter(|(found, _)| found == name);
        named.map(|(_, nice)| *nice).collect()
    };
    assert_eq!(
        of("tokio-rt-worker"),
        BTreeSet::from([usual]),
        "{threads:?}"
    );
    let nicer = BTreeSet::from([(usual + 7).min(19)]);
    assert_eq!(of("duban-mutations"), nicer, "{threads:?}");
    server.kill();
    database.remove().await;
}

async fn a_killed_server_keeps_what_it_answered(engine: Engine) {
    let database = engine.database(Content::Schema).await;
    let key = TempDir::new().unwrap();
    create_admin(&database, &key);
    let mut known = BTreeSet::from(["root".to_owned()]);
    for round in 0..3 {
        let server = Server::start(&database, &key, &[]);
        let client = sign_in(&server, "root", "a long enough phrase").await;
        for n in 0..3 {
            let username = format!("user-{round}-{n}");
            create_user(&client, &username).await;
            known.insert(username);
        }
        server.kill();
    }
    let server = Server::start(&database, &key, &[]);
    let client = sign_in(&server, "root", "a long enough phrase").await;
    let answer = client
        .query("{ users(first: 100) { nodes { username } } }")
        .await;
    let users = answer.body["data"]["users"]["nodes"].as_array().unwrap();
    let found: BTreeSet<String> = users
        .iter()
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, known);
    server.kill();
    assert!(head(&database, &key).starts_with("whole: "));
    database.remove().await;
}

fn create_admin(database: &Database, key: &TempDir) {
    let mut child = duban(database, key)
        .args(["user", "create-admin", "root"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"a long enough phrase\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout), "made the administrator root\n");
}

async fn create_user(client: &Client, username: &str) {
    let document =
        "mutation($input: UserCreateInput!) { userCreate(input: $input) { user { id } } }";
    let input = json!({ "input": {
        "username": username, "name": "某人", "password": "another long phrase", "grants": [],
    } });
    let answer = client.ask(document, input).await;
    assert_eq!(answer.body["errors"], Value::Null, "{}", answer.text);
}

/// A SQLite database for what does not depend on the engine.
async fn file() -> (Database, TempDir) {
    (
        Engine::Sqlite.database(Content::Schema).await,
        TempDir::new().unwrap(),
    )
}

#[tokio::test]
async fn a_bad_setting_is_named() {
    let (database, key) = file().await;
    let output = run(duban(&database, &key)
        .arg("config")
        .env("DUBAN_LISTEN", "nowhere"));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("DUBAN_LISTEN"),
        "{}",
        text(&output.stderr)
    );

    let output = run(duban(&database, &key)
        .arg("config")
        .env("DUBAN_LISTN", "127.0.0.1:1"));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("DUBAN_LISTN, which is no setting"));
}

/// Whoever works on the project has them in the environment of a shell.
#[tokio::test]
async fn variables_of_the_tests_are_let_through() {
    let (database, key) = file().await;
    let mut command = duban(&database, &key);
    command.arg("config").envs([
        ("DUBAN_TEST_POSTGRES_URL", "1"),
        ("DUBAN_TEST_SEED", "1"),
        ("DUBAN_TEST_TALLIES", "1"),
        ("DUBAN_EXPLAIN_URL", "1"),
        ("DUBAN_PLAN_TEXTS", "1"),
        ("DUBAN_STRICT", "1"),
        ("DUBAN_BLESS", "1"),
    ]);
    let output = run(&mut command);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[tokio::test]
async fn flags_come_before_the_environment_and_stand_anywhere() {
    let (database, key) = file().await;
    let flag = ["--listen", "127.0.0.1:9999"];
    for arguments in [[flag[0], flag[1], "config"], ["config", flag[0], flag[1]]] {
        let mut command = duban(&database, &key);
        let output = run(command.args(arguments).env("DUBAN_LISTEN", "127.0.0.1:1"));
        assert!(text(&output.stdout).contains("DUBAN_LISTEN=127.0.0.1:9999\n"));
    }
}

#[tokio::test]
async fn the_configuration_hides_the_password_of_the_database() {
    let (database, key) = file().await;
    let url = "postgres://duban:hunter2@db.invalid/duban";
    let output = run(duban(&database, &key).args(["config", "--database-url", url]));
    let said = text(&output.stdout);
    assert!(
        said.contains("DUBAN_DATABASE_URL=postgres://duban:***@db.invalid/duban\n"),
        "{said}"
    );
    assert!(!said.contains("hunter2"));
}

#[tokio::test]
async fn a_demonstration_never_listens_beyond_the_machine() {
    let (database, key) = file().await;
    let output = run(duban(&database, &key).args(["serve", "--demo", "--listen", "0.0.0.0:0"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("loopback"));
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn a_demonstration_refuses_a_database_with_something_else() {
    let (database, key) = file().await;
    create_admin(&database, &key);
    let output = run(duban(&database, &key).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("empty database"));
}

#[tokio::test]
async fn a_key_is_made_once_beside_the_file_and_is_required_on_postgres() {
    let (database, key) = file().await;
    let mut command = duban(&database, &key);
    command.env_remove("DUBAN_SIGNING_KEY_FILE").args([
        "user",
        "set-password",
        "nobody",
        "--password-file",
        "/dev/null",
    ]);
    for _ in 0..2 {
        assert_eq!(run(&mut command).status.code(), Some(1));
    }
    let made = database.file().with_extension("key");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&made).unwrap());
    assert_eq!(mode & 0o777, 0o600);

    let mut command = duban(&database, &key);
    command.env_remove("DUBAN_SIGNING_KEY_FILE").arg("serve");
    let output = run(command.env("DUBAN_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("DUBAN_SIGNING_KEY_FILE"));
}

#[tokio::test]
async fn the_ledger_is_verified_from_the_database_and_from_a_copy() {
    let (database, key) = file().await;
    create_admin(&database, &key);
    let whole = head(&database, &key);
    let head = whole.trim_end().rsplit(' ').next().unwrap();

    let copy = key.path().join("ledger.jsonl");
    let output = run(duban(&database, &key)
        .args(["ledger", "export", "--output"])
        .arg(&copy));
    assert_eq!(output.status.code(), Some(0));
    let verify = |path: &std::path::Path| {
        run(duban(&database, &key)
            .args(["ledger", "verify", "--head", head, "--file"])
            .arg(path))
    };
    assert_eq!(verify(&copy).status.code(), Some(0));

    let lines = std::fs::read_to_string(&copy).unwrap();
    std::fs::write(&copy, lines.replacen("root", "toor", 1)).unwrap();
    let broken = verify(&copy);
    assert_eq!(broken.status.code(), Some(1));
    assert!(
        text(&broken.stdout).starts_with("broken at entry "),
        "{}",
        text(&broken.stdout)
    );

    let short: Vec<&str> = lines.lines().collect();
    std::fs::write(&copy, short[..short.len() - 1].join("\n")).unwrap();
    let cut = verify(&copy);
    assert_eq!(cut.status.code(), Some(1));
    assert!(
        text(&cut.stdout).contains("ends before the head"),
        "{}",
        text(&cut.stdout)
    );

    let nowhere = run(duban(&database, &key).args(["ledger", "verify", "--file", "/nowhere"]));
    assert_eq!(nowhere.status.code(), Some(2));
}

#[tokio::test]
async fn an_import_reports_every_problem_and_writes_nothing() {
    let (database, key) = file().await;
    let sheet = key.path().join("jurisdictions.csv");
    std::fs::write(
        &sheet,
        "code,name,time_zone\nabc,甲,Asia/Shanghai\nABD,,Mars/Base\n",
    )
    .unwrap();
    let output = run(duban(&database, &key).arg("import").arg(&sheet));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    for place in ["jurisdictions.csv:2", "jurisdictions.csv:3"] {
        assert!(said.contains(place), "{said}");
    }
    assert!(said.contains("nothing was imported"), "{said}");
    assert!(head(&database, &key).starts_with("whole: 0 entries"));
}

#[tokio::test]
async fn the_schema_can_be_printed_without_a_database() {
    let (database, key) = file().await;
    let output = run(duban(&database, &key).args(["schema", "print"]));
    assert_eq!(text(&output.stdout), duban::graphql::sdl());
}
