//! The tallies say what counting row by row says: for everybody, under every filter, after
//! whatever people do, across midnights, beside each other, and when something fails.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use duban::policy::Principal;
use duban::service::{Call, Services};
use duban::store::projects::ProjectFilter;
use duban::store::tallies::{UnitOrder, catch_up};
use duban_entities::ids::JurisdictionId;
use duban_entities::vocabulary::{DueBasis, MilestoneRole, ProjectKind, Stage, TaskState};
use duban_entities::{change_request, jurisdiction, project, tally_mark, task};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::dump::{assert_same, db_dump};
use crate::support::known::{
    BIYANG, ELSEWHERE, FOREIGN, FOREIGN_UNIT, HERE, LAND, LEVEE, PINGYU, RESERVOIR,
    RESERVOIR_FINISH, TRANSPORT, WATER, key,
};
use crate::support::world::request;
use crate::support::{Content, Engine, NOW, Persona, World, environment, fixture, on_both};

on_both!(
    a_new_world_is_kept_from_its_first_row,
    what_people_do_is_counted_at_once,
    midnight_passes_in_one_place_after_the_other,
    a_clock_that_goes_back_is_counted_afresh,
    a_clock_that_is_slow_turns_nothing_back,
    one_that_fails_stops_none_behind_it,
    what_is_not_kept_yet_is_counted_until_it_is,
    the_longest_goes_and_the_next_takes_its_place,
    a_move_takes_the_tasks_along,
    writers_at_once_lose_nothing,
    a_tally_that_refuses_rolls_the_change_back,
    a_claim_in_time_costs_no_statement_more,
    a_portfolio_takes_five_statements,
);

mod of_plans {
    use super::{Content, Engine, Persona, World, same_of};

    async fn an_import_is_counted(engine: Engine) {
        let world = World::of(engine.database(Content::Plans).await).await;
        same_of(&world, Persona::Administrator).await;
        world.advance_days(400);
        same_of(&world, Persona::Administrator).await;
        world.close().await;
    }

    crate::support::on_both!(engine: an_import_is_counted);
}

const PERSONAS: [Persona; 8] = [
    Persona::Administrator,
    Persona::ScopedAdministrator,
    Persona::Supervisor,
    Persona::SupervisorElsewhere,
    Persona::SupervisorOneArea,
    Persona::Signatory,
    Persona::BothHats,
    Persona::MustChange,
];

const ORDERS: [UnitOrder; 4] = [
    UnitOrder::Overdue,
    UnitOrder::Longest,
    UnitOrder::Active,
    UnitOrder::Projects,
];

fn none() -> ProjectFilter {
    ProjectFilter::default()
}

/// Filters that the tallies answer, and whether they do; and some that they do not.
fn filters() -> Vec<(ProjectFilter, bool)> {
    let mut all = vec![(none(), true)];
    for jurisdiction in [HERE, ELSEWHERE] {
        let jurisdiction = Some(jurisdiction);
        let whole = ProjectFilter {
            jurisdiction,
            ..none()
        };
        let kinds = Some(vec![ProjectKind::Reservoir]);
        all.push((
            ProjectFilter {
                kinds,
                ..whole.clone()
            },
            true,
        ));
        all.push((whole, true));
    }
    all.extend(ProjectKind::ALL.iter().map(|kind| {
        let kinds = Some(vec![*kind]);
        (ProjectFilter { kinds, ..none() }, true)
    }));
    all.extend(Stage::ALL.iter().map(|stage| {
        let stages = Some(vec![*stage]);
        (ProjectFilter { stages, ..none() }, true)
    }));
    let unit = Some(WATER);
    all.push((ProjectFilter { unit, ..none() }, false));
    for area in [PINGYU, BIYANG] {
        all.push((
            ProjectFilter {
                area: Some(area),
                ..none()
            },
            false,
        ));
    }
    let kinds = Some(vec![ProjectKind::Road, ProjectKind::Reservoir]);
    all.push((ProjectFilter { kinds, ..none() }, false));
    all
}

fn sees_whole_jurisdictions(who: Persona) -> bool {
    use Persona::{Administrator, ScopedAdministrator, Supervisor, SupervisorElsewhere};
    matches!(
        who,
        Administrator | ScopedAdministrator | Supervisor | SupervisorElsewhere
    )
}

