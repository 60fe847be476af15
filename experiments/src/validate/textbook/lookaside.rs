//! A look-aside cache that loses its hottest keys: misses saturate the database, calls time out, and who timed out does
//! not refill the cache.
//!
//! Huang et al. (OSDI'22, section 5.3) publish hit ratios and timeouts and no rates, so load and database are
//! assumptions here, as are Zipf's exponent and the number of keys; the direction of the effect does not depend on them.

use std::collections::VecDeque;

use halfopen_sim::chance::{Stream, Zipf};
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::parameters::quantity;
use super::{Answer, Prediction, Question, Unreadable};

/// Assumption: keys, and how unequal they are.
const KEYS: u64 = 10_000;
const EXPONENT: f64 = 1.0;
/// Assumption: reads a second, and the share of the database's capacity that its misses take in peace.
const RATE: f64 = 2_000.0;
const LOAD: f64 = 0.7;
const FLUSHED_AT: Time = Time::from_nanos(10_000_000_000);
const END: Time = Time::from_nanos(130_000_000_000);

#[derive(Clone, Copy, Debug)]
enum Event {
    Read,
    Fetched,
    Flush,
}

struct Cache {
    zipf: Zipf,
    /// Whether each key that the cache has room for is in it, the most popular first.
    stored: Vec<bool>,
    /// So many of the hottest are lost.
    lost: usize,
    fetch: f64,
    timeout: Span,
    stream: Stream,
    line: VecDeque<(Time, u64)>,
    /// Fetches that came too late, and all of them.
    late: u64,
    fetched: u64,
}

impl Cache {
    fn fetch(&mut self, now: Time, calendar: &mut Calendar<Event>) {
        let fetch = Span::from_secs_f64(self.fetch * self.stream.exponential());
        calendar.schedule(now + fetch, Event::Fetched);
    }
}

impl Model for Cache {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Read => {
                calendar.schedule(now + Span::from_secs_f64(self.stream.exponential() / RATE), Event::Read);
                let key = self.zipf.sample(&mut self.stream) - 1;
                if !self.stored.get(key as usize).copied().unwrap_or(false) {
                    self.line.push_back((now, key));
                    if self.line.len() == 1 {
                        self.fetch(now, calendar);
                    }
                }
            }
            Event::Fetched => {
                let Some((asked, key)) = self.line.pop_front() else { return };
                self.fetched += 1;
                if now - asked > self.timeout {
                    self.late += 1;
                } else if let Some(stored) = self.stored.get_mut(key as usize) {
                    *stored = true;
                }
                if !self.line.is_empty() {
                    self.fetch(now, calendar);
                }
            }
            Event::Flush => self.stored[..self.lost].fill(false),
        }
    }
}

/// Whether losing the `lost` hottest keys is never made good.
fn sticks(question: &Question, hits: f64, timeout: Span, lost: usize) -> bool {
    // The fewest of the most popular keys that give the hit ratio.
    let weights: Vec<f64> = (1..=KEYS).map(|rank| 1.0 / libm::pow(rank as f64, EXPONENT)).collect();
    let total: f64 = weights.iter().sum();
    let reached = weights.iter().scan(0.0, |share, weight| {
        *share += weight / total;
        Some(*share)
    });
    let room = reached.take_while(|&share| share < hits).count();
    let mut cache = Cache {
        zipf: Zipf::new(KEYS, EXPONENT),
        stored: vec![true; room],
        lost: lost.min(room),
        fetch: LOAD / (RATE * (1.0 - hits)),
        timeout,
        stream: question.streams.stream("reads", "lookaside"),
        line: VecDeque::new(),
        late: 0,
        fetched: 0,
    };
    let mut calendar = Calendar::new();
    calendar.schedule(Time::ZERO, Event::Read);
    calendar.schedule(FLUSHED_AT, Event::Flush);
    run(&mut cache, &mut calendar, END - Span::from_secs(10));
    (cache.late, cache.fetched) = (0, 0);
    run(&mut cache, &mut calendar, END);
    2 * cache.late > cache.fetched
}

/// The fewest lost keys that are never made good; one more than the cache holds where none suffice.
fn smallest(question: &Question, hits: f64, timeout: Span) -> usize {
    let (mut low, mut high) = (0, KEYS as usize);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if sticks(question, hits, timeout, middle) { high = middle } else { low = middle }
    }
    high
}

pub fn answer(question: &Question) -> Answer {
    let timeouts: Vec<Span> =
        question.quantity.split(['(', ' ']).filter_map(quantity).map(Span::from_secs_f64).collect();
    let &[longer, shorter] = timeouts.as_slice() else {
        return Err(Unreadable(format!("`{}` names no two timeouts", question.quantity)));
    };
    let hits = question.parameters.after("hit ratio")?;
    let [long, short] = [longer, shorter].map(|timeout| smallest(question, hits, timeout));
    Ok(Prediction::Word(match long.cmp(&short) {
        std::cmp::Ordering::Greater => "larger trigger needed",
        std::cmp::Ordering::Equal => "no effect",
        std::cmp::Ordering::Less => "smaller trigger needed",
    }))
}
