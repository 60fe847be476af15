//! What each of a scenario's faults is on a real machine.
//!
//! | fault | here |
//! | --- | --- |
//! | `host_dies` | the node is unplugged: packets vanish, its process knows nothing; afterwards a new process |
//! | `drops` | both ways: unplugged; one way: a packet filter drops, where the packets arrive |
//! | `link_down` | its interface goes down; nobody resolves its address |
//! | `rejects` | the node's packet filter answers TCP with RST |
//! | `loses` | packet filters drop at random, each way, where the packets arrive |
//! | `process_killed` | SIGKILL; afterwards a new process |
//! | `process_stopped` | SIGSTOP; afterwards SIGCONT |
//! | `pauses` | `CLIENT PAUSE … ALL` |
//! | `connections_closed` | `CLIENT KILL TYPE normal` |
//! | `planned_failover` | the replica is promoted, then the primary shuts down |

use halfopen_models::fault::{Fault, Lever, Path};
use rustix::process::Signal;

use super::namespaces::Namespaces;
use super::servers::{Servers, tell};
use crate::failure::Failure;

/// The node that serves, and the one that follows it.
const PRIMARY: usize = 0;
const REPLICA: usize = 1;

/// Servers and network, to be broken. Fields are dropped in this order: the servers first.
pub struct Breakage {
    /// The servers.
    pub servers: Servers,
    /// The network.
    pub network: Namespaces,
}

impl Breakage {
    /// Breaks it; in a planned failover the name may move before the old connections close.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn begin(&mut self, fault: &Fault, name_at_once: bool) -> Result<(), Failure> {
        match (fault.mode, fault.begin) {
            ("host_dies", _) => self.network.unplug(PRIMARY),
            ("drops", Lever::Path { path: Path::Drops { inward: true, outward: true }, .. }) => {
                self.network.unplug(PRIMARY)
            }
            ("drops", Lever::Path { path: Path::Drops { inward, outward }, .. }) => {
                self.network.filter(PRIMARY, inward.then_some("drop"), outward.then_some("drop"))
            }
            ("link_down", _) => self.network.link(PRIMARY, "down"),
            ("rejects", _) => {
                self.network.filter(PRIMARY, Some("meta l4proto tcp reject with tcp reset"), None)
            }
            ("loses", Lever::Path { path: Path::Loses(share), .. }) => {
                let verdict = format!("numgen random mod 1000000 < {} drop", (share * 1e6).round());
                self.network.filter(PRIMARY, Some(&verdict), Some(&verdict))
            }
            ("process_killed", _) => {
                self.servers.kill(PRIMARY);
                Ok(())
            }
            ("process_stopped", _) => self.servers.signal(PRIMARY, Signal::STOP),
            ("pauses", _) => {
                let until = fault.until.unwrap_or(fault.at);
                let ms = (until.as_nanos() - fault.at.as_nanos()) / 1_000_000;
                tell(PRIMARY, &["CLIENT", "PAUSE", &ms.to_string(), "ALL"]).map(|_| ())
            }
            ("connections_closed", _) => tell(PRIMARY, &["CLIENT", "KILL", "TYPE", "normal"]).map(|_| ()),
            ("planned_failover", _) => {
                promote()?;
                if name_at_once {
                    self.network.point_to(REPLICA)?;
                }
                // It closes the connection that tells it to, which is no failure.
                let _ = tell(PRIMARY, &["SHUTDOWN", "NOSAVE", "NOW"]);
                Ok(())
            }
            (other, _) => Err(Failure::wrong(format!("a lab cannot make `{other}` happen"), "another fault")),
        }
    }

    /// Ends what it began.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn end(&mut self, fault: &Fault) -> Result<(), Failure> {
        match (fault.mode, fault.begin) {
            ("host_dies", _) => {
                self.servers.restart(PRIMARY)?;
                self.network.plug(PRIMARY)
            }
            ("drops", Lever::Path { path: Path::Drops { inward: true, outward: true }, .. }) => {
                self.network.plug(PRIMARY)
            }
            ("link_down", _) => self.network.link(PRIMARY, "up"),
            ("drops" | "rejects" | "loses", _) => {
                self.network.unfilter(PRIMARY);
                Ok(())
            }
            ("process_killed", _) => self.servers.restart(PRIMARY),
            ("process_stopped", _) => self.servers.signal(PRIMARY, Signal::CONT),
            // A pause ends by itself.
            _ => Ok(()),
        }
    }

    /// The replica serves, and the name points to it.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn move_name(&self) -> Result<(), Failure> {
        promote()?;
        self.network.point_to(REPLICA)
    }
}

fn promote() -> Result<(), Failure> {
    tell(REPLICA, &["REPLICAOF", "NO", "ONE"]).map(|_| ())
}

/// Whether a failover has a reason to move the name: slow nodes and cut connections are none.
pub fn loses_the_node(fault: &Fault) -> bool {
    !matches!(fault.mode, "loses" | "pauses" | "connections_closed")
}
