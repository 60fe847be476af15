//! Several servers, each with a line of its own: jobs that go to one of them by choice, and jobs with a part for each.

use std::collections::VecDeque;

use halfopen_models::protect::choices;
use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::steady;
use super::{Answer, Prediction, Question};

#[derive(Clone, Copy, Debug)]
enum Event {
    Arrival,
    Departure(u32),
}

/// Where a job goes.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// To the shortest of so many lines.
    Choose(usize),
    /// A part to each server, done when all are done.
    Split,
}

/// A job with the parts that are not done.
#[derive(Clone, Copy, Debug)]
struct Job {
    arrived: Time,
    left: u32,
}

struct Servers {
    rule: Rule,
    gap: f64,
    service: f64,
    arrivals: Stream,
    services: Stream,
    choice: Stream,
    loads: Vec<u32>,
    lines: Vec<VecDeque<u32>>,
    jobs: Vec<Job>,
    free: Vec<u32>,
    done: f64,
    times: f64,
}

impl Servers {
    fn enqueue(&mut self, now: Time, server: usize, job: u32, calendar: &mut Calendar<Event>) {
        self.lines[server].push_back(job);
        self.loads[server] += 1;
        if self.loads[server] == 1 {
            self.serve(now, server, calendar);
        }
    }

    fn serve(&mut self, now: Time, server: usize, calendar: &mut Calendar<Event>) {
        let service = Span::from_secs_f64(self.service * self.services.exponential());
        calendar.schedule(now + service, Event::Departure(server as u32));
    }

    fn arrive(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        let left = if matches!(self.rule, Rule::Split) { self.loads.len() as u32 } else { 1 };
        let job = Job { arrived: now, left };
        let id = if let Some(id) = self.free.pop() {
            self.jobs[id as usize] = job;
            id
        } else {
            self.jobs.push(job);
            self.jobs.len() as u32 - 1
        };
        match self.rule {
            Rule::Split => (0..self.loads.len()).for_each(|server| self.enqueue(now, server, id, calendar)),
            Rule::Choose(d) => {
                let server = choices::pick(&self.loads, d, &mut self.choice);
                self.enqueue(now, server, id, calendar);
            }
        }
    }
}

impl Model for Servers {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Arrival => {
                let next = Span::from_secs_f64(self.gap * self.arrivals.exponential());
                calendar.schedule(now + next, Event::Arrival);
                self.arrive(now, calendar);
            }
            Event::Departure(server) => {
                let server = server as usize;
                self.loads[server] -= 1;
                let Some(id) = self.lines[server].pop_front() else { return };
                if self.loads[server] > 0 {
                    self.serve(now, server, calendar);
                }
                let job = &mut self.jobs[id as usize];
                job.left -= 1;
                if job.left == 0 {
                    self.done += 1.0;
                    self.times += (now - job.arrived).as_secs_f64();
                    self.free.push(id);
                }
            }
        }
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let (rule, servers) = if p.mention("fork-join") {
        (Rule::Split, p.before("parallel")? as usize)
    } else if p.mention("join the shortest of") {
        let servers = p.after("join the shortest of")? as usize;
        (Rule::Choose(servers), servers)
    } else {
        (Rule::Choose(p.number("d")? as usize), p.number("N")? as usize)
    };
    let mut rate = p.number("lambda")?;
    if p.mention("per server") {
        rate *= servers as f64;
    }
    let stream = |purpose| question.streams.stream(purpose, &question.case.id);
    let mut model = Servers {
        rule,
        gap: 1.0 / rate,
        service: 1.0 / p.number("mu")?,
        arrivals: stream("arrivals"),
        services: stream("service"),
        choice: stream("choice"),
        loads: vec![0; servers],
        lines: vec![VecDeque::new(); servers],
        jobs: Vec::new(),
        free: Vec::new(),
        done: 0.0,
        times: 0.0,
    };
    let mut calendar = Calendar::new();
    calendar.schedule(Time::ZERO, Event::Arrival);
    let gap = Span::from_secs_f64(model.gap);
    let mut until = Time::ZERO;
    // Large systems forget no faster for being large: a batch is as long for each server.
    let first = 20_000.max(200 * servers as u64);
    let estimate = steady(question.precision, first, |gaps| {
        until += gap * gaps;
        run(&mut model, &mut calendar, until);
        (std::mem::take(&mut model.times), std::mem::take(&mut model.done))
    });
    Ok(Prediction::Number(estimate))
}
