//! How far the replications are, on a terminal only.

use std::sync::atomic::{AtomicU64, Ordering};
// Progress and speed are about the machine, not about the model; neither goes into a file.
#[allow(clippy::disallowed_types)]
use std::time::Instant;

use halfopen_sim::Span;
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
    /// Work of `replications` runs, `total` of simulated time together. Where the standard error is no terminal,
    /// or for the `quiet`, it is counted but not shown.
    #[allow(clippy::disallowed_types)]
    pub fn new(replications: usize, total: Span, quiet: bool) -> Progress {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total.as_nanos() / 1_000_000_000), target);
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

    /// A run went on by `span` and sent `requests` in it.
    pub fn went_on(&self, span: Span, requests: u64) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
        self.bar.inc(span.as_nanos() / 1_000_000_000);
        if !self.bar.is_hidden() {
            let Speed { requests, seconds } = self.speed();
            let simulated = self.bar.position() as f64;
            self.bar.set_message(format!(
                "{} of {} replications · {} simulated · {} requests/s",
                self.finished(),
                self.replications,
                readable::seconds(simulated),
                readable::count(requests as f64 / seconds)
            ));
        }
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
