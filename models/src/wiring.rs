//! Effect → event: the only file that knows who listens to whom.

mod looks;
mod paths;
mod values;

use halfopen_sim::{Calendar, Span, Time};

use crate::app::Instance;
use crate::component::Component;
use crate::event::{CacheId, Event, InstanceId, LoadId, NodeId};
use crate::fault::{Lever, Path, Process};
use crate::network::{Answer, Packet, PacketKind, Socket, SocketError};
use crate::record::End;
use crate::world::World;
use crate::{app, client, failover, load, network, node};

/// From its end, by SIGKILL or by its own will, until a process's sockets close. Measured: clients noticed 2 to 28 ms after the signal, median
/// 5.5 ms of 22 (Redis 7 with 1,000 keys; `do_exit` takes the memory apart before the files).
const EXIT: Span = Span::from_micros(5_500);

impl World {
    pub(crate) fn wire_load(&mut self, calendar: &mut Calendar<Event>, id: LoadId, effect: load::Effect) {
        let now = calendar.now();
        let service = self.plan.service_of_load[id as usize];
        match effect {
            load::Effect::Request(request, which) => {
                self.recorder.sent(service, now);
                match self.balancers[service].pick(|of| self.instances[of as usize].requests()) {
                    Some(instance) => self.instance(calendar, instance, |app, out| {
                        app.on(now, app::Event::Request(id, request, which.reached), out);
                    }),
                    None => self.load(calendar, id, |load, out| {
                        load.on(now, load::Event::Answered(request, load::Reply::Refused), out);
                    }),
                }
            }
            load::Effect::Settled(sent, outcome) => self.recorder.settled(service, sent, now, outcome),
            load::Effect::Leaves(instance, task) => self.instance(calendar, instance, |app, out| {
                app.on(now, app::Event::CallerLeft(task), out);
            }),
        }
    }

    pub(crate) fn wire_app(&mut self, calendar: &mut Calendar<Event>, id: InstanceId, effect: app::Effect) {
        let now = calendar.now();
        let service = self.plan.service_of[id as usize];
        match effect {
            app::Effect::Holds(load, request, task) => self.loads[load as usize].held(request, id, task),
            app::Effect::Answer(load, request, reply) => self.load(calendar, load, |load, out| {
                load.on(now, load::Event::Answered(request, reply), out);
            }),
            app::Effect::CallMade => self.recorder.call_made(service),
            app::Effect::Read(cache, task) => self.read(calendar, id, cache, task),
            app::Effect::Store(cache, key) => self.store(now, cache, key),
            app::Effect::Query(database, key) => self.query(calendar, id, database, key),
            app::Effect::Send(socket, call, bytes) => {
                self.kernel(calendar, id, |kernel, out| kernel.send(out, socket, call, bytes));
            }
            app::Effect::Dial { cache, socket, options } => {
                let resolver = &mut self.resolvers[id as usize][cache as usize];
                let node = resolver.look_up(now, &self.names[cache as usize]);
                let rtt = self.peers[node as usize].rtt;
                self.kernel(calendar, id, |kernel, out| kernel.dial(out, socket, node, rtt, options));
            }
            app::Effect::Close(socket) => {
                self.recorder.ended(now);
                if self.is_half_open(id, socket) {
                    self.recorder.half_open_ended(id, now, End::Client);
                }
                self.close(calendar, id, socket);
            }
            app::Effect::End(socket) => {
                // A server that lives closes its side as well; from any other nothing comes.
                let of = self.kernels[id as usize].established().find(|&(s, ..)| s == socket);
                if let Some((_, node, made_with)) = of
                    && !self.peers[node as usize].leaves_half_open(made_with)
                {
                    let peer = self.peers[node as usize];
                    let closed = peer.arrival(peer.arrival(now));
                    calendar.schedule(closed, Event::Kernel(id, network::Event::Fin(socket)));
                }
            }
            app::Effect::Died(death) => {
                self.recorder.died(id, now, death);
                self.balancers[service].remove(id);
                for socket in self.kernels[id as usize].sockets() {
                    if self.is_half_open(id, socket) {
                        self.recorder.half_open_ended(id, now, End::Crash);
                    }
                    self.close(calendar, id, socket);
                }
            }
            app::Effect::Ready => {
                self.balancers[service].add(id);
                self.recorder.ready(id, now);
            }
        }
    }

