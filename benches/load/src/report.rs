//! What is printed: a table that can stand in a document.

use std::fs;
use std::time::Duration;

use crate::Options;
use crate::load::Figures;
use crate::workload::{Workload, World};

/// On what, and over what.
pub fn machine(options: &Options, world: &World) {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or_default().trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().next().unwrap_or_default().replace("MemTotal:", "");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{model}, {cores} cores, memory {}, load average {}; {} projects, {} s each{}\n",
        memory.trim(),
        load.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
        world.projects,
        options.seconds,
        if options.distinct { ", every request another one" } else { "" },
    );
}

pub fn header() {
    println!(
        "| workload | clients | floor/s | duban/s | ratio | floor p50 | p99 | duban p50 | p99 | floor CPU | duban CPU | floor MiB | duban MiB |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
}

pub fn row(workload: &Workload, clients: usize, figures: &[Figures]) {
    let [floor, duban] = figures else { return };
    println!(
        "| {} | {clients} | {:.0} | {:.0} | {:.3} | {} | {} | {} | {} | {} | {} | {:.0} | {:.0} |",
        workload.name,
        floor.per_second,
        duban.per_second,
        duban.per_second / floor.per_second,
        millis(floor.p50),
        millis(floor.p99),
        millis(duban.p50),
        millis(duban.p99),
        millis(floor.processor),
        millis(duban.processor),
        floor.peak,
        duban.peak,
    );
}

fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1_000.0;
    match millis {
        m if m < 1.0 => format!("{m:.3}"),
        m if m < 100.0 => format!("{m:.2}"),
        m => format!("{m:.0}"),
    }
}
