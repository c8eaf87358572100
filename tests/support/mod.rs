//! What every test stands on: databases, a small world, a running server, personas.
//!
//! A test is an async function of a `&World`; `on_both!` makes it run on both databases:
//!
//! ```text
//! on_both!(a_claim_waits_for_the_office);
//!
//! async fn a_claim_waits_for_the_office(world: &World) { … }
//! ```

pub mod client;
pub mod database;
pub mod dump;
pub mod fixture;
pub mod known;
pub mod owed;
pub mod persona;
pub mod postgres;
pub mod sdl;
pub mod world;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::runtime::Runtime;

pub use client::{Answer, Client};
pub use database::{Content, Database, Engine};
pub use persona::Persona;
pub use world::{World, act, change};

/// The instant at which every test begins: ten in the morning of a Saturday in China.
pub const NOW: DateTime<Utc> = DateTime::from_timestamp(1_795_226_400, 0).unwrap();

/// A date that exists.
pub const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

/// A setting of the test run.
pub fn environment(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "settings of the test run, not of the program"
    )]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// True where committed files are to be written anew instead of compared.
pub fn blesses() -> bool {
    environment("DUBAN_BLESS").is_some_and(|value| value == "1")
}

/// Compares a text with a committed file, or writes it (`DUBAN_BLESS=1`).
#[track_caller]
pub fn assert_committed(path: &str, text: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if blesses() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let mut lines = committed.lines().zip(text.lines()).enumerate();
    let differing = lines.find(|(_, (old, new))| old != new);
    assert!(
        committed == text,
        "{path} differs from what the code makes (DUBAN_BLESS=1 writes it). First: {differing:#?}"
    );
}

/// Runs a test on a copy of the small world, served.
pub fn on_world(engine: Engine, test: impl AsyncFnOnce(&World)) {
    if engine.is_there() {
        Runtime::new().unwrap().block_on(async {
            let world = World::open(engine).await;
            test(&world).await;
            world.close().await;
        });
    } else {
        postgres::skipped(std::any::type_name_of_val(&test));
    }
}

/// Runs a test of an engine, which makes its databases itself.
pub fn on_engine(engine: Engine, test: impl AsyncFnOnce(Engine)) {
    if engine.is_there() {
        Runtime::new().unwrap().block_on(test(engine));
    } else {
        postgres::skipped(std::any::type_name_of_val(&test));
    }
}

/// Makes `name::sqlite` and `name::postgres` of each named async function, which takes a
/// `&World`, or after `engine:` an [`Engine`].
macro_rules! on_both {
    (engine: $($name:ident),+ $(,)?) => {
        $crate::support::on_both!(@ on_engine, $($name),+);
    };
    (@ $run:ident, $($name:ident),+) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                $crate::support::$run($crate::support::Engine::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::support::$run($crate::support::Engine::Postgres, super::$name);
            }
        })+
    };
    ($($name:ident),+ $(,)?) => {
        $crate::support::on_both!(@ on_world, $($name),+);
    };
}
pub(crate) use on_both;