    pub(crate) fn wire_kernel(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: InstanceId,
        effect: network::kernel::Effect,
    ) {
        use network::kernel::Effect;
        let now = calendar.now();
        match effect {
            Effect::Send(node, socket, kind) => {
                let arrives = self.peers[node as usize].arrival(now);
                calendar.schedule(arrives, Event::Packet(node, Packet { from: id, socket, kind }));
            }
            Effect::Connected(socket, node) => {
                self.recorder.connected(node);
                self.tell_client(calendar, id, socket, client::Event::Connected(socket));
            }
            Effect::DialFailed(socket, error) => {
                self.recorder.ended(now);
                self.tell_client(calendar, id, socket, client::Event::DialFailed(socket, error));
            }
            Effect::Closed(socket, node, error) => {
                self.recorder.disconnected(node);
                self.recorder.ended(now);
                match error {
                    SocketError::TimedOut => self.recorder.half_open_ended(id, now, End::Kernel),
                    SocketError::Reset => self.recorder.half_open_ended(id, now, End::Peer),
                    SocketError::Eof | SocketError::Refused | SocketError::Unreachable => {}
                }
                self.tell_client(calendar, id, socket, client::Event::Closed(socket, error));
            }
        }
    }

    fn tell_client(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: InstanceId,
        socket: Socket,
        event: client::Event,
    ) {
        let now = calendar.now();
        self.instance(calendar, id, |app: &mut Instance, out| {
            app.on(now, app::Event::Client(socket.client, event), out);
        });
    }

    /// A packet arrives at a node's host; what comes back depends on what lives there.
    pub(crate) fn packet(&mut self, calendar: &mut Calendar<Event>, id: NodeId, packet: Packet) {
        let now = calendar.now();
        let peer = self.peers[id as usize];
        let Packet { from, socket, kind } = packet;
        if let Path::Loses(share) = peer.path
            && self.is_lost(calendar, id, packet, share)
        {
            return;
        }
        if let (PacketKind::Call(call, made_with), true) = (kind, peer.hears_only())
            && made_with == peer.incarnation
        {
            self.hand_over(calendar, id, node::Command { instance: from, socket, call });
            return;
        }
        let answer = match kind {
            PacketKind::Syn => peer.answer_to_syn(),
            PacketKind::Call(_, made_with)
            | PacketKind::Again(_, made_with)
            | PacketKind::Behind(made_with)
            | PacketKind::Probe(made_with) => peer.answer(made_with),
        };
        // A repetition of what has arrived already is acknowledged once more, which changes nothing.
        let arrives = match (answer, kind) {
            (Answer::Lives, PacketKind::Call(call, _)) => Some(call),
            (Answer::Lives, PacketKind::Again(call, _)) => {
                self.kernels[from as usize].arrives(socket, call).then_some(call)
            }
            _ => None,
        };
        let back = match (answer, kind) {
            (Answer::Lives, PacketKind::Syn) => Some(network::Event::SynAnswered(socket, peer.incarnation)),
            (Answer::Lives, PacketKind::Call(..)) => None,
            (Answer::Lives, PacketKind::Again(..)) => arrives.map(|_| network::Event::Acknowledged(socket)),
            (Answer::Lives, PacketKind::Probe(_)) => Some(network::Event::KeepaliveAnswered(socket)),
            (Answer::Lives, PacketKind::Behind(_)) => Some(network::Event::AcknowledgedBehind(socket)),
            (Answer::Resets, PacketKind::Syn) => Some(network::Event::SynRefused(socket)),
            (Answer::Resets, _) => Some(network::Event::Reset(socket)),
            (Answer::Silence, PacketKind::Call(call, _)) => {
                let lost = network::Event::Unacknowledged(socket, call);
                self.kernel(calendar, from, |kernel, out| kernel.on(now, lost, out));
                None
            }
            (Answer::Silence, PacketKind::Syn) if peer.path == Path::LinkDown => {
                let unresolved = network::Event::Unresolved(socket);
                self.kernel(calendar, from, |kernel, out| kernel.on(now, unresolved, out));
                None
            }
            (Answer::Silence, _) => None,
        };
        if let Some(back) = back {
            calendar.schedule(peer.arrival(now), Event::Kernel(from, back));
        }
        if let Some(call) = arrives {
            self.hand_over(calendar, id, node::Command { instance: from, socket, call });
        }
    }

