//! Generated data, to measure with: jurisdictions of a thousand projects each, with units,
//! plans, milestones and reports. The same number and seed make the same data and the same
//! end of the ledger; no clock of the machine is read. All of it is simulated: what can say
//! so does, and the database is served only on a loopback address.
//!
//! | file | what |
//! |---|---|
//! | `words` | what names are put together from |
//! | `place` | a jurisdiction with its areas, units and plans |
//! | `people` | users and grants |
//! | `work` | projects and what hangs on them |
//! | `schedule`, `report` | milestones; reports |
//!
//! Batches are of a jurisdiction each. One thread makes their rows, another puts their entries
//! into the chain of the ledger, and the database takes them meanwhile: all in the same order.

mod people;
mod place;
mod report;
mod schedule;
mod words;
mod work;

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::clock::{Clock, ManualClock, SeededIds, SeededNumbers};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Permit};
use crate::service::{Call, Credentials};
use crate::store::bulk::{Batch, Bulk, Entries, Filler};
use crate::store::today::Today;
use crate::store::{Access, DatabaseUrl, Store, authorise, demonstration, ledger, tallies};

pub use people::{PASSWORD, SignIn};

/// Projects of a jurisdiction.
const IN_JURISDICTION: usize = 1_000;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// So many projects.
    pub projects: usize,
    /// Another seed, other data.
    pub seed: u64,
    /// The day on which it is as if everything had been entered. Dates lie four years before
    /// and behind it.
    pub day: NaiveDate,
}

/// What was generated.
#[derive(Debug)]
pub struct Generated {
    /// The end of the ledger.
    pub head: ledger::Head,
    /// Who can sign in.
    pub sign_ins: Vec<SignIn>,
}

/// Fills a database that is empty or not there yet; `tell` learns how many projects are
/// written.
///
/// # Errors
/// [`Error::Internal`] for a database that holds something, or when a step fails.
pub async fn run(
    url: &DatabaseUrl,
    plan: Plan,
    credentials: &Credentials,
    tell: &(dyn Fn(usize) + Sync),
) -> Result<Generated> {
    let clock = ManualClock::at(evening_before(plan.day));
    let password_hash = credentials.passwords.hash(PASSWORD).await?;
    prepare(url, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let told = Arc::clone(&clock) as Arc<dyn Clock>;
    // Nobody takes any more where a later step has failed.
    let (make, mut drafted) = mpsc::channel(1);
    let making = thread::spawn(move || {
        let maker = Maker::new(plan, clock, password_hash)?;
        maker.run(|made, batch| make.blocking_send((made, batch)).is_ok())
    });
    let (tell_of, mut batches) = mpsc::channel(1);
    let telling = thread::spawn(move || {
        let mut entries = Entries::new();
        while let Some((made, batch)) = drafted.blocking_recv() {
            let rows = entries.append(batch)?;
            if tell_of.blocking_send((made, rows)).is_err() {
                break;
            }
        }
        Ok(entries.head().clone())
    });
    let mut bulk = Bulk::open(url).await?;
    while let Some((made, rows)) = batches.recv().await {
        bulk.write(rows).await?;
        tell(made);
    }
    let sign_ins = joined(making)?;
    let head = joined(telling)?;
    bulk.finish().await?;
    derive(url, told).await?;
    Ok(Generated { head, sign_ins })
}

fn joined<T>(thread: JoinHandle<Result<T>>) -> Result<T> {
    let ended = thread.join();
    ended.map_err(|_| Error::internal("generating came to a sudden end"))?
}

/// Makes what a unit of work would have kept beside the rows: the index of the search, the
/// tallies. With them the database is whole.
async fn derive(url: &DatabaseUrl, clock: Arc<dyn Clock>) -> Result<()> {
    let store = Store::open(url, Access::ReadWrite, clock).await?;
    store.index_search().await?;
    let today = Today::load(store.read(), store.clock().now()).await?;
    let call = Call::system("generate", String::new());
    tallies::keep(&store, &call.write(None), &today).await?;
    mark(&store, demonstration::GENERATED).await?;
    store.close().await
}

/// Brings the schema up to date, refuses what is not empty, and marks it as half filled.
async fn prepare(url: &DatabaseUrl, clock: Arc<dyn Clock>) -> Result<()> {
    let store = Store::open(url, Access::ReadWrite, clock).await?;
    store.migrate().await?;
    store.check_ledger_triggers().await?;
    if demonstration::is_half_generated(&store).await? {
        return Err(Error::internal(
            "generating data was not completed here: remove this database, and begin with an \
             empty one",
        ));
    }
    let marked = demonstration::mark(store.read()).await?.is_some();
    if marked || ledger::head(store.read()).await?.seq > 0 {
        return Err(Error::internal(
            "generated data needs an empty database: this one holds something else",
        ));
    }
    mark(&store, demonstration::GENERATING).await?;
    store.close().await
}

async fn mark(store: &Store, mark: &'static str) -> Result<()> {
    let call = Call::system("generate", String::new());
    store
        .write(call.write(None), move |work| {
            Box::pin(async move { demonstration::set_mark(work, mark).await })
        })
        .await
}

/// Eight in the evening in China, on the day before.
fn evening_before(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::hours(12)
}

/// Makes rows, jurisdiction after jurisdiction.
struct Maker {
    plan: Plan,
    clock: Arc<ManualClock>,
    ids: SeededIds,
    numbers: SeededNumbers,
    filler: Filler,
    permit: Permit,
    password_hash: String,
    sign_ins: Vec<SignIn>,
}

impl Maker {
    fn new(plan: Plan, clock: Arc<ManualClock>, password_hash: String) -> Result<Self> {
        let call = Call {
            simulated: true,
            ..Call::system("generate", String::new())
        };
        let context = call.write(None);
        let permit = authorise(
            &context.principal,
            Action::CatalogueImport,
            Facts::Everything,
        )?;
        let at = clock.now();
        Ok(Self {
            plan,
            ids: SeededIds::new(Arc::clone(&clock) as Arc<dyn Clock>, plan.seed),
            // Not the numbers of the keys again.
            numbers: SeededNumbers::new(!plan.seed),
            filler: Filler::new(context, at),
            clock,
            permit,
            password_hash,
            sign_ins: Vec::new(),
        })
    }

    /// Makes all, a jurisdiction a batch; ends where nobody takes one. Answers who can sign in.
    fn run(mut self, take: impl Fn(usize, Batch) -> bool) -> Result<Vec<SignIn>> {
        let mut made = 0;
        for n in 0.. {
            let count = (self.plan.projects - made).min(IN_JURISDICTION);
            if count == 0 {
                break;
            }
            self.clock.advance(TimeDelta::seconds(1));
            let request: Uuid = self.ids.next_id();
            self.filler.begin(request.to_string(), self.clock.now());
            self.jurisdiction(n, count)?;
            made += count;
            if !take(made, self.filler.take()) {
                break;
            }
        }
        Ok(self.sign_ins)
    }

    /// One jurisdiction with so many projects.
    fn jurisdiction(&mut self, n: usize, count: usize) -> Result<()> {
        let place = self.place(n);
        let people = self.people(n, &place);
        for number in 0..count {
            let work = self.work(&place, number)?;
            self.milestones(&place, &people, &work);
            self.reports(&place, &people, &work);
        }
        Ok(())
    }

    /// True in so many of a hundred cases.
    const fn chance(&mut self, percent: u64) -> bool {
        self.numbers.below(100) < percent
    }
}
