//! The refusals of the load check.

use crate::domain::workflow::load;

/// A small workflow that loads, into which a case puts one fault.
const SOUND: &str = "
workflows:
  - code: W
    title: w
    stages:
      - {stage: PROPOSED, title: a}
      - {stage: PREPARATION, title: b}
      - {stage: CANCELLED, title: c, final: true}
    transitions:
      - {from: PROPOSED, to: PREPARATION, title: t, roles: [SIGNATORY], guards: [LEAD_UNIT]}
      - {from: PREPARATION, to: CANCELLED, title: t, roles: [SIGNATORY]}
";

/// What is replaced in [`SOUND`], with what, and what the refusal then says.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "PREPARATION, title: t",
        "CANCELLED, title: t",
        "PREPARATION cannot be reached",
    ),
    (
        "CANCELLED, title: t",
        "PREPARATION, title: t",
        "not final and cannot be left",
    ),
    ("roles: [SIGNATORY]}", "roles: []}", "has no role"),
    (
        "roles: [SIGNATORY]}",
        "roles: [SIGNER]}",
        "SIGNER is unknown",
    ),
    (
        "roles: [SIGNATORY]}",
        "roles: [SIGNATORY, SIGNATORY]}",
        "SIGNATORY twice",
    ),
    ("LEAD_UNIT", "LEADER", "LEADER is unknown"),
    (
        "stage: PREPARATION",
        "stage: PREPARING",
        "PREPARING is unknown",
    ),
    (
        "to: CANCELLED",
        "to: OPERATION",
        "OPERATION is not a stage of the workflow",
    ),
    ("to: CANCELLED", "to: ENDED", "ENDED is unknown"),
    (
        "stage: CANCELLED, title: c",
        "stage: PROPOSED, title: c",
        "PROPOSED is given twice",
    ),
    (
        "title: b",
        "title: b, final: true",
        "is final, yet a transition leads out",
    ),
    ("title: b", "title: ''", "PREPARATION has no title"),
    ("title: b", "title: b, colour: red", "colour"),
    ("code: W", "code: w 1", "w 1 is not a code"),
    ("    title: w\n", "", "title"),
];

#[test]
fn a_faulty_workflow_is_refused_by_name() {
    assert!(load(SOUND).is_ok());
    for (what, with, problem) in FAULTS {
        let text = SOUND.replace(what, with);
        assert_ne!(text, SOUND, "{what}");
        let refused = load(&text).expect_err(with).to_string();
        assert!(refused.contains(problem), "{with}: {refused}");
    }
}

#[test]
fn a_faulty_transition_is_refused_by_name() {
    let more = "      - {from: PREPARATION, to: PROPOSED, title: t, roles: [SIGNATORY]";
    assert!(load(&format!("{SOUND}{more}}}\n")).is_ok());
    for (more, problem) in [
        (
            format!("{more}}}\n{more}}}\n"),
            "PREPARATION to PROPOSED is given twice",
        ),
        (
            more.replace("to: PROPOSED", "to: PREPARATION") + "}\n",
            "leads to itself",
        ),
        (format!("{more}, guard: X}}\n"), "guard"),
    ] {
        let refused = load(&format!("{SOUND}{more}")).unwrap_err().to_string();
        assert!(refused.contains(problem), "{refused}");
    }
}

#[test]
fn workflows_have_codes_of_their_own() {
    let twice = format!("{SOUND}{}", SOUND.replace("\nworkflows:\n", ""));
    assert!(
        load(&twice)
            .unwrap_err()
            .to_string()
            .contains("workflow W is given twice")
    );
    assert!(
        load("workflows: []")
            .unwrap_err()
            .to_string()
            .contains("no workflow")
    );
}

#[test]
fn the_problems_of_a_file_are_reported_together() {
    let text = SOUND
        .replace("LEAD_UNIT", "X")
        .replace("title: a", "title: ''");
    assert_eq!(load(&text).unwrap_err().problems.len(), 2);
}
