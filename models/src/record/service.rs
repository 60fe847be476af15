//! What is noted about one service.

use halfopen_sim::Time;
use halfopen_sim::histogram::Histogram;

use super::verdict::{self, AtHorizon, Ends};
use super::windows::Windows;
use crate::load::Outcome;
use crate::recording::{Callers, Recovery, Sample, ServiceRecord, Verdict};
use crate::scenario::{self, Restart};

pub(super) struct Service {
    pub(super) name: String,
    pub(super) record: ServiceRecord,
    pub(super) pending_calls: u64,
    pub(super) since_sample: Sample,
    pub(super) ends: Ends,
    /// Ends noted until the last sample.
    ends_at_sample: usize,
    windows: Windows,
    origin: Time,
    restarts: bool,
}

impl Service {
    /// A service to which nothing has happened; what counts only after the fault counts from `origin`.
    pub(super) fn new(service: &scenario::Service, origin: Time) -> Service {
        Service {
            name: service.name.clone(),
            record: ServiceRecord {
                requests: 0,
                errors: 0,
                callers: Callers::default(),
                open_at_horizon: 0,
                sent_after_fault: 0,
                good_after_fault: 0,
                first_error: None,
                last_error: None,
                first_crash: None,
                crashes: 0,
                recovery: Recovery::Unharmed,
                peak_pending_calls: 0,
                peak_memory_bytes: 0,
                latency: Histogram::new(),
                calls_reached: 0,
                calls_needed: 0,
                verdict: Verdict::Unharmed,
                verdict_rule: String::new(),
                instances: Vec::new(),
                series: Vec::new(),
            },
            pending_calls: 0,
            since_sample: Sample::default(),
            ends: Ends::default(),
            ends_at_sample: 0,
            windows: Windows::new(origin, service.objective),
            origin,
            restarts: service.restart != Restart::Never,
        }
    }

    pub(super) fn sent(&mut self, now: Time) {
        self.record.requests += 1;
        self.record.sent_after_fault += u64::from(now >= self.origin);
        self.since_sample.sent += 1;
        self.windows.sent(now);
    }

    /// Counts how a request ended; whether well.
    fn count(&mut self, outcome: Outcome) -> bool {
        let callers = &mut self.record.callers;
        let (count, good) = match outcome {
            Outcome::Answered => (&mut callers.answered, true),
            Outcome::Failed => (&mut callers.failed, false),
            Outcome::GivenUp => (&mut callers.given_up, false),
            Outcome::CutOff => (&mut callers.cut_off, false),
        };
        *count += 1;
        good
    }

    /// Notes the end of a request; whether it is the first that fails after the fault.
    pub(super) fn settled(&mut self, sent: Time, now: Time, outcome: Outcome) -> bool {
        let good = self.count(outcome);
        self.windows.settled(sent, now, good);
        if good {
            self.since_sample.answered += 1;
            self.record.good_after_fault += u64::from(sent >= self.origin);
            self.record.latency.record(now - sent);
            return false;
        }
        self.since_sample.errors += 1;
        self.record.errors += 1;
        if now < self.origin {
            return false;
        }
        self.record.last_error = Some(now);
        let first = self.record.first_error.is_none();
        self.record.first_error.get_or_insert(now);
        first
    }

    /// Files the sample that was collected. `healed`: when a fault ended since the sample before, if one did.
    pub(super) fn sample(&mut self, healed: Option<Time>) {
        let mut sample = std::mem::take(&mut self.since_sample);
        sample.pending_calls = self.pending_calls;
        sample.memory_mean_bytes /= u64::from(sample.instances_up.max(1));
        let was_half_open = self.record.series.last().is_some_and(|before| before.half_open > 0);
        if let Some(at) = healed
            && was_half_open
            && sample.half_open == 0
            && self.ends.len() == self.ends_at_sample
        {
            // Nothing ended its connections: they are whole because their node answers again.
            self.ends.note(at, verdict::End::Healed);
        }
        self.ends_at_sample = self.ends.len();
        self.record.series.push(sample);
    }

    /// The record with its verdict; `open`: when the requests that are still open were sent.
    pub(super) fn finish(mut self, horizon: Time, open: &[Time], at_horizon: AtHorizon) -> ServiceRecord {
        for &sent in open {
            self.windows.still_open(sent, horizon);
        }
        let mut record = self.record;
        record.open_at_horizon = open.len() as u64;
        let undecided = |sent: &&Time| **sent >= self.origin && !self.windows.is_slow(**sent, horizon);
        record.sent_after_fault -= open.iter().filter(undecided).count() as u64;
        record.recovery = self.windows.recovery(horizon);
        let lost = if self.restarts { 0 } else { record.crashes };
        let outcome = verdict::Outcome {
            recovery: record.recovery,
            mended: self.windows.mended(horizon),
            lost,
            at_horizon,
            origin: self.origin,
        };
        (record.verdict, record.verdict_rule) = verdict::decide(outcome, &self.ends);
        record
    }
}
