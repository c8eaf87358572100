//! Load over HTTP: duban against the floor, in one run and in turn.
//!
//! The floor (`floor.rs`) is what the same answers cost without GraphQL, policy, rules or
//! ORM: hand-written handlers that run prepared statements on the same file through rusqlite
//! and write the JSON by hand. Ratios to it are what counts; figures alone say more about the
//! machine. Both servers are processes of their own; this one makes the load on the same
//! cores, with a plain HTTP/1.1 client, because whatever a load library costs is taken from
//! the servers here, and with HdrHistogram, because means hide what matters.
//!
//! Needs a database made by `duban generate`, whose milestones it claims: give it a copy.

mod check;
mod floor;
mod http;
mod load;
mod process;
mod report;
mod workload;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;

use process::{Server, Target};

/// What stops a run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What to measure.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// A SQLite database made by `duban generate`; milestones in it are claimed
    #[arg(long, value_name = "FILE")]
    database: PathBuf,
    /// The built program
    #[arg(long, value_name = "FILE", default_value = "target/release/duban")]
    duban: PathBuf,
    /// Seconds of each measurement, after a warm-up of a tenth of it
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many clients at once
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    clients: Vec<usize>,
    /// Workloads; all where not given
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Every request is another one, so that no answer can be one that was kept
    #[arg(long)]
    distinct: bool,
    /// Claim so many milestones a second beside every reading workload
    #[arg(long, default_value_t = 0.0)]
    writes: f64,
    /// So many clients claim milestones, one after the other, beside every reading workload
    #[arg(long, default_value_t = 0)]
    writers: usize,
    /// Measure duban alone and then beside those who claim, in turn, instead of the floor or of
    /// a second server; where nobody claims, twice alone
    #[arg(long)]
    alone: bool,
    /// Seconds between the rounds of the servers' jobs, of which the first is at their start
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    jobs: u32,
    /// Measure one server and then two of them on this database instead, into which the file
    /// was copied by `duban copy`
    #[arg(long, value_name = "URL", requires = "key")]
    url: Option<String>,
    /// The servers' signing key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Leave out so many milestones that earlier runs on the same database have claimed
    #[arg(long, default_value_t = 0)]
    claimed: usize,
    /// Measure although the answers of the two differ
    #[arg(long)]
    unequal: bool,
    /// Serve the floor on this address instead, for a run that started it
    #[arg(long, hide = true)]
    floor: Option<SocketAddr>,
}

impl Options {
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// The database that duban serves.
    fn url(&self) -> String {
        let file = || format!("sqlite://{}", self.database.display());
        self.url.clone().unwrap_or_else(file)
    }
}

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match options.floor {
        Some(address) => runtime.block_on(floor::serve(address, &options.database)),
        None => runtime.block_on(run(&options)),
    }
}

async fn run(options: &Options) -> Result<(), Failure> {
    let targets = targets(options)?;
    for server in targets.iter().flat_map(|target| &target.servers) {
        http::wait_for(server.address).await?;
    }
    let world = workload::World::read(options, targets[1].address(0)).await?;
    report::machine(options, &world);
    let workloads = world.workloads(options);
    for workload in &workloads {
        check::same(workload, &targets, options.unequal).await?;
    }
    report::header(options, &targets);
    for workload in &workloads {
        for clients in &options.clients {
            let mut figures = Vec::new();
            for target in &targets {
                let measured = load::measure(options, workload, target, &world, *clients).await?;
                figures.push(measured);
            }
            report::row(options, workload, *clients, &figures);
        }
    }
    Ok(())
}

/// The floor and duban, or one duban and two, or one that is alone and then is not.
fn targets(options: &Options) -> Result<[Target; 2], Failure> {
    let duban = Arc::new(Server::duban(options)?);
    if options.alone {
        let alone = Target::new("alone", vec![Arc::clone(&duban)]).alone();
        return Ok([alone, Target::new("beside", vec![duban])]);
    }
    if options.url.is_none() {
        let floor = Arc::new(Server::floor(options)?);
        return Ok([Target::new("floor", vec![floor]), Target::new("duban", vec![duban])]);
    }
    let second = Arc::new(Server::duban(options)?);
    Ok([
        Target::new("one", vec![Arc::clone(&duban)]),
        Target::new("two", vec![duban, second]),
    ])
}
