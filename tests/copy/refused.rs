//! What is not copied, not copied into, and not taken for a copy.

use duban::copy::{Outcome, Progress, Step};
use sea_orm::ConnectionTrait;

use super::{BATCH, behind_a_batch, output, run, run_whole, said, text, unfinished, whole};
use crate::program::nothing_serves;
use crate::support::dump::texts;
use crate::support::{Content, Database, Engine, on_both};

on_both!(engine:
    what_differs_in_the_target_is_named,
    a_target_with_anything_else_is_refused,
    a_copy_of_something_else_does_not_go_on,
    a_source_that_goes_on_is_noticed,
    schemas_of_other_releases_are_refused,
    a_reference_to_a_later_row_arrives,
    what_an_emptied_target_has_counted_is_forgotten,
);

async fn execute(database: &Database, sql: &str) {
    let connection = database.connect().await;
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

fn before_comparing(progress: Progress) -> bool {
    progress.step == Step::Copied && progress.table == "ledger"
}

async fn what_differs_in_the_target_is_named(engine: Engine) {
    let from = Engine::Sqlite.database(Content::World).await;
    let to = engine.database(Content::Nothing).await;
    let stopped = run(&from, &to, BATCH, before_comparing).await.unwrap();
    assert!(matches!(stopped, Outcome::Stopped));
    let instant = match engine {
        Engine::Sqlite => "'2026-01-01T00:00:00.000001+00:00'",
        Engine::Postgres => "created_at + interval '1 microsecond'",
    };
    for (table, change) in [
        ("projects", "title = title || ' '".to_owned()),
        ("targets", "quantity = '1.0'".to_owned()),
        ("plans", format!("created_at = {instant}")),
        (
            "users",
            "must_change_password = NOT must_change_password".to_owned(),
        ),
    ] {
        let sql = format!(
            "UPDATE {table} SET {change} WHERE id = (SELECT id FROM {table} ORDER BY id LIMIT 1)"
        );
        execute(&to, &sql).await;
    }
    let why = said(&run_whole(&from, &to, BATCH).await.unwrap_err());
    for named in [
        "table projects (",
        "in title",
        "table targets (",
        "table plans (",
        "in created_at",
        "table users (",
    ] {
        assert!(why.contains(named), "{named}: {why}");
    }
    assert!(
        !why.contains("table tasks") && !why.contains("table ledger"),
        "{why}"
    );
    assert!(unfinished(&to).await);
    nothing_serves(&to);
    from.remove().await;
    to.remove().await;
}

async fn a_target_with_anything_else_is_refused(engine: Engine) {
    let from = Engine::Sqlite.database(Content::World).await;
    let full = engine.database(Content::World).await;
    let before = whole(&full).await;
    let why = said(&run_whole(&from, &full, BATCH).await.unwrap_err());
    assert!(why.contains("something else"), "{why}");
    assert_eq!(whole(&full).await, before);

    let foreign = engine.database(Content::Nothing).await;
    // Makes the file.
    foreign.store().await.close().await.unwrap();
    execute(&foreign, "CREATE TABLE users (id integer)").await;
    let why = said(&run_whole(&from, &foreign, BATCH).await.unwrap_err());
    assert!(why.contains("an empty database"), "{why}");

    let half = engine.database(Content::Nothing).await;
    let stopped = run(&from, &half, BATCH, before_comparing).await.unwrap();
    assert!(matches!(stopped, Outcome::Stopped));
    execute(&half, "DELETE FROM indicators").await;
    let why = said(&run_whole(&from, &half, BATCH).await.unwrap_err());
    assert!(why.contains("indicators has 0 rows"), "{why}");
    let again = engine.database(Content::Nothing).await;
    let why = said(&run_whole(&half, &again, BATCH).await.unwrap_err());
    assert!(why.contains("itself a copy"), "{why}");
    for database in [from, full, foreign, half, again] {
        database.remove().await;
    }
}

async fn a_copy_of_something_else_does_not_go_on(engine: Engine) {
    let from = Engine::Sqlite.database(Content::World).await;
    let other = Engine::Sqlite.database(Content::Plans).await;
    let to = engine.database(Content::Nothing).await;
    let stopped = run(&from, &to, BATCH, behind_a_batch).await.unwrap();
    assert!(matches!(stopped, Outcome::Stopped));
    let why = said(&run_whole(&other, &to, BATCH).await.unwrap_err());
    assert!(why.contains("it has gone on to"), "{why}");
    for database in [from, other, to] {
        database.remove().await;
    }
}

/// Somebody is made an administrator while the copy runs. What it read is one state, and
/// not the last one.
async fn a_source_that_goes_on_is_noticed(engine: Engine) {
    let from = engine.database(Content::World).await;
    let to = Engine::Sqlite.database(Content::Nothing).await;
    let password = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(password.path(), "a long enough phrase").unwrap();
    let arguments = [
        "user",
        "create-admin",
        "latecomer",
        "--password-file",
        password.path().to_str().unwrap(),
        "--database-url",
        &from.url,
    ];
    let outcome = run(&from, &to, 500, |progress| {
        if progress.table == "jurisdictions" && progress.step == Step::Copied {
            let made = output(&arguments);
            assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
        }
        false
    });
    let why = said(&outcome.await.unwrap_err());
    assert!(why.contains("the source went on"), "{why}");
    nothing_serves(&to);
    let why = said(&run_whole(&from, &to, 500).await.unwrap_err());
    assert!(why.contains("empty the target"), "{why}");
    from.remove().await;
    to.remove().await;
}

async fn schemas_of_other_releases_are_refused(engine: Engine) {
    let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 1)";
    let earlier = "DELETE FROM seaql_migrations WHERE version LIKE 'm0006%'";
    let fine = Engine::Sqlite.database(Content::World).await;
    for (change, source_says, target_says) in [
        (later, "newer release", "newer release"),
        (earlier, "1 changes behind", "an empty database"),
    ] {
        let odd = engine.database(Content::Schema).await;
        execute(&odd, change).await;
        let to = Engine::Sqlite.database(Content::Nothing).await;
        let why = said(&run_whole(&odd, &to, BATCH).await.unwrap_err());
        assert!(why.contains(source_says), "{why}");
        let why = said(&run_whole(&fine, &odd, BATCH).await.unwrap_err());
        assert!(why.contains(target_says), "{why}");
        odd.remove().await;
    }
    fine.remove().await;
}

