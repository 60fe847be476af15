//! An instance's memory by purpose. The parts add up to the total at every moment.
//!
//! Each part also counts all that ever came, so that a collector can tell old from young: what is alive of a part is
//! taken to have come last, as requests and calls end about in the order in which they began.

use crate::scenario::{Bytes, Payload};

/// Bytes of one purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Not yet freed.
    pub(super) alive: Bytes,
    /// All that came since the process began.
    pub(super) came: Bytes,
}

impl Part {
    fn add(&mut self, bytes: Bytes) {
        self.alive += bytes;
        self.came += bytes;
    }

    fn free(&mut self, bytes: Bytes) {
        self.alive -= bytes;
    }
}

/// Bytes by purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    baseline: Bytes,
    requests: Part,
    calls: Part,
    client_buffers: Part,
    /// Outside the runtime's heap.
    payload_buffers: Bytes,
    /// All that was ever allocated on the heap, what died at once included.
    allocated: Bytes,
    pending_calls: u64,
    largest_object: Bytes,
}

impl Ledger {
    /// A process that does nothing.
    pub fn new(baseline: Bytes) -> Ledger {
        Ledger {
            baseline,
            requests: Part::default(),
            calls: Part::default(),
            client_buffers: Part::default(),
            payload_buffers: 0,
            allocated: 0,
            pending_calls: 0,
            largest_object: 0,
        }
    }

    /// All of it that is alive.
    pub fn total(&self) -> Bytes {
        self.heap() + self.payload_buffers
    }

    /// What of it lies on the runtime's heap.
    pub fn heap(&self) -> Bytes {
        self.baseline + self.requests.alive + self.calls.alive + self.client_buffers.alive
    }

    /// Calls made and not yet answered or failed.
    pub fn pending_calls(&self) -> u64 {
        self.pending_calls
    }

    /// All that was ever allocated on the heap beside the baseline.
    pub(super) fn allocated(&self) -> Bytes {
        self.allocated
    }

    /// The largest object that a call has brought.
    pub(super) fn largest_object(&self) -> Bytes {
        self.largest_object
    }

    /// The parts that come and go on the heap.
    pub(super) fn parts(&self) -> [Part; 3] {
        [self.requests, self.calls, self.client_buffers]
    }

    /// Work has allocated what nobody holds.
    pub fn litter(&mut self, bytes: Bytes) {
        self.allocated += bytes;
    }

    pub(crate) fn begin_request(&mut self, bytes: Bytes) {
        self.requests.add(bytes);
        self.allocated += bytes;
    }

    pub(crate) fn end_request(&mut self, bytes: Bytes) {
        self.requests.free(bytes);
    }

    /// A call is made: what its client holds of it, and what its request does meanwhile.
    pub fn begin_call(&mut self, bytes: Bytes, payload: Payload) {
        self.calls.add(bytes + payload.heap);
        self.allocated += bytes + payload.heap;
        self.payload_buffers += payload.buffers;
        self.pending_calls += 1;
        self.largest_object = self.largest_object.max(payload.object);
    }

    pub(crate) fn end_call(&mut self, bytes: Bytes, payload: Payload) {
        self.calls.free(bytes + payload.heap);
        self.payload_buffers -= payload.buffers;
        self.pending_calls -= 1;
    }

    /// The kernel took no more: a command stays in the process.
    pub(crate) fn begin_buffered(&mut self, bytes: Bytes) {
        self.client_buffers.add(bytes);
        self.allocated += bytes;
    }

    /// The kernel has taken such commands, or their connection has ended.
    pub(crate) fn end_buffered(&mut self, bytes: Bytes) {
        self.client_buffers.free(bytes);
    }

    /// What a client keeps of a call whose caller has given up: its command, with the value that this carries. It came with
    /// the call, and stays.
    pub(crate) fn begin_timed_out(&mut self, bytes: Bytes, value: Payload) {
        self.client_buffers.add(bytes + value.heap);
        self.payload_buffers += value.buffers;
    }

    pub(crate) fn end_timed_out(&mut self, bytes: Bytes, value: Payload) {
        self.client_buffers.free(bytes + value.heap);
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
        let payload = Payload { heap: 3, object: 0, buffers: 20, carried: 0 };
        ledger.begin_call(4, payload);
        assert_eq!((ledger.total(), ledger.heap(), ledger.pending_calls()), (157, 137, 1));
        ledger.end_call(4, payload);
        ledger.begin_timed_out(2, payload);
        assert_eq!((ledger.total(), ledger.heap(), ledger.pending_calls()), (155, 135, 0));
        ledger.end_timed_out(2, payload);
        ledger.end_request(30);
        assert_eq!((ledger.total(), ledger.heap(), ledger.pending_calls()), (100, 100, 0));
    }

    #[test]
    fn what_was_allocated_never_shrinks_and_what_a_client_keeps_of_a_call_came_with_it() {
        let mut ledger = Ledger::new(100);
        ledger.litter(5);
        ledger.begin_call(4, Payload { heap: 3, object: 0, buffers: 20, carried: 0 });
        ledger.end_call(4, Payload { heap: 3, object: 0, buffers: 20, carried: 0 });
        ledger.begin_timed_out(2, Payload::default());
        assert_eq!((ledger.allocated(), ledger.heap()), (12, 102));
        assert_eq!(ledger.parts()[1], Part { alive: 0, came: 7 });
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn freeing_what_was_never_held_stops_the_run() {
        Ledger::new(100).end_request(1);
    }
}
