//! What the pieces of a request cost, each beside a reference in the same run.
//!
//! | piece | reference |
//! |---|---|
//! | guard of a document | parsing it alone |
//! | policy decision | a lookup in a set of as many units |
//! | hash of a ledger entry | SHA-256 of as many bytes |
//! | progress and rating of a project | a sum over as many milestones |
//! | cursor, made and read | the same text as hexadecimal digits and back |
//! | entry of the ledger, from its row | SHA-256 of as many bytes |
//! | page of 50 projects, of 1,000 on SQLite | the same select without ORM, scope and page |
//! | unit of work: one change, its entry, durable | the same two rows, durable, by hand |

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;

use async_graphql::Variables;
use chrono::{DateTime, Days, NaiveDate};
use criterion::{Criterion, criterion_group, criterion_main};
use duban::clock::SystemClock;
use duban::domain::due::DueFacts;
use duban::domain::progress::{Known, Reported, Step};
use duban::domain::rating::{self, Measured};
use duban::generate::{self, Plan};
use duban::http::guard;
use duban::policy::{
    Action, Actor, Credential, Facts, Held, Principal, ProjectFacts, Scope, decide,
};
use duban::service::{Call, Credentials, SignInLimits, SigningKey};
use duban::store::bulk::{Entries, Filler};
use duban::store::ledger::{GENESIS, chain_hash};
use duban::store::page::{Direction, PageRequest, cursor, cursor_values};
use duban::store::projects::{ProjectFilter, ProjectOrder};
use duban::store::record::Fields;
use duban::store::today::Today;
use duban::store::{Access, DatabaseUrl, Store, authorise, projects, reader};
use duban_entities::area;
use duban_entities::ids::{AreaId, JurisdictionId, UnitId, UserId};
use duban_entities::vocabulary::{AreaKind, DueBasis, MilestoneRole, RevisionState, Role};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

const DOCUMENT: &str = include_str!("../tests/contract/project.graphql");

fn guarding(c: &mut Criterion) {
    let mut group = c.benchmark_group("guard");
    let variables = Variables::default();
    group.bench_function("document", |b| {
        b.iter(|| guard::check(black_box(DOCUMENT), None, &variables).is_ok());
    });
    group.bench_function("reference: parse alone", |b| {
        b.iter(|| async_graphql::parser::parse_query(black_box(DOCUMENT)).is_ok());
    });
    group.finish();
}

fn unit(n: u128) -> UnitId {
    UnitId(Uuid::from_u128(n))
}

fn deciding(c: &mut Criterion) {
    let jurisdiction = JurisdictionId(Uuid::from_u128(1));
    let within: BTreeSet<UnitId> = (0..60).map(unit).collect();
    let principal = Principal {
        actor: Actor::User {
            id: UserId(Uuid::from_u128(7)),
            name: "审签人".to_owned(),
        },
        credential: Credential::Internal,
        grants: vec![Held {
            role: Role::Signatory,
            scope: Scope::Unit {
                unit: unit(0),
                jurisdiction,
                within: within.clone(),
            },
            home: BTreeSet::new(),
        }],
        must_change_password: false,
    };
    let project = ProjectFacts {
        jurisdiction,
        areas: vec![AreaId(Uuid::from_u128(3))],
        lead: Some(unit(59)),
        cooperating: (100..110).map(unit).collect(),
        owing: vec![unit(59)],
    };
    let mut group = c.benchmark_group("policy");
    group.bench_function("decide", |b| {
        b.iter(|| {
            decide(
                black_box(&principal),
                Action::ProjectMove,
                Facts::Project(&project),
            )
            .is_ok()
        });
    });
    group.bench_function("reference: one lookup", |b| {
        b.iter(|| black_box(&within).contains(&unit(59)));
    });
    group.finish();
}

