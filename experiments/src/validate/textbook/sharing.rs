//! Processor sharing: all customers are served at once, each at an equal part of the server's speed.
//!
//! Work is measured on a clock of its own that runs at one n-th of the time's speed while n are present; a customer
//! leaves when that clock has gone on by its demand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, Timer, run};

use super::estimate::steady;
use super::queue::{exponential, service};
use super::station::Law;
use super::{Answer, Prediction, Question};

#[derive(Clone, Copy, Debug)]
enum Event {
    Arrival,
    Departure,
}

struct Processor {
    gap: Law,
    demand: Law,
    arrivals: Stream,
    demands: Stream,
    /// Nanoseconds of service that a customer present all along would have had.
    attained: f64,
    since: Time,
    /// When, on that clock, each leaves; with its arrival.
    present: BinaryHeap<Reverse<(u64, Time)>>,
    next: Option<Timer>,
    served: f64,
    sojourns: f64,
}

impl Processor {
    fn pass(&mut self, now: Time) {
        if !self.present.is_empty() {
            self.attained += (now - self.since).as_nanos() as f64 / self.present.len() as f64;
        }
        self.since = now;
    }

    fn plan(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        if let Some(timer) = self.next.take() {
            calendar.cancel(timer);
        }
        if let Some(Reverse((target, _))) = self.present.peek() {
            let left = (*target as f64 - self.attained).max(0.0) * self.present.len() as f64;
            self.next = Some(calendar.arm(now + Span::from_nanos(left.ceil() as u64), Event::Departure));
        }
    }
}

impl Model for Processor {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        self.pass(now);
        match event {
            Event::Arrival => {
                calendar.schedule(now + self.gap.sample(&mut self.arrivals), Event::Arrival);
                let demand = self.demand.sample(&mut self.demands).as_nanos() as f64;
                self.present.push(Reverse(((self.attained + demand) as u64, now)));
            }
            Event::Departure => {
                if let Some(Reverse((_, arrived))) = self.present.pop() {
                    self.served += 1.0;
                    self.sojourns += (now - arrived).as_secs_f64();
                }
                if self.present.is_empty() {
                    // A busy period is over: start its clock anew, so that it keeps its nanoseconds.
                    self.attained = 0.0;
                }
            }
        }
        self.plan(now, calendar);
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let gap = 1.0 / p.number("lambda")?;
    let mut processor = Processor {
        gap: exponential(gap),
        demand: service(p)?,
        arrivals: question.streams.stream("arrivals", &question.case.id),
        demands: question.streams.stream("service", &question.case.id),
        attained: 0.0,
        since: Time::ZERO,
        present: BinaryHeap::new(),
        next: None,
        served: 0.0,
        sojourns: 0.0,
    };
    let mut calendar = Calendar::new();
    calendar.schedule(Time::ZERO, Event::Arrival);
    let mut until = Time::ZERO;
    let estimate = steady(question.precision, 20_000, |gaps| {
        until += Span::from_secs_f64(gap) * gaps;
        run(&mut processor, &mut calendar, until);
        (std::mem::take(&mut processor.sojourns), std::mem::take(&mut processor.served))
    });
    Ok(Prediction::Number(estimate))
}
