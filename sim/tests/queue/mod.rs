//! One waiting line in front of equal servers, first come first served, written as a user of the engine writes it.

use std::collections::VecDeque;

use halfopen_sim::chance::{Distribution, Sampler, Stream, Streams};
use halfopen_sim::gauge::Gauge;
use halfopen_sim::{Calendar, Model, Span, Time, run};

/// What is simulated.
pub struct System {
    /// Between two arrivals; with a population, between a customer's leaving and their coming back.
    pub between: Distribution,
    /// Customers there are, if they are always the same.
    pub population: Option<usize>,
    pub service: Distribution,
    pub servers: usize,
    /// At most this many are inside; who finds it full goes away for good.
    pub room: usize,
    /// A longer time in the system is late.
    pub late: Span,
}

/// What a run shows after its warm-up; times in seconds.
pub struct Figures {
    /// Means over those who left.
    pub wait: f64,
    pub stay: f64,
    /// Shares of those who left.
    pub waiting: f64,
    pub late: f64,
    /// Share of those who came.
    pub rejected: f64,
    /// Mean over time.
    pub in_system: f64,
}

#[derive(Clone, Copy)]
enum Event {
    Arrive,
    /// With when they came and when their service began.
    Depart(Time, Time),
}

struct Queue<'a> {
    system: &'a System,
    between: (Sampler, Stream),
    service: (Sampler, Stream),
    line: VecDeque<Time>,
    busy: usize,
    inside: Gauge,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    came: u64,
    rejected: u64,
    left: u64,
    waited: u64,
    late: u64,
    wait: u64,
    stay: u64,
}

/// Forty runs, each with streams of its own.
pub fn replicate(system: &System) -> Vec<Figures> {
    (1..=40).map(|seed| simulate(system, seed)).collect()
}

fn simulate(system: &System, seed: u64) -> Figures {
    const WARM_UP: Time = Time::from_nanos(5_000_000_000);
    const END: Time = Time::from_nanos(305_000_000_000);
    let streams = Streams::new(seed);
    let mut queue = Queue {
        system,
        between: (system.between.prepare(), streams.stream("between", "queue")),
        service: (system.service.prepare(), streams.stream("service", "queue")),
        line: VecDeque::new(),
        busy: 0,
        inside: Gauge::new(Time::ZERO, 0),
        seen: Seen::default(),
    };
    let mut calendar = Calendar::new();
    for _ in 0..system.population.unwrap_or(1) {
        queue.arrival(Time::ZERO, &mut calendar);
    }
    run(&mut queue, &mut calendar, WARM_UP);
    queue.seen = Seen::default();
    queue.inside = Gauge::new(WARM_UP, queue.inside.value());
    run(&mut queue, &mut calendar, END);
    let Seen { came, rejected, left, waited, late, wait, stay } = queue.seen;
    let per_customer = |sum: u64| sum as f64 / left as f64;
    Figures {
        wait: per_customer(wait) / 1e9,
        stay: per_customer(stay) / 1e9,
        waiting: per_customer(waited),
        late: per_customer(late),
        rejected: rejected as f64 / came as f64,
        in_system: queue.inside.mean(END),
    }
}

impl Model for Queue<'_> {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Arrive => {
                if self.system.population.is_none() {
                    self.arrival(now, calendar);
                }
                self.seen.came += 1;
                if self.busy + self.line.len() >= self.system.room {
                    self.seen.rejected += 1;
                    return;
                }
                self.inside.add(now, 1);
                if self.busy < self.system.servers {
                    self.busy += 1;
                    self.serve(now, now, calendar);
                } else {
                    self.line.push_back(now);
                }
            }
            Event::Depart(came, began) => {
                if self.system.population.is_some() {
                    self.arrival(now, calendar);
                }
                self.inside.add(now, -1);
                self.seen.left += 1;
                self.seen.waited += u64::from(began > came);
                self.seen.late += u64::from(now - came > self.system.late);
                self.seen.wait += (began - came).as_nanos();
                self.seen.stay += (now - came).as_nanos();
                match self.line.pop_front() {
                    Some(came) => self.serve(now, came, calendar),
                    None => self.busy -= 1,
                }
            }
        }
    }
}

impl Queue<'_> {
    fn arrival(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        let (between, stream) = &mut self.between;
        calendar.schedule(now + between.sample(stream), Event::Arrive);
    }

    fn serve(&mut self, now: Time, came: Time, calendar: &mut Calendar<Event>) {
        let (service, stream) = &mut self.service;
        calendar.schedule(now + service.sample(stream), Event::Depart(came, now));
    }
}
