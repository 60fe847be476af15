//! Callers of a service: open Poisson arrivals, each with a deadline after which its caller gives up.
//!
//! A caller that gives up closes its connection; the request it leaves behind goes on inside the instance and keeps its
//! memory (measured with an HTTP front on Node: 5.3 of 5.6 KB stay). Whatever failed is tried again after a delay
//! (`protect/backoff.rs`) as often as the caller's retries and its budget (`protect/budget.rs`) allow; a try is a request
//! like any other, and so is its deadline.

mod arrivals;
mod balancer;
mod retrying;

use halfopen_sim::{Span, Time, Timer};
use slotmap::{SlotMap, new_key_type};

use crate::app::TaskKey;
use crate::component::{self, Component};
use crate::event::{self, InstanceId, LoadId};

pub use arrivals::Arrivals;
pub use balancer::Balancer;
pub use retrying::Retrying;

type Out<'a> = component::Out<'a, Load>;

new_key_type! {
    /// A request from its caller's view.
    pub struct RequestKey;
    /// A caller that waits before its next try.
    pub struct RetryKey;
}

/// What can happen to a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The next request is due.
    Arrival,
    /// This came of a request.
    Answered(RequestKey, Reply),
    /// The caller has waited long enough.
    Deadline(RequestKey),
    /// Time for a caller's next try.
    Again(RetryKey),
}

/// What the caller of a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// A good answer.
    Good,
    /// An error, as an answer (HTTP 5xx).
    Error,
    /// Its connection ends: the process that held the request is dead.
    Disconnected,
    /// Nobody took the request.
    Refused,
    /// An error, as an answer, before anything was done for it: shed, or above a bound.
    Unserved,
}

/// Which try of its caller a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Try {
    /// Tries before.
    pub before: u32,
    /// Whether one of them came as far as an instance, which then made the calls that its user needs.
    pub reached: bool,
    /// Which of the load's callers makes it.
    pub caller: u32,
    /// How long it waited before this try.
    pub waited: Span,
}

/// How a request ended, as its caller counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered well and in time.
    Answered,
    /// Answered with an error.
    Failed,
    /// Given up.
    GivenUp,
    /// The connection was refused or ended.
    CutOff,
}

/// What a load asks of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this request to the service.
    Request(RequestKey, Try),
    /// A request sent at `.0` came to its end.
    Settled(Time, Outcome),
    /// Tell this instance that the caller of this task has left.
    Leaves(InstanceId, TaskKey),
}

/// Callers of one kind.
#[derive(Debug)]
pub struct Load {
    arrivals: Arrivals,
    deadline: Option<Span>,
    retrying: Retrying,
    open: SlotMap<RequestKey, Open>,
    waiting: SlotMap<RetryKey, Try>,
    /// Open requests that are a second or later try.
    retries: u64,
}

#[derive(Debug)]
struct Open {
    sent: Time,
    deadline: Option<Timer>,
    which: Try,
    held: Option<(InstanceId, TaskKey)>,
}

impl Load {
    /// Callers that have sent nothing yet.
    pub fn new(arrivals: Arrivals, deadline: Option<Span>, retrying: Retrying) -> Load {
        let (open, waiting) = (SlotMap::with_key(), SlotMap::with_key());
        Load { arrivals, deadline, retrying, open, waiting, retries: 0 }
    }

    /// Open requests that are a second or later try.
    pub fn retries_in_flight(&self) -> u64 {
        self.retries
    }

    /// An instance holds this request as `task`.
    pub fn held(&mut self, request: RequestKey, instance: InstanceId, task: TaskKey) {
        if let Some(open) = self.open.get_mut(request) {
            open.held = Some((instance, task));
        }
    }

    /// When the requests that are still open were sent, in no particular order.
    pub fn open(&self) -> impl Iterator<Item = Time> + '_ {
        self.open.values().map(|open| open.sent)
    }

    /// Schedules the first arrival.
    pub fn start(&mut self, out: &mut Out<'_>) {
        if let Some(first) = self.arrivals.next(out.now()) {
            out.at(first, Event::Arrival);
        }
    }

    fn send(&mut self, out: &mut Out<'_>, which: Try) {
        let deadline = self.deadline;
        self.retries += u64::from(which.before > 0);
        let request = self.open.insert_with_key(|request| Open {
            sent: out.now(),
            deadline: deadline.map(|span| out.arm(span, Event::Deadline(request))),
            which,
            held: None,
        });
        out.emit(Effect::Request(request, which));
    }

    fn settle(&mut self, out: &mut Out<'_>, request: RequestKey, outcome: Outcome, reached: bool) {
        // A late answer finds nobody.
        let Some(open) = self.open.remove(request) else { return };
        self.retries -= u64::from(open.which.before > 0);
        out.cancel(open.deadline);
        out.emit(Effect::Settled(open.sent, outcome));
        if let (Outcome::GivenUp, Some((instance, task))) = (outcome, open.held) {
            out.emit(Effect::Leaves(instance, task));
        }
        if outcome == Outcome::Answered {
            self.retrying.answered(open.which);
        } else if let Some(waited) = self.retrying.failed(out.now(), open.which) {
            let Try { before, caller, .. } = open.which;
            let next = Try { before: before + 1, reached: open.which.reached || reached, caller, waited };
            let key = self.waiting.insert(next);
            out.at(out.now() + waited, Event::Again(key));
        }
    }
}

