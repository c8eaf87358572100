//! What the schema promises is covered: a ledger case for each mutation, a multiplier on
//! each list.

use std::collections::BTreeMap;

use async_graphql::Executor as _;
use async_graphql::parser::types::{FieldDefinition, TypeKind};
use duban::graphql::{Api, Limits};

use crate::support::sdl::{self, Types, fields, is_list, named};
use crate::support::{Persona, World, on_both};

on_both!(
    every_mutation_leaves_its_entries,
    every_list_multiplies_its_cost
);

/// Mutations that leave no ledger entry, each with the reason. The list only shrinks.
const SILENT: [(&str, &str); 4] = [
    (
        "signIn",
        "sessions are operational: sign-ins go to the security log",
    ),
    (
        "sessionRefresh",
        "sessions are operational: sign-ins go to the security log",
    ),
    (
        "sessionEnd",
        "sessions are operational: sign-ins go to the security log",
    ),
    (
        "signOut",
        "sessions are operational: sign-ins go to the security log",
    ),
];

/// Each mutation, who does it in the matrix' first row that lets them, and the entries it
/// leaves: action, subject, and how many of them.
const ENTRIES: &[(&str, Persona, &[&str])] = &[
    (
        "unitAssign",
        Persona::Supervisor,
        &["unit.assign Project 1", "unit.assign Task 1"],
    ),
    (
        "milestonesPlan",
        Persona::Signatory,
        &["milestones.plan ChangeRequest 1"],
    ),
    (
        "projectMove",
        Persona::Signatory,
        &["project.move Project 1"],
    ),
    (
        "changePropose",
        Persona::Signatory,
        &["change.propose ChangeRequest 1", "change.propose Task 1"],
    ),
    (
        "projectPropose",
        Persona::Signatory,
        &["project.propose ChangeRequest 1"],
    ),
    ("taskClaim", Persona::Signatory, &["task.claim Task 1"]),
    (
        "taskVerify",
        Persona::Supervisor,
        &["task.verify Project 1", "task.verify Task 1"],
    ),
    ("taskReturn", Persona::Supervisor, &["task.return Task 1"]),
    (
        "changeDecide",
        Persona::Supervisor,
        &[
            "change.decide ChangeRequest 1",
            "change.decide Project 1",
            "change.decide Task 2",
        ],
    ),
    ("issueRaise", Persona::Signatory, &["issue.raise Task 1"]),
    (
        "issueRedirect",
        Persona::Supervisor,
        &["issue.redirect Task 1"],
    ),
    ("orderIssue", Persona::Supervisor, &["order.issue Task 1"]),
    (
        "orderDismiss",
        Persona::Supervisor,
        &["order.dismiss OrderDismissal 1"],
    ),
    (
        "reportSave",
        Persona::Reporter,
        &["report.save ReportDraft 1"],
    ),
    (
        "reportSubmit",
        Persona::Signatory,
        &["report.submit ReportRevision 1", "report.submit Task 1"],
    ),
    (
        "reportsSubmit",
        Persona::Signatory,
        &["report.submit ReportRevision 1", "report.submit Task 1"],
    ),
    ("reportWaive", Persona::Supervisor, &["report.waive Task 1"]),
    (
        "briefingPublish",
        Persona::Supervisor,
        &["briefing.publish Briefing 1"],
    ),
    (
        "ratingRulesAdopt",
        Persona::Supervisor,
        &["rating.adopt RatingAdoption 1"],
    ),
    (
        "ratingOverride",
        Persona::Supervisor,
        &["rating.override RatingOverride 1"],
    ),
    (
        "ratingOverrideEnd",
        Persona::Supervisor,
        &["rating.override RatingOverride 1"],
    ),
    (
        "passwordChange",
        Persona::MustChange,
        &["password.change User 1"],
    ),
    (
        "passwordReset",
        Persona::ScopedAdministrator,
        &["password.reset User 1"],
    ),
    (
        "userCreate",
        Persona::ScopedAdministrator,
        &["grant.add Grant 1", "user.create User 1"],
    ),
    (
        "userDisable",
        Persona::ScopedAdministrator,
        &["user.disable User 1"],
    ),
    (
        "userEnable",
        Persona::ScopedAdministrator,
        &["user.enable User 1"],
    ),
    (
        "grantAdd",
        Persona::ScopedAdministrator,
        &["grant.add Grant 1"],
    ),
    (
        "grantEnd",
        Persona::ScopedAdministrator,
        &["grant.end Grant 1"],
    ),
    (
        "apiTokenIssue",
        Persona::ScopedAdministrator,
        &["token.issue ApiToken 1"],
    ),
    (
        "apiTokenRevoke",
        Persona::ScopedAdministrator,
        &["token.revoke ApiToken 1"],
    ),
];

