//! What the way to a node does to packets: dropped, rejected, lost by chance and repaired.

use halfopen_sim::Calendar;

use crate::component::Component;
use crate::event::{Event, InstanceId, NodeId};
use crate::fault::Path;
use crate::network::replies::{Leaves, Way};
use crate::network::{self, Packet, PacketKind, Socket};
use crate::node::Node;
use crate::world::World;

impl World {
    pub(super) fn set_path(&mut self, calendar: &mut Calendar<Event>, id: NodeId, path: Path) {
        let now = calendar.now();
        self.peers[id as usize].path = path;
        if !self.peers[id as usize].can_answer() {
            self.node(calendar, id, Node::cut_off);
        }
        for kernel in &mut self.kernels {
            match path {
                Path::LinkDown => kernel.neighbour_falls_silent(now, id),
                _ => kernel.neighbour_answers(id),
            }
        }
    }

    /// Who writes to a node meets a full buffer where its process is stopped.
    pub(super) fn peer_reads(&mut self, calendar: &mut Calendar<Event>, node: NodeId, reads: bool) {
        for id in 0..self.kernels.len() as InstanceId {
            if reads {
                self.kernel(calendar, id, |kernel, out| kernel.peer_reads(out, node));
            } else {
                self.kernels[id as usize].peer_stops(node);
            }
        }
    }

    /// Whether a packet is lost by chance. Of what is acknowledged alone the acknowledgement may be lost too; that of
    /// data is repeated by every later one.
    pub(super) fn is_lost(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: NodeId,
        packet: Packet,
        share: f64,
    ) -> bool {
        let now = calendar.now();
        let Packet { from, socket, kind } = packet;
        let rtt = self.peers[id as usize].rtt;
        let replies = &mut self.replies[id as usize];
        match kind {
            PacketKind::Call(call, _) => {
                // What left before the gap was known arrives behind it.
                let joins = replies.joins(now, Way::In, from, socket);
                let lost =
                    self.kernels[from as usize].is_stalled(socket) || !(joins || replies.carries(share));
                if lost {
                    let event = network::Event::Lost(socket, call);
                    self.kernel(calendar, from, |kernel, out| kernel.on(now, event, out));
                } else {
                    replies.acknowledged(now, rtt, from, socket);
                }
                lost
            }
            PacketKind::Again(..) => {
                let lost = !replies.carries(share);
                if !lost {
                    replies.acknowledged_late(now, rtt, from, socket, share);
                }
                lost
            }
            PacketKind::Syn | PacketKind::Behind(_) | PacketKind::Probe(_) => {
                !(replies.carries(share) && replies.carries(share))
            }
        }
    }

    pub(super) fn replies_leave(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: NodeId,
        (instance, socket): (InstanceId, Socket),
        left: Leaves,
    ) {
        match left {
            Leaves::Arrive(commands, late) => {
                let share = self.peers[id as usize].path.share_lost();
                let probe = self.replies[id as usize].probe(share);
                self.kernels[instance as usize].acknowledged_late(socket, late, probe);
                for command in commands {
                    self.deliver(calendar, id, command);
                }
            }
            Leaves::Lost(wait) => {
                calendar.schedule(calendar.now() + wait, Event::Repeat(id, instance, socket));
            }
            Leaves::Waits => {}
        }
    }

    /// A node's kernel sends a lost reply again.
    pub(crate) fn repeat(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: NodeId,
        instance: InstanceId,
        socket: Socket,
    ) {
        let share = self.peers[id as usize].path.share_lost();
        let left = self.replies[id as usize].repeat(calendar.now(), instance, socket, share);
        self.replies_leave(calendar, id, (instance, socket), left);
    }
}
