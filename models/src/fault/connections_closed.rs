//! An administrator closes all connections of a node that lives on: `CLIENT KILL TYPE normal`, a proxy's reload, a
//! limit on a connection's age.
//!
//! - **The peer sees** a FIN on every connection.
//! - **Bytes in flight** towards the node are answered with RST; calls that waited in it are lost.
//! - **Established connections** end with EOF.
//! - **New connections** are accepted: the node lives.
//! - **Afterwards** nothing heals, since nothing is broken.
//!
//! Source: Redis' `src/networking.c` (`clientKillCommand`, `freeClient`); measured with node-redis 5: one failed call, a
//! new connection 13 ms later.

use super::{Hit, Lever, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "a node closes all its connections and lives on";
pub(super) const EXAMPLE: &str = "{ connections_closed = { node = \"main.a\" } }";

/// What people try, since the other modes have it.
const HINTS: &[(&str, &str)] = &[("for", "nothing has to heal: the node accepts new connections at once")];

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    let mut fields = at.fields()?;
    let node = section::node(&mut fields, names);
    fields.finish_with(HINTS);
    let (target, cache, node) = node?;
    Some(Hit {
        target,
        what: "closes all its connections",
        begin: Lever::CloseConnections { cache, node },
        end: None,
    })
}