/// Keys grow with time, but a unit may come under one that was recorded after it.
async fn a_reference_to_a_later_row_arrives(engine: Engine) {
    let from = engine.database(Content::World).await;
    let first = "(SELECT id FROM units ORDER BY id LIMIT 1)";
    let last = "(SELECT id FROM units ORDER BY id DESC LIMIT 1)";
    execute(
        &from,
        &format!("UPDATE units SET parent_id = {last} WHERE id = {first}"),
    )
    .await;
    let to = Engine::Sqlite.database(Content::Nothing).await;
    run_whole(&from, &to, 2).await.unwrap();
    from.remove().await;
}

#[tokio::test]
async fn a_database_is_not_copied_into_itself() {
    let database = Engine::Sqlite.database(Content::World).await;
    let file = database.file();
    let dir = file.parent().unwrap();
    let name = dir.file_name().unwrap().to_string_lossy();
    let around = format!("sqlite://{}/../{name}/duban.db", dir.display());
    for to in [&database.url, &around] {
        let refused = output(&["copy", "--from", &database.url, "--to", to]);
        assert_eq!(refused.status.code(), Some(1));
        let why = text(&refused.stderr);
        assert!(why.contains("the same database"), "{why}");
    }
}

async fn what_an_emptied_target_has_counted_is_forgotten(engine: Engine) {
    let from = Engine::Sqlite.database(Content::World).await;
    let to = engine.database(Content::Schema).await;
    let id = match engine {
        Engine::Sqlite => "zeroblob(16)",
        Engine::Postgres => "'00000000-0000-0000-0000-000000000000'",
    };
    let counted = format!("INSERT INTO tallies VALUES ({id}, 'ROAD', 'PROPOSED', 7, 7, 7, 7, 7)");
    execute(&to, &counted).await;
    let counted =
        format!("INSERT INTO unit_tallies VALUES ({id}, '', '', {id}, 7, 7, 7, NULL, NULL)");
    execute(&to, &counted).await;
    run_whole(&from, &to, 500).await.unwrap();
    let connection = to.connect().await;
    for table in ["tallies", "unit_tallies"] {
        let sql = format!("SELECT kind AS v FROM {table}");
        assert_eq!(texts(&connection, &sql).await, [""; 0], "{table}");
    }
    connection.close().await.unwrap();
    from.remove().await;
    to.remove().await;
}
