//! Generated data: the same again for the same seed, with a ledger that is whole, and a
//! database that serves.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;

use duban::copy::copy;
use duban::generate::{self, Generated, PASSWORD, Plan};
use duban::service::{Credentials, SignInLimits, SigningKey};
use duban::store::ledger;
use duban_entities::vocabulary::{Role, TaskKind, TaskState};
use duban_entities::{grant, project, report_revision, task, unit, user};
use futures_util::FutureExt as _;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, Statement,
};
use serde_json::{Value, json};

use crate::program::nothing_serves;
use crate::support::world::request;
use crate::support::{Client, Content, Database, Engine, World, date, on_both};

on_both!(engine:
    the_same_seed_makes_the_same_data,
    rows_point_to_rows_and_each_subject_has_one_entry,
    a_database_that_holds_something_is_refused,
    what_was_broken_off_is_not_served,
    the_contract_answers_over_it,
);

const PROJECTS: usize = 40;

async fn fill(database: &Database, seed: u64) -> duban::error::Result<Generated> {
    fill_telling(database, seed, &|_| {}).await
}

async fn fill_telling(
    database: &Database,
    seed: u64,
    tell: &(dyn Fn(usize) + Sync),
) -> duban::error::Result<Generated> {
    let credentials = Credentials::new(&SigningKey::generate()?, SignInLimits::default())?;
    let plan = Plan {
        projects: PROJECTS,
        seed,
        day: date(2026, 11, 20),
    };
    let url = database.url.parse().unwrap();
    generate::run(&url, plan, &credentials, tell).await
}

async fn the_same_seed_makes_the_same_data(engine: Engine) {
    let mut heads = Vec::new();
    for seed in [1, 1, 2] {
        let database = engine.database(Content::Nothing).await;
        heads.push(fill(&database, seed).await.unwrap().head);
        database.remove().await;
    }
    assert_eq!(heads[0], heads[1]);
    assert_ne!(heads[0], heads[2]);
    // The same on both databases, on every machine, in every build that records the same.
    assert!(heads[0].seq > 0);
}

async fn rows_point_to_rows_and_each_subject_has_one_entry(engine: Engine) {
    let database = engine.database(Content::Nothing).await;
    let generated = fill(&database, 1).await.unwrap();
    let db = database.connect().await;
    let verified = ledger::verify(&db, None).await.unwrap().unwrap();
    assert_eq!(verified.head, generated.head);

    let projects = project::Entity::find().count(&db).await.unwrap();
    assert_eq!(projects, 40);
    assert_eq!(unit::Entity::find().count(&db).await.unwrap(), 60);
    let of = |kind| task::Entity::find().filter(task::Column::Kind.eq(kind));
    let milestones = of(TaskKind::Milestone).count(&db).await.unwrap();
    assert_eq!(milestones, 5 * 40);
    let reports = of(TaskKind::Report).count(&db).await.unwrap();
    assert_eq!(reports, 6 * 40);
    let done = of(TaskKind::Milestone).filter(task::Column::State.eq(TaskState::Done));
    let done = done.count(&db).await.unwrap();
    assert!((60..140).contains(&done), "{done} of 200 are done");

    let revisions = report_revision::Entity::find().count(&db).await.unwrap();
    let users = user::Entity::find().count(&db).await.unwrap();
    let grants = grant::Entity::find().count(&db).await.unwrap();
    // A jurisdiction, 10 areas, 60 units, 5 plans with 12 clauses each.
    let catalogue = 1 + 10 + 60 + 5 * 13;
    let subjects = projects + milestones + reports + revisions + users + grants + catalogue;
    assert_eq!(verified.head.seq, i64::try_from(subjects).unwrap());
    nothing_points_nowhere(&database).await;
    db.close().await.unwrap();
    database.remove().await;
}

/// SQLite is filled without looking where rows point, and its indexes are made last.
async fn nothing_points_nowhere(database: &Database) {
    let db = database.connect().await;
    let (backend, index) = match database.engine {
        Engine::Sqlite => {
            let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA foreign_key_check");
            assert!(db.query_all_raw(check).await.unwrap().is_empty());
            let index = "SELECT 1 FROM sqlite_schema WHERE name = 'tasks_milestones_idx'";
            (DbBackend::Sqlite, index)
        }
        Engine::Postgres => {
            let index = "SELECT 1 FROM pg_indexes WHERE indexname = 'tasks_milestones_idx'";
            (DbBackend::Postgres, index)
        }
    };
    let index = Statement::from_string(backend, index);
    assert!(db.query_one_raw(index).await.unwrap().is_some());
    db.close().await.unwrap();
}

async fn a_database_that_holds_something_is_refused(engine: Engine) {
    let world = engine.database(Content::World).await;
    let refused = fill(&world, 1).await.unwrap_err();
    assert!(format!("{refused:?}").contains("holds something else"));
    world.remove().await;

    let database = engine.database(Content::Schema).await;
    fill(&database, 1).await.unwrap();
    let refused = fill(&database, 1).await.unwrap_err();
    assert!(format!("{refused:?}").contains("holds something else"));
    database.remove().await;
}

