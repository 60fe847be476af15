//! How far the replications are, on a terminal only.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
// Progress and speed are about the machine, not about the model; neither goes into a file.
#[allow(clippy::disallowed_types)]
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::readable;

/// Counts what all threads have simulated.
#[allow(clippy::disallowed_types)]
pub struct Progress {
    start: Instant,
    bar: ProgressBar,
    replications: u64,
    finished: AtomicU64,
    requests: AtomicU64,
}

/// How fast it was.
pub struct Speed {
    /// Requests simulated.
    pub requests: u64,
    /// Seconds on the wall.
    pub seconds: f64,
}

impl Progress {
    /// The work of so many replications, in the unit of [`crate::study::cost`]. Where the standard error is no
    /// terminal, or for the `quiet`, it is counted but not shown.
    #[allow(clippy::disallowed_types)]
    pub fn new(replications: usize, work: u64, quiet: bool) -> Progress {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(work), target);
        let style = ProgressStyle::with_template("{bar:16} {wide_msg}");
        bar.set_style(style.expect("the template is fixed").progress_chars("━╸─"));
        Progress {
            start: Instant::now(),
            bar,
            replications: replications as u64,
            finished: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        }
    }

    /// So much of the work is done, and so many requests were sent in it.
    pub fn went_on(&self, work: u64, requests: u64) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
        self.bar.inc(work);
        if !self.bar.is_hidden() {
            self.bar.set_message(self.message());
        }
    }

    fn message(&self) -> String {
        let Speed { requests, seconds } = self.speed();
        let rate = readable::count(requests as f64 / seconds);
        let mut message =
            format!("{} of {} replications · {rate} requests/s", self.finished(), self.replications);
        let done = self.bar.position() as f64 / self.bar.length().unwrap_or(1).max(1) as f64;
        // Before that, what is left is a guess of a guess.
        if seconds > 2.0 && done > 0.005 {
            let left = (seconds * (1.0 / done - 1.0)).max(0.0);
            let _ = write!(message, " · about {} left", readable::seconds(left.ceil()));
        }
        message
    }

    /// A replication is done.
    pub fn finished_one(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// Replications that are done.
    pub fn finished(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }

    /// How fast it was so far.
    pub fn speed(&self) -> Speed {
        Speed {
            requests: self.requests.load(Ordering::Relaxed),
            seconds: self.start.elapsed().as_secs_f64().max(1e-3),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
