//! Units of work that share a commit: each keeps its own outcome. SQLite alone has one
//! writer to queue for. And what waits for none of them.

use std::sync::Arc;
use std::time::Duration;

use duban::clock::SystemClock;
use duban::error::{Error, Result};
use duban::policy::{Action, Facts};
use duban::service::Call;
use duban::store::ledger as chain;
use duban::store::writes::run_unprepared;
use duban::store::{Access, Patience, Store, Work, facts, projects};
use duban_entities::{api_token, project};
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OpenFlags};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::known::BRIDGE;
use crate::support::{Engine, Persona, World, on_both, on_world};

on_both!(a_read_by_token_waits_for_no_writer);

/// How a unit of work ends.
#[derive(Clone, Copy)]
enum End {
    Well,
    Refused,
    Panics,
}

/// Adds one to a number of a row, with an entry in the ledger, then ends so.
async fn count_up(work: &mut Work, end: End) -> Result<()> {
    let row = projects::lock(work.connection(), BRIDGE).await?.unwrap();
    let facts = facts::of_project(work.connection(), &row).await?;
    let permit = work.permit(Action::CatalogueImport, Facts::Project(&facts))?;
    let mut after = row.clone();
    after.percent_complete += 1;
    work.update(&permit, &row, after).await?;
    match end {
        End::Well => Ok(()),
        End::Refused => Err(Error::NotFound),
        End::Panics => panic!("as the test wants it"),
    }
}

fn call() -> Call {
    Call::system("test", "test".to_owned())
}

/// Writes in a task of its own.
fn spawn_unit<F>(store: &Arc<Store>, run: F) -> JoinHandle<Result<()>>
where
    F: for<'w> FnOnce(&'w mut Work) -> BoxFuture<'w, Result<()>> + Send + 'static,
{
    let store = Arc::clone(store);
    tokio::spawn(async move { store.write(call().write(None), run).await })
}

/// A writer that ends so.
fn spawn(store: &Arc<Store>, end: End) -> JoinHandle<Result<()>> {
    spawn_unit(store, move |work| {
        Box::pin(async move { count_up(work, end).await })
    })
}

/// A writer that keeps its turn until it is told to end. It tells when it has written.
fn holder(store: &Arc<Store>, release: &Arc<Notify>) -> (JoinHandle<Result<()>>, Arc<Notify>) {
    let (written, release) = (Arc::new(Notify::new()), Arc::clone(release));
    let writes = Arc::clone(&written);
    let holder = spawn_unit(store, move |work| {
        Box::pin(async move {
            count_up(work, End::Well).await?;
            writes.notify_one();
            release.notified().await;
            Ok(())
        })
    });
    (holder, written)
}

/// A [`holder`] that has the turn.
async fn hold(store: &Arc<Store>, release: &Arc<Notify>) -> JoinHandle<Result<()>> {
    let (holder, written) = holder(store, release);
    written.notified().await;
    holder
}

async fn until_waiting(store: &Store, writers: usize) {
    while store.waiting_writers() != writers {
        tokio::task::yield_now().await;
    }
}

async fn db_percent(world: &World) -> i32 {
    let row = project::Entity::find_by_id(BRIDGE).one(&world.db).await;
    row.unwrap().unwrap().percent_complete
}

async fn assert_counted(world: &World, before: i32, units: usize) {
    let units = i32::try_from(units).unwrap();
    assert_eq!(db_percent(world).await, before + units);
    chain::verify(&world.db, None).await.unwrap().unwrap();
    let head = chain::head(&world.db).await.unwrap();
    assert_eq!(head.seq, world.head + i64::from(units));
}

#[test]
fn one_that_fails_takes_no_other_with_it() {
    on_world(Engine::Sqlite, async |world| {
        use End::{Panics, Refused, Well};
        let store = &world.services.store;
        let before = db_percent(world).await;
        let release = Arc::new(Notify::new());
        let holder = hold(store, &release).await;
        let mut running = Vec::new();
        for (n, end) in [Well, Refused, Well, Panics, Well, Refused, Well]
            .into_iter()
            .enumerate()
        {
            running.push((end, spawn(store, end)));
            until_waiting(store, n + 1).await;
        }
        release.notify_one();
        holder.await.unwrap().unwrap();
        for (end, run) in running {
            match (end, run.await) {
                (Well, Ok(Ok(()))) | (Refused, Ok(Err(Error::NotFound))) => {}
                (Panics, Err(error)) => assert!(error.is_panic()),
                (_, other) => panic!("{other:?}"),
            }
        }
        assert_counted(world, before, 5).await;
    });
}

