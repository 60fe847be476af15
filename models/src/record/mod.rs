//! Watches the world while it runs and leaves a `Recording`. Components do not know that they are measured.

mod service;
#[cfg(test)]
mod tests;
mod verdict;
mod windows;

use halfopen_sim::{Span, Time};

use crate::app::{Cause, Death};
use crate::event::{InstanceId, NodeId};
use crate::failover::sentinel::Step;
use crate::fault::Fault;
use crate::load::Outcome;
use crate::recording::{InstanceRecord, Note, Recovery, ServiceRecord, StoryEvent, StoryKind};
use crate::scenario::{Bytes, Scenario};

use service::Service;
pub(crate) use verdict::{AtHorizon, End};

/// Everything that is noted during a run.
pub(crate) struct Recorder {
    /// The first fault, or the start of a run without one: what counts "after the fault" counts from here.
    origin: Time,
    /// When a fault ended since the last sample.
    healed: Option<Time>,
    services: Vec<Service>,
    instances: Vec<Instance>,
    nodes: Vec<Node>,
    pub(crate) story: Vec<StoryEvent>,
    /// Everything call by call, for who asked for it.
    pub(crate) notes: Option<Vec<(Time, Note)>>,
}

struct Instance {
    name: String,
    service: usize,
    pending_calls: u64,
    record: InstanceRecord,
    told_end: bool,
    limit: Bytes,
    /// The container's, where the runtime has one of its own.
    container: Option<Bytes>,
    booted: bool,
}

#[derive(Default)]
struct Node {
    name: String,
    connections: u64,
    peak_connections: u64,
}

/// One instance as the recorder sees it once a second.
pub(crate) struct Look {
    pub(crate) service: usize,
    pub(crate) up: bool,
    pub(crate) memory_bytes: Bytes,
    pub(crate) heap_used_bytes: Bytes,
    pub(crate) half_open: bool,
    pub(crate) loop_lag: Span,
}

impl Recorder {
    pub(crate) fn new(scenario: &Scenario) -> Recorder {
        let origin = scenario.faults.iter().map(|fault| fault.at).min().unwrap_or(Time::ZERO);
        let mut instances = Vec::new();
        for (index, service) in scenario.services.iter().enumerate() {
            for i in 0..service.instances {
                let name = format!("{}-{i}", service.name);
                instances.push(Instance {
                    record: InstanceRecord {
                        name: name.clone(),
                        first_crash: None,
                        crashes: 0,
                        peak_memory_bytes: 0,
                    },
                    name,
                    service: index,
                    pending_calls: 0,
                    told_end: false,
                    limit: service.memory.limit,
                    container: service.memory.container,
                    booted: false,
                });
            }
        }
        let nodes = scenario.caches.iter().flat_map(|cache| {
            cache.nodes.iter().map(|node| Node { name: format!("{}.{node}", cache.name), ..Node::default() })
        });
        Recorder {
            origin,
            healed: None,
            services: scenario.services.iter().map(|s| Service::new(s, origin)).collect(),
            instances,
            nodes: nodes.collect(),
            story: Vec::new(),
            notes: None,
        }
    }

    pub(crate) fn note(&mut self, now: Time, note: Note) {
        if let Some(notes) = &mut self.notes {
            notes.push((now, note));
        }
    }

    /// A connection or a dial has ended.
    pub(crate) fn ended(&mut self, now: Time) {
        self.note(now, Note::Ended);
    }

    fn tell(&mut self, at: Time, kind: StoryKind, who: &str, what: String) {
        self.story.push(StoryEvent { at, kind, who: who.to_owned(), what });
    }

    /// Requests sent so far.
    pub(crate) fn requests(&self) -> u64 {
        self.services.iter().map(|service| service.record.requests).sum()
    }

    pub(crate) fn sent(&mut self, service: usize, now: Time) {
        self.note(now, Note::Sent);
        self.services[service].sent(now);
    }

    pub(crate) fn settled(&mut self, service: usize, sent: Time, now: Time, outcome: Outcome) {
        self.note(now, Note::Settled(outcome));
        let service = &mut self.services[service];
        if service.settled(sent, now, outcome) {
            let who = service.name.clone();
            self.tell(now, StoryKind::FirstError, &who, "first requests fail".into());
        }
    }

    pub(crate) fn call_made(&mut self, service: usize) {
        self.services[service].record.calls_needed += 1;
    }

    pub(crate) fn call_reached(&mut self, service: usize) {
        self.services[service].record.calls_reached += 1;
    }

    /// An instance has worked: this is what it holds now.
    pub(crate) fn holds(&mut self, id: InstanceId, pending_calls: u64, memory: Bytes) {
        let instance = &mut self.instances[id as usize];
        instance.record.peak_memory_bytes = instance.record.peak_memory_bytes.max(memory);
        if pending_calls != instance.pending_calls {
            let service = &mut self.services[instance.service];
            service.pending_calls = service.pending_calls + pending_calls - instance.pending_calls;
            instance.pending_calls = pending_calls;
            service.record.peak_pending_calls = service.record.peak_pending_calls.max(service.pending_calls);
        }
    }

