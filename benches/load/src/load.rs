//! So many clients at once, each asking again as soon as it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::process::Target;
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
    /// Claims a second beside it.
    pub claims: f64,
}

/// Answers of one client, in microseconds.
type Times = Histogram<u64>;

pub async fn measure(
    options: &Options,
    workload: &Workload,
    target: &Target,
    world: &World,
    clients: usize,
) -> Result<Figures, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let claimed = Arc::new(AtomicU64::new(0));
    let mut beside = beside(options, workload, target, world, &stop, &claimed);
    spend(workload, target, clients, options.time().div_f64(10.0), workload.share(options) / 10).await?;
    target.forget_peak();
    let (before, began) = (target.processor_seconds()?, Instant::now());
    let already = claimed.load(Ordering::Relaxed);
    let times = spend(workload, target, clients, options.time(), workload.share(options)).await?;
    let (spent, took) = (target.processor_seconds()? - before, began.elapsed());
    let claims = (claimed.load(Ordering::Relaxed) - already) as f64 / took.as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = beside.join_next().await {
        ended??;
    }
    if times.is_empty() {
        return Err(format!("{}: nothing is left to ask", workload.name).into());
    }
    let count = times.len() as f64;
    Ok(Figures {
        per_second: count / took.as_secs_f64(),
        p50: Duration::from_micros(times.value_at_quantile(0.5)),
        p99: Duration::from_micros(times.value_at_quantile(0.99)),
        processor: Duration::from_secs_f64(spent / count),
        peak: target.peak()?,
        claims,
    })
}

/// Writes while others read, where that is asked for: one client at a steady pace, or so many
/// as soon as they are answered.
fn beside(
    options: &Options,
    workload: &Workload,
    target: &Target,
    world: &World,
    stop: &Arc<AtomicBool>,
    claimed: &Arc<AtomicU64>,
) -> JoinSet<Result<(), Failure>> {
    let pause = (options.writes > 0.0).then(|| Duration::from_secs_f64(1.0 / options.writes));
    let writers = match (workload.writes || target.is_alone, pause) {
        (true, _) => 0,
        (false, Some(_)) => 1,
        (false, None) => options.writers,
    };
    let mut running = JoinSet::new();
    for n in 0..writers {
        let (claims, stop, claimed) = (world.claims(), Arc::clone(stop), Arc::clone(claimed));
        let (address, is_duban) = (target.address(n), target.is_duban());
        running.spawn(async move {
            let mut connection = Connection::open(address).await?;
            while !stop.load(Ordering::Relaxed) {
                let ask = claims.ask(is_duban, 0).ok_or("nothing is left to claim")?;
                connection.ask(ask).await?;
                claimed.fetch_add(1, Ordering::Relaxed);
                if let Some(pause) = pause {
                    tokio::time::sleep(pause).await;
                }
            }
            Ok(())
        });
    }
    running
}

/// Asks until the time is over, `most` requests are made, or nothing is left to ask.
async fn spend(
    workload: &Workload,
    target: &Target,
    clients: usize,
    time: Duration,
    most: u64,
) -> Result<Times, Failure> {
    let asked = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    let end = Instant::now() + time;
    for client in 0..clients {
        let (workload, asked) = (workload.clone(), Arc::clone(&asked));
        let (address, is_duban) = (target.address(client), target.is_duban());
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
