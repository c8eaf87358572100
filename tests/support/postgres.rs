//! A throw-away PostgreSQL cluster, one a test run.
//!
//! A keeper process owns it: a shell that starts the server and waits for its standard
//! input to close. That input is a pipe which this process holds, so that the cluster goes
//! when the tests end, however they end.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use super::environment;

/// What the directories of clusters are called, before the process's id.
const PREFIX: &str = "duban-test-postgres-";

/// Starts the server, waits for the tests to end, stops it, and takes its files away. It ends
/// with the server, and leaves the files where the server ended by itself.
const KEEPER: &str = r#"
trap '' INT TERM HUP
exec 3<&0
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off \
    -c max_connections=400 -c shared_buffers=64MB -c full_page_writes=off 3<&- &
server=$!
{ cat <&3 >/dev/null; : >"$2/over"; kill -QUIT $server; } &
wait $server
[ -e "$2/over" ] && cd / && rm -rf "$2"
"#;

/// A PostgreSQL server that the tests may use as they like.
#[derive(Debug)]
pub struct Server {
    before: String,
    after: String,
    /// Held so that the keeper's input stays open.
    _keeper: Option<Child>,
}

impl Server {
    /// The URL of a database on it.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.before, self.after)
    }
}

/// The server of this run; none where there is no PostgreSQL and it is not demanded.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(find).as_ref()
}

fn find() -> Option<Server> {
    if let Some(url) = environment("DUBAN_TEST_POSTGRES_URL") {
        return Some(given(&url));
    }
    let Some(programs) = programs() else {
        let strict = environment("DUBAN_STRICT").is_some_and(|value| value == "1");
        assert!(!strict, "DUBAN_STRICT=1, and there is no PostgreSQL here");
        return None;
    };
    sweep();
    Some(start(&programs))
}

/// `postgres://user@host/database?options`, without its database.
fn given(url: &str) -> Server {
    let (address, options) = match url.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (url, String::new()),
    };
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..]
        .find('/')
        .map_or(address.len(), |at| host + at);
    Server {
        before: address[..end].to_owned(),
        after: options,
        _keeper: None,
    }
}

/// The newest installation of which all programs are there.
fn programs() -> Option<PathBuf> {
    let complete = |dir: &PathBuf| ["initdb", "postgres"].iter().all(|p| dir.join(p).exists());
    let path = environment("PATH").unwrap_or_default();
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|dirs| dirs.flatten().map(|dir| dir.path().join("bin")).collect())
        .unwrap_or_default();
    installed.sort();
    let on_path = path.split(':').map(PathBuf::from);
    on_path.chain(installed.into_iter().rev()).find(complete)
}

/// Takes away what the keeper of a killed run left.
fn sweep() {
    let left = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    for dir in left.flatten().map(|entry| entry.path()) {
        let name = dir.file_name().map(|name| name.to_string_lossy());
        let process = name.as_deref().and_then(|name| name.strip_prefix(PREFIX));
        let gone = |id: &str| !Path::new("/proc").join(id).exists();
        if process.is_some_and(gone) && !dir.join("data/postmaster.pid").exists() {
            // Another run may sweep at the same time.
            let _ = fs::remove_dir_all(&dir);
        }
    }
}

/// PostgreSQL refuses to run as root: it is started as nobody then.
fn unprivileged(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    if let Some((user, group)) = nobody() {
        command.uid(user).gid(group);
    }
    command
}

fn nobody() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("nobody:"));
    let mut ids = line.expect("a user nobody").split(':').skip(2);
    let mut next = || ids.next().unwrap().parse().unwrap();
    Some((next(), next()))
}

fn start(programs: &Path) -> Server {
    let dir = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    if let Some((user, group)) = nobody() {
        chown(&dir, Some(user), Some(group)).unwrap();
    }
    let log = fs::File::create(dir.join("log")).unwrap();
    let made = unprivileged(programs.join("initdb"))
        .args([
            "-A",
            "trust",
            "-U",
            "duban",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
            "-D",
        ])
        .arg(dir.join("data"))
        .current_dir("/")
        .stdout(log.try_clone().unwrap())
        .stderr(log.try_clone().unwrap())
        .status();
    assert!(
        made.unwrap().success(),
        "initdb failed: {}",
        read(&dir.join("log"))
    );
    let keeper = unprivileged("/bin/sh")
        .args(["-c", KEEPER, "keeper"])
        .args([programs, &dir])
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn();
    let mut keeper = keeper.unwrap();
    await_ready(&dir, &mut keeper);
    Server {
        before: "postgres://duban@localhost".to_owned(),
        after: format!("?host={}", dir.display()),
        _keeper: Some(keeper),
    }
}

/// The server's last line in its lock file says when it takes connections. However long a slow
/// machine takes for it, the keeper ends where that line never comes.
fn await_ready(dir: &Path, keeper: &mut Child) {
    while !read(&dir.join("data/postmaster.pid"))
        .trim_end()
        .ends_with("ready")
    {
        if let Some(status) = keeper.try_wait().unwrap() {
            let log = read(&dir.join("log"));
            panic!("PostgreSQL did not start ({status}): {log}");
        }
        sleep(Duration::from_millis(50));
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Says, once a test, that it was skipped.
pub fn skipped(what: &str) {
    let line = format!("{what}: skipped, there is no PostgreSQL here\n");
    // Not `println`, which a test's harness swallows.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