/// Whoever would have committed for the others breaks off: they are committed all the same.
#[test]
fn nobody_waits_for_one_that_breaks_off() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        let release = Arc::new(Notify::new());
        let holder = hold(store, &release).await;
        let last = spawn(store, End::Panics);
        until_waiting(store, 1).await;
        release.notify_one();
        holder.await.unwrap().unwrap();
        assert!(last.await.unwrap_err().is_panic());

        let holder = hold(store, &release).await;
        let gone = spawn(store, End::Well);
        until_waiting(store, 1).await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        release.notify_one();
        holder.await.unwrap().unwrap();
        assert_counted(world, before, 2).await;
    });
}

/// What has ended is committed before a long unit begins, and nobody joins that one.
#[test]
fn nobody_waits_for_a_long_unit() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        let release = Arc::new(Notify::new());
        let holder = hold(store, &release).await;
        let seen = Arc::new(Notify::new());
        let (alone, ends) = (Arc::clone(store), Arc::clone(&seen));
        let long = tokio::spawn(async move {
            let context = call().write(None);
            let write = alone.write_alone(context, |work| {
                Box::pin(async move {
                    count_up(work, End::Well).await?;
                    ends.notified().await;
                    Ok(())
                })
            });
            write.await
        });
        until_waiting(store, 1).await;
        release.notify_one();
        // Answered, though the long unit behind it has not ended.
        holder.await.unwrap().unwrap();
        assert_eq!(db_percent(world).await, before + 1);
        let next = spawn(store, End::Well);
        until_waiting(store, 1).await;
        seen.notify_one();
        long.await.unwrap().unwrap();
        next.await.unwrap().unwrap();
        assert_counted(world, before, 3).await;
    });
}

/// A group grows no more once its time is over, though others wait.
#[test]
fn a_group_is_committed_in_its_time() {
    on_world(Engine::Sqlite, async |world| {
        let before = db_percent(world).await;
        let patience = Patience {
            group: Duration::ZERO,
            ..Patience::default()
        };
        let clock = Arc::new(SystemClock);
        let url = world.database.url.parse().unwrap();
        let store = Store::open_with(&url, Access::ReadWrite, clock, patience);
        let store = Arc::new(store.await.unwrap());
        let (first_ends, second_ends) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let first = hold(&store, &first_ends).await;
        let (second, _) = holder(&store, &second_ends);
        until_waiting(&store, 1).await;
        first_ends.notify_one();
        // Answered, though the second has not ended.
        first.await.unwrap().unwrap();
        assert_eq!(db_percent(world).await, before + 1);
        second_ends.notify_one();
        second.await.unwrap().unwrap();
        assert_counted(world, before, 2).await;
    });
}

/// One is dropped while it has the turn: what it did is taken back, and nothing else is.
#[test]
fn one_that_goes_takes_no_other_with_it() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        let (release, never) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let alone = hold(store, &never).await;
        alone.abort();
        assert!(alone.await.unwrap_err().is_cancelled());
        spawn(store, End::Well).await.unwrap().unwrap();

        let first = hold(store, &release).await;
        let (goes, written) = holder(store, &never);
        until_waiting(store, 1).await;
        let last = spawn(store, End::Well);
        until_waiting(store, 2).await;
        release.notify_one();
        // The first has ended, and waits for the commit of its group.
        written.notified().await;
        goes.abort();
        assert!(goes.await.unwrap_err().is_cancelled());
        first.await.unwrap().unwrap();
        last.await.unwrap().unwrap();
        assert_counted(world, before, 3).await;
    });
}

