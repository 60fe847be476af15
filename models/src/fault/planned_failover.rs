//! An operator moves a cache to its follower: the manual failover that teams test.
//!
//! - **The peer sees** the old node close its connections, after the follower has taken over and the name points to
//!   it: a FIN, at a moment when a new dial leads to the right node.
//! - **Bytes in flight** are answered until then; what comes after is answered with RST.
//! - **Established connections** end with EOF. The old node served until that moment, so few calls are on them.
//! - **New connections** go to the follower, once the resolver's answer has run out; the old node refuses.
//! - **Afterwards** nothing heals: a second planned failover moves back.
//!
//! How long the follower takes is the cache's `failover`; without one the handover is immediate. Source: documented
//! behaviour of manual failovers of managed caches, and the incident's own report ("tested with manual failovers").
//! Measured: with every client 0–3 failed calls. Left out: demotion in place, where connections stay open and writes
//! get READONLY.

use super::{Hit, Lever, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "an operator hands a cache over to its follower: connections close in order";
pub(super) const EXAMPLE: &str = "{ planned_failover = { cache = \"main\" } }";

/// What people try, since the other modes have it.
const HINTS: &[(&str, &str)] =
    &[("for", "a handover does not heal: a second planned_failover moves back"), ("node", "write cache = \"NAME\"")];

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    let mut fields = at.fields()?;
    let cache = section::cache(&mut fields, names);
    fields.finish_with(HINTS);
    let cache = cache?;
    Some(Hit {
        target: names.caches[cache].to_owned(),
        what: "is handed over to its follower",
        begin: Lever::Handover { cache },
        end: None,
    })
}
