//! Imports point right only:
//! `http → graphql → service → policy · domain → store → entities`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may import. `clock` and `error` are for everybody.
///
/// The store asks the policy for permits; the policy, the rules and the store know nothing
/// of what stands left of them. `cli`, `main` and `demo` put the rooms together.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("main", &["cli"]),
    (
        "cli",
        &[
            "config", "copy", "demo", "generate", "graphql", "http", "import", "jobs", "policy",
            "service", "store",
        ],
    ),
    ("copy", &["store"]),
    ("demo", &["import", "policy", "service", "store"]),
    ("generate", &["policy", "service", "store"]),
    ("jobs", &["service"]),
    ("config", &["http", "service", "store"]),
    ("http", &["graphql", "policy", "poll_local", "service"]),
    ("graphql", &["domain", "policy", "service", "store"]),
    ("import", &["domain", "service"]),
    ("service", &["domain", "policy", "store"]),
    ("store", &["policy", "poll_local"]),
    ("domain", &[]),
    ("policy", &[]),
    ("error", &[]),
    ("clock", &[]),
    ("poll_local", &[]),
];

/// Crates, and the only rooms that may name them.
const CRATES: [(&str, &[&str]); 6] = [
    ("async_graphql", &["graphql", "http"]),
    ("poem", &["http"]),
    ("clap", &["cli", "config"]),
    ("sqlx", &["store"]),
    ("duban_migrations", &["store"]),
    ("sea_orm_migration", &["store"]),
];

/// What of sea-orm reads or writes a database: the store's alone.
const QUERY_API: [&str; 16] = [
    "ActiveModelTrait",
    "ColumnTrait",
    "Condition",
    "ConnectionTrait",
    "DatabaseConnection",
    "DatabaseTransaction",
    "EntityTrait",
    "FromQueryResult",
    "PaginatorTrait",
    "QueryFilter",
    "QueryOrder",
    "QuerySelect",
    "QueryTrait",
    "Statement",
    "TransactionTrait",
    "sea_query",
];

struct Source {
    path: PathBuf,
    room: String,
    /// Without comments, and without the modules that only tests compile.
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source of the service package that the program is made of.
fn sources() -> Vec<Source> {
    let src = root().join("src");
    let files = files(&src).into_iter();
    let files = files.filter(|path| !is_test(path) && !path.ends_with("lib.rs"));
    files
        .map(|path| {
            let inside = path.strip_prefix(&src).unwrap();
            let first = inside.components().next().unwrap().as_os_str();
            let room = first.to_string_lossy().trim_end_matches(".rs").to_owned();
            let code = code(&fs::read_to_string(&path).unwrap());
            Source { path, room, code }
        })
        .collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let nested = entries.map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    let mut all: Vec<PathBuf> = nested.flatten().collect();
    all.retain(|path| path.extension().is_some_and(|ext| ext == "rs"));
    all.sort();
    all
}

fn is_test(path: &Path) -> bool {
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    let mut names = parts.map(|part| part.trim_end_matches(".rs").to_owned());
    names.any(|name| name == "tests" || name.ends_with("_tests"))
}

fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The identifiers that stand directly behind a path's beginning, such as `crate::`; of a
/// braced group each.
fn heads(code: &str, beginning: &str) -> Vec<String> {
    let starts = code.match_indices(beginning);
    let behind = starts.filter(|(at, _)| !code[..*at].ends_with(is_word));
    let rests = behind.map(|(at, _)| &code[at + beginning.len()..]);
    rests
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => group_heads(group),
            None => vec![word(rest)],
        })
        .collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

fn word(text: &str) -> String {
    let text = text.trim_start();
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first words of a group's members: `a::{b, c}, d}` has `a` and `d`.
fn group_heads(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut heads = vec![word(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

#[test]
fn rooms_import_only_rooms_to_their_right() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room.as_str();
        let may = allowed.get(room);
        let may = may.unwrap_or_else(|| panic!("{room} is not in the table of rooms"));
        let beginning = if room == "main" { "duban::" } else { "crate::" };
        for head in heads(&source.code, beginning) {
            let free = head == room || head == "error" || head == "clock";
            if !free && !may.contains(&head.as_str()) {
                wrong.push(format!("{}: {head}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that point left: {wrong:#?}");
}

#[test]
fn transport_and_drivers_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, rooms) in CRATES {
            let named = !heads(&source.code, &format!("{name}::")).is_empty();
            if named && !rooms.contains(&source.room.as_str()) {
                wrong.push(format!("{}: {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "crates out of their rooms: {wrong:#?}");
}

#[test]
fn only_the_store_queries_the_database() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room != "store") {
        for head in heads(&source.code, "sea_orm::") {
            if QUERY_API.contains(&head.as_str()) {
                wrong.push(format!("{}: {head}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "queries outside the store: {wrong:#?}");
}

#[test]
fn migrations_import_no_entity_and_entities_nothing_of_ours() {
    for crate_name in ["entities", "migrations"] {
        for path in files(&root().join(crate_name).join("src")) {
            let code = code(&fs::read_to_string(&path).unwrap());
            for other in ["duban", "duban_entities", "duban_migrations"] {
                let found = heads(&code, &format!("{other}::"));
                assert!(found.is_empty(), "{} imports {other}", path.display());
            }
        }
    }
}

/// The program sets its allocator; nothing else has a reason.
#[test]
fn every_library_forbids_unsafe_code() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "));
    let members: Vec<&str> = members.unwrap().split('"').skip(1).step_by(2).collect();
    assert!(members.contains(&"migrations"), "{members:?}");
    for room in members.into_iter().chain([""]) {
        let library = root().join(room).join("src/lib.rs");
        let code = code(&fs::read_to_string(&library).unwrap());
        let forbids = code.contains("#![forbid(unsafe_code)]");
        assert!(forbids, "{}", library.display());
    }
}

#[test]
fn paths_are_read_as_rust_reads_them() {
    let code = "use crate::{a::{b, c}, d};\nlet x = crate::e::f(); mycrate::g();";
    assert_eq!(heads(code, "crate::"), ["a", "d", "e"]);
}
