//! Tables of components, and dispatch.

use std::hash::{Hash, Hasher};

use halfopen_sim::digest::Digest;
use halfopen_sim::{Calendar, Model, Span, Time};

use crate::app::Instance;
use crate::component::{Component, Out};
use crate::database::Database;
use crate::event::{Event, InstanceId};
use crate::failover::Failover;
use crate::fault::Fault;
use crate::load::{Balancer, Load};
use crate::network::names::{Name, Resolver};
use crate::network::replies::Replies;
use crate::network::{Kernel, Peer};
use crate::node::Node;
use crate::node::contents::Contents;
use crate::record::Recorder;
use crate::{app, database, failover, load, network, node};

/// Everything that exists in a run.
pub struct World {
    pub(crate) faults: Vec<Fault>,
    pub(crate) loads: Vec<Load>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) kernels: Vec<Kernel>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) failovers: Vec<Failover>,
    pub(crate) databases: Vec<Database>,
    /// Per node: what the network knows of it.
    pub(crate) peers: Vec<Peer>,
    /// Per node: its replies on a way that loses some.
    pub(crate) replies: Vec<Replies>,
    /// Per cache.
    pub(crate) names: Vec<Name>,
    /// Per cache: what is stored in it, where the scenario says so.
    pub(crate) contents: Vec<Option<Contents>>,
    /// Per instance and cache.
    pub(crate) resolvers: Vec<Vec<Resolver>>,
    /// Per service.
    pub(crate) balancers: Vec<Balancer>,
    pub(crate) plan: Plan,
    pub(crate) recorder: Recorder,
    pub(crate) digest: Digest,
    pub(crate) effects: Effects,
}

/// Who belongs to whom; fixed for a run.
pub(crate) struct Plan {
    /// Per load: its service.
    pub(crate) service_of_load: Vec<usize>,
    /// Per instance: its service.
    pub(crate) service_of: Vec<usize>,
    /// Per cache: its first node; nodes of one cache are neighbours.
    pub(crate) first_node: Vec<u32>,
    /// Per node: its cache.
    pub(crate) cache_of: Vec<usize>,
    /// Per database: one way between it and any instance.
    pub(crate) way_to: Vec<Span>,
}

/// Effects of the component that is being handled, kept to save allocations.
#[derive(Default)]
pub(crate) struct Effects {
    load: Vec<load::Effect>,
    app: Vec<app::Effect>,
    kernel: Vec<network::kernel::Effect>,
    node: Vec<node::Effect>,
    failover: Vec<failover::Effect>,
    database: Vec<database::Effect>,
}

/// Lets one component work and wires each of its effects.
macro_rules! deliver {
    ($name:ident, $component:ident, $table:ident, $id:ty, $wire:ident, $doc:literal) => {
        #[doc = $doc]
        pub(crate) fn $name(
            &mut self,
            calendar: &mut Calendar<Event>,
            id: $id,
            work: impl FnOnce(&mut $component, &mut Out<'_, $component>),
        ) {
            let now = calendar.now();
            let mut effects = std::mem::take(&mut self.effects.$name);
            work(&mut self.$table[id as usize], &mut Out::new(now, id, calendar, &mut effects));
            for effect in effects.drain(..) {
                self.$wire(calendar, id, effect);
            }
            self.effects.$name = effects;
        }
    };
}

impl World {
    deliver!(load, Load, loads, u32, wire_load, "Lets a load work.");
    deliver!(kernel, Kernel, kernels, u32, wire_kernel, "Lets a kernel work.");
    deliver!(node, Node, nodes, u32, wire_node, "Lets a node work.");
    deliver!(failover, Failover, failovers, u32, wire_failover, "Lets a failover work.");
    deliver!(database, Database, databases, u32, wire_database, "Lets a database work.");
    deliver!(app, Instance, instances, InstanceId, wire_app, "Lets an instance work; see `instance`.");

    /// Lets an instance work and tells the recorder what changed in it.
    pub(crate) fn instance(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: InstanceId,
        work: impl FnOnce(&mut Instance, &mut Out<'_, Instance>),
    ) {
        self.app(calendar, id, work);
        let instance = &self.instances[id as usize];
        self.recorder.holds(id, instance.pending_calls(), instance.memory_bytes());
    }
}

impl Model for World {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        self.digest.mix(now.as_nanos());
        event.hash(&mut Mixer(&mut self.digest));
        match event {
            Event::FaultBegins(fault) => self.fault_begins(calendar, fault as usize),
            Event::FaultEnds(fault) => self.fault_ends(calendar, fault as usize),
            Event::Load(id, event) => self.load(calendar, id, |load, out| load.on(now, event, out)),
            Event::App(id, event) => self.instance(calendar, id, |app, out| app.on(now, event, out)),
            Event::Kernel(id, event) => self.kernel(calendar, id, |kernel, out| kernel.on(now, event, out)),
            Event::Packet(id, packet) => self.packet(calendar, id, packet),
            Event::Node(id, event) => self.node(calendar, id, |node, out| node.on(now, event, out)),
            Event::Failover(id, event) => self.failover(calendar, id, |f, out| f.on(now, event, out)),
            Event::Sample => self.sample(calendar),
            Event::Exited(id) => self.exited(calendar, id),
            Event::Repeat(id, instance, socket) => self.repeat(calendar, id, instance, socket),
            Event::Database(id, event) => self.database(calendar, id, |db, out| db.on(now, event, out)),
        }
    }
}

/// Feeds an event's fields to the digest, each as 64 bits whatever the platform's word.
struct Mixer<'a>(&'a mut Digest);

impl Hasher for Mixer<'_> {
    fn finish(&self) -> u64 {
        self.0.value()
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a field of an event has no form here that is the same on every machine: give it one");
    }

    fn write_u8(&mut self, value: u8) {
        self.0.mix(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.0.mix(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0.mix(value);
    }

    fn write_isize(&mut self, value: isize) {
        // The discriminant of an enum.
        self.0.mix(value as u64);
    }
}
