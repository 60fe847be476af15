//! Where values are: what the nodes of a cache have, and the database behind it.

use halfopen_sim::{Calendar, Time};

use crate::app::{self, QueryKey, TaskKey};
use crate::database::{self, Query};
use crate::event::{CacheId, DatabaseId, Event, InstanceId, NodeId};
use crate::world::World;

impl World {
    /// The node of this cache that its name points to, as a position in the cache.
    fn serving(&self, cache: CacheId) -> usize {
        (self.names[cache as usize].node - self.plan.first_node[cache as usize]) as usize
    }

    /// A task reads: tells it what it missed.
    pub(super) fn read(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: InstanceId,
        cache: CacheId,
        task: TaskKey,
    ) {
        let (now, node) = (calendar.now(), self.serving(cache));
        let missed = self.contents[cache as usize].as_mut().and_then(|contents| contents.read(now, node));
        self.instance(calendar, id, |app, out| app.has_read(out, task, missed));
    }

    pub(super) fn store(&mut self, now: Time, cache: CacheId, key: u32) {
        let node = self.serving(cache);
        if let Some(contents) = &mut self.contents[cache as usize] {
            contents.store(now, node, key);
        }
    }

    /// A node's process has started anew.
    pub(super) fn starts_empty(&mut self, node: NodeId) {
        let cache = self.plan.cache_of[node as usize];
        let serving = self.serving(cache as CacheId);
        if let Some(contents) = &mut self.contents[cache] {
            contents.starts((node - self.plan.first_node[cache]) as usize, serving);
        }
    }

    /// A query leaves for a database; nothing is lost on that way.
    pub(super) fn query(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: InstanceId,
        database: DatabaseId,
        key: QueryKey,
    ) {
        self.recorder.call_reached(self.plan.service_of[id as usize]);
        let arrives = calendar.now() + self.plan.way_to[database as usize];
        let query = database::Event::Query(Query { instance: id, key });
        calendar.schedule(arrives, Event::Database(database, query));
    }

    pub(crate) fn wire_database(
        &mut self,
        calendar: &mut Calendar<Event>,
        id: DatabaseId,
        effect: database::Effect,
    ) {
        let database::Effect::Reply(Query { instance, key }, good) = effect;
        let arrives = calendar.now() + self.plan.way_to[id as usize];
        calendar.schedule(arrives, Event::App(instance, app::Event::Queried(key, good)));
    }
}