    /// A node's kernel hands a command to its process.
    fn hand_over(&mut self, calendar: &mut Calendar<Event>, id: NodeId, command: node::Command) {
        let now = calendar.now();
        self.recorder.call_reached(self.plan.service_of[command.instance as usize]);
        self.node(calendar, id, |node, out| node.on(now, node::Event::Command(command), out));
    }

    pub(crate) fn wire_node(&mut self, calendar: &mut Calendar<Event>, id: NodeId, effect: node::Effect) {
        let now = calendar.now();
        match effect {
            node::Effect::Reply(command) if self.peers[id as usize].can_answer() => {
                match self.peers[id as usize].path {
                    Path::Loses(share) => {
                        let rtt = self.peers[id as usize].rtt;
                        let left = self.replies[id as usize].leave(now, rtt, command, share);
                        self.replies_leave(calendar, id, (command.instance, command.socket), left);
                    }
                    _ => self.deliver(calendar, id, command),
                }
            }
            // The answer would have carried the acknowledgement.
            node::Effect::Reply(node::Command { instance, socket, call })
            | node::Effect::Unacknowledged(node::Command { instance, socket, call }) => {
                let lost = network::Event::Unacknowledged(socket, call);
                self.kernel(calendar, instance, |kernel, out| kernel.on(now, lost, out));
            }
        }
    }

    /// A reply is on its way.
    fn deliver(&mut self, calendar: &mut Calendar<Event>, id: NodeId, command: node::Command) {
        let now = calendar.now();
        let node::Command { instance, socket, call } = command;
        self.kernels[instance as usize].received(now, socket);
        let reply = app::Event::Client(socket.client, client::Event::Reply(socket, call));
        calendar.schedule(self.peers[id as usize].arrival(now), Event::App(instance, reply));
    }

    pub(crate) fn wire_failover(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: CacheId,
        effect: failover::Effect,
    ) {
        let node = |of: u32| self.plan.first_node[id as usize] + of;
        match effect {
            failover::Effect::Noticed(of) => self.recorder.noticed_loss(calendar.now(), node(of)),
            failover::Effect::Promote(of) => {
                let node = node(of);
                // One that a handover took out of service has been started again as a follower meanwhile; one that a
                // fault killed does not answer and is not promoted.
                if matches!(self.peers[node as usize].process, Process::Killed | Process::Dying) {
                    self.set_process(calendar, node, Process::Running);
                }
                self.names[id as usize].node = node;
                self.recorder.promoted(calendar.now(), node);
            }
            failover::Effect::Announce => {
                let now = calendar.now();
                for instance in 0..self.instances.len() as InstanceId {
                    self.instance(calendar, instance, |app, out| app.on(now, app::Event::Switched(id), out));
                }
            }
            failover::Effect::EndConnections(of) => {
                self.end_connections(calendar, node(of), network::Event::Fin);
            }
            failover::Effect::Step(of, step) => {
                self.recorder.failover_step(calendar.now(), node(of), step);
            }
            failover::Effect::CloseConnections(of) => {
                let node = node(of);
                // An orderly end: the old process closes what it has and refuses what comes. If its host is gone,
                // somebody else must send the resets in its place.
                match self.peers[node as usize].process {
                    Process::HostGone => self.end_connections(calendar, node, network::Event::Reset),
                    Process::Running => self.kill(calendar, node),
                    _ => {
                        self.note_half_open_to(calendar.now(), node);
                        self.set_process(calendar, node, Process::Killed);
                    }
                }
            }
        }
    }

    pub(crate) fn fault_begins(&mut self, calendar: &mut Calendar<Event>, fault: usize) {
        self.recorder.fault_begins(calendar.now(), &self.faults[fault]);
        self.pull(calendar, self.faults[fault].begin);
    }

    pub(crate) fn fault_ends(&mut self, calendar: &mut Calendar<Event>, fault: usize) {
        self.recorder.fault_ends(calendar.now(), &self.faults[fault]);
        if let Some(lever) = self.faults[fault].end {
            self.pull(calendar, lever);
        }
    }

