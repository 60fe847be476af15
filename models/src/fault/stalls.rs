//! A service's instances get no CPU for a time: a neighbour on the same core, a quota that is used up (`cpu.max`), a
//! virtual machine that is moved, a computation that does not come back to the event loop.
//!
//! - **The peer sees** nothing new from them; their kernel acknowledges what it sends.
//! - **Bytes in flight** arrive in the socket and wait there.
//! - **Established connections** stay.
//! - **New connections** are accepted by the kernel; nobody takes them.
//! - **Afterwards** (`for`, which a stall has) all that waited is done in one turn. Clocks that ran out meanwhile go
//!   first: a stall longer than a command timeout fails calls whose answers have arrived.
//!
//! All instances stall at once, as on one host. Source: libuv `uv_run` (src/unix/core.c); measured where other work ran
//! on the core: what was pending at most exceeded rate × timeout by rate × the lateness that the application recorded.

use halfopen_sim::Span;

use super::{Hit, Lever, section};
use crate::scenario::Names;
use crate::scenario::reader::Cursor;
use crate::scenario::some_span;

pub(super) const SUMMARY: &str = "a service's instances get no CPU for a time";
pub(super) const EXAMPLE: &str = "{ stalls = { service = \"api\", for = \"500ms\" } }";

pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Hit> {
    let mut fields = at.fields()?;
    let service = section::service(&mut fields, names);
    let lasts = fields.need("for", "\"500ms\"", some_span);
    fields.finish();
    let (service, lasts) = (service?, lasts?);
    let target = names.services[service].to_owned();
    let stalled = |lasts| Lever::Stalled { service, lasts };
    let end = Some((lasts, stalled(Span::ZERO)));
    Some(Hit { target, what: "gets no CPU for a while", begin: stalled(lasts), end })
}