fn call(principal: Principal) -> Call {
    Call {
        principal,
        request: request(),
        simulated: false,
        version: None,
    }
}

async fn same_of(world: &World, who: Persona) {
    same_as_counted(world, who, Some(true)).await;
}

/// The same figures, read and counted; `read` says whether the tallies must answer, or must
/// not, where they can.
async fn same_as_counted(world: &World, who: Persona, read: Option<bool>) {
    let call = call(world.principal(who).await);
    for (filter, answers) in filters() {
        let counted = match world.services.portfolio_counted(&call, &filter).await {
            Ok(counted) => counted,
            Err(error) => {
                let refused = world.services.portfolio(&call, &filter).await.unwrap_err();
                assert_eq!(format!("{refused:?}"), format!("{error:?}"));
                continue;
            }
        };
        let what = format!(
            "{} {filter:?} at {}",
            who.name(),
            world.services.clock.now()
        );
        let found = world.services.portfolio(&call, &filter).await.unwrap();
        if let Some(read) = read {
            let reads = read && answers && sees_whole_jurisdictions(who);
            assert_eq!(found.is_read(), reads, "{what}");
        }
        for order in ORDERS {
            for first in [3, 200] {
                let units = world.services.portfolio_units(&found, order, first).await;
                let wanted = duban::store::portfolio::first_units(&counted, order, first);
                assert_eq!(units.unwrap(), wanted, "{what} {order:?}");
            }
        }
        let mut counts = counted.clone();
        counts.units.clone_from(&found.counts.units);
        assert_eq!(found.counts, counts, "{what}");
    }
}

/// The same for everybody.
async fn same(world: &World) {
    for who in PERSONAS {
        same_of(world, who).await;
    }
    check(world).await;
}

/// A fresh count of every cell finds nothing else.
async fn check(world: &World) {
    let call = Call::system("test", "test".to_owned());
    let wrong = world.services.check_tallies(&call).await.unwrap();
    assert_eq!(wrong, Vec::<String>::new());
}

async fn keep(world: &World) -> usize {
    let call = Call::system("tallies", "test".to_owned());
    world.services.keep_tallies(&call).await.unwrap()
}

async fn a_new_world_is_kept_from_its_first_row(world: &World) {
    assert_eq!(keep(world).await, 0, "nothing lags");
    same(world).await;
    let client = world.client_of(Persona::Administrator).await;
    let answer = client
        .query("{ portfolio { projectCount overdueTaskCount } }")
        .await;
    assert_eq!(answer.at("/portfolio/projectCount"), 13);
    assert!(answer.at("/portfolio/overdueTaskCount").as_i64() > Some(0));
}

/// A small generator of numbers, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    /// A number from 0 to before this one.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Sends a mutation by its input's type, whatever comes of it.
async fn act(world: &World, who: Persona, field: &str, input: Value) -> bool {
    let (first, rest) = field.split_at(1);
    let of = format!("{}{rest}Input", first.to_uppercase());
    let document =
        format!("mutation M($input: {of}!) {{ {field}(input: $input) {{ __typename }} }}");
    let client = world.client_of(who).await;
    let answer = client.ask(&document, json!({ "input": input })).await;
    answer.code().is_none()
}

