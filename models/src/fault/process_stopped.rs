//! A node's process stands still (SIGSTOP, a debugger, death by swapping) and its kernel does not.
//!
//! - **The peer sees** a healthy connection: every segment is acknowledged, keepalive probes are answered.
//! - **Bytes in flight** arrive and wait in the receive buffer. No retransmission, so neither `tcp_retries2` nor
//!   `TCP_USER_TIMEOUT` ends anything: only a clock of the client's own does.
//! - **Established connections** stay, for ever if need be.
//! - **New connections** are accepted by the kernel up to the listen backlog; calls on them wait too.
//! - **Afterwards** (`for`) the process goes on where it was and answers everything that waits, late.
//!
//! Source: Linux `net/ipv4/tcp_input.c` (acknowledgement is the kernel's work); measured with SIGSTOP: the client did not
//! notice within the measurement. Left out: a full receive buffer (64 KiB up to 6 MiB): the window closes, and since
//! its probes are answered nothing ends either, but for a `TCP_USER_TIMEOUT`, which then counts from the first probe
//! (`tcp_probe_timer`; measured with a flooded socket: the kernel had given up by 10.9 s after the stop at 10 s; what
//! the application hears later is its own doing); a full backlog, and the demotion of a node that wakes up after its
//! follower took over.

use super::{Hit, Process, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "a node's process stands still: acknowledged, accepted, never answered";
pub(super) const EXAMPLE: &str = "{ process_stopped = { node = \"main.a\", for = \"30s\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    section::node_becomes(at, names, Process::Stopped, "stands still, its kernel answers")
}