impl Component for Load {
    type Id = LoadId;
    type Event = Event;
    type Effect = Effect;

    fn address(id: LoadId, event: Event) -> event::Event {
        event::Event::Load(id, event)
    }

    fn on(&mut self, _now: Time, event: Event, out: &mut Out<'_>) {
        match event {
            Event::Arrival => {
                self.start(out);
                let which = self.retrying.begin(out.now());
                self.send(out, which);
            }
            Event::Again(key) => {
                if let Some(which) = self.waiting.remove(key) {
                    self.send(out, which);
                }
            }
            Event::Answered(request, reply) => {
                let outcome = match reply {
                    Reply::Good => Outcome::Answered,
                    Reply::Error | Reply::Unserved => Outcome::Failed,
                    Reply::Disconnected | Reply::Refused => Outcome::CutOff,
                };
                self.settle(out, request, outcome, !matches!(reply, Reply::Refused | Reply::Unserved));
            }
            Event::Deadline(request) => self.settle(out, request, Outcome::GivenUp, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::Calendar;
    use halfopen_sim::chance::Streams;

    use super::*;
    use crate::protect::backoff::Delay;
    use crate::protect::budget::Rule;
    use crate::scenario::Retries;

    const MS: fn(u64) -> Span = Span::from_millis;

    /// One caller at a time, each of whose requests gets the next of `replies` at once, or waits for its deadline of
    /// 50 ms; what came of them: milliseconds, tries before, whether one of them got anywhere, or how one ended.
    fn tries(retries: u32, replies: &[Option<Reply>]) -> Vec<(u64, Effect)> {
        within(None, retries, replies)
    }

    fn within(budget: Option<Rule>, most: u32, replies: &[Option<Reply>]) -> Vec<(u64, Effect)> {
        let streams = Streams::new(1);
        let arrivals = Arrivals::new(vec![(Time::ZERO, 1e-6)], streams.stream("arrivals", "test"));
        let plan = Retries { most, delay: Delay::Fixed(MS(100)), budget, callers: 1 };
        let mut load = Load::new(arrivals, Some(MS(50)), Retrying::new(plan, "test", &streams));
        let (mut calendar, mut effects, mut came) = (Calendar::new(), Vec::new(), Vec::new());
        let mut replies = replies.iter();
        let first = load.waiting.insert(Try::default());
        calendar.schedule(Time::ZERO, Load::address(0, Event::Again(first)));
        while let Some((now, event::Event::Load(0, event))) = calendar.pop() {
            load.on(now, event, &mut Out::new(now, 0, &mut calendar, &mut effects));
            for effect in effects.drain(..) {
                if let Effect::Request(request, _) = effect
                    && let Some(&Some(reply)) = replies.next()
                {
                    calendar.schedule(now, Load::address(0, Event::Answered(request, reply)));
                }
                came.push((now.as_nanos() / 1_000_000, effect));
            }
        }
        came
    }

    fn tried(came: &[(u64, Effect)]) -> Vec<(u64, u32, bool)> {
        let request = |&(at, effect): &(u64, Effect)| match effect {
            Effect::Request(_, which) => Some((at, which.before, which.reached)),
            _ => None,
        };
        came.iter().filter_map(request).collect()
    }

    #[test]
    fn what_failed_is_tried_again_after_the_delay_until_it_is_answered_or_the_retries_are_used_up() {
        let failing = [Some(Reply::Refused), None, Some(Reply::Error), Some(Reply::Disconnected)];
        let came = tries(3, &failing);
        assert_eq!(tried(&came), [(0, 0, false), (100, 1, false), (250, 2, true), (350, 3, true)]);
        let ends: Vec<Outcome> = came
            .iter()
            .filter_map(|&(_, effect)| match effect {
                Effect::Settled(_, outcome) => Some(outcome),
                _ => None,
            })
            .collect();
        assert_eq!(ends, [Outcome::CutOff, Outcome::GivenUp, Outcome::Failed, Outcome::CutOff]);
        assert_eq!(tried(&tries(3, &[Some(Reply::Error), Some(Reply::Good)])).len(), 2);
        assert_eq!(tried(&tries(0, &[None])).len(), 1);
    }

    #[test]
    fn a_retry_that_the_budget_refuses_is_not_made() {
        let failing = [Some(Reply::Error); 5];
        // A bucket of three pays out of more than one token: two retries.
        let bucket = Rule::TokenBucket { size: 3.0, credit: 0.1 };
        assert_eq!(tried(&within(Some(bucket), 9, &failing)).len(), 3);
        // Four failures empty it to half.
        let throttle = Rule::Grpc { max_tokens: 8.0, token_ratio: 0.1 };
        assert_eq!(tried(&within(Some(throttle), 9, &failing)).len(), 4);
        assert_eq!(tried(&within(Some(throttle), 1, &failing)).len(), 2, "its caller stops before");
    }
}
