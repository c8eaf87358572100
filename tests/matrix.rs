//! Who may do what, tried out through the real API: every root field, on things near and
//! far, by every persona. The outcome stands in `docs/authorization-matrix.txt`.
//!
//! Three things are held on the way: what somebody may not see reads, byte for byte, like
//! what is not there; a refusal changes nothing; no root field is left out.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cases::Case;

use crate::support::dump::{assert_same, db_dump};
use crate::support::{Answer, Client, Engine, Persona, World, assert_committed, on_both, sdl};

on_both!(engine: the_matrix_is_as_committed);

const HEAD: &str = "\
Who may do what, by trying: written by tests/matrix.rs (DUBAN_BLESS=1), on both databases.

A row is a root field of the API on a certain thing; under it, the personas by what they
got: `ok` (with the number of things in a list), or the code of the refusal.

The project of most rows is led by the personas' lead unit and lies in two areas; the
cooperating unit has a part in it, the other unit has none. `elsewhere` is another
jurisdiction.
";

/// What each persona got.
type Row = BTreeMap<String, BTreeSet<Persona>>;

#[test]
fn every_root_field_has_a_row() {
    let rows = cases::all();
    for root in ["Query", "Mutation"] {
        for field in sdl::root_fields(root) {
            let found = rows.iter().any(|case| case.field == field);
            assert!(found, "{root}.{field} has no row in tests/matrix/cases.rs");
        }
    }
}

async fn the_matrix_is_as_committed(engine: Engine) {
    let cases = cases::all();
    let mut rows = vec![Row::new(); cases.len()];
    for persona in Persona::ALL {
        let mut seat = Seat::take(engine, *persona).await;
        for (case, row) in cases.iter().zip(&mut rows) {
            let outcome = seat.attempt(case).await;
            row.entry(outcome).or_default().insert(*persona);
        }
        let after = db_dump(&seat.world.db).await;
        assert_same(&seat.untouched, &after, "reading");
        seat.world.close().await;
    }
    assert_committed("docs/authorization-matrix.txt", &table(&cases, &rows));
}

fn table(cases: &[Case], rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    for (case, row) in cases.iter().zip(rows) {
        let _ = writeln!(text, "\n{}: {}", case.field, case.on);
        for (outcome, personas) in row {
            let names: Vec<&str> = personas.iter().map(|persona| persona.name()).collect();
            let _ = writeln!(text, "    {outcome:<16} {}", names.join(" "));
        }
    }
    text
}

/// A persona at a world that nothing has changed yet.
struct Seat {
    engine: Engine,
    persona: Persona,
    world: World,
    client: Client,
    untouched: Vec<String>,
}

impl Seat {
    async fn take(engine: Engine, persona: Persona) -> Self {
        let world = World::open(engine).await;
        let client = world.client_of(persona).await;
        let untouched = db_dump(&world.db).await;
        Self {
            engine,
            persona,
            world,
            client,
            untouched,
        }
    }

    /// What the persona gets. Where it changed something, the world is made anew.
    async fn attempt(&mut self, case: &Case) -> String {
        let answer = self
            .client
            .ask(&case.document, case.variables.clone())
            .await;
        // Nobody, and who has to change the password first, may know of nothing.
        let blind = [Persona::Anonymous, Persona::MustChange].contains(&self.persona);
        if answer.code() == Some("NOT_FOUND") || (blind && answer.code().is_some()) {
            self.compare_with_absent(case, &answer).await;
        }
        let what = format!("{} {} as {}", case.field, case.on, self.persona.name());
        if !case.document.starts_with("mutation") {
            return match answer.code() {
                Some(code) => Self::refusal(&what, code, &answer),
                None => outcome(case, &answer),
            };
        }
        let after = db_dump(&self.world.db).await;
        if let Some(code) = answer.code() {
            assert_same(&self.untouched, &after, &what);
            return Self::refusal(&what, code, &answer);
        }
        assert!(
            answer.body.get("errors").is_none(),
            "{what}: {}",
            answer.text
        );
        if after != self.untouched || case.ends_session {
            let fresh = Self::take(self.engine, self.persona).await;
            std::mem::replace(self, fresh).world.close().await;
        }
        outcome(case, &answer)
    }

    /// A refusal for who asks, not for how.
    fn refusal(what: &str, code: &str, answer: &Answer) -> String {
        let faults = ["INVALID", "INTERNAL", "CONFLICT", "LIMIT_EXCEEDED"];
        assert!(!faults.contains(&code), "{what}: {}", answer.text);
        code.to_owned()
    }

    /// The same question about something that never was.
    async fn compare_with_absent(&self, case: &Case, answer: &Answer) {
        let Some(absent) = case.absent() else {
            assert_ne!(
                answer.code(),
                Some("NOT_FOUND"),
                "{}: nothing is named",
                case.field
            );
            return;
        };
        let other = self.client.ask(&case.document, absent).await;
        assert_eq!(other.status, answer.status, "{}", case.field);
        assert_eq!(other.text, answer.text, "{} {}", case.field, case.on);
    }
}

fn outcome(case: &Case, answer: &Answer) -> String {
    let Some(path) = case.counted else {
        return "ok".to_owned();
    };
    match answer.at(path) {
        serde_json::Value::Array(list) => format!("ok {}", list.len()),
        number => format!("ok {number}"),
    }
}
