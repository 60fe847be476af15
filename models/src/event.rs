//! Everything that can happen in the world: one closed, `Copy` enum of the components' own events.

use crate::{app, database, failover, load, network, node};

/// Position of a load in the scenario.
pub type LoadId = u32;
/// Position of an instance over all services.
pub type InstanceId = u32;
/// Position of a node over all caches.
pub type NodeId = u32;
/// Position of a cache in the scenario.
pub type CacheId = u32;
/// Position of a database in the scenario.
pub type DatabaseId = u32;

/// An event of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Fault number `.0` begins.
    FaultBegins(u32),
    /// Fault number `.0` ends.
    FaultEnds(u32),
    /// For a load.
    Load(LoadId, load::Event),
    /// For an instance.
    App(InstanceId, app::Event),
    /// For the kernel under an instance.
    Kernel(InstanceId, network::Event),
    /// A packet arrives at a node's host.
    Packet(NodeId, network::Packet),
    /// For a node.
    Node(NodeId, node::Event),
    /// For a cache's failover.
    Failover(CacheId, failover::Event),
    /// One second has passed: the recorder looks.
    Sample,
    /// A killed process of a node has ended: its kernel closes what it had.
    Exited(NodeId),
    /// A node's kernel repeats a reply that was lost on its way to this socket.
    Repeat(NodeId, InstanceId, network::Socket),
    /// For a database.
    Database(DatabaseId, database::Event),
}
