//! Overload and outage as a deterministic course: evenly spaced calls, a server of even pace, silent for a while.
//!
//! One model for three questions: how much has piled up and how long it takes to drain, from when on nobody is answered
//! in time any more, and how much hangs on a dead peer while a command timeout frees it.

use std::collections::VecDeque;

use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::{Answer, Estimate, Prediction, Question, Unreadable};

#[derive(Clone, Copy, Debug)]
enum Event {
    Call,
    Served,
    Recovered,
    TimedOut,
}

/// What is called, how fast and for how long.
struct Course {
    /// Gaps between calls: up to a time, and after it.
    gaps: (Span, Span),
    changes: Time,
    /// Between answers; `None`: never one.
    service: Option<Span>,
    silent_until: Time,
    timeout: Option<Span>,
    pending: VecDeque<Time>,
    busy: bool,
    /// Pending when the rate changes or the server answers again.
    backlog: Option<u64>,
    emptied: Option<Time>,
    /// Arrival of the last call that was answered within the timeout.
    last_in_time: Time,
}

impl Course {
    fn serve(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        let Some(service) = self.service else { return };
        if !self.busy && now >= self.silent_until && !self.pending.is_empty() {
            self.busy = true;
            calendar.schedule(now + service, Event::Served);
        }
    }

    fn served(&mut self, now: Time) {
        self.busy = false;
        let Some(arrived) = self.pending.pop_front() else { return };
        if self.timeout.is_none_or(|timeout| now - arrived <= timeout) {
            self.last_in_time = self.last_in_time.max(arrived);
        }
        let since = self.changes.max(self.silent_until);
        if self.pending.is_empty() && now > since && self.emptied.is_none() {
            self.emptied = Some(now);
        }
    }
}

impl Model for Course {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Call => {
                if now >= self.changes && self.backlog.is_none() && self.changes > Time::ZERO {
                    self.backlog = Some(self.pending.len() as u64);
                }
                let gap = if now < self.changes { self.gaps.0 } else { self.gaps.1 };
                calendar.schedule(now + gap, Event::Call);
                self.pending.push_back(now);
                if let (None, Some(timeout)) = (self.service, self.timeout) {
                    calendar.schedule(now + timeout, Event::TimedOut);
                }
            }
            Event::Served => self.served(now),
            Event::Recovered => self.backlog = Some(self.pending.len() as u64),
            // Every call waits equally long, so the oldest is the one.
            Event::TimedOut => drop(self.pending.pop_front()),
        }
        self.serve(now, calendar);
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let rates = match (p.get("lambda"), p.get("calls")) {
        (Some(rate), _) => (rate, p.after("then").unwrap_or(rate)),
        (None, Some(rate)) => (rate, rate),
        _ => return Err(Unreadable("the parameters name no rate".into())),
    };
    let seconds = |secs: f64| Time::ZERO + Span::from_secs_f64(secs);
    let gap = |rate: f64| Span::from_secs_f64(1.0 / rate);
    let changes =
        p.text("lambda").and_then(|text| super::parameters::first_quantity(text.split_once("for")?.1));
    let timeout = p.get("timeout").or_else(|| p.after("command timeout").ok());
    let mut course = Course {
        gaps: (gap(rates.0), gap(rates.1)),
        changes: changes.map_or(Time::ZERO, seconds),
        service: p.get("mu").map(gap),
        silent_until: p.after("server silent for").map_or(Time::ZERO, seconds),
        timeout: timeout.map(Span::from_secs_f64),
        pending: VecDeque::new(),
        busy: false,
        backlog: None,
        emptied: None,
        last_in_time: Time::ZERO,
    };
    let since = course.changes.max(course.silent_until);
    let mut calendar = Calendar::new();
    calendar.schedule(Time::ZERO, Event::Call);
    if course.silent_until > Time::ZERO {
        calendar.schedule(course.silent_until, Event::Recovered);
    }
    // A hundred timeouts or ten minutes show where it leads.
    run(&mut course, &mut calendar, Time::ZERO + Span::from_secs(600));
    let missing = || Unreadable(format!("the course has no `{}`", question.quantity));
    let value = match question.quantity {
        "steady pending calls" => course.pending.len() as f64,
        "backlog at the end of overload" | "backlog at recovery" => {
            course.backlog.ok_or_else(missing)? as f64
        }
        "time from end of overload to empty" | "time from recovery to empty" => {
            (course.emptied.ok_or_else(missing)? - since).as_secs_f64()
        }
        _ if question.quantity.starts_with("arrival time after which") => course.last_in_time.as_secs_f64(),
        _ => return Err(missing()),
    };
    Ok(Prediction::Number(Estimate::exact(value)))
}
