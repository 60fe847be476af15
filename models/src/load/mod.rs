//! Callers of a service: open Poisson arrivals, each with a deadline after which its caller gives up.
//!
//! A caller that gives up returns an error to its own user; the request it leaves behind goes on inside the instance
//! and keeps its memory (measured with an HTTP front on Node: 5.3 of 5.6 KB stay). Left out: callers' retries.

mod arrivals;
mod balancer;

use halfopen_sim::{Span, Time, Timer};
use slotmap::{SlotMap, new_key_type};

use crate::component::{self, Component};
use crate::event::{self, LoadId};

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
    /// An answer: good or an error.
    Answered(RequestKey, bool),
    /// The caller has waited long enough.
    Deadline(RequestKey),
}

/// What a load asks of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this request to the service.
    Request(RequestKey),
    /// A request sent at `.0` came to its end; `.1`: well and in time.
    Settled(Time, bool),
}

/// Callers of one kind.
#[derive(Debug)]
pub struct Load {
    arrivals: Arrivals,
    deadline: Option<Span>,
    open: SlotMap<RequestKey, Open>,
}

#[derive(Debug)]
struct Open {
    sent: Time,
    deadline: Option<Timer>,
}

impl Load {
    /// Callers that have sent nothing yet.
    pub fn new(arrivals: Arrivals, deadline: Option<Span>) -> Load {
        Load { arrivals, deadline, open: SlotMap::with_key() }
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

    fn settle(&mut self, out: &mut Out<'_>, request: RequestKey, good: bool) {
        // A late answer finds nobody.
        if let Some(open) = self.open.remove(request) {
            out.cancel(open.deadline);
            out.emit(Effect::Settled(open.sent, good));
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

    fn on(&mut self, now: Time, event: Event, out: &mut Out<'_>) {
        match event {
            Event::Arrival => {
                self.start(out);
                let deadline = self.deadline;
                let request = self.open.insert_with_key(|request| Open {
                    sent: now,
                    deadline: deadline.map(|span| out.arm(span, Event::Deadline(request))),
                });
                out.emit(Effect::Request(request));
            }
            Event::Answered(request, good) => self.settle(out, request, good),
            Event::Deadline(request) => self.settle(out, request, false),
        }
    }
}
