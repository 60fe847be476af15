//! What can be seen of the world from outside: for the recorder's looks, and at the horizon.

use halfopen_sim::{Calendar, Lane, Span, Time};

use crate::app::Instance;
use crate::event::{Event, InstanceId, NodeId};
use crate::network::Socket;
use crate::record::{AtHorizon, Look};
use crate::world::World;

/// Between two looks of the recorder.
pub(crate) const SAMPLE_EVERY: Span = Span::from_secs(1);

impl World {
    pub(super) fn is_half_open(&self, id: InstanceId, socket: Socket) -> bool {
        self.kernels[id as usize]
            .peer_of(socket)
            .is_some_and(|(node, made_with)| self.peers[node as usize].leaves_half_open(made_with))
    }

    /// Whether any connection of this instance is half-open.
    pub(crate) fn has_half_open(&self, id: InstanceId) -> bool {
        self.kernels[id as usize]
            .established()
            .any(|(_, node, made_with)| self.peers[node as usize].leaves_half_open(made_with))
    }

    pub(crate) fn sample(&mut self, calendar: &mut Calendar<Event>) {
        let now = calendar.now();
        let look = |(id, instance): (usize, &Instance)| Look {
            service: self.plan.service_of[id],
            up: instance.is_up(),
            memory_bytes: instance.memory_bytes(),
            heap_used_bytes: instance.heap_used_bytes(),
            half_open: self.has_half_open(id as InstanceId),
            loop_lag: instance.loop_lag(now),
        };
        let looks: Vec<Look> = self.instances.iter().enumerate().map(look).collect();
        for (load, &service) in self.loads.iter().zip(&self.plan.service_of_load) {
            self.recorder.retries(service, load.retries_in_flight());
        }
        self.recorder.sample(&looks);
        calendar.schedule_in(Lane::Sample, now + SAMPLE_EVERY, Event::Sample);
    }

    /// Per service: when its requests that are still open were sent.
    pub(crate) fn open_requests(&self, services: usize) -> Vec<Vec<Time>> {
        let mut open = vec![Vec::new(); services];
        for (load, &service) in self.loads.iter().zip(&self.plan.service_of_load) {
            open[service].extend(load.open());
        }
        open
    }

    /// Per service: how it stands with its caches.
    pub(crate) fn at_horizon(&self, services: usize) -> Vec<AtHorizon> {
        let runs = |node: NodeId| self.peers[node as usize].serves();
        let mut all = vec![AtHorizon { half_open: 0, dialing: 0, names_serve: true }; services];
        for (id, &service) in self.plan.service_of.iter().enumerate() {
            let at_horizon = &mut all[service];
            at_horizon.half_open += u32::from(self.has_half_open(id as InstanceId));
            at_horizon.dialing += u32::from(self.kernels[id].dialing().any(|(_, node)| !runs(node)));
            let mut names = self.instances[id].caches().iter().map(|&cache| &self.names[cache as usize]);
            at_horizon.names_serve &= names.all(|name| runs(name.node));
        }
        all
    }
}
