//! The servers as processes, and what the kernel says of them.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use crate::{Failure, Options};

/// Ticks of the kernel's clock a second: fixed on Linux for programs.
const TICKS: f64 = 100.0;

/// What is measured: servers that answer alike, among whom the clients are spread.
pub struct Target {
    pub name: &'static str,
    pub servers: Vec<Arc<Server>>,
    /// Nobody claims beside what is measured.
    pub is_alone: bool,
}

impl Target {
    pub fn new(name: &'static str, servers: Vec<Arc<Server>>) -> Self {
        Self {
            name,
            servers,
            is_alone: false,
        }
    }

    pub fn alone(self) -> Self {
        Self {
            is_alone: true,
            ..self
        }
    }

    pub fn is_duban(&self) -> bool {
        self.servers.iter().all(|server| server.is_duban)
    }

    /// The server of the n-th client.
    pub fn address(&self, n: usize) -> SocketAddr {
        self.servers[n % self.servers.len()].address
    }

    /// Seconds of processor time so far, of all of them.
    pub fn processor_seconds(&self) -> Result<f64, Failure> {
        self.servers.iter().map(|server| server.processor_seconds()).sum()
    }

    pub fn forget_peak(&self) {
        self.servers.iter().for_each(|server| server.forget_peak());
    }

    /// MiB of memory at the peak of the largest.
    pub fn peak(&self) -> Result<f64, Failure> {
        let mut peaks = self.servers.iter().map(|server| server.peak());
        peaks.try_fold(0.0, |most: f64, peak| Ok(most.max(peak?)))
    }
}

/// A server process, ended when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub is_duban: bool,
}

impl Server {
    pub fn duban(options: &Options) -> Result<Self, Failure> {
        let address = free()?;
        let mut command = Command::new(&options.duban);
        command
            .args(["serve", "--no-migrate"])
            .env("DUBAN_LISTEN", address.to_string())
            .env("DUBAN_DATABASE_URL", options.url())
            .env("DUBAN_LOG", "error")
            .env("DUBAN_JOBS_INTERVAL_SECONDS", options.jobs.to_string());
        if let Some(key) = &options.key {
            command.env("DUBAN_SIGNING_KEY_FILE", key);
        }
        Self::start(command, address, true)
    }

    pub fn floor(options: &Options) -> Result<Self, Failure> {
        let address = free()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("--floor")
            .arg(address.to_string())
            .arg("--database")
            .arg(&options.database);
        Self::start(command, address, false)
    }

    fn start(mut command: Command, address: SocketAddr, is_duban: bool) -> Result<Self, Failure> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        Ok(Self {
            child,
            address,
            is_duban,
        })
    }

    /// Seconds of processor time so far, of all its threads.
    pub fn processor_seconds(&self) -> Result<f64, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second member is a name in brackets, which may hold spaces.
        let rest = stat.rsplit_once(')').ok_or("no stat")?.1;
        let members: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |n: usize| members.get(n).and_then(|text| text.parse::<f64>().ok());
        let (user, system) = (ticks(11).ok_or("no utime")?, ticks(12).ok_or("no stime")?);
        Ok((user + system) / TICKS)
    }

    /// Forgets the peak of memory so far.
    pub fn forget_peak(&self) {
        // Where the kernel does not let us, the peak is that of the whole run.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }

    /// MiB of memory at the peak.
    pub fn peak(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|text| text.split_whitespace().next());
        Ok(kib.ok_or("no VmHWM")?.parse::<f64>()? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
