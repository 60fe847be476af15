//! A node's process answers nothing for a time and everything afterwards: `CLIENT PAUSE`, a long script, a fork of a
//! large process, a snapshot on a slow disk.
//!
//! - **The peer sees** a healthy connection: segments and keepalive probes are acknowledged.
//! - **Bytes in flight** arrive and wait.
//! - **Established connections** stay.
//! - **New connections** are accepted; calls on them wait too.
//! - **Afterwards** (`for`, which a pause has) everything that waited is answered, in order.
//!
//! It differs from a stopped process only in that it ends by itself. Source: Redis' `src/networking.c` (`pauseActions`,
//! `postponeClient`); measured with `CLIENT PAUSE ALL`: all answers come at once when it ends, no connection is lost
//! unless the client has a clock of its own.

use super::{Hit, Lever, Process, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;
use crate::scenario::some_span;

pub(super) const SUMMARY: &str = "a node answers nothing for a time, then everything";
pub(super) const EXAMPLE: &str = "{ pauses = { node = \"main.a\", for = \"10s\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    let mut fields = at.fields()?;
    let node = section::node(&mut fields, names);
    let lasts = fields.need("for", "\"10s\"", some_span);
    fields.finish();
    let (target, cache, node) = node?;
    let lever = |process| Lever::Process { cache, node, process };
    let end = Some((lasts?, lever(Process::Running)));
    Some(Hit { target, what: "answers nobody for a while", begin: lever(Process::Stopped), end })
}