fn hashing(c: &mut Criterion) {
    let entry = json!({
        "action": "task.claim",
        "actor": { "id": "user_01a2003a4b6b7ec180482bbc20a88e66", "kind": "USER", "name": "经办人" },
        "at": "2026-11-21T02:00:00.000000Z",
        "changes": [
            { "field": "state", "from": "OPEN", "to": "SUBMITTED" },
            { "field": "completedOn", "from": null, "to": "2026-11-20" },
            { "field": "submittedAt", "from": null, "to": "2026-11-21T02:00:00.000000Z" },
        ],
        "jurisdictionId": "jurisdiction_01a2003a2d9b799fad9b973f605e3b80",
        "projectId": "project_01a2003a2da279aa8088e1eb946b10e5",
        "reason": null,
        "requestId": "01a2003a-2c20-79ee-bd82-0638c5498301",
        "role": "REPORTER",
        "seq": 4711,
        "subject": { "id": "task_01a2003a5bf371d4b05c9dc9581db9a8", "type": "Task" },
    });
    let bytes = entry.to_string().into_bytes();
    let mut group = c.benchmark_group("ledger");
    group.bench_function("hash of an entry", |b| {
        b.iter(|| chain_hash(GENESIS, black_box(&entry)).is_ok());
    });
    group.bench_function("reference: SHA-256 of as many bytes", |b| {
        b.iter(|| Sha256::digest(black_box(&bytes)));
    });
    group.finish();
}

/// A project with twenty milestones and three years of reports.
fn known(first: NaiveDate) -> Known {
    let step = |n: u64| {
        let date = first.checked_add_days(Days::new(30 * n)).unwrap_or(first);
        Step {
            role: MilestoneRole::Step,
            weight: 500,
            due: DueFacts::open(date, DueBasis::Scheduled),
            baseline: Some(date),
            completed_on: None,
        }
    };
    let report = |n: i32| Reported {
        period: format!("{}-{:02}", 2026 + n / 12, n % 12 + 1),
        number: 1,
        state: RevisionState::Accepted,
        percent: 100 * n,
        forecast: None,
    };
    Known {
        scheduled: true,
        steps: (0..20).map(step).collect(),
        reported: (0..36).map(report).collect(),
    }
}

fn rating(c: &mut Criterion) {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
    let day = first.checked_add_days(Days::new(300)).unwrap_or(first);
    let known = known(first);
    let rules = rating::embedded().map(|mut rules| rules.drafts.swap_remove(0));
    let mut group = c.benchmark_group("rating");
    group.bench_function("progress and rating", |b| {
        b.iter(|| {
            let measured = Measured::of(&black_box(&known).on(day), 0);
            rules.as_ref().map(|rules| rules.rate(&measured)).is_ok()
        });
    });
    group.bench_function("reference: one sum", |b| {
        b.iter(|| {
            black_box(&known)
                .steps
                .iter()
                .map(|s| s.weight)
                .sum::<i32>()
        });
    });
    group.finish();
}

fn cursors(c: &mut Criterion) {
    let values = || vec!["2027-03-31".to_owned(), "J0042-RES-0815".to_owned()];
    let text = "2027-03-31J0042-RES-0815project.due";
    let mut group = c.benchmark_group("cursor");
    group.bench_function("made and read", |b| {
        b.iter(|| {
            let made = cursor("project.due", black_box(values()));
            made.map(|text| cursor_values("project.due", &text)).is_ok()
        });
    });
    group.bench_function("reference: digits and back", |b| {
        b.iter(|| {
            let digits = duban::store::ledger::hex(black_box(text).as_bytes());
            let pairs = digits.as_bytes().chunks_exact(2);
            pairs.fold(0, |sum, pair| sum + usize::from(pair[0] ^ pair[1]))
        });
    });
    group.finish();
}

