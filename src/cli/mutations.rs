//! The threads that execute mutations.

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result};

/// A runtime of its own for mutations, with as many threads as the one that reads. Where more is
/// ready than there are processors, who reads goes first; where there are processors left, nobody
/// waits for anybody.
#[derive(Debug)]
pub(super) struct Mutations {
    handle: Handle,
    /// None once it is dropped.
    runtime: Option<Runtime>,
}

impl Mutations {
    /// # Errors
    /// When the system gives no threads.
    pub(super) fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .thread_name("duban-mutations")
            .on_thread_start(nicer())
            .enable_all()
            .build()
            .map_err(Error::internal)?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    pub(super) const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Mutations {
    /// Waits for nobody: a runtime cannot be waited for within another one. What was to end well
    /// has ended with the server; what outlasted its drain ends with the process.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Makes a thread nicer than the one that asks for it. Linux has a priority for each thread;
/// elsewhere it would be the whole process's.
#[cfg(target_os = "linux")]
fn nicer() -> impl Fn() + Send + Sync + 'static {
    use std::sync::Once;

    use rustix::process::{getpriority_process, setpriority_process};

    /// The scheduler gives a thread that is seven steps nicer about a fifth of what another one
    /// gets, as long as there is another one.
    const NICER: i32 = 7;

    // Not each thread's own: it begins as nice as the one that starts it.
    let niceness = getpriority_process(None).map(|ours| ours + NICER);
    let told = Once::new();
    move || {
        if let Err(error) = niceness.and_then(|niceness| setpriority_process(None, niceness)) {
            told.call_once(|| {
                tracing::warn!(%error, "mutations are executed with the priority of reads");
            });
        }
    }
}

#[cfg(not(target_os = "linux"))]
const fn nicer() -> impl Fn() + Send + Sync + 'static {
    || {}
}
