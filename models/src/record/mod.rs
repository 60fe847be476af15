//! Watches the world while it runs and leaves a `Recording`. Components do not know that they are measured.

mod verdict;
mod windows;

use halfopen_sim::histogram::Histogram;
use halfopen_sim::{Span, Time};

use crate::app::{Cause, Death};
use crate::event::{InstanceId, NodeId};
use crate::fault::Fault;
use crate::recording::{InstanceRecord, Sample, ServiceRecord, StoryEvent, StoryKind};
use crate::scenario::{Bytes, Scenario};

pub(crate) use verdict::{AtHorizon, End};
use windows::Windows;

/// Everything that is noted during a run.
pub(crate) struct Recorder {
    fault_at: Option<Time>,
    services: Vec<Service>,
    instances: Vec<Instance>,
    nodes: Vec<Node>,
    pub(crate) story: Vec<StoryEvent>,
}

struct Service {
    name: String,
    record: ServiceRecord,
    pending_calls: u64,
    since_sample: Sample,
    windows: Windows,
    ends: verdict::Ends,
}

struct Instance {
    name: String,
    service: usize,
    pending_calls: u64,
    record: InstanceRecord,
    told_end: bool,
    limit: Bytes,
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
    pub(crate) half_open: bool,
    pub(crate) loop_lag: Span,
}

impl Recorder {
    pub(crate) fn new(scenario: &Scenario) -> Recorder {
        let fault_at = scenario.faults.iter().map(|fault| fault.at).min();
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
                    booted: false,
                });
            }
        }
        let nodes = scenario.caches.iter().flat_map(|cache| {
            cache.nodes.iter().map(|node| Node { name: format!("{}.{node}", cache.name), ..Node::default() })
        });
        Recorder {
            fault_at,
            services: scenario.services.iter().map(|s| Service::new(s, fault_at)).collect(),
            instances,
            nodes: nodes.collect(),
            story: Vec::new(),
        }
    }

    fn after_fault(&self, at: Time) -> bool {
        self.fault_at.is_none_or(|fault| at >= fault)
    }

    fn tell(&mut self, at: Time, kind: StoryKind, who: &str, what: String) {
        self.story.push(StoryEvent { at, kind, who: who.to_owned(), what });
    }

    /// Requests sent so far.
    pub(crate) fn requests(&self) -> u64 {
        self.services.iter().map(|service| service.record.requests).sum()
    }

    pub(crate) fn sent(&mut self, service: usize, now: Time) {
        let after_fault = self.after_fault(now);
        let service = &mut self.services[service];
        service.record.requests += 1;
        service.record.sent_after_fault += u64::from(after_fault);
        service.since_sample.sent += 1;
        service.windows.sent(now);
    }

    pub(crate) fn settled(&mut self, service: usize, sent: Time, now: Time, good: bool) {
        let failed_after_fault = !good && self.fault_at.is_some_and(|fault| now >= fault);
        let sent_after_fault = self.after_fault(sent);
        let it = &mut self.services[service];
        it.windows.settled(sent, now, good);
        if good {
            it.since_sample.answered += 1;
            it.record.good_after_fault += u64::from(sent_after_fault);
            it.record.latency.record(now - sent);
            return;
        }
        it.since_sample.errors += 1;
        it.record.errors += 1;
        if failed_after_fault {
            it.record.last_error = Some(now);
            if it.record.first_error.is_none() {
                it.record.first_error = Some(now);
                let who = it.name.clone();
                self.tell(now, StoryKind::FirstError, &who, "first requests fail".into());
            }
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
        let after_fault = self.after_fault(now);
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
        let what = format!(
            "{} at {:.0} MiB of {:.0} MiB; {} requests and {} pending calls are lost",
            match death.cause {
                Cause::IneffectiveCollections => "dies in ineffective collections",
                Cause::HeapLimit => "reaches its heap limit",
                Cause::ContainerLimit => "is killed by its container",
            },
            mib(death.bytes),
            mib(instance.limit),
            death.requests,
            death.calls
        );
        let who = instance.name.clone();
        self.tell(now, StoryKind::Crash, &who, what);
    }

    pub(crate) fn ready(&mut self, id: InstanceId, now: Time) {
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
        self.tell(now, StoryKind::Fault, &fault.target, fault.what.clone());
    }

    pub(crate) fn fault_ends(&mut self, now: Time, fault: &Fault) {
        self.tell(now, StoryKind::Heal, &fault.target, "is back".into());
    }

    pub(crate) fn noticed_loss(&mut self, now: Time, node: NodeId) {
        let who = self.nodes[node as usize].name.clone();
        self.tell(now, StoryKind::Failover, &who, "its loss is detected".into());
    }

    pub(crate) fn promoted(&mut self, now: Time, node: NodeId) {
        let who = self.nodes[node as usize].name.clone();
        self.tell(now, StoryKind::Failover, &who, "is promoted, and the name points to it".into());
    }

    pub(crate) fn sample(&mut self, looks: &[Look]) {
        for service in &mut self.services {
            service.since_sample.pending_calls = service.pending_calls;
        }
        for look in looks.iter().filter(|look| look.up) {
            let sample = &mut self.services[look.service].since_sample;
            sample.instances_up += 1;
            sample.half_open += u32::from(look.half_open);
            sample.memory_max_bytes = sample.memory_max_bytes.max(look.memory_bytes);
            sample.memory_mean_bytes += look.memory_bytes;
            sample.loop_lag = sample.loop_lag.max(look.loop_lag);
        }
        for service in &mut self.services {
            let mut sample = std::mem::take(&mut service.since_sample);
            sample.memory_mean_bytes /= u64::from(sample.instances_up.max(1));
            service.record.series.push(sample);
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
        for (index, mut service) in self.services.into_iter().enumerate() {
            for &sent in &open[index] {
                service.windows.still_open(sent, horizon);
            }
            let mut record = service.record;
            record.open_at_horizon = open[index].len() as u64;
            record.recovery = service.windows.recovery(horizon);
            (record.verdict, record.verdict_rule) =
                verdict::decide(&record, &service.ends, at_horizon[index], self.fault_at);
            if let crate::recording::Recovery::At(at) = record.recovery {
                let event = StoryEvent {
                    at,
                    kind: StoryKind::Recovery,
                    who: service.name,
                    what: "meets its objective again".into(),
                };
                self.story.push(event);
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

impl Service {
    fn new(service: &crate::scenario::Service, fault_at: Option<Time>) -> Service {
        Service {
            name: service.name.clone(),
            record: ServiceRecord {
                requests: 0,
                errors: 0,
                open_at_horizon: 0,
                sent_after_fault: 0,
                good_after_fault: 0,
                first_error: None,
                last_error: None,
                first_crash: None,
                crashes: 0,
                recovery: crate::recording::Recovery::Unharmed,
                peak_pending_calls: 0,
                peak_memory_bytes: 0,
                latency: Histogram::new(),
                calls_reached: 0,
                calls_needed: 0,
                verdict: crate::recording::Verdict::Unharmed,
                verdict_rule: String::new(),
                instances: Vec::new(),
                series: Vec::new(),
            },
            pending_calls: 0,
            since_sample: Sample::default(),
            windows: Windows::new(fault_at, service.objective),
            ends: verdict::Ends::default(),
        }
    }
}

fn mib(bytes: Bytes) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