fn some_area(n: u128) -> area::Model {
    area::Model {
        id: AreaId(Uuid::from_u128(n)),
        jurisdiction_id: JurisdictionId(Uuid::from_u128(1)),
        code: format!("J0001-X{n}"),
        name: "平舆县".to_owned(),
        kind: AreaKind::County,
        source_file: None,
        source_line: None,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn entries(c: &mut Criterion) {
    let context = Call::system("bench", "bench".to_owned()).write(None);
    let permit = authorise(
        &context.principal,
        Action::CatalogueImport,
        Facts::Everything,
    );
    let Ok(permit) = permit else { return };
    let mut filler = Filler::new(context, DateTime::UNIX_EPOCH);
    let mut entries = Entries::new();
    let bytes = vec![b'x'; 1_100];
    let mut group = c.benchmark_group("append");
    group.bench_function("row and entry", |b| {
        let mut n = 0;
        b.iter(|| {
            n += 1;
            filler.create(&permit, some_area(n), Fields::new());
            entries.append(filler.take()).is_ok()
        });
    });
    group.bench_function("reference: SHA-256 of as many bytes", |b| {
        b.iter(|| Sha256::digest(black_box(&bytes)));
    });
    group.finish();
}

/// A generated database of 1,000 projects.
struct Generated {
    _dir: TempDir,
    url: DatabaseUrl,
    store: Store,
}

async fn generated() -> duban::error::Result<Generated> {
    let dir = TempDir::new().map_err(duban::error::Error::internal)?;
    let url = DatabaseUrl::Sqlite(dir.path().join("bench.db"));
    let plan = Plan {
        projects: 1_000,
        seed: 1,
        day: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default(),
    };
    let credentials = Credentials::new(&SigningKey::generate()?, SignInLimits::default())?;
    generate::run(&url, plan, &credentials, &|_| {}).await?;
    let store = Store::open(&url, Access::ReadWrite, Arc::new(SystemClock)).await?;
    Ok(Generated {
        _dir: dir,
        url,
        store,
    })
}

fn pages(c: &mut Criterion) {
    let Ok(runtime) = Runtime::new() else { return };
    let Ok(made) = runtime.block_on(generated()) else {
        return;
    };
    let Ok(today) = runtime.block_on(Today::load(made.store.read(), DateTime::UNIX_EPOCH)) else {
        return;
    };
    let (principal, filter) = (Principal::system("bench"), ProjectFilter::default());
    let order = (ProjectOrder::Code, Direction::Ascending);
    let mut group = c.benchmark_group("page");
    group.bench_function("projects", |b| {
        b.iter(|| {
            let request = PageRequest::default();
            let page = projects::page(
                made.store.read(),
                &principal,
                &filter,
                Some(order),
                &request,
                &today,
            );
            runtime
                .block_on(page)
                .is_ok_and(|page| page.rows.len() == 50)
        });
    });
    group.bench_function("reference: the select", |b| {
        let sql = "SELECT * FROM projects ORDER BY code LIMIT 51";
        let statement = sea_orm::Statement::from_string(made.store.backend(), sql);
        b.iter(|| {
            let rows = made.store.read().pool().query_all_raw(statement.clone());
            runtime.block_on(rows).is_ok_and(|rows| rows.len() == 51)
        });
    });
    group.finish();
}

fn writes(c: &mut Criterion) {
    let Ok(runtime) = Runtime::new() else { return };
    let Ok(made) = runtime.block_on(generated()) else {
        return;
    };
    let mut group = c.benchmark_group("write");
    group.bench_function("unit of work", |b| {
        b.iter(|| runtime.block_on(rename(&made.store)).is_ok());
    });
    group.bench_function("reference: the rows", |b| {
        let DatabaseUrl::Sqlite(path) = &made.url else {
            return;
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .synchronous(SqliteSynchronous::Full);
        let Ok(mut connection) = runtime.block_on(SqliteConnection::connect_with(&options)) else {
            return;
        };
        b.iter(|| runtime.block_on(rename_by_hand(&mut connection)).is_ok());
    });
    group.finish();
}

/// One area gets another name.
async fn rename(store: &Store) -> duban::error::Result<()> {
    let context = Call::system("bench", "bench".to_owned()).write(None);
    store
        .write(context, |work| {
            Box::pin(async move {
                let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
                let select = area::Entity::find().limit(1);
                let found = reader::one(work.connection(), select).await?;
                let Some(before) = found else { return Ok(()) };
                let after = area::Model {
                    name: format!("区{}", before.version),
                    ..before.clone()
                };
                work.update(&permit, &before, after).await.map(|_| ())
            })
        })
        .await
}

async fn rename_by_hand(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let update = "UPDATE areas SET name = 'x', version = version + 1 WHERE id = \
        (SELECT id FROM areas LIMIT 1)";
    sqlx::query(update).execute(&mut *transaction).await?;
    let append = "INSERT INTO ledger SELECT seq + 1, at, request_id, actor_kind, actor_id, \
        actor_name, role, action, subject_type, subject_id, project_id, jurisdiction_id, changes, \
        reason, hash, lower(hex(randomblob(32))) FROM ledger ORDER BY seq DESC LIMIT 1";
    sqlx::query(append).execute(&mut *transaction).await?;
    transaction.commit().await
}

criterion_group!(
    pieces, guarding, deciding, hashing, rating, cursors, entries, pages, writes
);
criterion_main!(pieces);
