//! A rule, a route or a switch on the way to a node drops packets: all of one direction, or of both.
//!
//! - **The peer sees** silence, whichever way is cut: either its segments do not arrive or their acknowledgements do
//!   not come back.
//! - **Bytes in flight** the cut way vanish. With `way = "out"` commands arrive and are run, once; their answers are
//!   lost.
//! - **Established connections** stay on both sides: half-open, retransmitted until the kernel gives up.
//! - **New connections** get no answer.
//! - **Afterwards** (`for`) the process is the same and knows its connections: traffic resumes not when the way is open
//!   but at the kernel's next retransmission, up to two minutes later.
//!
//! Source: Linux `net/ipv4/tcp_timer.c`; measured with dropped packets on Linux 6.18: one-way and two-way cuts end after
//! the same times, a cut of 10 s is over after 13.3 s, one of 60 s after 107 s. Left out: that a command which already
//! ran is not run again when its retransmission arrives after healing.

use super::{Hit, Path, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "packets to a node, from it, or both are dropped silently; its process lives";
pub(super) const EXAMPLE: &str = "{ drops = { node = \"main.a\", way = \"both\", for = \"10s\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    let ways = &[
        ("both", Path::Drops { inward: true, outward: true }),
        ("in", Path::Drops { inward: true, outward: false }),
        ("out", Path::Drops { inward: false, outward: true }),
    ];
    section::path_becomes(at, names, "is cut off", |fields| fields.need("way", "\"both\"", |at| at.choice(ways)))
}