    pub(crate) fn died(&mut self, id: InstanceId, now: Time, death: Death) {
        self.note(now, Note::Died(death.cause));
        let after_fault = now >= self.origin;
        let instance = &mut self.instances[id as usize];
        instance.told_end = false;
        let record = &mut instance.record;
        record.crashes += 1;
        record.peak_memory_bytes = record.peak_memory_bytes.max(death.bytes);
        let service = &mut self.services[instance.service].record;
        service.crashes += 1;
        if after_fault {
            record.first_crash.get_or_insert(now);
            service.first_crash.get_or_insert(now);
        }
        let limit = match death.cause {
            Cause::ContainerLimit => instance.container.unwrap_or(instance.limit),
            Cause::IneffectiveCollections | Cause::HeapLimit => instance.limit,
        };
        let what = format!(
            "{} at {:.0} MiB of {:.0} MiB; {} requests and {} pending calls are lost",
            match death.cause {
                Cause::IneffectiveCollections => "dies in ineffective collections",
                Cause::HeapLimit => "reaches its heap limit",
                Cause::ContainerLimit => "is killed by its container",
            },
            mib(death.bytes),
            mib(limit),
            death.requests,
            death.calls
        );
        let who = instance.name.clone();
        self.tell(now, StoryKind::Crash, &who, what);
    }

    pub(crate) fn ready(&mut self, id: InstanceId, now: Time) {
        self.note(now, Note::Ready);
        let instance = &mut self.instances[id as usize];
        if std::mem::replace(&mut instance.booted, true) {
            let who = instance.name.clone();
            self.tell(now, StoryKind::Restart, &who, "is ready again".into());
        }
    }

    pub(crate) fn connected(&mut self, node: NodeId) {
        let node = &mut self.nodes[node as usize];
        node.connections += 1;
        node.peak_connections = node.peak_connections.max(node.connections);
    }

    pub(crate) fn disconnected(&mut self, node: NodeId) {
        self.nodes[node as usize].connections -= 1;
    }

    pub(crate) fn peak_connections(&self, node: usize) -> u64 {
        self.nodes[node].peak_connections
    }

    /// A connection that nobody would ever have answered has ended.
    pub(crate) fn half_open_ended(&mut self, id: InstanceId, now: Time, end: End) {
        let instance = &mut self.instances[id as usize];
        self.services[instance.service].ends.note(now, end);
        if end != End::Crash && !std::mem::replace(&mut instance.told_end, true) {
            let who = instance.name.clone();
            self.tell(now, StoryKind::Noticed, &who, format!("notices its dead connection: {}", end.how()));
        }
    }

    pub(crate) fn fault_begins(&mut self, now: Time, fault: &Fault) {
        // Another fault is noticed anew.
        for instance in &mut self.instances {
            instance.told_end = false;
        }
        self.tell(now, StoryKind::Fault, &fault.target, fault.what.clone());
    }

    pub(crate) fn fault_ends(&mut self, now: Time, fault: &Fault) {
        self.healed = Some(now);
        self.tell(now, StoryKind::Heal, &fault.target, "is back".into());
    }

    pub(crate) fn noticed_loss(&mut self, now: Time, node: NodeId) {
        let who = self.nodes[node as usize].name.clone();
        self.tell(now, StoryKind::Failover, &who, "its loss is detected".into());
    }

    pub(crate) fn failover_step(&mut self, now: Time, node: NodeId, step: Step) {
        let who = self.nodes[node as usize].name.clone();
        self.tell(now, StoryKind::Failover, &who, step.to_string());
    }

    pub(crate) fn promoted(&mut self, now: Time, node: NodeId) {
        let who = self.nodes[node as usize].name.clone();
        self.tell(now, StoryKind::Failover, &who, "is promoted, and the name points to it".into());
    }

    /// So many requests of a service are retries, at the sample that comes next.
    pub(crate) fn retries(&mut self, service: usize, in_flight: u64) {
        self.services[service].since_sample.retries_in_flight += in_flight;
    }

    pub(crate) fn sample(&mut self, looks: &[Look]) {
        for look in looks.iter().filter(|look| look.up) {
            let sample = &mut self.services[look.service].since_sample;
            sample.instances_up += 1;
            sample.half_open += u32::from(look.half_open);
            sample.memory_max_bytes = sample.memory_max_bytes.max(look.memory_bytes);
            sample.memory_mean_bytes += look.memory_bytes;
            sample.heap_used_max_bytes = sample.heap_used_max_bytes.max(look.heap_used_bytes);
            sample.loop_lag = sample.loop_lag.max(look.loop_lag);
        }
        let healed = self.healed.take();
        for service in &mut self.services {
            service.sample(healed);
        }
    }

    /// Closes the books: `open` are the times at which requests that are still open were sent, per service.
    pub(crate) fn finish(
        mut self,
        horizon: Time,
        open: &[Vec<Time>],
        at_horizon: &[AtHorizon],
    ) -> (Vec<ServiceRecord>, Vec<StoryEvent>) {
        let mut records = Vec::new();
        for (index, service) in self.services.into_iter().enumerate() {
            let who = service.name.clone();
            let record = service.finish(horizon, &open[index], at_horizon[index]);
            if let Recovery::At(at) = record.recovery {
                let what = "meets its objective again".into();
                self.story.push(StoryEvent { at, kind: StoryKind::Recovery, who, what });
            }
            records.push(record);
        }
        for instance in self.instances {
            let record = &mut records[instance.service];
            record.peak_memory_bytes = record.peak_memory_bytes.max(instance.record.peak_memory_bytes);
            record.instances.push(instance.record);
        }
        // Recoveries are known only at the end; the order of one instant is kept.
        self.story.sort_by_key(|event| event.at);
        (records, self.story)
    }
}

fn mib(bytes: Bytes) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
