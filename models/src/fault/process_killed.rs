//! A node's process is killed (SIGKILL, out of memory) and its host lives on.
//!
//! - **The peer sees** the end at once: the kernel closes every socket of the process with a FIN (a RST where received
//!   data was unread; the client notices either within half a round trip, and the model sends FIN).
//! - **Bytes in flight** towards it are answered with RST; calls that waited in the process are lost with it.
//! - **Established connections** end with EOF or ECONNRESET. The client decides what becomes of calls in flight.
//! - **New connections** are refused at once (ECONNREFUSED) until somebody listens again.
//! - **Afterwards** (`for`) a new process listens; old connections were already gone.
//!
//! Source: Linux `net/ipv4/tcp.c` (`__tcp_close`), `tcp_ipv4.c` (`tcp_v4_send_reset`); measured: every client read about
//! notices a killed server within milliseconds. The failover counts the node as silent: it answers no health check.

use super::{Hit, Process, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "a node's process is killed: connections close at once, new ones are refused";
pub(super) const EXAMPLE: &str = "{ process_killed = { node = \"main.a\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    section::node_becomes(at, names, Process::Killed, "is killed, its host lives")
}
