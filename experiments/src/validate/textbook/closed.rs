//! Closed queues: so many users who think, call, wait for the answer and think again.
//!
//! Machine repair, closed networks of stations in sequence, and a pool of connections whose users never think.

use std::collections::VecDeque;

use halfopen_sim::chance::{Distribution, Stream};
use halfopen_sim::histogram::Histogram;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::steady;
use super::parameters::{first_quantity, quantity};
use super::queue::exponential;
use super::station::Law;
use super::{Answer, Parameters, Prediction, Question, Unreadable};

/// A user has thought, or the station with this number has served a user.
#[derive(Clone, Copy, Debug)]
enum Event {
    Call(u32),
    Served(u8, u32),
}

struct Stop {
    servers: usize,
    service: Law,
    busy: usize,
    line: VecDeque<u32>,
}

/// Users and the stations each of their calls visits in order.
struct Network {
    think: Option<Law>,
    stops: Vec<Stop>,
    called: Vec<Time>,
    stream: Stream,
    answers: f64,
    responses: f64,
    histogram: Histogram,
}

impl Network {
    fn arrive(&mut self, now: Time, stop: u8, user: u32, calendar: &mut Calendar<Event>) {
        let at = &mut self.stops[stop as usize];
        if at.busy < at.servers {
            at.busy += 1;
            calendar.schedule(now + at.service.sample(&mut self.stream), Event::Served(stop, user));
        } else {
            at.line.push_back(user);
        }
    }

    fn leave(&mut self, now: Time, stop: u8, calendar: &mut Calendar<Event>) {
        let at = &mut self.stops[stop as usize];
        if let Some(next) = at.line.pop_front() {
            calendar.schedule(now + at.service.sample(&mut self.stream), Event::Served(stop, next));
        } else {
            at.busy -= 1;
        }
    }

    fn think(&mut self, now: Time, user: u32, calendar: &mut Calendar<Event>) {
        let pause = self.think.as_ref().map_or(Span::ZERO, |law| law.sample(&mut self.stream));
        calendar.schedule(now + pause, Event::Call(user));
    }
}

impl Model for Network {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Call(user) => {
                self.called[user as usize] = now;
                self.arrive(now, 0, user, calendar);
            }
            Event::Served(stop, user) => {
                self.leave(now, stop, calendar);
                if usize::from(stop) + 1 < self.stops.len() {
                    self.arrive(now, stop + 1, user, calendar);
                    return;
                }
                let response = now - self.called[user as usize];
                self.answers += 1.0;
                self.responses += response.as_secs_f64();
                self.histogram.record(response);
                self.think(now, user, calendar);
            }
        }
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let users = ["users", "callers", "virtual users"].iter().find_map(|key| p.get(key));
    let users = users.ok_or_else(|| Unreadable("the parameters name no users".into()))? as usize;
    let mut network = Network {
        think: p.text("think").and_then(law),
        stops: stops(p)?,
        called: vec![Time::ZERO; users],
        stream: question.streams.stream("closed", &question.case.id),
        answers: 0.0,
        responses: 0.0,
        histogram: Histogram::new(),
    };
    let mut calendar = Calendar::new();
    for user in 0..users as u32 {
        network.think(Time::ZERO, user, &mut calendar);
    }
    // A unit is a cycle of all users if nobody waited: a thousand of them forget the start.
    let unit = p.text("think").and_then(first_quantity).unwrap_or(0.0) + service_total(p)?;
    let mut until = Time::ZERO;
    let estimate = steady(question.precision, 1_000, |units| {
        until += Span::from_secs_f64(unit) * units;
        let before = (network.answers, network.responses);
        run(&mut network, &mut calendar, until);
        let (answers, responses) = (network.answers - before.0, network.responses - before.1);
        let histogram = std::mem::take(&mut network.histogram);
        match question.quantity {
            "throughput" => (answers, unit * units as f64),
            "p95 response" => (histogram.quantile(0.95).unwrap_or(Span::ZERO).as_secs_f64(), 1.0),
            _ => (responses, answers),
        }
    });
    Ok(Prediction::Number(estimate))
}

/// "exp 10 s" is exponential, "0.2 s" too (the only thinking that product-form networks need a mean of).
fn law(text: &str) -> Option<Law> {
    first_quantity(text).map(exponential)
}

fn stops(p: &Parameters) -> Result<Vec<Stop>, Unreadable> {
    let stop = |servers: f64, service: Law| Stop {
        servers: servers as usize,
        service,
        busy: 0,
        line: VecDeque::new(),
    };
    if let Some(size) = pool(p) {
        let hold = Span::from_secs_f64(hold(p)?);
        return Ok(vec![stop(size, Law::Of(Distribution::Fixed(hold).prepare()))]);
    }
    if let Some(servers) = p.get("servers") {
        return Ok(vec![stop(servers, exponential(service_total(p)?))]);
    }
    Ok(visits(p).into_iter().map(|mean| stop(1.0, exponential(mean))).collect())
}

/// Mean services of the stations that a call visits, in order: `app=0.005 s;cache=0.001 s;db=0.002 s`.
fn visits(p: &Parameters) -> Vec<f64> {
    ["app", "cache", "db"].iter().filter_map(|name| p.get(name)).collect()
}

fn pool(p: &Parameters) -> Option<f64> {
    p.get("pool").or_else(|| p.text("HikariCP default pool").and_then(quantity))
}

fn hold(p: &Parameters) -> Result<f64, Unreadable> {
    match p.text("hold").and_then(first_quantity) {
        Some(hold) => Ok(hold),
        None => p.after("holds a connection"),
    }
}

fn service_total(p: &Parameters) -> Result<f64, Unreadable> {
    if pool(p).is_some() {
        return hold(p);
    }
    match p.text("service").and_then(first_quantity) {
        Some(mean) => Ok(mean),
        None => Ok(visits(p).iter().sum()),
    }
}