#[test]
fn every_mutation_has_a_ledger_case() {
    for field in sdl::root_fields("Mutation") {
        let silent = SILENT.iter().any(|(name, _)| *name == field);
        let covered = ENTRIES.iter().any(|(name, ..)| *name == field);
        assert!(
            silent != covered,
            "{field} has no ledger case in tests/coverage.rs, or two"
        );
    }
}

async fn every_mutation_leaves_its_entries(world: &World) {
    let engine = world.database.engine;
    for (field, persona, wanted) in ENTRIES.iter().copied() {
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
    let entries = world.db_new_entries().await;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &entries {
        assert_eq!(entry.request_id, entries[0].request_id);
        assert_eq!(entry.actor_id, entries[0].actor_id);
        let kind = format!("{} {}", entry.action, entry.subject_type);
        *counts.entry(kind).or_default() += 1;
    }
    let counts = counts.into_iter();
    counts
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect()
}

/// Every field that answers many objects: `Project.areas`, `Query.projects`. Those inside a
/// connection are paid by the field that answers the connection.
fn lists(types: &Types) -> Vec<(&str, &FieldDefinition)> {
    let inside = |name: &str| name.ends_with("Connection") || name == "Mutation";
    let owners = types.iter().filter(|(name, _)| !inside(name));
    let all = owners.flat_map(|(name, t)| fields(t).into_iter().map(|f| (name.as_str(), f)));
    let many = |field: &FieldDefinition| {
        let of = named(&field.ty.node);
        let objects = types.get(of).is_some_and(|t| !fields(t).is_empty());
        of.ends_with("Connection") || (is_list(&field.ty.node) && objects)
    };
    all.filter(|(_, field)| many(field)).collect()
}

/// What reaches each type from the root: a document with `@` where its fields go.
fn ways(types: &Types) -> BTreeMap<&str, String> {
    let mut ways = BTreeMap::from([("Query", "{ @ }".to_owned())]);
    let mut waiting = vec!["Query"];
    while let Some(owner) = waiting.pop() {
        let way = ways[owner].clone();
        for field in fields(&types[owner]) {
            let of = named(&field.ty.node);
            let inside = format!("{} {{ @ }}", called(types, field));
            for member in members(types, of) {
                let inside = match member == of {
                    true => inside.clone(),
                    false => inside.replace('@', &format!("... on {member} {{ @ }}")),
                };
                if types.contains_key(member) && !ways.contains_key(member) {
                    ways.insert(member, way.replace('@', &inside));
                    waiting.insert(0, member);
                }
            }
        }
    }
    ways
}

/// The type itself if it has fields, and what it may be.
fn members<'t>(types: &'t Types, of: &'t str) -> Vec<&'t str> {
    let itself = types.get(of).filter(|t| !fields(t).is_empty()).map(|_| of);
    let implements = types
        .iter()
        .filter_map(|(name, t)| match (&t.kind, &types.get(of)?.kind) {
            (TypeKind::Object(object), TypeKind::Interface(_)) => {
                let mut faces = object.implements.iter();
                faces.any(|face| face.node == of).then_some(name.as_str())
            }
            _ => None,
        });
    let union = match types.get(of).map(|t| &t.kind) {
        Some(TypeKind::Union(union)) => union.members.iter().map(|m| m.node.as_str()).collect(),
        _ => Vec::new(),
    };
    itself.into_iter().chain(implements).chain(union).collect()
}

/// A field with something for each argument that it demands.
fn called(types: &Types, field: &FieldDefinition) -> String {
    let needed = field.arguments.iter().filter(|argument| {
        !argument.node.ty.node.nullable && argument.node.default_value.is_none()
    });
    let given: Vec<String> = needed
        .map(|argument| {
            let input = types.get(named(&argument.node.ty.node)).map(sdl::inputs);
            let value = if input.unwrap_or_default().is_empty() {
                "\"x\""
            } else {
                "{ id: \"x\" }"
            };
            format!("{}: {value}", argument.node.name.node)
        })
        .collect();
    match given.is_empty() {
        true => field.name.node.to_string(),
        false => format!("{}({})", field.name.node, given.join(", ")),
    }
}

/// So many aliases of a field that costs one; of a connection, inside its nodes.
fn leaves(types: &Types, of: &str, count: usize) -> Option<String> {
    let fields = fields(types.get(of)?);
    if of.ends_with("Connection") {
        let nodes = fields.iter().find(|field| field.name.node == "nodes")?;
        let inside = leaves(types, named(&nodes.ty.node), count)?;
        return Some(format!("nodes {{ {inside} }}"));
    }
    let leaf = fields.iter().find(|field| {
        let scalar = types
            .get(named(&field.ty.node))
            .is_none_or(|t| sdl::fields(t).is_empty());
        scalar && field.arguments.is_empty() && !is_union(types, named(&field.ty.node))
    })?;
    let aliased = (0..count).map(|n| format!("a{n}: {}", leaf.name.node));
    Some(aliased.collect::<Vec<_>>().join(" "))
}

fn is_union(types: &Types, of: &str) -> bool {
    types
        .get(of)
        .is_some_and(|t| matches!(t.kind, TypeKind::Union(_)))
}

/// What a document costs, as the refusal of one that may cost nothing says.
async fn cost(api: &Api, document: &str) -> usize {
    let nothing = Limits {
        complexity: 0,
        ..Limits::SIGNED_IN
    };
    let request = async_graphql::Request::new(document).data(nothing);
    let errors = api.execute(request).await.errors;
    let message = &errors[0].message;
    let number = message.strip_prefix("the operation costs ");
    let number = number.and_then(|rest| rest.split(' ').next());
    let number = number.unwrap_or_else(|| panic!("{document}: {message}"));
    number.parse().unwrap()
}

/// What nine more fields of an object cost here.
async fn price(api: &Api, types: &Types, way: &str, of: &str) -> Option<usize> {
    let one = way.replace('@', &leaves(types, of, 1)?);
    let ten = way.replace('@', &leaves(types, of, 10)?);
    Some(cost(api, &ten).await - cost(api, &one).await)
}

/// Lists without a multiplier, each with the reason. The list only shrinks.
const WITHOUT: [(&str, &str); 1] = [(
    "Task.evidence",
    "async-graphql gives an interface's field no complexity; Milestone.evidence has it, and \
     a claim carries at most 20",
)];

/// Fields of an object in a list cost more than fields of the object that has the list.
async fn every_list_multiplies_its_cost(world: &World) {
    let types = sdl::types();
    let (api, ways) = (Api::new(world.services.clone()), ways(&types));
    let lists = lists(&types);
    assert!(lists.len() > 30, "{} lists", lists.len());
    let mut bare = Vec::new();
    for (owner, field) in lists {
        // What only a mutation answers has no way from a query.
        let Some(way) = ways.get(owner) else { continue };
        let path = format!("{owner}.{}", field.name.node);
        if WITHOUT.iter().any(|(without, _)| *without == path) {
            continue;
        }
        let here = price(&api, &types, way, owner).await.unwrap_or(9);
        let of = named(&field.ty.node);
        let inside = way.replace('@', &format!("{} {{ @ }}", called(&types, field)));
        let there = price(&api, &types, &inside, of).await;
        let there = there.unwrap_or_else(|| panic!("{path}: {of} has no leaf"));
        if there <= here {
            bare.push(path);
        }
    }
    assert!(bare.is_empty(), "no multiplier: {bare:#?}");
}
