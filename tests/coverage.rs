//! What the schema promises is covered: a ledger case for each mutation, a multiplier on
//! each list.

use std::collections::BTreeMap;

use async_graphql::Executor as _;
use async_graphql::parser::types::{FieldDefinition, Type, TypeKind};
use duban::graphql::{Api, Limits};
use duban_entities::ledger;
use sea_orm::{EntityTrait, QueryOrder};

use crate::support::sdl::{self, Types, fields, is_list, named};
use crate::support::{Persona, World, on_both};

on_both!(every_mutation_leaves_its_entries, every_list_multiplies_its_cost);

/// Mutations that leave no ledger entry, each with the reason. The list only shrinks.
const SILENT: [(&str, &str); 4] = [
    ("signIn", "sessions are operational: sign-ins go to the security log"),
    ("sessionRefresh", "sessions are operational: sign-ins go to the security log"),
    ("sessionEnd", "sessions are operational: sign-ins go to the security log"),
    ("signOut", "sessions are operational: sign-ins go to the security log"),
];

/// Each mutation, who does it in the matrix' first row that lets them, and the entries it
/// leaves: action, subject, and how many of them.
const ENTRIES: [(&str, Persona, &[&str]); 16] = [
    ("unitAssign", Persona::Supervisor, &["unit.assign Project 1", "unit.assign Task 1"]),
    ("milestonesPlan", Persona::Signatory, &["milestones.plan ChangeRequest 1"]),
    ("projectMove", Persona::Signatory, &["project.move Project 1"]),
    ("taskClaim", Persona::Signatory, &["task.claim Task 1"]),
    ("taskVerify", Persona::Supervisor, &["task.verify Project 1", "task.verify Task 1"]),
    ("taskReturn", Persona::Supervisor, &["task.return Task 1"]),
    (
        "changeDecide",
        Persona::Supervisor,
        &["change.decide ChangeRequest 1", "change.decide Project 1", "change.decide Task 2"],
    ),
    ("passwordChange", Persona::MustChange, &["password.change User 1"]),
    ("passwordReset", Persona::ScopedAdministrator, &["password.reset User 1"]),
    ("userCreate", Persona::ScopedAdministrator, &["user.create Grant 1", "user.create User 1"]),
    ("userDisable", Persona::ScopedAdministrator, &["user.disable User 1"]),
    ("userEnable", Persona::ScopedAdministrator, &["user.enable User 1"]),
    ("grantAdd", Persona::ScopedAdministrator, &["grant.add Grant 1"]),
    ("grantEnd", Persona::ScopedAdministrator, &["grant.end Grant 1"]),
    ("apiTokenIssue", Persona::ScopedAdministrator, &["token.issue ApiToken 1"]),
    ("apiTokenRevoke", Persona::ScopedAdministrator, &["token.revoke ApiToken 1"]),
];

#[test]
fn every_mutation_has_a_ledger_case() {
    for field in sdl::root_fields("Mutation") {
        let silent = SILENT.iter().any(|(name, _)| *name == field);
        let covered = ENTRIES.iter().any(|(name, ..)| *name == field);
        assert!(silent != covered, "{field} has no ledger case in tests/coverage.rs, or two");
    }
}

async fn every_mutation_leaves_its_entries(world: &World) {
    let engine = world.database.engine;
    for (field, persona, wanted) in ENTRIES {
        let world = World::open(engine).await;
        let client = world.client_of(persona).await;
        let cases = crate::matrix::cases::all();
        let mut done = false;
        for case in cases.iter().filter(|case| case.field == field) {
            if field == "userEnable" {
                db_disable_the_viewer(&world).await;
            }
            let answer = client.ask(&case.document, case.variables.clone()).await;
            done = answer.code().is_none();
            if done {
                break;
            }
        }
        assert!(done, "{field}: no row of the matrix lets {persona:?}");
        let found = db_entries(&world).await;
        assert_eq!(found, wanted, "{field}");
        world.close().await;
    }
}

async fn db_disable_the_viewer(world: &World) {
    use sea_orm::ConnectionTrait as _;
    let sql = "UPDATE users SET disabled_at = created_at WHERE username = 'viewer'";
    world.db.execute_unprepared(sql).await.unwrap();
}

/// Action, subject type and number of the entries, which share a request and an actor.
async fn db_entries(world: &World) -> Vec<String> {
    let entries = ledger::Entity::find().order_by_asc(ledger::Column::Seq);
    let entries = entries.all(&world.db).await.unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &entries {
        assert_eq!(entry.request_id, entries[0].request_id);
        assert_eq!(entry.actor_id, entries[0].actor_id);
        let kind = format!("{} {}", entry.action, entry.subject_type);
        *counts.entry(kind).or_default() += 1;
    }
    let counts = counts.into_iter();
    counts.map(|(kind, count)| format!("{kind} {count}")).collect()
}

/// The paths from a root to every list of objects: `Query.projects`, `Project.areas`.
fn lists(types: &Types) -> Vec<(String, &FieldDefinition)> {
    let objects = types.iter().filter(|(name, t)| {
        matches!(t.kind, TypeKind::Object(_) | TypeKind::Interface(_)) && name.as_str() != "Mutation"
    });
    let all = objects.flat_map(|(name, t)| {
        fields(t).into_iter().map(move |field| (format!("{name}.{}", field.name.node), field))
    });
    all.filter(|(_, field)| is_list_of_objects(types, &field.ty.node)).collect()
}

fn is_list_of_objects(types: &Types, of: &Type) -> bool {
    is_list(of) && types.get(named(of)).is_some_and(|t| !fields(t).is_empty())
}

/// Lists that the service bounds at a handful, whatever is asked.
const SHORT: [(&str, &str); 0] = [];

/// Asks for each list's cost: with a field of its objects once, and with ten. Nine more
/// fields of one object cost nine; of a list, more.
async fn every_list_multiplies_its_cost(world: &World) {
    let types = sdl::types();
    let api = Api::new(world.services.clone());
    for (path, field) in lists(&types) {
        let (owner, name) = path.split_once('.').unwrap();
        let inside_connection = owner.ends_with("Connection") || owner == "Query";
        if inside_connection || SHORT.iter().any(|(short, _)| *short == path) {
            // A connection's own lists are paid by the connection, tested below.
            continue;
        }
        let once = cost(&api, &types, owner, name, field, 1).await;
        let ten = cost(&api, &types, owner, name, field, 10).await;
        assert!(ten - once > 9, "{path}: nine more fields cost {}", ten - once);
    }
}
