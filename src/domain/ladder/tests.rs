use duban_entities::vocabulary::{OrderGround, OrderLevel};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(n)
}

fn overdue(measure: i32, steps: Vec<Taken>) -> Standing {
    Standing {
        ground: OrderGround::MilestoneOverdue,
        measure,
        since: day(0),
        steps,
    }
}

fn dismissed(level: OrderLevel, on: u64) -> Taken {
    Taken {
        level,
        on: day(on),
        order: None,
    }
}

fn issued(level: OrderLevel, on: u64, state: TaskState, due: u64) -> Taken {
    let order = Issued {
        id: TaskId(Uuid::from_u128(on.into())),
        state,
        due_date: Some(day(due)),
    };
    Taken {
        order: Some(order),
        ..dismissed(level, on)
    }
}

fn level(standing: &Standing, today: u64) -> Option<OrderLevel> {
    let next = embedded().unwrap().next(standing, day(today));
    next.map(|next| next.level)
}

#[test]
fn a_first_day_overdue_proposes_a_reminder() {
    assert_eq!(level(&overdue(0, vec![]), 0), None);
    assert_eq!(level(&overdue(1, vec![]), 1), Some(OrderLevel::Reminder));
    assert_eq!(
        level(&overdue(400, vec![]), 400),
        Some(OrderLevel::Reminder)
    );
}

#[test]
fn the_next_level_waits_for_its_day_and_for_the_answer() {
    use OrderLevel::{Circular, Order, Reminder};
    let open = vec![issued(Reminder, 2, TaskState::Open, 16)];
    assert_eq!(level(&overdue(14, open.clone()), 14), None);
    assert_eq!(level(&overdue(16, open.clone()), 16), None, "still in time");
    assert_eq!(level(&overdue(17, open), 17), Some(Order));
    let answered = vec![issued(Reminder, 2, TaskState::Submitted, 10)];
    assert_eq!(level(&overdue(40, answered), 40), None);
    let closed = vec![issued(Reminder, 2, TaskState::Done, 10)];
    assert_eq!(level(&overdue(14, closed.clone()), 14), None);
    assert_eq!(level(&overdue(15, closed), 15), Some(Order));
    let passed_over = vec![issued(Order, 2, TaskState::Done, 10)];
    assert_eq!(level(&overdue(30, passed_over), 30), Some(Circular));
}

#[test]
fn a_dismissed_level_does_not_come_back_in_the_same_case() {
    use OrderLevel::{Order, Reminder};
    let steps = vec![dismissed(Reminder, 3)];
    assert_eq!(level(&overdue(5, steps.clone()), 5), None);
    assert_eq!(level(&overdue(15, steps.clone()), 15), Some(Order));
    let later = Standing {
        since: day(10),
        ..overdue(5, steps)
    };
    assert_eq!(
        level(&later, 15),
        Some(Reminder),
        "another date, another case"
    );
}

#[test]
fn the_last_order_is_followed() {
    use OrderLevel::{Order, Reminder};
    let steps = vec![
        issued(Order, 20, TaskState::Done, 25),
        issued(Reminder, 2, TaskState::Done, 10),
    ];
    let next = embedded().unwrap().next(&overdue(30, steps), day(30));
    assert_eq!(next.unwrap().follows, Some(TaskId(Uuid::from_u128(20))));
}

#[test]
fn a_red_rating_proposes_an_order_until_it_is_dealt_with() {
    let ladder = embedded().unwrap();
    let today = day(200);
    let mut red = Standing {
        ground: OrderGround::RatingRed,
        measure: 1,
        since: ladder.held_since(OrderGround::RatingRed, today),
        steps: Vec::new(),
    };
    assert_eq!(level(&red, 200), Some(OrderLevel::Order));
    red.steps = vec![dismissed(OrderLevel::Order, 111)];
    assert_eq!(level(&red, 200), None);
    red.steps = vec![dismissed(OrderLevel::Order, 109)];
    assert_eq!(level(&red, 200), Some(OrderLevel::Order));
}

#[test]
fn only_red_counts() {
    let id = |n| ProjectId(Uuid::from_u128(n));
    let ratings = [
        (id(2), Rating::Red),
        (id(1), Rating::Red),
        (id(3), Rating::Yellow),
        (id(4), Rating::None),
    ];
    assert_eq!(red(&ratings.into()), [id(1), id(2)].into());
}

