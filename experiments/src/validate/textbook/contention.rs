//! Optimistic contention: clients who read a row's version and write it back, and begin again when another was faster.
//!
//! As in the simulator of the AWS Architecture Blog's "Exponential Backoff And Jitter" (2015): all start at once, each
//! hop takes |normal(mean, deviation)|, and a client that succeeded stops. Its results count writes attempted and the
//! time at which the last client hears of its success.

use halfopen_models::protect::backoff::{Backoff, Jitter};
use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::independent;
use super::{Answer, Prediction, Question, Unreadable};

#[derive(Clone, Copy, Debug)]
enum Event {
    /// A read is at the row.
    Read(u32),
    /// The version is back at its reader, who writes at once.
    Write(u32, u64),
    /// A write of a version is at the row.
    Commit(u32, u64),
    /// The outcome is back.
    Outcome(u32, bool),
}

struct Row {
    version: u64,
    hop: (f64, f64),
    /// Of each client: its waits, and how often it has failed; no waits at all where it never backs off.
    clients: Vec<(Option<Backoff>, u32)>,
    stream: Stream,
    writes: f64,
    last: Time,
}

impl Row {
    fn hop(&mut self) -> Span {
        Span::from_secs_f64((self.hop.0 + self.hop.1 * self.stream.normal()).abs())
    }
}

impl Model for Row {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        let at = now + self.hop();
        match event {
            Event::Read(client) => calendar.schedule(at, Event::Write(client, self.version)),
            Event::Write(client, version) => calendar.schedule(at, Event::Commit(client, version)),
            Event::Commit(client, version) => {
                self.writes += 1.0;
                let success = version == self.version;
                self.version += u64::from(success);
                calendar.schedule(at, Event::Outcome(client, success));
            }
            Event::Outcome(_, true) => self.last = now,
            Event::Outcome(client, false) => {
                let (backoff, failures) = &mut self.clients[client as usize];
                *failures += 1;
                let wait = backoff.as_mut().map_or(Span::ZERO, |it| it.wait(*failures, &mut self.stream));
                calendar.schedule(at + wait, Event::Read(client));
            }
        }
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let (base, cap) = (Span::from_secs_f64(p.number("base")?), Span::from_secs_f64(p.number("cap")?));
    let jitter = match p.text("algorithm") {
        Some("no back-off") => None,
        Some("exponential without jitter") => Some(Jitter::None),
        Some("full jitter") => Some(Jitter::Full),
        Some("equal jitter") => Some(Jitter::Equal),
        Some("decorrelated jitter") => Some(Jitter::Decorrelated),
        other => return Err(Unreadable(format!("no back-off is called {other:?}"))),
    };
    // "hop delay |normal(10,2)| ms", split at its comma.
    let hop = (p.after("normal(")? / 1e3, p.before(")| ms")? / 1e3);
    let clients =
        vec![(jitter.map(|jitter| Backoff::new(base, cap, jitter)), 0); p.number("clients")? as usize];
    let mut row = Row {
        version: 0,
        hop,
        clients: Vec::new(),
        stream: question.streams.stream("row", &question.case.id),
        writes: 0.0,
        last: Time::ZERO,
    };
    let estimate = independent(question.precision, 1, |runs| {
        let outcomes = (0..runs).map(|_| {
            row.clients.clone_from(&clients);
            (row.version, row.writes, row.last) = (0, 0.0, Time::ZERO);
            let mut calendar = Calendar::new();
            for client in 0..clients.len() as u32 {
                calendar.schedule(Time::ZERO + row.hop(), Event::Read(client));
            }
            run(&mut row, &mut calendar, Time::MAX);
            if question.quantity.starts_with("writes") { row.writes } else { row.last.as_secs_f64() * 1e3 }
        });
        (outcomes.sum(), runs as f64)
    });
    Ok(Prediction::Number(estimate))
}
