//! The domain of halfopen: clients, instances, connections, cache nodes, failures and failovers.
//!
//! A scenario's text is read and checked ([`scenario::read`]), built into a world of components with a calendar of
//! events, run to its horizon, and what the run leaves behind is a [`recording::Recording`]; many of them make a
//! [`summary::Summary`]. After the check nothing fails. This crate touches no file, no clock and no thread.

pub mod app;
mod build;
pub mod capacity;
pub mod client;
pub mod component;
pub mod database;
pub mod event;
pub mod failover;
pub mod fault;
pub mod load;
pub mod network;
pub mod node;
pub mod protect;
mod record;
pub mod recording;
pub mod scenario;
pub mod statistics;
pub mod summary;
mod wiring;
mod world;

use halfopen_sim::{Calendar, Model, Span, Time};

use app::Instance;
use database::Database;
use event::Event;
use recording::{CacheRecord, DatabaseRecord, Note, Recording};
use scenario::Scenario;
use world::World;

/// Runs a scenario once: build, run to the horizon, hand over what was recorded. Equal scenarios and seeds give equal
/// recordings on every machine.
pub fn simulate(scenario: &Scenario, seed: u64) -> Recording {
    let mut run = Run::new(scenario, seed);
    run.advance(run.horizon);
    run.finish()
}

/// Between two looks of a watcher at the heaps.
const NOTE_EVERY: Span = Span::from_millis(100);

/// A run in its course, for those who want to look in between; how it is sliced changes nothing in its result.
pub struct Run<'a> {
    scenario: &'a Scenario,
    seed: u64,
    horizon: Time,
    events: u64,
    world: World,
    calendar: Calendar<Event>,
}

impl<'a> Run<'a> {
    /// Builds the world; nothing has happened yet.
    pub fn new(scenario: &'a Scenario, seed: u64) -> Run<'a> {
        let (world, calendar) = build::build(scenario, seed);
        Run { scenario, seed, horizon: Time::ZERO + scenario.horizon, events: 0, world, calendar }
    }

    /// Lets everything happen that is due at or before `until`, and nothing past the horizon.
    pub fn advance(&mut self, until: Time) {
        self.events += halfopen_sim::run(&mut self.world, &mut self.calendar, until.min(self.horizon));
    }

    /// As [`advance`](Self::advance) to the horizon, and tells `sink` of every event before it happens.
    pub fn trace(&mut self, sink: impl FnMut(Time, Event)) {
        let mut traced = Traced { world: &mut self.world, sink };
        self.events += halfopen_sim::run(&mut traced, &mut self.calendar, self.horizon);
    }

    /// As [`advance`](Self::advance) to the horizon, and gives back what a watcher inside the applications notes.
    pub fn watch(&mut self) -> Vec<(Time, Note)> {
        self.world.recorder.notes = Some(Vec::new());
        let mut at = Time::ZERO;
        while at < self.horizon {
            at = (at + NOTE_EVERY).min(self.horizon);
            self.advance(at);
            let used = self.world.instances.iter().map(Instance::heap_used_bytes).max();
            self.world.recorder.note(at, Note::HeapUsed(used.unwrap_or(0)));
        }
        self.world.recorder.notes.take().unwrap_or_default()
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.world.recorder.requests()
    }

    /// What was recorded; the run should have been advanced to its horizon.
    pub fn finish(self) -> Recording {
        hand_over(self.world, self.scenario, self.seed, self.horizon, self.events)
    }
}

/// A world that tells of every event.
struct Traced<'a, F> {
    world: &'a mut World,
    sink: F,
}

impl<F: FnMut(Time, Event)> Model for Traced<'_, F> {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        (self.sink)(now, event);
        self.world.handle(now, event, calendar);
    }
}

fn hand_over(world: World, scenario: &Scenario, seed: u64, horizon: Time, events: u64) -> Recording {
    let caches = scenario.caches.iter().enumerate().map(|(i, _)| cache_record(&world, i, horizon)).collect();
    let databases = scenario.databases.iter().zip(&world.databases);
    let databases = databases.map(|(plan, database)| database_record(plan, database, horizon)).collect();
    let open = world.open_requests(scenario.services.len());
    let at_horizon = world.at_horizon(scenario.services.len());
    let digest = world.digest.value();
    let (services, story) = world.recorder.finish(horizon, &open, &at_horizon);
    Recording {
        seed,
        horizon,
        fault_at: scenario.faults.iter().map(|fault| fault.at).min(),
        requests: services.iter().map(|service| service.requests).sum(),
        services,
        caches,
        databases,
        story,
        events,
        digest,
    }
}

fn database_record(plan: &scenario::Database, database: &Database, horizon: Time) -> DatabaseRecord {
    let (busy, served, refused, peak_queue) = database.work();
    let secs = horizon.as_secs_f64();
    DatabaseRecord {
        utilization: busy.as_secs_f64() / secs / f64::from(plan.connections),
        throughput_per_s: served as f64 / secs,
        peak_queue,
        refused,
    }
}

fn cache_record(world: &World, cache: usize, horizon: Time) -> CacheRecord {
    let nodes = (0..world.nodes.len()).filter(|&node| world.plan.cache_of[node] == cache);
    let secs = horizon.as_secs_f64();
    let mut record =
        CacheRecord { utilization: 0.0, throughput_per_s: 0.0, peak_queue: 0, peak_connections: 0 };
    for node in nodes {
        let (busy, served, peak_queue) = world.nodes[node].work();
        // At each moment one node serves, so the shares add up to the serving node's.
        record.utilization += busy.as_secs_f64() / secs;
        record.throughput_per_s += served as f64 / secs;
        record.peak_queue = record.peak_queue.max(peak_queue);
        record.peak_connections = record.peak_connections.max(world.recorder.peak_connections(node));
    }
    record
}
