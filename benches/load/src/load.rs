//! So many clients at once, each asking again as soon as it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::process::Server;
use crate::workload::{Workload, World};
use crate::{Failure, Options};

/// What was measured.
#[derive(Clone, Debug)]
pub struct Figures {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Processor time a request.
    pub processor: Duration,
    /// MiB.
    pub peak: f64,
}

/// Answers of one client, in microseconds.
type Times = Histogram<u64>;

pub async fn measure(
    options: &Options,
    workload: &Workload,
    server: &Server,
    world: &World,
    clients: usize,
) -> Result<Figures, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let beside = beside(options, workload, server, world, &stop);
    spend(workload, server, clients, options.time().div_f64(10.0), workload.share(options) / 10).await?;
    server.forget_peak();
    let (before, began) = (server.processor_seconds()?, Instant::now());
    let times = spend(workload, server, clients, options.time(), workload.share(options)).await?;
    let (spent, took) = (server.processor_seconds()? - before, began.elapsed());
    stop.store(true, Ordering::Relaxed);
    beside.await??;
    if times.is_empty() {
        return Err(format!("{}: nothing is left to ask", workload.name).into());
    }
    let count = times.len() as f64;
    Ok(Figures {
        per_second: count / took.as_secs_f64(),
        p50: Duration::from_micros(times.value_at_quantile(0.5)),
        p99: Duration::from_micros(times.value_at_quantile(0.99)),
        processor: Duration::from_secs_f64(spent / count),
        peak: server.peak()?,
    })
}

/// Writes at a steady pace while others read, where that is asked for.
fn beside(
    options: &Options,
    workload: &Workload,
    server: &Server,
    world: &World,
    stop: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<Result<(), Failure>> {
    let (writes, stop) = (options.writes, Arc::clone(stop));
    let (address, is_duban) = (server.address, server.is_duban);
    let claims = (writes > 0.0 && !workload.writes).then(|| world.claims());
    tokio::spawn(async move {
        let Some(claims) = claims else { return Ok(()) };
        let mut connection = Connection::open(address).await?;
        while !stop.load(Ordering::Relaxed) {
            if let Some(ask) = claims.ask(is_duban, 0) {
                connection.ask(ask).await?;
            }
            tokio::time::sleep(Duration::from_secs_f64(1.0 / writes)).await;
        }
        Ok(())
    })
}

/// Asks until the time is over, `most` requests are made, or nothing is left to ask.
async fn spend(
    workload: &Workload,
    server: &Server,
    clients: usize,
    time: Duration,
    most: u64,
) -> Result<Times, Failure> {
    let asked = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    let end = Instant::now() + time;
    for _ in 0..clients {
        let (workload, asked) = (workload.clone(), Arc::clone(&asked));
        let (address, is_duban) = (server.address, server.is_duban);
        running.spawn(async move {
            let mut times = Times::new_with_bounds(1, 60_000_000, 3)?;
            let mut connection = Connection::open(address).await?;
            while Instant::now() < end {
                let n = asked.fetch_add(1, Ordering::Relaxed);
                let Some(ask) = (n < most).then(|| workload.ask(is_duban, n)).flatten() else {
                    break;
                };
                let began = Instant::now();
                connection.ask(ask).await?;
                times.record(u64::try_from(began.elapsed().as_micros())?.max(1))?;
            }
            Ok::<Times, Failure>(times)
        });
    }
    let mut all = Times::new_with_bounds(1, 60_000_000, 3)?;
    while let Some(times) = running.join_next().await {
        all.add(times??)?;
    }
    Ok(all)
}
