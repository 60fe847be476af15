//! Caches: time to live, warming up, least recently used, and what one popular key does when it expires.

use halfopen_models::protect::lru::Lru;
use halfopen_models::protect::ttl::{Entry, Read};
use halfopen_sim::chance::Zipf;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::{Precision, independent, steady};
use super::{Answer, Estimate, Prediction, Question};

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let estimate = if p.get("TTL").is_some() {
        time_to_live(question)?
    } else if p.mention("stampede") {
        stampede(question)?
    } else if p.get("capacity").is_some() {
        least_recently_used(question)?
    } else {
        warm_up(question)?
    };
    Ok(Prediction::Number(estimate))
}

type Found = Result<Estimate, super::Unreadable>;

/// One key: the reads of it and the fetches that come back.
#[derive(Clone, Copy, Debug)]
enum Event {
    Read,
    Fetched,
}

struct Key {
    entry: Entry,
    gap: f64,
    fetch: Span,
    stream: halfopen_sim::chance::Stream,
    reads: f64,
    hits: f64,
    fetches: f64,
    /// Fetches that found the key gone, not on its way.
    expiries: f64,
    on_the_way: u64,
}

impl Model for Key {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Read => {
                calendar
                    .schedule(now + Span::from_secs_f64(self.gap * self.stream.exponential()), Event::Read);
                self.reads += 1.0;
                match self.entry.read(now) {
                    Read::Hit => self.hits += 1.0,
                    Read::Wait => {}
                    Read::Fetch => {
                        self.fetches += 1.0;
                        self.expiries += f64::from(u8::from(self.on_the_way == 0));
                        self.on_the_way += 1;
                        calendar.schedule(now + self.fetch, Event::Fetched);
                    }
                }
            }
            Event::Fetched => {
                self.on_the_way -= 1;
                self.entry.store(now);
            }
        }
    }
}

impl Key {
    fn new(question: &Question, rate: f64, ttl: Span, fetch: Span) -> Key {
        Key {
            entry: Entry::new(ttl, false),
            gap: 1.0 / rate,
            fetch,
            stream: question.streams.stream("reads", &question.case.id),
            reads: 0.0,
            hits: 0.0,
            fetches: 0.0,
            expiries: 0.0,
            on_the_way: 0,
        }
    }

    /// Watches the key in stretches of `unit` each.
    fn watch(&mut self, precision: Precision, unit: Span, figure: impl Fn(&Key) -> (f64, f64)) -> Estimate {
        let mut calendar = Calendar::new();
        calendar.schedule(Time::ZERO, Event::Read);
        let mut until = Time::ZERO;
        steady(precision, 20, |units| {
            until += unit * units;
            run(self, &mut calendar, until);
            let figure = figure(self);
            (self.reads, self.hits, self.fetches, self.expiries) = (0.0, 0.0, 0.0, 0.0);
            figure
        })
    }
}

fn time_to_live(question: &Question) -> Found {
    let p = &question.parameters;
    let ttl = Span::from_secs_f64(p.number("TTL")?);
    let mut key = Key::new(question, p.number("requests for a key")?, ttl, Span::ZERO);
    Ok(key.watch(question.precision, ttl, |key| (key.hits, key.reads)))
}

/// Fetches per expiry. The time to live is not part of the figure as long as it is well above the fetch.
fn stampede(question: &Question) -> Found {
    let p = &question.parameters;
    let fetch = Span::from_secs_f64(p.after("refill takes")?);
    let mut key = Key::new(question, p.number("requests for the key")?, fetch * 2, fetch);
    Ok(key.watch(question.precision, fetch * 4, |key| (key.fetches, key.expiries)))
}

/// An empty cache without bound after so many reads: what was read so far, and whether the next read finds its key.
fn warm_up(question: &Question) -> Found {
    let p = &question.parameters;
    let keys = p.number("keys")? as u64;
    let zipf = Zipf::new(keys, p.number("alpha")?);
    let reads = p.after("after")? as u64;
    let mut stream = question.streams.stream("reads", &question.case.id);
    // The next read is any read: its probability to miss is the popularity of what is not stored.
    let exponent = p.number("alpha")?;
    let weights: Vec<f64> = (1..=keys).map(|rank| libm::pow(rank as f64, -exponent)).collect();
    let total: f64 = weights.iter().sum();
    let misses = question.quantity.starts_with("miss probability");
    Ok(independent(question.precision, 2, |runs| {
        let warmed = (0..runs).map(|_| {
            let mut cache = Lru::new(keys as u32, keys as u32);
            let mut popularity = 0.0;
            let mut distinct = 0.0;
            for _ in 0..reads {
                let key = zipf.sample(&mut stream) - 1;
                if !cache.read_through(key as u32) {
                    distinct += 1.0;
                    popularity += weights[key as usize] / total;
                }
            }
            if misses { 1.0 - popularity } else { distinct }
        });
        (warmed.sum(), runs as f64)
    }))
}

fn least_recently_used(question: &Question) -> Found {
    let p = &question.parameters;
    let keys = p.number("keys")? as u32;
    let zipf = Zipf::new(u64::from(keys), p.number("alpha")?);
    let mut cache = Lru::new(keys, p.number("capacity")? as u32);
    let mut stream = question.streams.stream("reads", &question.case.id);
    Ok(steady(question.precision, 20_000, |reads| {
        let hits = (0..reads).filter(|_| cache.read_through(zipf.sample(&mut stream) as u32 - 1)).count();
        (hits as f64, reads as f64)
    }))
}