/// Something that somebody does, by the dice; often it is refused.
#[expect(
    clippy::too_many_lines,
    reason = "a case for each thing that can happen"
)]
pub async fn something(world: &World, dice: &mut Dice) -> (&'static str, bool) {
    let tasks = task::Entity::find().order_by_asc(task::Column::Id);
    let tasks = tasks.all(&world.db).await.unwrap();
    let projects = project::Entity::find().order_by_asc(project::Column::Id);
    let projects = projects.all(&world.db).await.unwrap();
    let changes = change_request::Entity::find().order_by_asc(change_request::Column::Id);
    let changes = changes.all(&world.db).await.unwrap();
    let in_state = |state: TaskState| -> Vec<&task::Model> {
        tasks.iter().filter(|task| task.state == state).collect()
    };
    let units = [
        Persona::Signatory,
        Persona::CoopSignatory,
        Persona::OtherSignatory,
    ];
    let (unit, office) = (*dice.of(&units), Persona::Supervisor);
    let project = text(dice.of(&projects).id);
    let later = world.services.clock.now().date_naive() + TimeDelta::days(40);
    let (who, field, input) = match dice.below(9) {
        0 | 1 => {
            let task = text(dice.of(&in_state(TaskState::Open)).id);
            (
                unit,
                "taskClaim",
                json!({ "taskId": task, "note": "已完成" }),
            )
        }
        2 => {
            let task = text(dice.of(&in_state(TaskState::Submitted)).id);
            (
                office,
                "taskVerify",
                json!({ "taskId": task, "note": "属实" }),
            )
        }
        3 => {
            let task = text(dice.of(&in_state(TaskState::Submitted)).id);
            (
                office,
                "taskReturn",
                json!({ "taskId": task, "reason": "缺材料" }),
            )
        }
        4 => {
            let lead = text(*dice.of(&[WATER, TRANSPORT]));
            let input = json!({ "projectId": project, "leadUnitId": lead, "reason": "分工" });
            (office, "unitAssign", input)
        }
        5 => {
            let stages = [
                "PREPARATION",
                "CONSTRUCTION",
                "SUSPENDED",
                "CANCELLED",
                "IN_RESERVE",
            ];
            let to = *dice.of(&stages);
            let review = if to == "SUSPENDED" {
                json!(later)
            } else {
                Value::Null
            };
            let input =
                json!({ "projectId": project, "to": to, "reason": "原因", "reviewOn": review });
            (unit, "projectMove", input)
        }
        6 => {
            let milestones = json!([
                { "title": "开工", "dueDate": later, "weight": "40" },
                { "title": "建成", "dueDate": later + TimeDelta::days(99), "weight": "60" },
            ]);
            let input = json!({ "projectId": project, "milestones": milestones, "reason": "排期" });
            (unit, "milestonesPlan", input)
        }
        _ => {
            let open: Vec<_> = changes
                .iter()
                .filter(|row| row.decided_at.is_none())
                .collect();
            let Some(change) = open.get(dice.below(open.len().max(1))) else {
                return ("changeDecide", false);
            };
            let decision = *dice.of(&["APPROVE", "APPROVE", "RETURN"]);
            let input = json!({ "changeRequestId": text(change.id), "decision": decision, "note": "经研究" });
            (office, "changeDecide", input)
        }
    };
    (field, act(world, who, field, input).await)
}

async fn what_people_do_is_counted_at_once(world: &World) {
    let seed = environment("DUBAN_TEST_SEED").map_or(7, |seed| seed.parse().unwrap());
    let mut dice = Dice(seed);
    let mut done: BTreeMap<&str, usize> = BTreeMap::new();
    for n in 0..90 {
        if let (what, true) = something(world, &mut dice).await {
            *done.entry(what).or_default() += 1;
            check(world).await;
            same_of(world, Persona::Administrator).await;
        }
        match n % 15 {
            5 => world.advance_days(i64::try_from(dice.below(30)).unwrap()),
            9 => assert!(keep(world).await <= 2),
            12 => {
                let call = Call::system("report-duty", "test".to_owned());
                world.services.report_duty(&call).await.unwrap();
                same_of(world, Persona::Administrator).await;
            }
            _ => (),
        }
    }
    assert!(done.len() >= 5, "{done:?}");
    same(world).await;
}

