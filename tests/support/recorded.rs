//! The small world is written straight into the tables: for what is read from the ledger
//! its projects are put there too.

use chrono::{DateTime, Utc};
use duban::store::ledger as chain;
use duban::store::record::{Fields, Row, difference};
use duban_entities::vocabulary::ActorKind;
use duban_entities::{ledger, project};
use sea_orm::{EntityTrait, QueryOrder};

use super::World;
use super::fixture::db_insert;

/// Records every project as if it had been imported then. The ledger is empty before.
pub async fn db_record_projects(world: &World, at: DateTime<Utc>) {
    let rows = project::Entity::find().order_by_asc(project::Column::Code);
    let rows = rows.all(&world.db).await.unwrap();
    let mut entries: Vec<ledger::Model> = Vec::new();
    for row in &rows {
        let last = entries.last();
        let (seq, before) = last.map_or((0, chain::GENESIS), |last| (last.seq, &last.hash));
        entries.push(entry(row, at, seq + 1, before));
    }
    db_insert::<ledger::Entity>(&world.db, entries).await;
}

fn entry(row: &project::Model, at: DateTime<Utc>, seq: i64, before: &str) -> ledger::Model {
    let changes = difference(&Fields::new(), &row.fields());
    let mut entry = ledger::Model {
        seq,
        at,
        request_id: "fixture".to_owned(),
        actor_kind: ActorKind::System,
        actor_id: "system:import".to_owned(),
        actor_name: "import".to_owned(),
        role: None,
        action: "catalogue.import".to_owned(),
        subject_type: project::Model::SUBJECT.to_owned(),
        subject_id: row.id.to_string(),
        project_id: Some(row.id),
        jurisdiction_id: Some(row.jurisdiction_id),
        changes: serde_json::to_string(&changes).unwrap(),
        reason: None,
        prev_hash: before.to_owned(),
        hash: String::new(),
    };
    entry.hash = chain::hash(&entry).unwrap();
    entry
}
