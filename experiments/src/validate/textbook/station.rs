//! One waiting line with its servers: the station of the open textbook queues.
//!
//! Arrivals in batches, classes with priority, a bound on the number in system, patience, any service law, first come
//! first served or last come first served. Time-weighted and per-customer figures are tallied from one snapshot to the
//! next.

use std::collections::VecDeque;

use halfopen_sim::chance::{Sampler, Stream, Streams};
use halfopen_sim::histogram::Histogram;
use halfopen_sim::{Calendar, Model, Span, Time, Timer};

/// A law of durations.
#[derive(Clone, Debug)]
pub enum Law {
    /// One of the engine's distributions.
    Of(Sampler),
    /// Exponential with one of two means, the first with this probability.
    Hyperexponential(f64, [Span; 2]),
}

impl Law {
    /// Draws once.
    pub fn sample(&self, stream: &mut Stream) -> Span {
        match self {
            Law::Of(sampler) => sampler.sample(stream),
            Law::Hyperexponential(first, means) => {
                let mean = means[usize::from(stream.uniform() >= *first)];
                Span::from_secs_f64(mean.as_secs_f64() * stream.exponential())
            }
        }
    }
}

/// One class of customers.
#[derive(Clone, Debug)]
pub struct Class {
    /// Between two arrivals.
    pub gap: Law,
    /// So many arrive at once.
    pub batch: u32,
    /// Of each.
    pub service: Law,
}

/// What makes a station.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In the order of their priority.
    pub classes: Vec<Class>,
    /// Servers.
    pub servers: u64,
    /// Most in system; who comes in vain is refused.
    pub room: u64,
    /// How long a waiting customer stays.
    pub patience: Option<Law>,
    /// Last come, first served.
    pub last_first: bool,
}

/// What happens at a station.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A batch of this class.
    Arrival(u8),
    /// A served customer leaves.
    Departure(u32),
    /// A waiting customer gives up.
    Abandonment(u32),
}

#[derive(Clone, Copy, Debug)]
struct Customer {
    arrived: Time,
    class: u8,
    patience: Option<Timer>,
}

/// Sums since the last snapshot. Waits and times are in seconds.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Customers that came.
    pub arrived: f64,
    /// Of them refused.
    pub refused: f64,
    /// Gave up waiting.
    pub abandoned: f64,
    /// Ended their wait, by class, with the sum of waits and of their squares.
    pub waits: [(f64, f64, f64); 2],
    /// Began service after a wait.
    pub delayed: f64,
    /// Served, and the sum of their times in system.
    pub served: (f64, f64),
    /// Seconds, and the integrals over them of the number in system and of the busy servers.
    pub time: (f64, f64, f64),
    /// Waits of those served.
    pub wait: Histogram,
    /// Times in system.
    pub sojourn: Histogram,
}

/// A station at work.
pub struct Station {
    plan: Plan,
    arrivals: Stream,
    services: Stream,
    patience: Stream,
    customers: Vec<Customer>,
    free: Vec<u32>,
    lines: Vec<VecDeque<u32>>,
    waiting: u64,
    busy: u64,
    since: Time,
    /// The number in system at which everything stops.
    stop_at: Option<u64>,
    /// When the number in system reached that.
    pub reached: Option<Time>,
    tally: Tally,
}

impl Station {
    /// An empty station that stops for good when `stop_at` are in system.
    pub fn new(plan: Plan, streams: Streams, component: &str, stop_at: Option<u64>) -> Station {
        Station {
            arrivals: streams.stream("arrivals", component),
            services: streams.stream("service", component),
            patience: streams.stream("patience", component),
            customers: Vec::new(),
            free: Vec::new(),
            lines: plan.classes.iter().map(|_| VecDeque::new()).collect(),
            waiting: 0,
            busy: 0,
            since: Time::ZERO,
            stop_at,
            reached: None,
            tally: Tally::default(),
            plan,
        }
    }

    /// Empties the station and starts its clock; the streams go on where they are.
    pub fn begin(&mut self) -> Calendar<Event> {
        self.customers.clear();
        self.free.clear();
        self.lines.iter_mut().for_each(VecDeque::clear);
        (self.waiting, self.busy, self.since, self.reached) = (0, 0, Time::ZERO, None);
        let mut calendar = Calendar::new();
        for (class, law) in self.plan.classes.iter().enumerate() {
            calendar.schedule(Time::ZERO + law.gap.sample(&mut self.arrivals), Event::Arrival(class as u8));
        }
        calendar
    }