    fn pull(&mut self, calendar: &mut Calendar<Event>, lever: Lever) {
        let now = calendar.now();
        match lever {
            Lever::Process { cache, node, process } => {
                let id = self.plan.first_node[cache] + node as u32;
                match process {
                    Process::Killed => self.kill(calendar, id),
                    _ => self.set_process(calendar, id, process),
                }
                self.tell_failover(calendar, cache, node);
            }
            Lever::Path { cache, node, path } => {
                let id = self.plan.first_node[cache] + node as u32;
                self.set_path(calendar, id, path);
                self.tell_failover(calendar, cache, node);
            }
            Lever::CloseConnections { cache, node } => {
                let id = self.plan.first_node[cache] + node as u32;
                self.node(calendar, id, node::Node::lose);
                self.end_connections(calendar, id, network::Event::Fin);
            }
            Lever::Handover { cache } => {
                self.failover(calendar, cache as u32, |f, out| f.on(now, failover::Event::Handover, out));
            }
            Lever::Stalled { service, lasts } => {
                for id in 0..self.instances.len() as InstanceId {
                    if self.plan.service_of[id as usize] == service {
                        self.instance(calendar, id, |app, out| app.on(now, app::Event::Stalled(lasts), out));
                    }
                }
            }
        }
    }

    /// Who watches a node learns whether it answers.
    fn tell_failover(&mut self, calendar: &mut Calendar<Event>, cache: usize, node: usize) {
        let now = calendar.now();
        let peer = &self.peers[(self.plan.first_node[cache] + node as u32) as usize];
        let closes = matches!(peer.process, Process::Dying | Process::Killed) || peer.path == Path::Rejects;
        let told = match (peer.serves(), closes) {
            (_, true) => failover::Event::Closed,
            (true, false) => failover::Event::Answers,
            (false, false) => failover::Event::Silent,
        };
        self.failover(calendar, cache as u32, |f, out| f.on(now, told(node as u32), out));
    }

    /// A process ends: it answers nobody any more, and takes a moment until its sockets close.
    fn kill(&mut self, calendar: &mut Calendar<Event>, id: NodeId) {
        self.set_process(calendar, id, Process::Dying);
        calendar.schedule(calendar.now() + EXIT, Event::Exited(id));
    }

    /// A killed process has ended, unless it was started anew meanwhile.
    pub(crate) fn exited(&mut self, calendar: &mut Calendar<Event>, id: NodeId) {
        if self.peers[id as usize].process == Process::Dying {
            self.set_process(calendar, id, Process::Killed);
        }
    }

    fn set_process(&mut self, calendar: &mut Calendar<Event>, id: NodeId, process: Process) {
        let peer = &mut self.peers[id as usize];
        let was = std::mem::replace(&mut peer.process, process);
        if matches!(process, Process::Running | Process::Stopped)
            && matches!(was, Process::Killed | Process::Dying | Process::HostGone)
        {
            peer.incarnation += 1;
            self.starts_empty(id);
        }
        self.node(calendar, id, |node, out| node.become_process(out, process));
        self.peer_reads(calendar, id, process != Process::Stopped);
        if process == Process::Killed {
            // The dying process's kernel closes every socket it had.
            self.end_connections(calendar, id, network::Event::Fin);
        }
    }

    /// Tells every client connected to a node that its connection has ended.
    fn end_connections(
        &mut self,
        calendar: &mut Calendar<Event>,
        node: NodeId,
        how: impl Fn(Socket) -> network::Event,
    ) {
        let peer = self.peers[node as usize];
        for (id, kernel) in self.kernels.iter().enumerate() {
            let had = kernel.established().filter(|&(_, n, with)| n == node && with == peer.incarnation);
            // An answer to a SYN may be on its way; the end of the connection follows it.
            let begun = kernel.dialing().filter(|&(_, n)| n == node).map(|(socket, _)| socket);
            for socket in had.map(|(socket, _, _)| socket).chain(begun) {
                let event = Event::Kernel(id as InstanceId, how(socket));
                calendar.schedule(peer.arrival(calendar.now()), event);
            }
        }
    }

    /// Half-open connections to a node that are about to be ended from its side.
    fn note_half_open_to(&mut self, now: Time, node: NodeId) {
        let peer = self.peers[node as usize];
        for (id, kernel) in self.kernels.iter().enumerate() {
            if kernel.established().any(|(_, n, with)| n == node && peer.leaves_half_open(with)) {
                self.recorder.half_open_ended(id as InstanceId, now, End::Peer);
            }
        }
    }

    /// The application's side closes a socket. A node that lives forgets it without an event of its own.
    fn close(&mut self, calendar: &mut Calendar<Event>, id: InstanceId, socket: Socket) {
        let mut node = None;
        self.kernel(calendar, id, |kernel, out| node = kernel.close(out, socket));
        if let Some(node) = node {
            self.recorder.disconnected(node);
        }
    }
}