/// A midnight in one zone after the other, with tasks that fall due then.
async fn midnight_passes_in_one_place_after_the_other(world: &World) {
    let elsewhere = jurisdiction::Entity::find_by_id(ELSEWHERE)
        .one(&world.db)
        .await;
    let before = elsewhere.unwrap().unwrap();
    let after = jurisdiction::Model {
        time_zone: "America/New_York".to_owned(),
        ..before.clone()
    };
    fixture::change(&world.services.store, before, after).await;
    let mut rows = Vec::new();
    for n in 0..12_u128 {
        let day = NOW.date_naive() + TimeDelta::days(i64::try_from(n).unwrap() % 4 - 1);
        let (jurisdiction, project, unit) = if n % 2 == 1 {
            (ELSEWHERE, FOREIGN, FOREIGN_UNIT)
        } else {
            (HERE, LEVEE, WATER)
        };
        let period = n % 3 == 0;
        let mut row = due(0x900 + n, day);
        row.jurisdiction_id = jurisdiction;
        row.unit_id = Some(unit);
        row.project_id = (n != 4).then_some(project);
        row.carried_days_late = (n == 6).then_some(50);
        row.clock_stopped_on = (n == 8).then_some(day + TimeDelta::days(1));
        if period {
            row.due_basis = Some(DueBasis::PlanPeriod);
            row.role = Some(MilestoneRole::Finish);
        }
        rows.push(row);
    }
    fixture::add(&world.services.store, rows).await;
    for hour in (0..90).step_by(6) {
        world.clock.set(NOW + TimeDelta::hours(hour));
        if hour % 36 == 30 {
            keep(world).await;
            assert_eq!(keep(world).await, 0, "nothing lags twice");
            check(world).await;
        }
        // A mark may be a day ahead after a change of the time zone: then it is counted.
        same_as_counted(world, Persona::Administrator, None).await;
        same_as_counted(world, Persona::Supervisor, Some(true)).await;
        same_as_counted(world, Persona::SupervisorElsewhere, None).await;
    }
    keep(world).await;
    same(world).await;
}

/// An open task of WATER's that is due on a day.
fn due(n: u128, day: NaiveDate) -> task::Model {
    task::Model {
        id: duban_entities::ids::TaskId(key(n)),
        project_id: Some(LEVEE),
        unit_id: Some(WATER),
        due_date: Some(day),
        due_basis: Some(DueBasis::Scheduled),
        counted_due_date: Some(day),
        state: TaskState::Open,
        role: Some(MilestoneRole::Step),
        clock_stopped_on: None,
        carried_days_late: None,
        ..fixture::some_task()
    }
}

async fn a_clock_that_goes_back_is_counted_afresh(world: &World) {
    world.advance_days(60);
    assert_eq!(keep(world).await, 2);
    same(world).await;
    let back: DateTime<Utc> = NOW - TimeDelta::days(3);
    world.clock.set(back);
    same_as_counted(world, Persona::Administrator, Some(false)).await;
    assert_eq!(keep(world).await, 2);
    same(world).await;
}

/// Beside a faster one, it leaves the marks, and counts for itself.
async fn a_clock_that_is_slow_turns_nothing_back(world: &World) {
    let late = due(0xc00, NOW.date_naive());
    fixture::add(&world.services.store, vec![late]).await;
    world.advance_days(1);
    assert_eq!(keep(world).await, 2);
    let marks = db_marks(world).await;
    world.clock.set(NOW);
    same_as_counted(world, Persona::Administrator, Some(false)).await;
    assert_eq!(keep(world).await, 0);
    // A round that began before midnight and comes behind one that began after it.
    let call = Call::system("tallies", "test".to_owned());
    let store = &world.services.store;
    let day = store.clock().now().date_naive();
    let late = store.write_alone(call.write(None), |work| {
        Box::pin(async move { catch_up(work, HERE, day).await })
    });
    late.await.unwrap();
    assert_eq!(db_marks(world).await, marks);
    world.advance_days(1);
    assert_eq!(keep(world).await, 0);
    same(world).await;
}

/// The days for which the cells stand.
async fn db_marks(world: &World) -> Vec<(JurisdictionId, NaiveDate)> {
    let marks = tally_mark::Entity::find().order_by_asc(tally_mark::Column::JurisdictionId);
    let marks = marks.all(&world.db).await.unwrap().into_iter();
    marks.map(|mark| (mark.jurisdiction_id, mark.day)).collect()
}

