//! A database behind caches: some queries at once, the others wait in order.
//!
//! A connection runs one query from start to end; a query that its instance has given up goes on all the same, as it does
//! in servers that notice a closed connection only when they answer. What finds all connections taken and the queue full
//! is refused at once. So it saturates, and under overload its work may be in vain: both are what a cold cache does to
//! it. Left out: faults of its own, its connections' handshakes, locks, queries that slow each other down, its own cache.

use std::collections::VecDeque;

use halfopen_sim::chance::{Sampler, Stream};
use halfopen_sim::{Span, Time};

use crate::app::QueryKey;
use crate::component::{self, Component};
use crate::event::{self, DatabaseId, InstanceId};
use crate::scenario;

type Out<'a> = component::Out<'a, Database>;

/// A query and where its answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// Whose.
    pub instance: InstanceId,
    /// Which.
    pub key: QueryKey,
}

/// What can happen to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A query has arrived.
    Query(Query),
    /// A query is done.
    Done(Query),
}

/// What a database asks of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Carry the answer of a query; whether it has one.
    Reply(Query, bool),
}

/// A database.
#[derive(Debug)]
pub struct Database {
    connections: u32,
    room: Option<u32>,
    query: Sampler,
    stream: Stream,
    running: u32,
    waiting: VecDeque<Query>,
    busy: Span,
    served: u64,
    refused: u64,
    peak_queue: usize,
}

impl Database {
    /// An idle database.
    pub fn new(database: &scenario::Database, stream: Stream) -> Database {
        Database {
            connections: database.connections,
            room: database.queue,
            query: database.query.prepare(),
            stream,
            running: 0,
            waiting: VecDeque::new(),
            busy: Span::ZERO,
            served: 0,
            refused: 0,
            peak_queue: 0,
        }
    }

    /// Time that its connections spent with queries, queries answered, queries refused, most that waited.
    pub fn work(&self) -> (Span, u64, u64, u64) {
        (self.busy, self.served, self.refused, self.peak_queue as u64)
    }

    fn begin(&mut self, out: &mut Out<'_>, query: Query) {
        let span = self.query.sample(&mut self.stream);
        self.busy += span;
        self.running += 1;
        out.at(out.now() + span, Event::Done(query));
    }
}

impl Component for Database {
    type Id = DatabaseId;
    type Event = Event;
    type Effect = Effect;

    fn address(id: DatabaseId, event: Event) -> event::Event {
        event::Event::Database(id, event)
    }

    fn on(&mut self, _now: Time, event: Event, out: &mut Out<'_>) {
        match event {
            Event::Query(query) if self.running < self.connections => self.begin(out, query),
            Event::Query(query) if self.room.is_some_and(|room| self.waiting.len() >= room as usize) => {
                self.refused += 1;
                out.emit(Effect::Reply(query, false));
            }
            Event::Query(query) => {
                self.waiting.push_back(query);
                self.peak_queue = self.peak_queue.max(self.waiting.len());
            }
            Event::Done(query) => {
                self.running -= 1;
                self.served += 1;
                out.emit(Effect::Reply(query, true));
                if let Some(next) = self.waiting.pop_front() {
                    self.begin(out, next);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::Calendar;
    use halfopen_sim::chance::{Distribution, Streams};

    use super::*;

    #[test]
    fn so_many_run_at_once_so_many_wait_and_the_rest_is_refused() {
        let plan = scenario::Database {
            name: "db".into(),
            connections: 2,
            query: Distribution::Fixed(Span::from_millis(10)),
            queue: Some(1),
            rtt: Span::from_millis(1),
            timeout: None,
        };
        let mut database = Database::new(&plan, Streams::new(1).stream("query", "db"));
        let mut calendar: Calendar<event::Event> = Calendar::new();
        let query = |instance| Query { instance, key: QueryKey::default() };
        for instance in 1..=4 {
            calendar.schedule(Time::ZERO, Database::address(0, Event::Query(query(instance))));
        }
        let (mut effects, mut came) = (Vec::new(), Vec::new());
        while let Some((now, event)) = calendar.pop() {
            let event::Event::Database(0, event) = event else { panic!("{event:?}") };
            database.on(now, event, &mut Out::new(now, 0, &mut calendar, &mut effects));
            let millis = now.as_nanos() / 1_000_000;
            came.extend(effects.drain(..).map(|Effect::Reply(of, good)| (millis, of.instance, good)));
        }
        assert_eq!(came, [(0, 4, false), (10, 1, true), (10, 2, true), (20, 3, true)]);
        assert_eq!(database.work(), (Span::from_millis(30), 3, 1, 1));
    }
}
