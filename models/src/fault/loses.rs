//! The way to a node loses packets by chance, each with the same probability, both ways.
//!
//! - **The peer sees** waits. TCP repairs every loss, so nothing is ever missing; what was written behind a lost segment
//!   waits for it (head-of-line).
//! - **Bytes in flight**: a lost segment is sent again when a later one is acknowledged past it, else by the tail-loss
//!   probe, else by the retransmission timer, whose interval doubles. Replies are repaired by the node's kernel in the
//!   same way.
//! - **Established connections** stay: the limit of 15 retransmissions is out of reach.
//! - **New connections** lose a SYN as easily, and that costs a second or more.
//! - **Afterwards** (`for`) the next retransmission clears what waits.
//!
//! Source: Linux `net/ipv4/tcp_recovery.c` (RACK), `tcp_output.c` (`tcp_schedule_loss_probe`), `tcp_timer.c`; measured
//! with 5 to 20 % on Linux 6.18: waits of 0.2 to 3 s, no connection lost, up to 54, 303 and 672 calls of 200 a second
//! waiting over one connection at 5, 10 and 20 % (here up to 49, 275 and 622). Left out: bursts of losses, segments that
//! are full, a window that grows again. Exclusive connections wait a fifth less here than measured at 20 %.

use super::{Hit, Path, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "packets to and from a node are lost by chance: TCP repairs, calls wait";
pub(super) const EXAMPLE: &str = "{ loses = { node = \"main.a\", share = \"5%\", for = \"30s\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    section::path_becomes(at, names, "is reached with losses", |fields| {
        fields.need("share", "\"5%\"", |at| at.ratio()).map(Path::Loses)
    })
}
