//! The host under a node dies: power, hardware, hypervisor.
//!
//! - **The peer sees** nothing. No FIN, no RST: nobody is left to send one.
//! - **Bytes in flight** towards it vanish. What it had received and not yet acknowledged (answers carry the
//!   acknowledgement; without one the kernel waits 40 ms) is sent again by the client's kernel, like all that is
//!   written from now on. Calls it had acknowledged get no answer, and no timer of the kernel runs for them alone.
//! - **Established connections** stay established on the client's side: half-open. With unacknowledged data the kernel
//!   retransmits until `tcp_retries2` (about 15 minutes) or the user timeout; idle ones notice at the next call or
//!   keepalive probe.
//! - **New connections** to its address get no answer: SYNs are repeated until `tcp_syn_retries` (131 s nominal) or
//!   the client's connect timeout.
//! - **Afterwards** (`for`) the host comes back with a new process that knows no old connection: a segment of one is
//!   answered with RST, also the kernel's next retransmission.
//!
//! Source: Linux `net/ipv4/tcp_timer.c` (`retransmits_timed_out`, `tcp_write_timeout`), `TCP_DELACK_MIN` in
//! `include/net/tcp.h`; measured with dropped packets on Linux 6.18: 938 s at 15 retries. Left out: a neighbour on the
//! same segment, whose failed address resolution gives EHOSTUNREACH after 3 s; here the node is behind a router.

use super::{Hit, Process, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "a node's host dies: silence, connections stay half-open";
pub(super) const EXAMPLE: &str = "{ host_dies = { node = \"main.a\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    section::node_becomes(at, names, Process::HostGone, "dies with its host")
}