    /// Waiting and in service.
    pub fn in_system(&self) -> u64 {
        self.waiting + self.busy
    }

    /// What happened since the last snapshot, up to `now`.
    pub fn snapshot(&mut self, now: Time) -> Tally {
        self.pass(now);
        std::mem::take(&mut self.tally)
    }

    fn pass(&mut self, now: Time) {
        let seconds = (now - self.since).as_secs_f64();
        self.since = now;
        self.tally.time.0 += seconds;
        self.tally.time.1 += seconds * self.in_system() as f64;
        self.tally.time.2 += seconds * self.busy as f64;
    }

    fn admit(&mut self, now: Time, class: u8, calendar: &mut Calendar<Event>) {
        self.tally.arrived += 1.0;
        if self.in_system() >= self.plan.room {
            self.tally.refused += 1.0;
            return;
        }
        let customer = Customer { arrived: now, class, patience: None };
        let id = if let Some(id) = self.free.pop() {
            self.customers[id as usize] = customer;
            id
        } else {
            self.customers.push(customer);
            self.customers.len() as u32 - 1
        };
        self.waiting += 1;
        if self.busy < self.plan.servers {
            self.serve(now, id, calendar);
        } else {
            if let Some(patience) = &self.plan.patience {
                let at = now + patience.sample(&mut self.patience);
                self.customers[id as usize].patience = Some(calendar.arm(at, Event::Abandonment(id)));
            }
            self.lines[class as usize].push_back(id);
        }
        if self.stop_at.is_some_and(|most| self.in_system() >= most) {
            self.reached = Some(now);
        }
    }

    fn serve(&mut self, now: Time, id: u32, calendar: &mut Calendar<Event>) {
        let customer = &mut self.customers[id as usize];
        if let Some(timer) = customer.patience.take() {
            calendar.cancel(timer);
        }
        let wait = now - customer.arrived;
        let class = customer.class as usize;
        self.tally.note_wait(class, wait);
        self.tally.delayed += f64::from(u8::from(!wait.is_zero()));
        self.tally.wait.record(wait);
        self.waiting -= 1;
        self.busy += 1;
        let service = self.plan.classes[class].service.sample(&mut self.services);
        calendar.schedule(now + service, Event::Departure(id));
    }

    fn serve_next(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        for line in 0..self.lines.len() {
            let line = &mut self.lines[line];
            let next = if self.plan.last_first { line.pop_back() } else { line.pop_front() };
            if let Some(id) = next {
                self.serve(now, id, calendar);
                return;
            }
        }
    }
}

impl Model for Station {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        if self.reached.is_some() {
            return;
        }
        self.pass(now);
        match event {
            Event::Arrival(class) => {
                let law = &self.plan.classes[class as usize];
                let next = now + law.gap.sample(&mut self.arrivals);
                calendar.schedule(next, Event::Arrival(class));
                for _ in 0..law.batch {
                    self.admit(now, class, calendar);
                }
            }
            Event::Departure(id) => {
                let sojourn = now - self.customers[id as usize].arrived;
                self.tally.served.0 += 1.0;
                self.tally.served.1 += sojourn.as_secs_f64();
                self.tally.sojourn.record(sojourn);
                self.free.push(id);
                self.busy -= 1;
                self.serve_next(now, calendar);
            }
            Event::Abandonment(id) => {
                let customer = self.customers[id as usize];
                let line = &mut self.lines[customer.class as usize];
                line.retain(|&waiting| waiting != id);
                self.tally.note_wait(customer.class as usize, now - customer.arrived);
                self.tally.abandoned += 1.0;
                self.waiting -= 1;
                self.free.push(id);
            }
        }
    }
}

impl Tally {
    fn note_wait(&mut self, class: usize, wait: Span) {
        let seconds = wait.as_secs_f64();
        let waits = &mut self.waits[class];
        *waits = (waits.0 + 1.0, waits.1 + seconds, waits.2 + seconds * seconds);
    }
}