/// The first by code, whose mark cannot be written.
async fn one_that_fails_stops_none_behind_it(world: &World) {
    let codes = jurisdiction::Entity::find().order_by_asc(jurisdiction::Column::Code);
    let codes = codes.all(&world.db).await.unwrap();
    let ids: Vec<JurisdictionId> = codes.iter().map(|row| row.id).collect();
    assert_eq!(ids, [ELSEWHERE, HERE]);
    db_forget(world).await;
    let statements: &[&str] = match world.database.engine {
        Engine::Sqlite => &["CREATE TRIGGER broken BEFORE INSERT ON tally_marks \
             WHEN NEW.jurisdiction_id = (SELECT id FROM jurisdictions ORDER BY code LIMIT 1) \
             BEGIN SELECT RAISE(ABORT, 'no more marks'); END"],
        Engine::Postgres => &[
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.jurisdiction_id = (SELECT id FROM jurisdictions ORDER BY code LIMIT 1) \
             THEN RAISE EXCEPTION 'no more marks'; END IF; RETURN NEW; END $$",
            "CREATE TRIGGER broken BEFORE INSERT ON tally_marks \
             FOR EACH ROW EXECUTE FUNCTION broken()",
        ],
    };
    for sql in statements {
        world.db.execute_unprepared(sql).await.unwrap();
    }
    let call = Call::system("tallies", "test".to_owned());
    world.services.keep_tallies(&call).await.unwrap_err();
    let kept = db_marks(world).await.into_iter();
    assert_eq!(kept.map(|(id, _)| id).collect::<Vec<_>>(), [HERE]);
    same_of(world, Persona::Supervisor).await;
}

async fn what_is_not_kept_yet_is_counted_until_it_is(world: &World) {
    db_forget(world).await;
    same_as_counted(world, Persona::Administrator, Some(false)).await;
    assert!(
        act(
            world,
            Persona::CoopReporter,
            "taskClaim",
            json!({ "taskId": text(LAND) })
        )
        .await
    );
    same_as_counted(world, Persona::Administrator, Some(false)).await;
    assert_eq!(keep(world).await, 2);
    same(world).await;
    for table in ["tallies", "unit_tallies"] {
        let sql = format!(
            "DELETE FROM {table} WHERE jurisdiction_id IN \
             (SELECT id FROM jurisdictions WHERE code <> (SELECT min(code) FROM jurisdictions))"
        );
        world.db.execute_unprepared(&sql).await.unwrap();
    }
    let call = Call::system("test", "test".to_owned());
    let wrong = world.services.check_tallies(&call).await.unwrap();
    assert!(!wrong.is_empty(), "a check finds what is missing");
    db_forget(world).await;
    assert_eq!(keep(world).await, 2);
    same(world).await;
}

/// As it is after a migration: nothing is kept.
async fn db_forget(world: &World) {
    for table in ["tallies", "unit_tallies", "tally_marks"] {
        let sql = format!("DELETE FROM {table}");
        world.db.execute_unprepared(&sql).await.unwrap();
    }
}

async fn the_longest_goes_and_the_next_takes_its_place(world: &World) {
    let old = |n: u128, days: i64| due(0xa00 + n, NOW.date_naive() - TimeDelta::days(days));
    let stopped = task::Model {
        clock_stopped_on: Some(NOW.date_naive() - TimeDelta::days(10)),
        ..old(3, 400)
    };
    let rows = vec![old(0, 300), old(1, 300), old(2, 200), stopped.clone()];
    fixture::add(&world.services.store, rows.clone()).await;
    same(world).await;
    world.advance_days(100);
    same(world).await;
    let mut seen = Vec::new();
    for row in [&stopped, &rows[0], &rows[1], &rows[2]] {
        let done = task::Model {
            state: TaskState::Cancelled,
            ..row.clone()
        };
        fixture::change(&world.services.store, row.clone(), done).await;
        same_of(world, Persona::Administrator).await;
        check(world).await;
        let client = world.client_of(Persona::Administrator).await;
        let answer = client
            .query("{ portfolio { byUnit(first: 1, orderBy: LONGEST_OVERDUE) { longestOverdueDays } } }")
            .await;
        seen.push(answer.at("/portfolio/byUnit/0/longestOverdueDays").clone());
    }
    assert_eq!(seen[..3], [json!(400), json!(400), json!(300)]);
}

async fn a_move_takes_the_tasks_along(world: &World) {
    let before = project::Entity::find_by_id(RESERVOIR).one(&world.db).await;
    let mut before = before.unwrap().unwrap();
    for (stage, kind) in [
        (Stage::Construction, before.kind),
        (Stage::Construction, ProjectKind::Park),
        (Stage::Suspended, ProjectKind::Road),
    ] {
        let after = project::Model {
            stage,
            kind,
            ..before.clone()
        };
        fixture::change(&world.services.store, before, after).await;
        same(world).await;
        let row = project::Entity::find_by_id(RESERVOIR).one(&world.db).await;
        before = row.unwrap().unwrap();
    }
}

