//! What the pieces of a request cost, each beside a reference in the same run.
//!
//! | piece | reference |
//! |---|---|
//! | guard of a document | parsing it alone |
//! | policy decision | a lookup in a set of as many units |
//! | hash of a ledger entry | SHA-256 of as many bytes |
//! | progress and rating of a project | a sum over as many milestones |

use std::collections::BTreeSet;
use std::hint::black_box;

use async_graphql::Variables;
use chrono::{Days, NaiveDate};
use criterion::{Criterion, criterion_group, criterion_main};
use duban::domain::due::DueFacts;
use duban::domain::progress::{Known, Reported, Step};
use duban::domain::rating::{self, Measured};
use duban::http::guard;
use duban::policy::{
    Action, Actor, Credential, Facts, Held, Principal, ProjectFacts, Scope, decide,
};
use duban::store::ledger::{GENESIS, chain_hash};
use duban_entities::ids::{AreaId, JurisdictionId, UnitId, UserId};
use duban_entities::vocabulary::{DueBasis, MilestoneRole, RevisionState, Role};
use serde_json::json;
use sha2::{Digest, Sha256};
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

criterion_group!(pieces, guarding, deciding, hashing, rating);
criterion_main!(pieces);