#[test]
fn a_ladder_that_does_not_rise_is_refused() {
    let steps = |steps: &str| format!("ladder: [{{ ground: REPORTS_MISSED, steps: [{steps}] }}]");
    for (text, problem) in [
        (steps(""), "no step"),
        (steps("{ level: LOUD, from: 1 }"), "LOUD is unknown"),
        (steps("{ level: ORDER, from: 0 }"), "below 1"),
        (
            steps("{ level: ORDER, from: 1 }, { level: REMINDER, from: 2 }"),
            "does not rise",
        ),
        (
            steps("{ level: ORDER, from: 2 }, { level: SUMMONS, from: 2 }"),
            "does not rise",
        ),
        ("ladder: [{ ground: WEATHER, steps: [] }]".into(), "WEATHER"),
        ("ladder: [{ ground: RATING_RED, steps: [{ level: ORDER, from: 1 }] }]".into(), "holdsDays"),
        ("ladder: [{ ground: RATING_RED, holdsDays: 9, steps: [{ level: ORDER, from: 2 }] }]".into(), "more than 1"),
        ("ladder: [{ ground: REPORTS_MISSED, holdsDays: 9, steps: [{ level: ORDER, from: 2 }] }]".into(), "no holdsDays"),
        ("ladder: [{ ground: RATING_RED, days: 9, steps: [] }]".into(), "days"),
    ] {
        let error = load(&text).unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }
    let twice = "ladder:\n  - { ground: REPORTS_MISSED, steps: [{ level: ORDER, from: 1 }] }\n";
    let twice = format!("{twice}{}", twice.trim_start_matches("ladder:\n"));
    assert!(
        load(&twice)
            .unwrap_err()
            .to_string()
            .contains("given twice")
    );
}

fn any_taken() -> impl Strategy<Value = Taken> {
    let levels = prop::sample::select(OrderLevel::ALL);
    let states = prop::sample::select(TaskState::ALL);
    (levels, 0..100_u64, any::<bool>(), states, 0..60_u64).prop_map(
        |(level, on, is_order, state, days)| match is_order {
            true => issued(level, on, state, on + days),
            false => dismissed(level, on),
        },
    )
}

fn any_standing() -> impl Strategy<Value = Standing> {
    let steps = prop::collection::vec(any_taken(), 0..6);
    let grounds = prop::sample::select(OrderGround::ALL);
    (grounds, 0..120_i32, 0..100_u64, steps).prop_map(|(ground, measure, since, steps)| Standing {
        ground,
        measure,
        since: day(since),
        steps,
    })
}

proptest! {
    #[test]
    fn a_proposal_is_one_step_above_what_was_done(standing in any_standing(), today in 100..200_u64) {
        let ladder = embedded().unwrap();
        if let Some(next) = ladder.next(&standing, day(today)) {
            let in_case = standing.steps.iter().filter(|step| step.on >= standing.since);
            let reached = in_case.map(|step| step.level).max();
            prop_assert!(Some(next.level) > reached);
            let rule = &ladder.grounds[&standing.ground];
            let skipped = rule.steps.iter().any(|s| Some(s.level) > reached && s.level < next.level);
            prop_assert!(!skipped);
        }
    }

    #[test]
    fn more_of_it_never_takes_a_proposal_back(standing in any_standing(), more in 0..100_i32) {
        let ladder = embedded().unwrap();
        let worse = Standing { measure: standing.measure + more, ..standing.clone() };
        if let Some(next) = ladder.next(&standing, day(150)) {
            prop_assert_eq!(ladder.next(&worse, day(150)), Some(next));
        }
    }

    #[test]
    fn what_is_below_the_first_step_is_left_alone(standing in any_standing()) {
        let ladder = embedded().unwrap();
        let below = Standing { measure: ladder.first(standing.ground).unwrap() - 1, ..standing };
        prop_assert_eq!(ladder.next(&below, day(150)), None);
    }

    /// Whether each proposal is issued and closed, or dismissed, the ladder comes to an end.
    #[test]
    fn a_case_has_at_most_as_many_proposals_as_steps(
        ground in prop::sample::select(OrderGround::ALL),
        dismisses in prop::collection::vec(any::<bool>(), 8),
    ) {
        let ladder = embedded().unwrap();
        let mut standing = Standing { ground, measure: 1_000, since: day(0), steps: vec![] };
        for (dismisses, on) in dismisses.into_iter().zip(1..) {
            let Some(next) = ladder.next(&standing, day(on)) else { break };
            standing.steps.push(match dismisses {
                true => dismissed(next.level, on),
                false => issued(next.level, on, TaskState::Done, on),
            });
        }
        prop_assert_eq!(ladder.next(&standing, day(50)), None);
        prop_assert_eq!(standing.steps.len(), ladder.grounds[&ground].steps.len());
    }
}
