//! What a host knows of its neighbours' hardware addresses once one of them does not answer any more.
//!
//! While a neighbour is reachable every acknowledgement confirms its entry. After the last one it counts as reachable
//! for its reachable time, then the next packet starts a delay of 5 s, then three unicast probes a second apart fail,
//! and the entry with them. From then on a packet to it starts a resolution: three broadcasts a second apart, then an
//! error to whoever waits. Source: Linux `net/core/neighbour.c` (`neigh_timer_handler`), defaults in `net/ipv4/arp.c`
//! (`arp_tbl`). Assumption: packets go out often enough that the delay starts when the reachable time ends.

use halfopen_sim::{Span, Time};

use super::wheel::HostClock;
use crate::event::NodeId;

/// `BASE_REACHABLE_TIME`: 30 s; a host uses half to one and a half of it (`neigh_rand_reach_time`).
pub const BASE_REACHABLE_TIME: Span = Span::from_secs(30);
/// `DELAY_PROBE_TIME`.
const DELAY: Span = Span::from_secs(5);
/// `RETRANS_TIME`: between probes.
const RETRANS_TIME: Span = Span::from_secs(1);
/// `UCAST_PROBES` and `MCAST_PROBES`.
const PROBES: u32 = 3;

/// One host's entries that are running out or have failed.
#[derive(Debug)]
pub struct Neighbours {
    reachable_time: Span,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    node: NodeId,
    /// The hardware address is used until then.
    known_until: Time,
    /// When the resolution that runs fails.
    fails: Time,
}

impl Neighbours {
    /// A host that uses `reachable_time`.
    pub fn new(reachable_time: Span) -> Neighbours {
        Neighbours { reachable_time, entries: Vec::new() }
    }

    /// A neighbour falls silent at `now`, which the host has just spoken with.
    pub fn falls_silent(&mut self, now: Time, node: NodeId) {
        self.answers(node);
        let known_until = now + self.reachable_time + DELAY + RETRANS_TIME * u64::from(PROBES);
        self.entries.push(Entry { node, known_until, fails: Time::ZERO });
    }

    /// It is back: the next resolution succeeds.
    pub fn answers(&mut self, node: NodeId) {
        self.entries.retain(|entry| entry.node != node);
    }

    /// Whether it is known to be silent.
    pub fn is_silent(&self, node: NodeId) -> bool {
        self.entries.iter().any(|entry| entry.node == node)
    }

    /// A packet leaves for a silent neighbour at `now`: when its sender hears that there is no way. Absent: the
    /// address is still known, so the packet vanishes unnoticed.
    pub fn send(&mut self, now: Time, node: NodeId, clock: HostClock) -> Option<Time> {
        let at = self.entries.iter().position(|entry| entry.node == node).unwrap_or_else(|| {
            self.entries.push(Entry { node, known_until: now, fails: Time::ZERO });
            self.entries.len() - 1
        });
        let entry = &mut self.entries[at];
        if now < entry.known_until {
            return None;
        }
        if now >= entry.fails {
            entry.fails = (0..PROBES).fold(now, |at, _| clock.fires(at, RETRANS_TIME));
        }
        Some(entry.fails)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeId = 3;

    fn at(secs: f64) -> Time {
        Time::ZERO + Span::from_secs_f64(secs)
    }

    #[test]
    fn an_entry_runs_out_and_then_each_resolution_takes_three_seconds() {
        let clock = HostClock::new(250, Span::from_secs(4_000));
        let mut neighbours = Neighbours::new(Span::from_secs(20));
        neighbours.falls_silent(at(100.0), NODE);
        assert_eq!(neighbours.send(at(127.9), NODE, clock), None, "20 s reachable, 5 s delay, 3 probes");
        let fails = neighbours.send(at(130.0), NODE, clock).expect("it is unknown");
        let took = (fails - at(130.0)).as_secs_f64();
        assert!((3.0..3.12).contains(&took), "measured 3.06 s, here {took}");
        assert_eq!(
            neighbours.send(at(131.0), NODE, clock),
            Some(fails),
            "who comes later waits for the same answer"
        );
        assert!(neighbours.send(at(140.0), NODE, clock) > Some(at(143.0)));
    }

    #[test]
    fn a_host_that_never_spoke_with_it_knows_nothing() {
        let clock = HostClock::new(250, Span::from_secs(4_000));
        let mut neighbours = Neighbours::new(Span::from_secs(20));
        assert!(neighbours.send(at(1.0), NODE, clock).is_some());
    }
}
