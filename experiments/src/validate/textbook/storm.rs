//! Overload that feeds itself: calls time out, are tried again at once, and the server works on all of them in vain.
//!
//! One server with a line, bounded or not; clients with a timeout and retries; a trigger: a spike of load, an outage, or
//! a time of less capacity. A call that finds the line full is lost and, as in the simulators that the cases come from
//! (`metastable_retry_storm` of `DesCartes`, metafor), not tried again.

use std::collections::VecDeque;

use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, Timer, run};

/// What happens in a storm.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A new call.
    Arrival,
    /// The server has done an attempt.
    Served,
    /// An attempt's client gives it up.
    TimedOut(u32),
    /// The disturbance is over.
    TriggerEnds,
}

/// For how long and how hard the system is disturbed.
#[derive(Clone, Copy, Debug)]
pub struct Trigger {
    /// When.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// Arrivals a second meanwhile.
    pub rate: f64,
    /// Share of the capacity that is left meanwhile.
    pub capacity: f64,
}

/// The settings of a storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Arrivals a second.
    pub rate: f64,
    /// Services a second.
    pub capacity: f64,
    /// Most that wait.
    pub room: usize,
    /// Of each attempt.
    pub timeout: Span,
    /// Further attempts of a call.
    pub retries: u32,
    /// The disturbance.
    pub trigger: Option<Trigger>,
    /// The line is full at the start.
    pub full: bool,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    retries_left: u32,
    /// Armed while its client waits.
    timer: Option<Timer>,
}

/// A storm in its course.
pub struct Storm {
    plan: Plan,
    arrivals: Stream,
    services: Stream,
    attempts: Vec<Attempt>,
    free: Vec<u32>,
    line: VecDeque<u32>,
    serving: Option<u32>,
    since: Time,
    /// Seconds times waiting calls; both sums since the last snapshot.
    area: f64,
    counts: Counts,
}

/// What happened since the last snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// New calls.
    pub calls: f64,
    /// Attempts of them, those that found the line full included.
    pub attempts: f64,
    /// Attempts answered in time.
    pub in_time: f64,
    /// Mean number waiting or in service.
    pub queue: f64,
}

impl Storm {
    /// A storm with its calendar.
    pub fn new(plan: Plan, arrivals: Stream, services: Stream) -> (Storm, Calendar<Event>) {
        let mut storm = Storm {
            plan,
            arrivals,
            services,
            attempts: Vec::new(),
            free: Vec::new(),
            line: VecDeque::new(),
            serving: None,
            since: Time::ZERO,
            area: 0.0,
            counts: Counts::default(),
        };
        let mut calendar = Calendar::new();
        calendar.schedule(Time::ZERO, Event::Arrival);
        if let Some(trigger) = plan.trigger {
            calendar.schedule(trigger.to, Event::TriggerEnds);
        }
        if plan.full {
            for _ in 0..=plan.room {
                storm.send(Time::ZERO, plan.retries, &mut calendar);
            }
        }
        (storm, calendar)
    }

    /// What happened since the last snapshot, `now`.
    pub fn snapshot(&mut self, now: Time, seconds: f64) -> Counts {
        self.pass(now);
        let counts = std::mem::take(&mut self.counts);
        Counts { queue: std::mem::take(&mut self.area) / seconds, ..counts }
    }

    /// Waiting or in service.
    pub fn queue(&self) -> usize {
        self.line.len() + usize::from(self.serving.is_some())
    }

    fn pass(&mut self, now: Time) {
        self.area += (now - self.since).as_secs_f64() * self.queue() as f64;
        self.since = now;
    }

    fn trigger(&self, now: Time) -> Option<Trigger> {
        self.plan.trigger.filter(|trigger| (trigger.from..trigger.to).contains(&now))
    }

    fn send(&mut self, now: Time, retries_left: u32, calendar: &mut Calendar<Event>) {
        self.counts.attempts += 1.0;
        if self.line.len() >= self.plan.room {
            return;
        }
        let attempt = Attempt { retries_left, timer: None };
        let id = if let Some(id) = self.free.pop() {
            self.attempts[id as usize] = attempt;
            id
        } else {
            self.attempts.push(attempt);
            self.attempts.len() as u32 - 1
        };
        self.attempts[id as usize].timer = Some(calendar.arm(now + self.plan.timeout, Event::TimedOut(id)));
        self.line.push_back(id);
        self.serve(now, calendar);
    }

    fn serve(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        let left = self.trigger(now).map_or(1.0, |trigger| trigger.capacity);
        if self.serving.is_some() || left == 0.0 {
            return;
        }
        self.serving = self.line.pop_front();
        if self.serving.is_some() {
            let service = Span::from_secs_f64(self.services.exponential() / (self.plan.capacity * left));
            calendar.schedule(now + service, Event::Served);
        }
    }
}

impl Model for Storm {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        self.pass(now);
        match event {
            Event::Arrival => {
                let rate = self.trigger(now).map_or(self.plan.rate, |trigger| trigger.rate);
                let gap = Span::from_secs_f64(self.arrivals.exponential() / rate);
                calendar.schedule(now + gap, Event::Arrival);
                self.counts.calls += 1.0;
                self.send(now, self.plan.retries, calendar);
            }
            Event::Served => {
                let Some(id) = self.serving.take() else { return };
                if let Some(timer) = self.attempts[id as usize].timer.take() {
                    calendar.cancel(timer);
                    self.counts.in_time += 1.0;
                }
                self.free.push(id);
                self.serve(now, calendar);
            }
            Event::TimedOut(id) => {
                let attempt = &mut self.attempts[id as usize];
                attempt.timer = None;
                if let Some(left) = attempt.retries_left.checked_sub(1) {
                    self.send(now, left, calendar);
                }
            }
            Event::TriggerEnds => self.serve(now, calendar),
        }
    }
}

/// Runs `storm` on to `until` and tells what happened on the way from `from`.
pub fn stretch(storm: &mut Storm, calendar: &mut Calendar<Event>, from: Time, until: Time) -> Counts {
    run(storm, calendar, from);
    storm.snapshot(from, 1.0);
    run(storm, calendar, until);
    storm.snapshot(until, (until - from).as_secs_f64())
}
