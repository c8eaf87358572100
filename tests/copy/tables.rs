//! The list of tables is whole, and in an order in which it can be copied.

use std::collections::BTreeSet;

use duban::store::copy::{DERIVED, TABLES};

use crate::support::dump::{columns, tables, texts};
use crate::support::{Content, Engine, on_both};

on_both!(engine: every_table_and_column_is_copied, no_number_comes_from_a_sequence);

async fn every_table_and_column_is_copied(engine: Engine) {
    let database = engine.database(Content::Schema).await;
    let connection = database.connect().await;
    let mut known: Vec<String> = TABLES.iter().map(|table| table.name().to_owned()).collect();
    known.push("seaql_migrations".to_owned());
    known.extend(DERIVED.map(str::to_owned));
    known.sort();
    assert_eq!(tables(&connection).await, known);
    for table in TABLES {
        let there: BTreeSet<String> = columns(&connection, table.name())
            .await
            .into_iter()
            .collect();
        let copied: BTreeSet<String> = table.columns().into_iter().map(str::to_owned).collect();
        assert_eq!(copied, there, "{}", table.name());
    }
    connection.close().await.unwrap();
    database.remove().await;
}

/// Where one is added, a copy must set it behind the largest number.
async fn no_number_comes_from_a_sequence(engine: Engine) {
    let database = engine.database(Content::Schema).await;
    let connection = database.connect().await;
    let sql = match engine {
        Engine::Sqlite => "SELECT name AS v FROM sqlite_schema WHERE name = 'sqlite_sequence'",
        Engine::Postgres => "SELECT sequencename::text AS v FROM pg_sequences",
    };
    assert_eq!(texts(&connection, sql).await, Vec::<String>::new());
    connection.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn what_a_row_refers_to_is_copied_before_it() {
    let database = Engine::Sqlite.database(Content::Schema).await;
    let connection = database.connect().await;
    let mut before = BTreeSet::new();
    for table in TABLES {
        let name = table.name();
        let sql = format!(
            "SELECT \"table\" || '.' || \"from\" AS v FROM pragma_foreign_key_list('{name}')"
        );
        for reference in texts(&connection, &sql).await {
            let (other, column) = reference.split_once('.').unwrap();
            let itself = other == name && table.parent() == Some(column);
            assert!(
                itself || before.contains(other),
                "{name}.{column} → {other}"
            );
        }
        before.insert(name.to_owned());
    }
    connection.close().await.unwrap();
}
