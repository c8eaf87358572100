//! The demonstration, played to instants that are the same in every run, and its promises:
//! every list has something in it, all of it says that it is simulated, setting it up again
//! changes nothing, and the same instant gives the same demonstration.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use duban::clock::ManualClock;
use duban::demo::{self, Telling};
use duban::service::{Call, Rated};
use duban::store::ledger::{self as chain, read_changes};
use duban_entities::vocabulary::Rating;
use duban_entities::{jurisdiction, ledger, rating_override, report_draft};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::support::client::text;
use crate::support::world::request;
use crate::support::{Client, Content, Engine, World, date, on_engine};

/// Months back: as many as each of the three jurisdictions has at least.
const MONTHS: u32 = 3;

/// An hour of a day in China.
fn local(year: i32, month: u32, day: u32, hour: u32) -> DateTime<Utc> {
    let local = date(year, month, day).and_hms_opt(hour, 0, 0).unwrap();
    local.and_utc() - TimeDelta::hours(8)
}

/// A demonstration that was set up at this instant, and the lines that it told.
async fn play(engine: Engine, now: DateTime<Utc>) -> (World, Vec<String>) {
    let database = engine.database(Content::Schema).await;
    let world = World::at(database, ManualClock::at(now)).await;
    let lines = prepare(&world).await;
    (world, lines)
}

async fn prepare(world: &World) -> Vec<String> {
    let telling = Telling {
        import: &|_| {},
        month: &|_, _| {},
    };
    let lines = demo::prepare(&world.services, &world.clock, MONTHS, &telling).await;
    lines.unwrap()
}

/// Holds what it promises, and gives its story.
async fn keeps_its_promises(engine: Engine, now: DateTime<Utc>) -> Vec<String> {
    let (world, lines) = play(engine, now).await;
    let story = story(&db_entries(&world).await);
    let mut broken = without_anything_overdue(&world, &lines).await;
    for row in jurisdiction::Entity::find().all(&world.db).await.unwrap() {
        let mut missing = empty_lists(&world, &row).await;
        missing.extend(db_missing_colours(&world, &row).await);
        missing.extend(db_not_drafted_or_overridden(&world, &row).await);
        broken.extend(missing.iter().map(|what| format!("{}: {what}", row.code)));
    }
    assert_eq!(broken, Vec::<String>::new(), "promises broken at {now}");
    db_all_of_it_is_simulated(&world).await;
    again_changes_nothing(&world, &lines).await;
    world.close().await;
    story
}

/// Twice the same, on PostgreSQL too where there is one.
#[test]
fn on_a_fifteenth() {
    on_engine(Engine::Sqlite, async |engine| {
        let now = local(2026, 6, 15, 14);
        let one = keeps_its_promises(engine, now).await;
        let other = if Engine::Postgres.is_there() {
            Engine::Postgres
        } else {
            engine
        };
        let other = keeps_its_promises(other, now).await;
        let mut pairs = one.iter().zip(&other).enumerate();
        assert_eq!(pairs.find(|(_, (one, other))| one != other), None);
        assert_eq!(one.len(), other.len());
    });
}

/// A month is over, and nobody has come to work yet.
#[test]
fn early_on_the_first_of_a_month() {
    on_engine(Engine::Sqlite, async |engine| {
        keeps_its_promises(engine, local(2026, 12, 1, 8)).await;
    });
}

#[test]
fn at_the_end_of_february() {
    on_engine(Engine::Sqlite, async |engine| {
        keeps_its_promises(engine, local(2027, 2, 28, 18)).await;
    });
}

#[test]
fn at_the_end_of_a_year() {
    on_engine(Engine::Sqlite, async |engine| {
        keeps_its_promises(engine, local(2026, 12, 31, 18)).await;
    });
}

/// The month before has thirty days: what is done once in a last month is not done twice.
#[test]
fn on_a_day_that_was_31_days_ago_too() {
    on_engine(Engine::Sqlite, async |engine| {
        keeps_its_promises(engine, local(2026, 12, 19, 10)).await;
    });
}

async fn client_of(world: &World, username: &str) -> Client {
    let from = request();
    let signed_in = world.services.sign_in(&from, username, "duban-demo");
    let token = signed_in.await.unwrap().access_token.expose().to_owned();
    world.client(Some(token))
}

/// Of the signatories and the supervisors of a whole jurisdiction, those who see nothing
/// overdue, or whose unit leads nothing.
async fn without_anything_overdue(world: &World, lines: &[String]) -> Vec<String> {
    let mut without = Vec::new();
    for line in lines {
        let parts: Vec<&str> = line.split('\t').collect();
        let (username, role, scope) = (parts[1], parts[3], parts[4]);
        let unit = scope.split('/').nth(1);
        if !matches!((role, unit), ("SIGNATORY", Some(_)) | ("SUPERVISOR", None)) {
            continue;
        }
        let client = client_of(world, username).await;
        let counts =
            "{ portfolio { overdueTaskCount byUnit(first: 200) { unit { name } projectCount } } }";
        let answer = client.query(counts).await;
        if *answer.at("/portfolio/overdueTaskCount") == json!(0) {
            without.push(format!("{username} sees nothing overdue"));
        }
        let units = answer.at("/portfolio/byUnit").as_array().unwrap().iter();
        let mut own = units.filter(|count| unit.is_none_or(|unit| count["unit"]["name"] == unit));
        if !own.any(|count| count["projectCount"].as_i64() > Some(0)) {
            without.push(format!("{username} leads nothing"));
        }
    }
    without
}

