//! The shipped templates, what they lay out, and the refusals of the load check.

use chrono::{NaiveDate, TimeDelta};
use duban_entities::vocabulary::ProjectKind;

use super::{embedded, for_kind, lay_out, load};
use crate::domain::schedule::{self, PlannedEnd};

fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 3, 1).unwrap()
}

#[test]
fn every_kind_of_work_has_a_template() {
    let templates = embedded().unwrap();
    for kind in ProjectKind::ALL {
        assert!(for_kind(&templates, *kind).next().is_some(), "{kind}");
    }
    let roads: Vec<&str> = for_kind(&templates, ProjectKind::Bridge)
        .map(|t| t.code.as_str())
        .collect();
    assert_eq!(roads, ["HIGHWAY"]);
    assert_eq!(for_kind(&templates, ProjectKind::Power).count(), 2);
}

#[test]
fn what_a_template_lays_out_is_a_schedule_with_the_same_parts() {
    for template in embedded().unwrap() {
        let proposed = lay_out(&template, start());
        let schedule = schedule::check(&proposed, PlannedEnd::default(), None).unwrap();
        let roles: Vec<_> = template.steps.iter().map(|s| s.role).collect();
        let found: Vec<_> = schedule.milestones.iter().map(|m| m.role).collect();
        assert_eq!(found, roles, "{}", template.code);
        let weight: i32 = proposed.iter().map(|m| m.weight).sum();
        assert_eq!(weight, 10_000, "{}", template.code);
        assert_eq!(proposed[0].due_date, start());
        let last = template.steps.last().unwrap().offset_days;
        assert_eq!(schedule.finish_on - start(), TimeDelta::days(last.into()));
    }
}

#[test]
fn the_end_of_time_is_a_date() {
    let templates = embedded().unwrap();
    let proposed = lay_out(&templates[0], NaiveDate::MAX);
    assert!(proposed.iter().all(|m| m.due_date == NaiveDate::MAX));
}

const SOUND: &str = "
templates:
  - code: T-1
    title: 通用
    kinds: [ROAD, PARK]
    source: 条例
    steps:
      - {title: 开工, weight: 30, offsetDays: 0, role: START}
      - {title: 主体, weight: 50, offsetDays: 90, role: STEP}
      - {title: 验收, weight: 20, offsetDays: 90, role: FINISH}
";

#[test]
fn a_faulty_template_is_refused_by_name() {
    assert!(load(SOUND).is_ok());
    for (what, with, problem) in [
        ("weight: 50", "weight: 51", "sum to 101, not to 100"),
        ("weight: 50", "weight: 0", "主体 has no weight"),
        ("weight: 50", "weight: -5", "-5"),
        ("role: START", "role: STEP", "开工 is STEP, not START"),
        ("role: STEP", "role: START", "主体 is START, not STEP"),
        ("role: FINISH", "role: REVIEW", "验收 is REVIEW, not FINISH"),
        ("role: STEP", "role: MIDDLE", "MIDDLE is unknown"),
        ("PARK", "GARDEN", "GARDEN is unknown"),
        ("PARK", "ROAD", "names a kind twice"),
        ("ROAD, PARK", "", "suits no kind"),
        ("offsetDays: 0", "offsetDays: 3", "not at day 0"),
        ("90, role: STEP", "91, role: STEP", "not in the order"),
        ("T-1", "t1", "is not a code"),
        ("通用", "''", "has no title"),
        ("条例", "''", "has no source"),
        ("开工", "''", "1 to 200 characters"),
        ("    source: 条例", "    sauce: 条例", "sauce"),
    ] {
        let text = SOUND.replace(what, with);
        assert_ne!(text, SOUND, "{what}");
        let refused = load(&text).expect_err(with).to_string();
        assert!(refused.contains(problem), "{with}: {refused}");
    }
    let twice = format!("{SOUND}{}", SOUND.replace("\ntemplates:\n", ""));
    let refused = load(&twice).unwrap_err().to_string();
    assert!(refused.contains("template T-1 is given twice"), "{refused}");
    let one = SOUND.lines().take(8).collect::<Vec<_>>().join("\n");
    let one = one.replace("weight: 30", "weight: 100");
    assert!(load(&one).unwrap_err().to_string().contains("has 1 steps"));
}
