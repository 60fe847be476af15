//! Scenario → world and calendar. Nothing fails from here on.

use halfopen_sim::chance::Streams;
use halfopen_sim::digest::Digest;
use halfopen_sim::{Calendar, Lane, Span, Time};

use crate::app::{self, Instance};
use crate::component::Component;
use crate::database::Database;
use crate::event::{CacheId, Event, InstanceId, LoadId, NodeId};
use crate::failover::Failover;
use crate::load::{Arrivals, Balancer, Load, Retrying};
use crate::network::names::{Name, Resolver};
use crate::network::neighbour::BASE_REACHABLE_TIME;
use crate::network::replies::Replies;
use crate::network::wheel::HostClock;
use crate::network::{Kernel, Peer};
use crate::node::contents::Contents;
use crate::node::{Blocks, Node};
use crate::record::Recorder;
use crate::scenario::Scenario;
use crate::world::{Effects, Plan, World};

/// Assumption: hosts had been up for an hour to ten days. Only the remainder by the timer wheel's coarsest step
/// matters, so any long range gives the same result.
const UPTIME_SECS: (u64, u64) = (3_600, 10 * 86_400);

/// Builds everything and schedules what is known at the start.
pub fn build(scenario: &Scenario, seed: u64) -> (World, Calendar<Event>) {
    let streams = Streams::new(seed);
    let mut calendar = Calendar::new();
    let mut world = World {
        faults: scenario.faults.clone(),
        loads: loads(scenario, &streams),
        instances: Vec::new(),
        kernels: Vec::new(),
        nodes: Vec::new(),
        failovers: Vec::new(),
        databases: scenario
            .databases
            .iter()
            .map(|database| Database::new(database, streams.stream("query", &database.name)))
            .collect(),
        peers: Vec::new(),
        replies: Vec::new(),
        names: Vec::new(),
        contents: Vec::new(),
        resolvers: Vec::new(),
        balancers: scenario
            .services
            .iter()
            .map(|service| {
                Balancer::new(service.protections.balancer, streams.stream("balancer", &service.name))
            })
            .collect(),
        plan: Plan {
            service_of_load: scenario.loads.iter().map(|load| load.service).collect(),
            service_of: Vec::new(),
            first_node: Vec::new(),
            cache_of: Vec::new(),
            way_to: scenario.databases.iter().map(|db| Span::from_nanos(db.rtt.as_nanos() / 2)).collect(),
        },
        recorder: Recorder::new(scenario),
        digest: Digest::new(),
        effects: Effects::default(),
    };
    add_caches(&mut world, scenario, &streams);
    add_instances(&mut world, scenario, &streams);
    schedule(&mut world, &mut calendar, scenario);
    (world, calendar)
}

fn loads(scenario: &Scenario, streams: &Streams) -> Vec<Load> {
    let load = |load: &crate::scenario::Load| {
        let arrivals = Arrivals::new(load.rate.clone(), streams.stream("arrivals", &load.name));
        Load::new(arrivals, load.deadline, Retrying::new(load.retries, &load.name, streams))
    };
    scenario.loads.iter().map(load).collect()
}

fn add_caches(world: &mut World, scenario: &Scenario, streams: &Streams) {
    for (index, cache) in scenario.caches.iter().enumerate() {
        let first = world.nodes.len() as NodeId;
        world.plan.first_node.push(first);
        world.names.push(Name { node: first, ttl: Failover::ttl(cache.failover) });
        let chance = streams.stream("failover", &cache.name);
        world.contents.push(
            cache.contents.map(|contents| {
                Contents::new(contents, cache.nodes.len(), streams.stream("keys", &cache.name))
            }),
        );
        world.failovers.push(Failover::new(cache.failover, cache.nodes.len(), chance));
        for node in &cache.nodes {
            let mut stream = streams.stream("service", &format!("{}.{node}", cache.name));
            let blocks = cache.blocks.as_ref().map(|wait| {
                let tick = Span::from_millis(1000 / u64::from(cache.hz));
                let phase = Time::ZERO + Span::from_secs_f64(stream.uniform() * tick.as_secs_f64());
                Blocks::new(wait.prepare(), tick, phase)
            });
            world.nodes.push(Node::new(cache.service.prepare(), blocks, stream));
            world.replies.push(Replies::new(streams.stream("loss", &format!("{}.{node}", cache.name))));
            world.peers.push(Peer::new(cache.rtt));
            world.plan.cache_of.push(index);
        }
    }
}

fn add_instances(world: &mut World, scenario: &Scenario, streams: &Streams) {
    for (index, service) in scenario.services.iter().enumerate() {
        for i in 0..service.instances {
            let name = format!("{}-{i}", service.name);
            let (least, most) = UPTIME_SECS;
            let secs = least as f64 + streams.stream("uptime", &name).uniform() * (most - least) as f64;
            let clock = HostClock::new(service.kernel.hz, Span::from_secs_f64(secs));
            // `neigh_rand_reach_time`: from half to one and a half of the base.
            let share = 0.5 + streams.stream("neighbour", &name).uniform();
            let reachable_time = Span::from_secs_f64(BASE_REACHABLE_TIME.as_secs_f64() * share);
            world.kernels.push(Kernel::new(clock, service.kernel, reachable_time));
            world.instances.push(Instance::new(service, &scenario.databases, &name, streams));
            world.resolvers.push(vec![Resolver::default(); scenario.caches.len()]);
            world.plan.service_of.push(index);
        }
    }
}

fn schedule(world: &mut World, calendar: &mut Calendar<Event>, scenario: &Scenario) {
    // At one instant what ends comes before what begins, whatever their order in the file.
    for (index, fault) in scenario.faults.iter().enumerate() {
        if let Some(until) = fault.until {
            calendar.schedule_in(Lane::Fault, until, Event::FaultEnds(index as u32));
        }
    }
    for (index, fault) in scenario.faults.iter().enumerate() {
        calendar.schedule_in(Lane::Fault, fault.at, Event::FaultBegins(index as u32));
    }
    for id in 0..world.instances.len() {
        calendar.schedule(Time::ZERO, Instance::address(id as InstanceId, app::Event::Ready));
    }
    for id in 0..world.failovers.len() {
        world.failover(calendar, id as CacheId, Failover::start);
    }
    for id in 0..world.loads.len() {
        world.load(calendar, id as LoadId, Load::start);
    }
    calendar.schedule_in(Lane::Sample, Time::ZERO, Event::Sample);
}