/// Of what the supervisor of a jurisdiction opens.
async fn empty_lists(world: &World, row: &jurisdiction::Model) -> Vec<String> {
    let supervisor = format!("{}-supervisor", row.code.to_lowercase());
    let client = client_of(world, &supervisor).await;
    let mut empty = Vec::new();
    for (list, arguments) in [
        ("missingReports", ""),
        ("submissionLog", ""),
        ("orderProposals", ""),
        ("changeRequests", "filter: { state: [PROPOSED] }, "),
        ("tasks", "filter: { kind: [ISSUE] }, "),
        ("inbox", ""),
        ("briefings", "jurisdictionId: $here, "),
    ] {
        let variable = if list == "briefings" {
            "query($here: ID!) "
        } else {
            ""
        };
        let document = format!("{variable}{{ {list}({arguments}first: 1) {{ totalCount }} }}");
        let answer = client.ask(&document, json!({ "here": text(row.id) })).await;
        if *answer.at(&format!("/{list}/totalCount")) == json!(0) {
            empty.push(format!("{list} is empty"));
        }
    }
    let orders = "{ tasks(filter: { kind: [ORDER] }, first: 100) {
        nodes { ... on Order { level } } } }";
    let answer = client.query(orders).await;
    let nodes = answer.at("/tasks/nodes").as_array().unwrap().iter();
    let levels: BTreeSet<&str> = nodes.map(|node| node["level"].as_str().unwrap()).collect();
    if levels.len() < 2 {
        empty.push(format!("orders of the levels {levels:?} alone"));
    }
    empty
}

async fn db_missing_colours(world: &World, row: &jurisdiction::Model) -> Vec<String> {
    let today = world.services.today().await.unwrap();
    let day = today.of(row.id);
    let rated = world.services.ratings_of_jurisdiction(row.id, day, &today);
    let rated = rated.await.unwrap();
    let colours: BTreeSet<Rating> = rated.values().map(Rated::effective).collect();
    let wanted = [Rating::Red, Rating::Yellow, Rating::Green].into_iter();
    let missing = wanted.filter(|colour| !colours.contains(colour));
    missing
        .map(|colour| format!("no project is {colour}"))
        .collect()
}

async fn db_not_drafted_or_overridden(world: &World, row: &jurisdiction::Model) -> Vec<String> {
    let drafts = report_draft::Entity::find()
        .filter(report_draft::Column::JurisdictionId.eq(row.id))
        .count(&world.db);
    let overrides = rating_override::Entity::find()
        .filter(rating_override::Column::JurisdictionId.eq(row.id))
        .filter(rating_override::Column::EndedAt.is_null())
        .count(&world.db);
    let counts = [("draft", drafts.await), ("override", overrides.await)];
    let none = counts
        .into_iter()
        .filter(|(_, count)| matches!(count, Ok(0)));
    none.map(|(what, _)| format!("no {what}")).collect()
}

async fn db_entries(world: &World) -> Vec<ledger::Model> {
    let entries = ledger::Entity::find().order_by_asc(ledger::Column::Seq);
    entries.all(&world.db).await.unwrap()
}

/// Whatever was made, the plans apart, said so from its beginning.
async fn db_all_of_it_is_simulated(world: &World) {
    let mut types = BTreeSet::new();
    for entry in db_entries(world).await {
        let changes = read_changes(&entry.changes).unwrap();
        let mark = changes
            .iter()
            .find(|change| change.field == "simulated" && change.from.is_none());
        let Some(mark) = mark.filter(|_| entry.action != "catalogue.import") else {
            continue;
        };
        let said = mark.to.as_deref();
        assert_eq!(said, Some("true"), "{}: {}", entry.seq, entry.action);
        types.insert(entry.subject_type);
    }
    for wanted in ["ChangeRequest", "Grant", "Task", "User"] {
        assert!(types.contains(wanted), "{wanted}: {types:?}");
    }
}

/// Half an hour later it is set up again, and the program's own job runs.
async fn again_changes_nothing(world: &World, lines: &[String]) {
    let head = chain::head(&world.db).await.unwrap();
    world.clock.advance(TimeDelta::minutes(30));
    assert_eq!(prepare(world).await, lines);
    let call = Call::system("report-duty", "duty".to_owned());
    assert_eq!(world.services.report_duty(&call).await.unwrap(), 0);
    let now = chain::head(&world.db).await.unwrap();
    assert_eq!((now.seq, now.hash), (head.seq, head.hash));
    chain::verify(&world.db, None).await.unwrap().unwrap();
}

/// The ledger without what is drawn by lot: ids are numbered in the order in which they come.
fn story(entries: &[ledger::Model]) -> Vec<String> {
    let mut known = HashMap::new();
    let lines = entries.iter().map(|entry| {
        let line = format!(
            "{} {} {} {:?} {} {} {} {} {:?}",
            entry.at,
            entry.request_id,
            entry.actor_name,
            entry.role,
            entry.action,
            entry.subject_type,
            entry.subject_id,
            entry.changes,
            entry.reason,
        );
        numbered(&line, &mut known)
    });
    lines.collect()
}

fn numbered(line: &str, known: &mut HashMap<String, usize>) -> String {
    let is_id = |c: char| c.is_ascii_hexdigit() || c == '-';
    let (mut told, mut rest) = (String::new(), line);
    while let Some(start) = rest.find(is_id) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_id(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        told.push_str(before);
        let digits: String = word.chars().filter(char::is_ascii_hexdigit).collect();
        match digits.len() {
            32 => {
                let next = known.len();
                let number = *known.entry(digits).or_insert(next);
                told.push_str(&format!("#{number}"));
            }
            64 => told.push_str("hash"),
            _ => told.push_str(word),
        }
        rest = after;
    }
    told + rest
}
