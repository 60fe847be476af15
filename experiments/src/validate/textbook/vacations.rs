//! A server that is away at times: on vacation whenever it is idle, or broken at any time.
//!
//! A vacation ends where it ends, work or not, and another follows while nothing waits. A breakdown interrupts a
//! service, which goes on where it was after the repair.

use std::collections::VecDeque;

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
    Back,
    Break,
}

/// When the server leaves.
enum Absence {
    /// For so long, whenever nothing waits.
    Idle(Span),
    /// At any time: between failures, to repair.
    Failing(Law, Law),
}

struct Server {
    gap: Law,
    service: Law,
    absence: Absence,
    stream: Stream,
    line: VecDeque<Time>,
    away: bool,
    /// The service that goes on: what is left of it, when it began to go on, and its end.
    serving: Option<(Span, Time, Option<Timer>)>,
    since: Time,
    area: f64,
    waits: f64,
    started: f64,
}

impl Server {
    fn in_system(&self) -> usize {
        self.line.len() + usize::from(self.serving.is_some())
    }

    fn pass(&mut self, now: Time) {
        self.area += (now - self.since).as_secs_f64() * self.in_system() as f64;
        self.since = now;
    }

    /// Begins or goes on with a service where there is one and the server is here.
    fn work(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        if self.away {
            return;
        }
        if self.serving.is_none() {
            if let Some(arrived) = self.line.pop_front() {
                self.waits += (now - arrived).as_secs_f64();
                self.started += 1.0;
                self.serving = Some((self.service.sample(&mut self.stream), now, None));
            } else if let Absence::Idle(vacation) = self.absence {
                self.away = true;
                calendar.schedule(now + vacation, Event::Back);
                return;
            }
        }
        if let Some((left, from, end @ None)) = &mut self.serving {
            *from = now;
            *end = Some(calendar.arm(now + *left, Event::Departure));
        }
    }

    fn interrupt(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        self.away = true;
        if let Some((left, from, end)) = &mut self.serving {
            if let Some(timer) = end.take() {
                calendar.cancel(timer);
            }
            *left = Span::from_nanos(left.as_nanos() - (now - *from).as_nanos());
        }
    }
}

impl Model for Server {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        self.pass(now);
        match event {
            Event::Arrival => {
                calendar.schedule(now + self.gap.sample(&mut self.stream), Event::Arrival);
                self.line.push_back(now);
            }
            Event::Departure => self.serving = None,
            Event::Break => {
                self.interrupt(now, calendar);
                if let Absence::Failing(_, repair) = &self.absence {
                    calendar.schedule(now + repair.sample(&mut self.stream), Event::Back);
                }
            }
            Event::Back => {
                self.away = false;
                if let Absence::Failing(life, _) = &self.absence {
                    calendar.schedule(now + life.sample(&mut self.stream), Event::Break);
                }
            }
        }
        self.work(now, calendar);
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let gap = 1.0 / p.number("lambda")?;
    let absence = match (p.get("breakdown rate"), p.get("repair rate")) {
        (Some(breaks), Some(repairs)) => {
            Absence::Failing(exponential(1.0 / breaks), exponential(1.0 / repairs))
        }
        _ => Absence::Idle(Span::from_secs_f64(p.after("vacation deterministic")?)),
    };
    let mut server = Server {
        gap: exponential(gap),
        service: service(p)?,
        absence,
        stream: question.streams.stream("server", &question.case.id),
        line: VecDeque::new(),
        away: true,
        serving: None,
        since: Time::ZERO,
        area: 0.0,
        waits: 0.0,
        started: 0.0,
    };
    let mut calendar = Calendar::new();
    calendar.schedule(Time::ZERO, Event::Back);
    calendar.schedule(Time::ZERO, Event::Arrival);
    let mut until = Time::ZERO;
    let estimate = steady(question.precision, 20_000, |gaps| {
        let stretch = Span::from_secs_f64(gap) * gaps;
        until += stretch;
        run(&mut server, &mut calendar, until);
        server.pass(until);
        let [area, waits, started] =
            [&mut server.area, &mut server.waits, &mut server.started].map(std::mem::take);
        if question.quantity == "mean number in system" {
            (area, stretch.as_secs_f64())
        } else {
            (waits, started)
        }
    });
    Ok(Prediction::Number(estimate))
}
