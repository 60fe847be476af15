//! An instance's memory by purpose. The parts add up to the total at every moment.

use crate::scenario::{Bytes, Payload};

/// Bytes by purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    baseline: Bytes,
    requests: Bytes,
    calls: Bytes,
    /// Outside the runtime's heap.
    payload_buffers: Bytes,
    client_buffers: Bytes,
    pending_calls: u64,
}

impl Ledger {
    /// A process that does nothing.
    pub fn new(baseline: Bytes) -> Ledger {
        Ledger { baseline, requests: 0, calls: 0, payload_buffers: 0, client_buffers: 0, pending_calls: 0 }
    }

    /// All of it.
    pub fn total(&self) -> Bytes {
        self.heap() + self.payload_buffers
    }

    /// What of it lies on the runtime's heap.
    pub fn heap(&self) -> Bytes {
        self.baseline + self.requests + self.calls + self.client_buffers
    }

    /// Calls made and not yet answered or failed.
    pub fn pending_calls(&self) -> u64 {
        self.pending_calls
    }

    pub(crate) fn begin_request(&mut self, bytes: Bytes) {
        self.requests += bytes;
    }

    pub(crate) fn end_request(&mut self, bytes: Bytes) {
        self.requests -= bytes;
    }

    pub(crate) fn begin_call(&mut self, bytes: Bytes, payload: Payload) {
        self.calls += bytes + payload.heap;
        self.payload_buffers += payload.buffers;
        self.pending_calls += 1;
    }

    pub(crate) fn end_call(&mut self, bytes: Bytes, payload: Payload) {
        self.calls -= bytes + payload.heap;
        self.payload_buffers -= payload.buffers;
        self.pending_calls -= 1;
    }

    /// What a client keeps of a call whose caller has given up: its command, with the value that this carries.
    pub(crate) fn begin_timed_out(&mut self, bytes: Bytes, value: Payload) {
        self.client_buffers += bytes + value.heap;
        self.payload_buffers += value.buffers;
    }

    pub(crate) fn end_timed_out(&mut self, bytes: Bytes, value: Payload) {
        self.client_buffers -= bytes + value.heap;
        self.payload_buffers -= value.buffers;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_go_back_to_the_baseline() {
        let mut ledger = Ledger::new(100);
        ledger.begin_request(30);
        let payload = Payload { heap: 3, buffers: 20, carried: 0 };
        ledger.begin_call(4, payload);
        assert_eq!((ledger.total(), ledger.heap(), ledger.pending_calls()), (157, 137, 1));
        ledger.end_call(4, payload);
        ledger.begin_timed_out(2, payload);
        assert_eq!((ledger.total(), ledger.heap(), ledger.pending_calls()), (155, 135, 0));
        ledger.end_timed_out(2, payload);
        ledger.end_request(30);
        assert_eq!(ledger, Ledger::new(100));
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn freeing_what_was_never_held_stops_the_run() {
        Ledger::new(100).end_request(1);
    }
}
