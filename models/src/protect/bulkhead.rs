//! Bulkheads: a bound on the requests that an instance holds at once.
//!
//! A service's `bulkhead` refuses what comes above it: the caller gets an error at once, and nothing is held for it. So it
//! bounds the memory of an outage, whatever its length, to `bulkhead` requests with their calls.
//!
//! Source: Resilience4j's semaphore bulkhead (`BulkheadConfig`: 25 calls at once, none waits). Envoy's circuit breaker
//! (1,024 requests) and a server's `maxConnections` are the same thing in another place. Left out: waiting for a place.

use super::Example;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "an instance refuses requests above a number";
pub(super) const EXAMPLE: Example = &[("service.api", "bulkhead", "25")];

/// More than fit any process.
const MOST: u32 = 10_000_000;

/// A bound on requests at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulkhead {
    most: u32,
}

impl Bulkhead {
    /// Lets in up to `most`.
    pub fn new(most: u32) -> Bulkhead {
        Bulkhead { most }
    }

    /// Whether one more is let in beside so many that are `held`.
    pub fn admits(&self, held: usize) -> bool {
        held < self.most as usize
    }
}

/// Reads a service's `bulkhead`.
pub(super) fn read(at: &Cursor<'_>) -> Option<Bulkhead> {
    at.count(1..=MOST).map(Bulkhead::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_is_given_and_no_more() {
        let bulkhead = Bulkhead::new(2);
        assert_eq!([0, 1, 2, 3].map(|held| bulkhead.admits(held)), [true, true, false, false]);
    }
}
