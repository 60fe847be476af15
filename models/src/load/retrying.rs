//! Who tries again, when, and how often.

use halfopen_sim::chance::{Stream, Streams};
use halfopen_sim::{Span, Time};

use super::Try;
use crate::protect::budget::Budget;
use crate::scenario::Retries;

/// The retries of one load.
#[derive(Debug)]
pub struct Retrying {
    plan: Retries,
    /// One for each caller; none: retries are not bounded.
    budgets: Vec<Budget>,
    /// Draws who makes a request.
    callers: Stream,
    waits: Stream,
}

impl Retrying {
    /// Callers that have tried nothing yet; `name` names their random streams.
    pub fn new(plan: Retries, name: &str, streams: &Streams) -> Retrying {
        let budgets = plan.budget.map_or(0, |_| plan.callers);
        Retrying {
            plan,
            budgets: (0..budgets).filter_map(|_| plan.budget.map(Budget::new)).collect(),
            callers: streams.stream("callers", name),
            waits: streams.stream("retries", name),
        }
    }

    /// Somebody makes a request at `now`.
    #[inline]
    pub(super) fn begin(&mut self, now: Time) -> Try {
        if self.budgets.is_empty() {
            return Try::default();
        }
        let caller = self.callers.below(self.budgets.len() as u64) as u32;
        self.budgets[caller as usize].call(now);
        Try { caller, ..Try::default() }
    }

    /// A try was answered well.
    #[inline]
    pub(super) fn answered(&mut self, which: Try) {
        if let Some(budget) = self.budgets.get_mut(which.caller as usize) {
            budget.success(which.before > 0);
        }
    }

    /// A try failed at `now`; how long its caller waits before the next one, if it makes one.
    pub(super) fn failed(&mut self, now: Time, which: Try) -> Option<Span> {
        let wanted = which.before < self.plan.most;
        let budget = self.budgets.get_mut(which.caller as usize);
        let again = budget.map_or(wanted, |budget| budget.failure(now, wanted));
        again.then(|| self.plan.delay.wait(which.before, which.waited, &mut self.waits))
    }
}
