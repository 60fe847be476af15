//! One server without a line: who finds it busy tries again after a while.

use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::steady;
use super::{Answer, Prediction, Question};

#[derive(Clone, Copy, Debug)]
enum Event {
    Arrival,
    Retry,
    Departure,
}

struct Orbit {
    /// Mean gap between arrivals, mean service, mean wait between attempts, in seconds.
    means: [f64; 3],
    stream: Stream,
    busy: bool,
    orbiting: u64,
    since: Time,
    area: f64,
    attempts: f64,
    customers: f64,
}

impl Orbit {
    fn after(&mut self, now: Time, mean: usize) -> Time {
        now + Span::from_secs_f64(self.means[mean] * self.stream.exponential())
    }

    fn pass(&mut self, now: Time) {
        self.area += (now - self.since).as_secs_f64() * self.orbiting as f64;
        self.since = now;
    }

    fn attempt(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        self.attempts += 1.0;
        if self.busy {
            self.orbiting += 1;
            let again = self.after(now, 2);
            calendar.schedule(again, Event::Retry);
        } else {
            self.busy = true;
            let done = self.after(now, 1);
            calendar.schedule(done, Event::Departure);
        }
    }
}

impl Model for Orbit {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        self.pass(now);
        match event {
            Event::Arrival => {
                let next = self.after(now, 0);
                calendar.schedule(next, Event::Arrival);
                self.customers += 1.0;
                self.attempt(now, calendar);
            }
            Event::Retry => {
                self.orbiting -= 1;
                self.attempt(now, calendar);
            }
            Event::Departure => self.busy = false,
        }
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let mut orbit = Orbit {
        means: [1.0 / p.number("lambda")?, 1.0 / p.number("mu")?, 1.0 / p.number("theta")?],
        stream: question.streams.stream("retrial", &question.case.id),
        busy: false,
        orbiting: 0,
        since: Time::ZERO,
        area: 0.0,
        attempts: 0.0,
        customers: 0.0,
    };
    let mut calendar = Calendar::new();
    calendar.schedule(Time::ZERO, Event::Arrival);
    let gap = Span::from_secs_f64(orbit.means[0]);
    let mut until = Time::ZERO;
    let estimate = steady(question.precision, 20_000, |gaps| {
        until += gap * gaps;
        run(&mut orbit, &mut calendar, until);
        orbit.pass(until);
        let [area, attempts, customers] =
            [&mut orbit.area, &mut orbit.attempts, &mut orbit.customers].map(std::mem::take);
        if question.quantity.starts_with("attempts") {
            (attempts, customers)
        } else {
            (area, (gap * gaps).as_secs_f64())
        }
    });
    Ok(Prediction::Number(estimate))
}
