//! From a request's call to the value it wants: breaker, copies, and the database behind the cache.
//!
//! A call whose answer lacks the value, or that failed where `on_error` says so, asks the database. What comes back in
//! time is stored in the cache; a query that was given up stores nothing. A query holds no memory beside its request's.

use slotmap::new_key_type;

use super::hedges::RaceKey;
use super::{Effect, Event, Instance, Out, TaskKey};
use crate::client::ClientId;
use crate::event::{CacheId, DatabaseId};
use crate::scenario::{Misses, OnError, Payload};

new_key_type! {
    /// A query of an instance.
    pub struct QueryKey;
}

/// One call of every request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) client: ClientId,
    pub(super) payload: Payload,
    pub(super) misses: Option<Misses>,
    pub(super) on_error: OnError,
}

/// A query whose answer is awaited.
#[derive(Debug)]
pub(super) struct Query {
    task: TaskKey,
    /// Where its value is stored.
    store: Option<(CacheId, u32)>,
    timer: Option<halfopen_sim::Timer>,
}

impl Instance {
    /// Makes a call, if its breaker permits.
    #[inline]
    pub(super) fn call(&mut self, out: &mut Out<'_>, key: TaskKey, client: ClientId, payload: Payload) {
        if self.plain {
            self.with_client(out, client, |c, desk| c.call(desk, key, payload));
        } else {
            self.guarded_call(out, key, client, payload);
        }
    }

    fn guarded_call(&mut self, out: &mut Out<'_>, key: TaskKey, client: ClientId, payload: Payload) {
        if let Some(breaker) = self.breakers.get_mut(usize::from(client))
            && !breaker.permits(out.now())
        {
            self.answered(out, key, false);
            return;
        }
        match &mut self.hedges {
            None => self.with_client(out, client, |c, desk| c.call(desk, key, payload)),
            Some(hedges) => {
                let race = hedges.begin(key, client, payload);
                self.send_copy(out, race);
            }
        }
    }

    /// Sends the next copy of a call.
    pub(super) fn send_copy(&mut self, out: &mut Out<'_>, race: RaceKey) {
        let arm = |after| out.arm(after, Event::Hedge(race));
        let copy = self.hedges.as_mut().and_then(|hedges| hedges.send(race, arm));
        if let Some(copy) = copy {
            self.with_client(out, copy.client, |c, desk| c.call(desk, copy.task, copy.payload));
        }
    }

    /// A client has settled a call, or a copy of one.
    #[inline]
    pub(super) fn settled(&mut self, out: &mut Out<'_>, client: ClientId, key: TaskKey, good: bool) {
        match (self.plain, good) {
            (true, true) => self.work(out, key),
            (true, false) => self.fail(out, key),
            (false, _) => self.guarded_settled(out, client, key, good),
        }
    }

    fn guarded_settled(&mut self, out: &mut Out<'_>, client: ClientId, key: TaskKey, good: bool) {
        let key = match &mut self.hedges {
            None => key,
            Some(hedges) => {
                let Some((task, timer)) = hedges.ended(key, good) else { return };
                out.cancel(timer);
                task
            }
        };
        if let Some(breaker) = self.breakers.get_mut(usize::from(client)) {
            breaker.record(out.now(), !good);
        }
        self.answered(out, key, good);
    }

    fn answered(&mut self, out: &mut Out<'_>, key: TaskKey, good: bool) {
        let Some(call) = self.last_call(key) else { return };
        match (good, call.on_error, call.misses) {
            (true, _, None) | (false, OnError::GoOn, _) => self.work(out, key),
            (true, _, Some(Misses { hits: None, .. })) => {
                out.emit(Effect::Read(self.caches[usize::from(call.client)], key));
            }
            (true, _, Some(Misses { hits: Some(share), .. })) if self.chance.uniform() < share => {
                self.work(out, key);
            }
            (true, _, Some(misses)) | (false, OnError::Miss, Some(misses)) => {
                self.query(out, key, misses, None);
            }
            (false, ..) => self.fail(out, key),
        }
    }

    /// What a read of the cache's contents came to: the key, where it is not there.
    pub fn has_read(&mut self, out: &mut Out<'_>, key: TaskKey, lacks: Option<u32>) {
        let Some(call) = self.last_call(key) else { return };
        match (lacks, call.misses) {
            (Some(lacking), Some(misses)) => {
                let cache = self.caches[usize::from(call.client)];
                self.query(out, key, misses, Some((cache, lacking)));
            }
            _ => self.work(out, key),
        }
    }

    /// What failed is answered with an error, which takes the event loop a moment too.
    fn fail(&mut self, out: &mut Out<'_>, key: TaskKey) {
        if let Some(task) = self.tasks.get_mut(key) {
            task.failed = true;
        }
        self.work(out, key);
    }

    fn last_call(&self, key: TaskKey) -> Option<Call> {
        let made = self.tasks.get(key)?.calls_made;
        self.calls.get(made.checked_sub(1)?).copied()
    }

    fn query(&mut self, out: &mut Out<'_>, key: TaskKey, misses: Misses, store: Option<(CacheId, u32)>) {
        if self.tasks.get(key).is_some_and(|task| !task.again) {
            out.emit(Effect::CallMade);
        }
        let timeout = self.query_timeouts[misses.database];
        let query = self.queries.insert_with_key(|query| Query {
            task: key,
            store,
            timer: timeout.map(|timeout| out.arm(timeout, Event::QueryTimeout(query))),
        });
        out.emit(Effect::Query(misses.database as DatabaseId, query));
    }

    /// A database has answered, or refused.
    pub(super) fn on_queried(&mut self, out: &mut Out<'_>, query: QueryKey, good: bool) {
        // Unknown: given up, or of a process that is dead.
        let Some(Query { task, store, timer }) = self.queries.remove(query) else { return };
        out.cancel(timer);
        if !good {
            self.fail(out, task);
            return;
        }
        if let Some((cache, key)) = store {
            out.emit(Effect::Store(cache, key));
        }
        self.work(out, task);
    }

    pub(super) fn on_query_timeout(&mut self, out: &mut Out<'_>, query: QueryKey) {
        if let Some(query) = self.queries.remove(query) {
            self.fail(out, query.task);
        }
    }

    /// The process is dead: its copies, queries and breakers are forgotten.
    pub(super) fn forget_calls(&mut self, out: &mut Out<'_>) {
        for (_, query) in self.queries.drain() {
            out.cancel(query.timer);
        }
        for timer in self.hedges.iter_mut().flat_map(super::hedges::Hedges::forget) {
            out.cancel(Some(timer));
        }
        self.protections.adaptive_limit.iter_mut().for_each(crate::protect::limit::Limit::forget);
        self.breakers.iter_mut().for_each(crate::protect::breaker::Breaker::forget);
    }
}
