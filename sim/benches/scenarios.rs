//! Three models that do little but use the calendar, written as a user of the engine writes them.
//!
//! They draw the same numbers from the same generators, in the same order, as the other programs they are compared
//! with, so their checksums must agree. Times are in whole nanoseconds.
//!
//! - `mm1`: arrivals, one server, a queue. Two events per customer, two pending.
//! - `timeouts`: arrivals, some servers, and a timeout for every request that is cancelled when it is answered. Every
//!   4096th answer is lost, so that its timeout fires.
//! - `hold`: as many pending events as asked for; each, when it happens, schedules the next.

use std::collections::VecDeque;

use halfopen_sim::{Calendar, Model, Span, Time, Timer, run};
use rand::SeedableRng;
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64Mcg;

/// Mean service time in nanoseconds.
pub const SERVICE: f64 = 1_000_000.0;
/// Load per server.
pub const LOAD: f64 = 0.8;
/// One answer in so many is lost.
pub const LOST_EVERY: u64 = 4096;

/// What one run amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Events handled; a cancelled timer is none.
    pub events: u64,
    /// Depends on every event and its time, in order.
    pub check: u64,
    /// Sum of all waiting times in nanoseconds.
    pub waited: u64,
}

pub fn generator(stream: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(0x5EED_0000 + stream)
}

#[inline]
pub fn exponential(generator: &mut Pcg64Mcg, mean: f64) -> Span {
    let x: f64 = Exp1.sample(generator);
    Span::from_nanos(((x * mean) as u64).max(1))
}

#[inline]
pub fn mix(check: u64, value: u64) -> u64 {
    (check ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23)
}

/// M/M/1 until `customers` have been served.
pub fn mm1(customers: u64) -> Outcome {
    let mut model = Mm1 {
        arrivals: generator(1),
        services: generator(2),
        queue: VecDeque::new(),
        busy: false,
        to_come: customers,
        check: 0,
        waited: 0,
    };
    let mut calendar = Calendar::new();
    let first = exponential(&mut model.arrivals, SERVICE / LOAD);
    calendar.schedule(Time::ZERO + first, Mm1Event::Arrive);
    let events = run(&mut model, &mut calendar, Time::MAX);
    Outcome { events, check: model.check ^ model.waited, waited: model.waited }
}

#[derive(Clone, Copy)]
enum Mm1Event {
    Arrive,
    Depart,
}

struct Mm1 {
    arrivals: Pcg64Mcg,
    services: Pcg64Mcg,
    queue: VecDeque<Time>,
    busy: bool,
    to_come: u64,
    check: u64,
    waited: u64,
}

impl Model for Mm1 {
    type Event = Mm1Event;

    #[inline]
    fn handle(&mut self, now: Time, event: Mm1Event, calendar: &mut Calendar<Mm1Event>) {
        match event {
            Mm1Event::Arrive => {
                self.to_come -= 1;
                if self.to_come > 0 {
                    let next = exponential(&mut self.arrivals, SERVICE / LOAD);
                    calendar.schedule(now + next, Mm1Event::Arrive);
                }
                if self.busy {
                    self.queue.push_back(now);
                } else {
                    self.busy = true;
                    self.serve(now, calendar);
                }
            }
            Mm1Event::Depart => {
                self.check = mix(self.check, now.as_nanos());
                if let Some(since) = self.queue.pop_front() {
                    self.waited += (now - since).as_nanos();
                    self.serve(now, calendar);
                } else {
                    self.busy = false;
                }
            }
        }
    }
}

impl Mm1 {
    fn serve(&mut self, now: Time, calendar: &mut Calendar<Mm1Event>) {
        calendar.schedule(now + exponential(&mut self.services, SERVICE), Mm1Event::Depart);
    }
}

/// `requests` to `servers`, each with a `timeout` of its own: of `durations` different ones in turn.
pub fn timeouts(requests: u64, servers: u64, timeout: Span, durations: u64) -> Outcome {
    let mut model = Timeouts {
        requests,
        between: SERVICE / LOAD / servers as f64,
        timeout: timeout.as_nanos(),
        durations,
        arrivals: generator(1),
        services: generator(2),
        slots: Vec::new(),
        free: Vec::new(),
        queue: VecDeque::new(),
        idle: servers,
        arrived: 0,
        fired: 0,
        check: 0,
        waited: 0,
    };
    let mut calendar = Calendar::new();
    let first = exponential(&mut model.arrivals, model.between);
    calendar.schedule(Time::ZERO + first, Event::Arrive);
    let events = run(&mut model, &mut calendar, Time::MAX);
    let check = model.check ^ model.waited ^ (model.fired << 48);
    Outcome { events, check, waited: model.waited }
}

