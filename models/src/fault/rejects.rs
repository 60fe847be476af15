//! A node's host answers everything with RST: a firewall that rejects, a service moved away, a wrong port.
//!
//! - **The peer sees** ECONNRESET at its next packet.
//! - **Bytes in flight** towards the node are lost; answers that were on their way still arrive.
//! - **Established connections** end when they speak next; an idle one notices nothing until then.
//! - **New connections** are refused at once (ECONNREFUSED).
//! - **Afterwards** (`for`) new connections succeed; one that was idle all the time lives on.
//!
//! Source: Linux `net/ipv4/netfilter/nf_reject_ipv4.c` (`nf_send_reset`), `tcp_reset` in `net/ipv4/tcp_input.c`; measured
//! with `REJECT --reject-with tcp-reset` on Linux 6.18: a client at 10 calls a second notices after 0.04 s.

use super::{Hit, Path, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "a node's host answers everything with RST: refused, reset at the next packet";
pub(super) const EXAMPLE: &str = "{ rejects = { node = \"main.a\", for = \"30s\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    section::path_becomes(at, names, "rejects everything", |_| Some(Path::Rejects))
}
