//! Units of work that share a commit: each keeps its own outcome. SQLite alone has one
//! writer to queue for. And what waits for none of them.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use duban::error::{Error, Result};
use duban::policy::{Action, Facts};
use duban::service::Call;
use duban::store::ledger as chain;
use duban::store::writes::run_unprepared;
use duban::store::{Store, Work, facts, projects};
use duban_entities::{api_token, project};
use sea_orm::{ColumnTrait, ConnectionTrait, Database, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

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
fn spawn(store: &Arc<Store>, end: End) -> JoinHandle<Result<()>> {
    let store = Arc::clone(store);
    tokio::spawn(async move {
        let context = call().write(None);
        let write = store.write(context, |work| {
            Box::pin(async move { count_up(work, end).await })
        });
        write.await
    })
}

/// Writes in a task of its own, and breaks off where it would wait once more than so often.
fn spawn_for(store: &Arc<Store>, mut waits: usize) -> JoinHandle<Option<Result<()>>> {
    let store = Arc::clone(store);
    tokio::spawn(async move {
        let context = call().write(None);
        let mut write = Box::pin(store.write(context, |work| {
            Box::pin(async move { count_up(work, End::Well).await })
        }));
        let run = poll_fn(|task| match write.as_mut().poll(task) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if waits == 0 => Poll::Ready(None),
            Poll::Pending => {
                waits -= 1;
                Poll::Pending
            }
        });
        run.await
    })
}

/// A writer that keeps its turn until it is told to end.
async fn hold(store: &Arc<Store>, release: &Arc<Notify>) -> JoinHandle<Result<()>> {
    let (store, release) = (Arc::clone(store), Arc::clone(release));
    let begun = Arc::new(Notify::new());
    let begins = Arc::clone(&begun);
    let holder = tokio::spawn(async move {
        let context = call().write(None);
        let write = store.write(context, |work| {
            Box::pin(async move {
                count_up(work, End::Well).await?;
                begins.notify_one();
                release.notified().await;
                Ok(())
            })
        });
        write.await
    });
    begun.notified().await;
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

/// One breaks off in every place where it waits: at its savepoint, its statements, the
/// commit. Whoever has ended before it is committed, and is told so.
#[test]
fn one_that_goes_takes_no_other_with_it() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let mut counted = 0;
        let before = db_percent(world).await;
        for waits in 1..=20 {
            let release = Arc::new(Notify::new());
            let holder = hold(store, &release).await;
            let gone = spawn_for(store, waits);
            until_waiting(store, 1).await;
            release.notify_one();
            holder.await.unwrap().unwrap();
            let gone = gone.await.unwrap().map(Result::unwrap);
            // Behind whatever that one has left to be done.
            spawn(store, End::Well).await.unwrap().unwrap();
            let now = usize::try_from(db_percent(world).await - before).unwrap();
            // The one that went may have been committed or not.
            let least = if gone.is_some() { 3 } else { 2 };
            let new = now - counted;
            assert!((least..=3).contains(&new), "{new} behind {waits} waits");
            counted = now;
        }
        assert_counted(world, before, counted).await;
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

/// Read in the file alone, as if there were no log beside it.
async fn percent_without_log(world: &World) -> Option<i32> {
    let url = format!("{}?mode=ro&immutable=1", world.database.url);
    let file = Database::connect(url).await.ok()?;
    // Pages may be on their way while they are read.
    let row = project::Entity::find_by_id(BRIDGE).one(&file).await;
    Some(row.ok()??.percent_complete)
}

/// No commit waits for what is written into the file.
#[test]
fn the_log_is_folded_in_beside_the_writers() {
    on_world(Engine::Sqlite, async |world| {
        let store = &world.services.store;
        let before = db_percent(world).await;
        for _ in 0..32 {
            spawn(store, End::Well).await.unwrap().unwrap();
        }
        while percent_without_log(world)
            .await
            .is_none_or(|percent| percent == before)
        {
            tokio::task::yield_now().await;
        }
    });
}

/// A request by API token is answered while somebody writes, and its use noted behind that.
async fn a_read_by_token_waits_for_no_writer(world: &World) {
    const WHO: &str = "{ viewer { username } }";
    let store = &world.services.store;
    let client = world.client_of(Persona::Integrator).await;
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, released, holding) = (Arc::clone(&begun), Arc::clone(&release), Arc::clone(store));
    let holder = tokio::spawn(async move {
        let write = holding.write(call().write(None), |work| {
            Box::pin(async move {
                let every = "UPDATE api_tokens SET name = name";
                run_unprepared(work.connection(), every).await?;
                begins.notify_one();
                released.notified().await;
                Ok(())
            })
        });
        write.await
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
