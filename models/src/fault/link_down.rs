//! The interface of a node's host goes down on the segment that the instances are on too.
//!
//! - **The peer sees** nothing. No FIN, no RST.
//! - **Bytes in flight** vanish, both ways, as when the host dies.
//! - **Established connections** are half-open: the same retransmissions and the same limits. That the address is no
//!   longer resolved is a soft error there (`tcp_v4_err`): it changes no time, at most the last word.
//! - **New connections** meet silence while the kernel still knows the neighbour's hardware address: for its reachable
//!   time (15 to 45 s after the last acknowledgement), then 5 s of delay and three unicast probes. After that a SYN
//!   starts a resolution that nobody answers, and the dial fails with EHOSTUNREACH after three requests a second apart:
//!   3.06 s measured. A host that never spoke with the node is there at once.
//! - **Afterwards** (`for`) the process is the same: connections that were not given up resume at the kernel's next
//!   retransmission.
//!
//! Source: Linux `net/core/neighbour.c` (`neigh_timer_handler`, `neigh_rand_reach_time`), `net/ipv4/arp.c` (`arp_tbl`:
//! 30 s base reachable time, 5 s delay, 3 probes, 1 s apart), `tcp_v4_err` in `net/ipv4/tcp_ipv4.c`. Measured on Linux
//! 6.18: established connections die as with dropped packets; dials fail with "no route to host" 38 s after the fault.
//! Left out: the neighbours' own failing resolutions of the instances' addresses.

use super::{Hit, Path, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "a node's link goes down on the instances' segment: silence, later no route for dials";
pub(super) const EXAMPLE: &str = "{ link_down = { node = \"main.a\", for = \"30s\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    section::path_becomes(at, names, "loses its link", |_| Some(Path::LinkDown))
}
