//! What is printed: a table that can stand in a document.

use std::fs;
use std::time::Duration;

use crate::Options;
use crate::load::Figures;
use crate::process::Target;
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
        beside(options),
    );
}

pub fn header(options: &Options, targets: &[Target; 2]) {
    let [a, b] = targets.each_ref().map(|target| target.name);
    let mut names = format!(
        "| workload | clients | {a}/s | {b}/s | ratio | {a} p50 | p99 | {b} p50 | p99 | {a} CPU | {b} CPU | {a} MiB | {b} MiB |"
    );
    let mut line = "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|".to_owned();
    if options.writers > 0 {
        names.push_str(&format!(" {a} claims/s | {b} claims/s |"));
        line.push_str("--:|--:|");
    }
    println!("{names}\n{line}");
}

pub fn row(options: &Options, workload: &Workload, clients: usize, figures: &[Figures]) {
    let [a, b] = figures else { return };
    let beside = match options.writers {
        0 => String::new(),
        _ => format!(" {:.0} | {:.0} |", a.claims, b.claims),
    };
    println!(
        "| {} | {clients} | {:.0} | {:.0} | {:.3} | {} | {} | {} | {} | {} | {} | {:.0} | {:.0} |{beside}",
        workload.name,
        a.per_second,
        b.per_second,
        b.per_second / a.per_second,
        millis(a.p50),
        millis(a.p99),
        millis(b.p50),
        millis(b.p99),
        millis(a.processor),
        millis(b.processor),
        a.peak,
        b.peak,
    );
}

fn beside(options: &Options) -> String {
    let mut said = String::new();
    if options.distinct {
        said.push_str(", every request another one");
    }
    if options.writes > 0.0 {
        said.push_str(&format!(", {} claims a second beside", options.writes));
    } else if options.writers > 0 {
        said.push_str(&format!(", {} clients claiming beside", options.writers));
    }
    said
}

fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1_000.0;
    match millis {
        m if m < 1.0 => format!("{m:.3}"),
        m if m < 100.0 => format!("{m:.2}"),
        m => format!("{m:.0}"),
    }
}