/// Sixteen writers: claims, the stage of the project that they belong to, and midnight.
async fn writers_at_once_lose_nothing(world: &World) {
    let late = NOW.date_naive() - TimeDelta::days(30);
    let tasks: Vec<task::Model> = (0..48).map(|n| due(0xb00 + n, late)).collect();
    fixture::add(&world.services.store, tasks.clone()).await;
    world.advance_days(2);
    let mut running = Vec::new();
    for (n, rows) in tasks.chunks(3).enumerate() {
        running.push(tokio::spawn(write(
            world.services.clone(),
            n,
            rows.to_vec(),
        )));
    }
    for run in running {
        run.await.unwrap();
    }
    same(world).await;
}

async fn write(services: Services, n: usize, rows: Vec<task::Model>) {
    let store = &services.store;
    for row in rows {
        let after = task::Model {
            state: TaskState::Submitted,
            unit_id: Some(if n.is_multiple_of(3) {
                TRANSPORT
            } else {
                WATER
            }),
            ..row.clone()
        };
        fixture::change(store, row, after).await;
    }
    if n % 4 == 1 {
        let levee = project::Entity::find_by_id(LEVEE)
            .one(store.read().pool())
            .await;
        let before = levee.unwrap().unwrap();
        let stages = [Stage::Construction, Stage::Preparation, Stage::Suspended];
        let after = project::Model {
            stage: stages[n % 3],
            ..before.clone()
        };
        fixture::try_change(store, before, after).await;
    }
    if n % 8 == 3 {
        let call = Call::system("tallies", "test".to_owned());
        services.keep_tallies(&call).await.unwrap();
    }
}

async fn a_tally_that_refuses_rolls_the_change_back(world: &World) {
    let statements: &[&str] = match world.database.engine {
        Engine::Sqlite => &["CREATE TRIGGER broken BEFORE INSERT ON unit_tallies \
             BEGIN SELECT RAISE(ABORT, 'no more tallies'); END"],
        Engine::Postgres => &[
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no more tallies'; END $$",
            "CREATE TRIGGER broken BEFORE INSERT ON unit_tallies \
             FOR EACH ROW EXECUTE FUNCTION broken()",
        ],
    };
    for sql in statements {
        world.db.execute_unprepared(sql).await.unwrap();
    }
    let before = db_dump(&world.db).await;
    let claimed = act(
        world,
        Persona::CoopReporter,
        "taskClaim",
        json!({ "taskId": text(LAND) }),
    );
    assert!(!claimed.await);
    assert_same(&before, &db_dump(&world.db).await, "a claim");
    same(world).await;
}

/// The statements of one claim.
async fn statements_of_a_claim(world: &World, who: Persona, task: impl ToString) -> u64 {
    world.client_of(who).await;
    let before = world.services.store.statements();
    let input = json!({ "taskId": task.to_string(), "note": "已完成" });
    assert!(act(world, who, "taskClaim", input).await);
    world.services.store.statements() - before
}

async fn a_claim_in_time_costs_no_statement_more(world: &World) {
    let in_time = statements_of_a_claim(world, Persona::Signatory, RESERVOIR_FINISH).await;
    let overdue = statements_of_a_claim(world, Persona::CoopReporter, LAND).await;
    // The mark, two upserts; the longest has gone: its unit's tasks, and its cells.
    assert!(overdue <= in_time + 5, "{in_time} {overdue}");
    same(world).await;
}

async fn a_portfolio_takes_five_statements(world: &World) {
    let call = call(world.principal(Persona::Administrator).await);
    let before = world.services.store.statements();
    let found = world.services.portfolio(&call, &none()).await.unwrap();
    let units = world
        .services
        .portfolio_units(&found, UnitOrder::Overdue, 20)
        .await;
    assert!(!units.unwrap().is_empty());
    // The ledger's version, the time zones, the marks, the figures, the units.
    assert_eq!(world.services.store.statements() - before, 5);
}
