//! `[database.NAME]`.

use super::cache::{DISTRIBUTIONS, path};
use super::some_span;
use crate::scenario::Database;
use crate::scenario::reader::Cursor;

/// `PostgreSQL`'s `max_connections` is an 18-bit number.
const MOST_CONNECTIONS: u32 = 262_143;
/// More than fit the memory of any host.
const MOST_WAITING: u32 = 100_000_000;

pub(super) fn database(at: &Cursor<'_>, name: &str) -> Option<Database> {
    let mut fields = at.fields()?;
    let connections = fields.need("connections", "20", |at| at.count(1..=MOST_CONNECTIONS));
    let query =
        fields.need("query", "{ lognormal = { mean = \"5ms\", cv = 1.0 } }", |at| at.kind(DISTRIBUTIONS));
    let queue = fields.may("queue", |at| at.count(0..=MOST_WAITING));
    let rtt = fields.need("path", "{ rtt = \"500us\" }", path);
    let timeout = fields.may("timeout", some_span);
    fields.finish();
    Some(Database {
        name: name.to_owned(),
        connections: connections?,
        query: query?,
        queue: queue?,
        rtt: rtt?,
        timeout: timeout?,
    })
}