#[derive(Clone, Copy)]
enum Event {
    Arrive,
    Depart(u32),
    TimeOut(u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Waiting,
    InService,
    /// Timed out while waiting, still in the queue.
    GivenUp,
    /// Timed out while in service.
    Abandoned,
    /// Served, but the answer was lost.
    Lost,
}

struct Request {
    state: State,
    lost: bool,
    timer: Timer,
}

struct Timeouts {
    requests: u64,
    between: f64,
    timeout: u64,
    durations: u64,
    arrivals: Pcg64Mcg,
    services: Pcg64Mcg,
    slots: Vec<Request>,
    free: Vec<u32>,
    queue: VecDeque<(u32, Time)>,
    idle: u64,
    arrived: u64,
    fired: u64,
    check: u64,
    waited: u64,
}

impl Model for Timeouts {
    type Event = Event;

    #[inline]
    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Arrive => self.on_arrive(now, calendar),
            Event::Depart(slot) => self.on_depart(now, slot, calendar),
            Event::TimeOut(slot) => self.on_time_out(now, slot),
        }
    }
}

impl Timeouts {
    fn on_arrive(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        let id = self.arrived;
        self.arrived += 1;
        if self.arrived < self.requests {
            calendar.schedule(now + exponential(&mut self.arrivals, self.between), Event::Arrive);
        }
        let slot = self.free.pop().unwrap_or(self.slots.len() as u32);
        let timeout = match self.durations {
            1 => self.timeout,
            several => self.timeout + self.timeout / 64 * (id % several),
        };
        let timer = calendar.arm(now + Span::from_nanos(timeout), Event::TimeOut(slot));
        let state = if self.idle > 0 { State::InService } else { State::Waiting };
        let request = Request { state, lost: id % LOST_EVERY == LOST_EVERY - 1, timer };
        if slot as usize == self.slots.len() {
            self.slots.push(request);
        } else {
            self.slots[slot as usize] = request;
        }
        if state == State::InService {
            self.idle -= 1;
            self.serve(now, slot, calendar);
        } else {
            self.queue.push_back((slot, now));
        }
    }

    fn on_depart(&mut self, now: Time, slot: u32, calendar: &mut Calendar<Event>) {
        self.check = mix(self.check, now.as_nanos());
        let request = &mut self.slots[slot as usize];
        if request.state == State::InService && request.lost {
            request.state = State::Lost;
        } else {
            if request.state == State::InService {
                calendar.cancel(request.timer);
            }
            request.state = State::Free;
            self.free.push(slot);
        }
        self.idle += 1;
        while let Some((next, since)) = self.queue.pop_front() {
            let request = &mut self.slots[next as usize];
            if request.state == State::GivenUp {
                request.state = State::Free;
                self.free.push(next);
                continue;
            }
            request.state = State::InService;
            self.idle -= 1;
            self.waited += (now - since).as_nanos();
            self.serve(now, next, calendar);
            break;
        }
    }

    fn on_time_out(&mut self, now: Time, slot: u32) {
        self.fired += 1;
        self.check = mix(self.check, now.as_nanos() ^ 0xF1);
        let request = &mut self.slots[slot as usize];
        match request.state {
            State::Waiting => request.state = State::GivenUp,
            State::InService => request.state = State::Abandoned,
            _ => {
                request.state = State::Free;
                self.free.push(slot);
            }
        }
    }

    fn serve(&mut self, now: Time, slot: u32, calendar: &mut Calendar<Event>) {
        calendar.schedule(now + exponential(&mut self.services, SERVICE), Event::Depart(slot));
    }
}

/// `pending` events that each schedule the next, a thousand per simulated millisecond on average.
pub struct Hold {
    generator: Pcg64Mcg,
    mean: f64,
    check: u64,
    calendar: Calendar<u32>,
}

impl Hold {
    /// Fills the calendar and takes every event once, so that what is pending looks as it will from then on.
    pub fn new(pending: u32) -> Self {
        let mut generator = generator(3);
        let mean = 1000.0 * f64::from(pending);
        let mut calendar = Calendar::new();
        for id in 0..pending {
            calendar.schedule(Time::ZERO + exponential(&mut generator, mean), id);
        }
        let mut hold = Hold { generator, mean, check: 0, calendar };
        hold.take(u64::from(pending));
        hold
    }

    /// Takes `events` and schedules as many.
    pub fn take(&mut self, events: u64) -> Outcome {
        for _ in 0..events {
            let Some((now, id)) = self.calendar.pop() else { break };
            self.check = mix(self.check, now.as_nanos());
            self.calendar.schedule(now + exponential(&mut self.generator, self.mean), id);
        }
        Outcome { events, check: self.check, waited: 0 }
    }
}
