//! A call whose copy is sent when the answer takes long; the first answer wins. As many servers as there are calls.

use halfopen_models::protect::hedge::Hedge;
use halfopen_sim::chance::{Distribution, Sampler, Stream};
use halfopen_sim::histogram::Histogram;
use halfopen_sim::{Calendar, Model, Span, Time, Timer, run};

use super::estimate::independent;
use super::{Answer, Prediction, Question, Unreadable};

#[derive(Clone, Copy, Debug)]
enum Event {
    Call,
    Copy(u32),
    Answer(u32),
}

#[derive(Clone, Copy, Debug)]
struct Call {
    began: Time,
    sent: u32,
    hedge: Option<Timer>,
    answered: bool,
}

struct Caller {
    hedge: Hedge,
    service: Sampler,
    stream: Stream,
    calls: Vec<Call>,
    to_come: u64,
    sent: f64,
    latency: Histogram,
}

impl Caller {
    fn send(&mut self, now: Time, id: u32, calendar: &mut Calendar<Event>) {
        self.sent += 1.0;
        calendar.schedule(now + self.service.sample(&mut self.stream), Event::Answer(id));
        let call = &mut self.calls[id as usize];
        call.sent += 1;
        call.hedge = self.hedge.next(call.sent).map(|after| calendar.arm(now + after, Event::Copy(id)));
    }
}

impl Model for Caller {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Call => {
                self.calls.push(Call { began: now, sent: 0, hedge: None, answered: false });
                self.send(now, self.calls.len() as u32 - 1, calendar);
                self.to_come -= 1;
                if self.to_come > 0 {
                    calendar.schedule(now + Span::from_micros(10), Event::Call);
                }
            }
            Event::Copy(id) => self.send(now, id, calendar),
            Event::Answer(id) => {
                let call = &mut self.calls[id as usize];
                if std::mem::replace(&mut call.answered, true) {
                    return;
                }
                if let Some(timer) = call.hedge.take() {
                    calendar.cancel(timer);
                }
                self.latency.record(now - call.began);
            }
        }
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let (median, sigma) = (p.after("lognormal median")?, p.after("sigma")?);
    // Of a lognormal with parameters ln(median) and sigma: the mean and the coefficient of variation.
    let variance = sigma * sigma;
    let mean = Span::from_secs_f64(median * libm::exp(variance / 2.0));
    let service = Distribution::Lognormal { mean, cv: libm::expm1(variance).sqrt() }.prepare();
    let delay = p.text("hedge sent at p95").and_then(super::parameters::quantity);
    let delay = delay.ok_or_else(|| Unreadable("the parameters name no time of the hedge".into()))?;
    let copies = u32::from(!p.mention("no hedging"));
    let mut caller = Caller {
        hedge: Hedge::new(Span::from_secs_f64(delay), copies),
        service,
        stream: question.streams.stream("service", &question.case.id),
        calls: Vec::new(),
        to_come: 0,
        sent: 0.0,
        latency: Histogram::new(),
    };
    let share = match question.quantity.split_once(' ') {
        Some((percentile, _)) if percentile.starts_with('p') => {
            Some(percentile[1..].parse::<f64>().map_err(|_| Unreadable(percentile.into()))? / 100.0)
        }
        _ => None,
    };
    // A quantile of each batch needs a hundred values beyond it.
    let first = share.map_or(2_000, |share| (100.0 / (1.0 - share)) as u64);
    let estimate = independent(question.precision, first, |n| {
        caller.calls.clear();
        (caller.to_come, caller.sent, caller.latency) = (n, 0.0, Histogram::new());
        let mut calendar = Calendar::new();
        calendar.schedule(Time::ZERO, Event::Call);
        run(&mut caller, &mut calendar, Time::MAX);
        match share {
            Some(share) => (caller.latency.quantile(share).unwrap_or(Span::ZERO).as_secs_f64(), 1.0),
            None => (caller.sent - n as f64, n as f64),
        }
    });
    Ok(Prediction::Number(estimate))
}
