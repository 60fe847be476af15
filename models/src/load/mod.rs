//! Callers of a service: open Poisson arrivals, each with a deadline after which its caller gives up.
//!
//! A caller that gives up closes its connection; the request it leaves behind goes on inside the instance and keeps its
//! memory (measured with an HTTP front on Node: 5.3 of 5.6 KB stay). Whatever failed is tried again after a fixed delay as
//! often as the caller's retries allow; a try is a request like any other, and so is its deadline. Left out: back-off
//! and retry budgets of callers.

mod arrivals;
mod balancer;

use halfopen_sim::{Span, Time, Timer};
use slotmap::{SlotMap, new_key_type};

use crate::app::TaskKey;
use crate::component::{self, Component};
use crate::event::{self, InstanceId, LoadId};

pub use arrivals::Arrivals;
pub use balancer::Balancer;

type Out<'a> = component::Out<'a, Load>;

new_key_type! {
    /// A request from its caller's view.
    pub struct RequestKey;
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
    Again(Try),
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
}

/// Which try of its caller a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Try {
    /// Tries before.
    pub before: u32,
    /// Whether one of them came as far as an instance, which then made the calls that its user needs.
    pub reached: bool,
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
    retries: u32,
    retry_delay: Span,
    open: SlotMap<RequestKey, Open>,
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
    pub fn new(arrivals: Arrivals, deadline: Option<Span>, retries: u32, retry_delay: Span) -> Load {
        Load { arrivals, deadline, retries, retry_delay, open: SlotMap::with_key() }
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
        out.cancel(open.deadline);
        out.emit(Effect::Settled(open.sent, outcome));
        if let (Outcome::GivenUp, Some((instance, task))) = (outcome, open.held) {
            out.emit(Effect::Leaves(instance, task));
        }
        if outcome != Outcome::Answered && open.which.before < self.retries {
            let next = Try { before: open.which.before + 1, reached: open.which.reached || reached };
            out.at(out.now() + self.retry_delay, Event::Again(next));
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
                self.send(out, Try::default());
            }
            Event::Again(which) => self.send(out, which),
            Event::Answered(request, reply) => {
                let outcome = match reply {
                    Reply::Good => Outcome::Answered,
                    Reply::Error => Outcome::Failed,
                    Reply::Disconnected | Reply::Refused => Outcome::CutOff,
                };
                self.settle(out, request, outcome, reply != Reply::Refused);
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

    const MS: fn(u64) -> Span = Span::from_millis;

    /// One caller at a time, each of whose requests gets the next of `replies` at once, or waits for its deadline of
    /// 50 ms; what came of them: milliseconds, tries before, whether one of them got anywhere, or how one ended.
    fn tries(retries: u32, replies: &[Option<Reply>]) -> Vec<(u64, Effect)> {
        let arrivals = Arrivals::new(vec![(Time::ZERO, 1e-6)], Streams::new(1).stream("arrivals", "test"));
        let mut load = Load::new(arrivals, Some(MS(50)), retries, MS(100));
        let (mut calendar, mut effects, mut came) = (Calendar::new(), Vec::new(), Vec::new());
        let mut replies = replies.iter();
        calendar.schedule(Time::ZERO, Load::address(0, Event::Again(Try::default())));
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
}