/// The rows of the first jurisdiction are committed when it ends.
async fn what_was_broken_off_is_not_served(engine: Engine) {
    let database = engine.database(Content::Nothing).await;
    let tell = |_| panic!("broken off by the test");
    let broken = AssertUnwindSafe(fill_telling(&database, 1, &tell)).catch_unwind();
    broken.await.unwrap_err();
    nothing_serves(&database);
    let refused = fill(&database, 1).await.unwrap_err();
    assert!(format!("{refused:?}").contains("was not completed"));
    let (source, target) = (
        database.store().await,
        engine.database(Content::Nothing).await,
    );
    let copied = copy(&source, &target.store().await, 100, &mut |_| {
        ControlFlow::Continue(())
    })
    .await;
    assert!(format!("{:?}", copied.unwrap_err()).contains("was not completed"));
    source.close().await.unwrap();
    target.remove().await;
    database.remove().await;
}

async fn the_contract_answers_over_it(engine: Engine) {
    let database = engine.database(Content::Nothing).await;
    let generated = fill(&database, 1).await.unwrap();
    let world = World::of(database).await;
    let roles: Vec<Role> = generated.sign_ins.iter().map(|who| who.role).collect();
    let expected = [
        Role::Administrator,
        Role::Supervisor,
        Role::Signatory,
        Role::Signatory,
    ];
    assert_eq!(roles, expected);
    let administrator = sign_in(&world, "administrator").await;
    let some = everything_is_there(&administrator).await;
    one_project_is_whole(&administrator, &some).await;
    for who in &generated.sign_ins {
        let client = sign_in(&world, &who.username).await;
        let seen = client
            .query("{ projects(first: 200) { totalCount } }")
            .await;
        let seen = seen.at("/projects/totalCount").as_u64().unwrap();
        assert!(seen > 0, "{} sees nothing", who.username);
        assert!(who.username == "unit-0001" || seen == 40, "{seen}");
    }
    a_unit_claims(&world).await;
    let whole = ledger::verify(&world.db, None).await.unwrap().unwrap();
    assert_eq!(whole.head.seq, generated.head.seq + 1);
    world.close().await;
}

async fn sign_in(world: &World, username: &str) -> Client {
    let signed_in = world.services.sign_in(&request(), username, PASSWORD).await;
    let token = signed_in.unwrap().access_token.expose().to_owned();
    world.client(Some(token))
}

/// The lists and the figures; gives the id of a project.
async fn everything_is_there(client: &Client) -> Value {
    let document = include_str!("contract/projects.graphql");
    let projects = client.ask(document, json!({ "first": 50 })).await;
    let nodes = projects.at("/projects/nodes").as_array().unwrap();
    assert_eq!(nodes.len(), 40);
    for node in nodes {
        assert_eq!(node["milestones"]["nodes"].as_array().unwrap().len(), 5);
    }
    let overdue = json!({ "filter": { "due": "OVERDUE" } });
    let overdue = client.ask(include_str!("contract/overdue.graphql"), overdue);
    let overdue = overdue.await;
    assert!(!overdue.at("/tasks/nodes").as_array().unwrap().is_empty());
    let portfolio = client.ask(include_str!("contract/portfolio.graphql"), json!({}));
    let portfolio = portfolio.await;
    assert_eq!(portfolio.at("/portfolio/projectCount"), 40);
    assert_ne!(portfolio.at("/portfolio/overdueTaskCount"), 0);
    // What a unit of work keeps beside the rows is there too.
    let title = nodes[0]["title"].as_str().unwrap();
    let text = json!({ "filter": { "text": title } });
    let found = client.ask(document, text).await;
    assert!(!found.at("/projects/nodes").as_array().unwrap().is_empty());
    nodes[0]["id"].clone()
}

async fn one_project_is_whole(client: &Client, id: &Value) {
    let by = json!({ "by": { "id": id }, "at": "2026-11-20T12:00:00Z" });
    let now = client.ask(
        include_str!("contract/project.graphql"),
        json!({ "by": { "id": id } }),
    );
    let now = now.await;
    assert_eq!(now.at("/project/citations").as_array().unwrap().len(), 1);
    let then = client.ask(include_str!("contract/as-of.graphql"), by).await;
    let field = |path: &str| then.at(&format!("/project/asOf/{path}")).clone();
    assert_eq!(&field("stage"), now.at("/project/stage"));
    assert_eq!(
        &field("percentComplete"),
        now.at("/project/percentComplete")
    );
    assert_eq!(field("milestones").as_array().unwrap().len(), 5);
}

/// The jurisdiction's signatory claims an open milestone.
async fn a_unit_claims(world: &World) {
    let client = sign_in(world, "units-0001").await;
    let open = json!({ "filter": { "mine": true, "kind": ["MILESTONE"], "state": ["OPEN"] } });
    let open = client.ask(include_str!("contract/overdue.graphql"), open);
    let id = open.await.at("/tasks/nodes/0/id").clone();
    let input = json!({ "input": { "taskId": id, "completedOn": "2026-11-20" } });
    let claimed = client.ask(include_str!("contract/task-claim.graphql"), input);
    assert_eq!(claimed.await.at("/taskClaim/task/state"), "SUBMITTED");
}
