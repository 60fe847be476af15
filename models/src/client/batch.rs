//! Calls that wait for others and then go together: ioredis' `enableAutoPipelining`.
//!
//! One batch is under way at a time. What is called meanwhile waits, unwritten and without a command timeout of its own,
//! until every call of that batch has been answered, failed or given up; then all of it goes at once. So a silent
//! server holds back everything but the first batch, and a command timeout ends batch after batch: a call may wait for
//! the one before it and then as long again. Source: ioredis 5.11.1, lib/autoPipelining.ts (`executeAutoPipeline`,
//! `_runningAutoPipelines`), lib/Pipeline.ts (`fillResult`), lib/Redis.ts (`sendCommand` starts the timeout). Left out:
//! what one turn of the event loop calls goes into one batch (`setImmediate`): here the first call goes alone.

use crate::scenario::Bytes;

use super::CallKey;

/// What a call costs more that waits in a batch: its pipeline's promise, callback and result. Measured: ioredis 5.11.1 on
/// Node 20.20, live heap after a forced collection, 8,122 pending GETs without payload 1,931 B each, nearly all unwritten;
/// 1,150 without batches.
pub(super) const BYTES: Bytes = 781;

/// The calls of one client that go together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Calls of the batch under way that have not ended.
    running: u32,
    next: Vec<CallKey>,
}

impl Batch {
    /// A call is made.
    pub(super) fn wait(&mut self, call: CallKey) {
        self.next.push(call);
    }

    /// One of those under way has ended.
    pub(super) fn one_ended(&mut self) {
        self.running -= 1;
    }

    /// The calls that go now; none while others are under way.
    pub(super) fn go(&mut self) -> Vec<CallKey> {
        if self.running > 0 {
            return Vec::new();
        }
        self.running = self.next.len() as u32;
        std::mem::take(&mut self.next)
    }
}