/// As SQLite does where the disk is full.
#[test]
fn what_sqlite_takes_back_by_itself_leaves_nothing_open() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        let full = "CREATE TRIGGER full BEFORE INSERT ON ledger \
            BEGIN SELECT RAISE(ROLLBACK, 'no room'); END";
        world.db.execute_unprepared(full).await.unwrap();
        for _ in 0..2 {
            spawn(store, End::Well).await.unwrap().unwrap_err();
        }
        let room = "DROP TRIGGER full";
        world.db.execute_unprepared(room).await.unwrap();
        assert!(spawn(store, End::Panics).await.unwrap_err().is_panic());
        for _ in 0..2 {
            spawn(store, End::Well).await.unwrap().unwrap();
        }
        assert_counted(world, before, 2).await;
    });
}

/// SQLite takes back the whole transaction, and so what others did in it: they are told.
#[test]
fn a_group_that_sqlite_takes_back_is_refused_whole() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        let release = Arc::new(Notify::new());
        let first = hold(store, &release).await;
        let second = spawn_unit(store, |work| {
            Box::pin(async move {
                run_unprepared(work.connection(), "ROLLBACK").await?;
                // Outside of a transaction this would stay.
                count_up(work, End::Well).await.unwrap_err();
                Ok(())
            })
        });
        until_waiting(store, 1).await;
        let last = spawn(store, End::Well);
        until_waiting(store, 2).await;
        release.notify_one();
        first.await.unwrap().unwrap_err();
        second.await.unwrap().unwrap_err();
        last.await.unwrap().unwrap();
        assert_counted(world, before, 1).await;
    });
}

/// Another process may write now and then: by `duban migrate`, or a tool.
#[test]
fn who_has_to_wait_for_another_process_is_served_in_time_or_refused() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        let other = Connection::open(world.database.file()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let first = spawn(store, End::Well);
        let second = spawn(store, End::Well);
        until_waiting(store, 1).await;
        other.execute_batch("COMMIT").unwrap();
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();

        let patience = Patience {
            wait: Duration::from_millis(50),
            ..Patience::default()
        };
        let clock = Arc::new(SystemClock);
        let url = world.database.url.parse().unwrap();
        let hasty = Store::open_with(&url, Access::ReadWrite, clock, patience);
        let hasty = Arc::new(hasty.await.unwrap());
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = spawn(&hasty, End::Well).await.unwrap().unwrap_err();
        assert!(matches!(refused, Error::Unavailable { .. }), "{refused:?}");
        other.execute_batch("COMMIT").unwrap();
        spawn(&hasty, End::Well).await.unwrap().unwrap();
        assert_counted(world, before, 3).await;
    });
}

/// Read in the file alone, as if there were no log beside it.
fn percent_without_log(world: &World) -> Option<i32> {
    let uri = format!("file:{}?immutable=1", world.database.file().display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let file = Connection::open_with_flags(uri, flags).unwrap();
    let select = "SELECT percent_complete FROM projects WHERE id = ?1";
    // Pages may be on their way while they are read.
    file.query_row(select, [BRIDGE.0.as_bytes()], |row| row.get(0))
        .ok()
}

/// What was committed comes into the file though the log is short.
#[test]
fn the_log_is_folded_in_beside_the_writers() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        for _ in 0..32 {
            spawn(store, End::Well).await.unwrap().unwrap();
        }
        let folded = async {
            while percent_without_log(world).is_none_or(|percent| percent == before) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(60), folded).await.unwrap();
    });
}

/// A request by API token is answered while somebody writes, and its use noted behind that.
async fn a_read_by_token_waits_for_no_writer(world: &World) {
    const WHO: &str = "{ viewer { username } }";
    let store = &world.services.store;
    let client = world.client_of(Persona::Integrator).await;
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, released) = (Arc::clone(&begun), Arc::clone(&release));
    let holder = spawn_unit(store, move |work| {
        Box::pin(async move {
            let every = "UPDATE api_tokens SET name = name";
            run_unprepared(work.connection(), every).await?;
            begins.notify_one();
            released.notified().await;
            Ok(())
        })
    });
    begun.notified().await;
    client.query(WHO).await.data();
    assert_eq!(db_uses(world).await, 0);
    release.notify_one();
    holder.await.unwrap().unwrap();
    while db_uses(world).await == 0 {
        tokio::task::yield_now().await;
    }
}

/// The API tokens that have been used.
async fn db_uses(world: &World) -> u64 {
    let used = api_token::Entity::find().filter(api_token::Column::LastUsedAt.is_not_null());
    used.count(&world.db).await.unwrap()
}
