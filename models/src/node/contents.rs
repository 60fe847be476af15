//! What a cache stores: which of its keys each node has.
//!
//! Keys are asked for by popularity (Zipf). At the start the serving node has the most popular that fit, and so have its
//! followers where they are replicas. A process that starts anew has lost all of it: a follower gets the serving node's
//! (a full synchronisation; the time it takes is left out), the serving node itself starts cold. What was fetched from the
//! database is stored in the node that then serves; the command that stores it is left out. With
//! a time to live a value is a miss once it is older, and reads do not renew it; at the start the ages are uniform. Every
//! reader that misses asks the database until one has stored the key, so a popular key that expires sends a crowd.
//! Assumption: a call reads what the node that its cache's name points to has. Left out: evictions by sampling,
//! persistence, readers that wait for each other's query.

use halfopen_sim::chance::{Stream, Zipf};
use halfopen_sim::{Span, Time};

use crate::protect::lru::Lru;
use crate::scenario;

/// What the nodes of one cache have.
#[derive(Debug)]
pub struct Contents {
    plan: scenario::Contents,
    nodes: Vec<Stored>,
    zipf: Zipf,
    stream: Stream,
}

/// What one node has.
#[derive(Clone, Debug)]
struct Stored {
    lru: Lru,
    /// When each key goes stale; empty: never.
    stale: Vec<Time>,
}

impl Stored {
    fn empty(plan: scenario::Contents) -> Stored {
        let keys = plan.ttl.map_or(0, |_| plan.keys as usize);
        Stored { lru: Lru::new(plan.keys, plan.room), stale: vec![Time::ZERO; keys] }
    }

    fn read(&mut self, now: Time, key: u32) -> bool {
        self.stale.get(key as usize).is_none_or(|&stale| now < stale) && self.lru.read(key)
    }

    fn store(&mut self, stale: Time, key: u32) {
        self.lru.store(key);
        if let Some(of) = self.stale.get_mut(key as usize) {
            *of = stale;
        }
    }
}

impl Contents {
    /// A cache with so many nodes, of which the first serves, as warm as it gets.
    pub fn new(plan: scenario::Contents, nodes: usize, mut stream: Stream) -> Contents {
        let empty = Stored::empty(plan);
        let mut warm = empty.clone();
        for key in (0..plan.room).rev() {
            let left =
                plan.ttl.map_or(Span::ZERO, |ttl| Span::from_secs_f64(ttl.as_secs_f64() * stream.uniform()));
            warm.store(Time::ZERO + left, key);
        }
        let of = |node| if node == 0 || plan.replicated { warm.clone() } else { empty.clone() };
        let nodes = (0..nodes).map(of).collect();
        Contents { plan, nodes, zipf: Zipf::new(u64::from(plan.keys), plan.zipf), stream }
    }

    /// Somebody reads a key from this node: the key, where the node does not have it.
    pub fn read(&mut self, now: Time, node: usize) -> Option<u32> {
        let key = (self.zipf.sample(&mut self.stream) - 1) as u32;
        (!self.nodes[node].read(now, key)).then_some(key)
    }

    /// Somebody stores a key while this node serves.
    pub fn store(&mut self, now: Time, node: usize, key: u32) {
        let stale = now + self.plan.ttl.unwrap_or(Span::ZERO);
        if self.plan.replicated {
            self.nodes.iter_mut().for_each(|node| node.store(stale, key));
        } else {
            self.nodes[node].store(stale, key);
        }
    }

    /// The process of this node starts anew while another, or itself, serves.
    pub fn starts(&mut self, node: usize, serving: usize) {
        self.nodes[node] = if self.plan.replicated && node != serving {
            self.nodes[serving].clone()
        } else {
            Stored::empty(self.plan)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    /// Hits of 10,000 reads that store what they miss.
    fn hits(contents: &mut Contents, node: usize) -> usize {
        let read = |_: &u32| match contents.read(Time::ZERO, node) {
            None => true,
            Some(key) => {
                contents.store(Time::ZERO, node, key);
                false
            }
        };
        (0..10_000).filter(read).count()
    }

    fn contents(replicated: bool) -> Contents {
        let plan = scenario::Contents { keys: 1_000, zipf: 1.0, room: 200, replicated, ttl: None };
        Contents::new(plan, 2, Streams::new(1).stream("keys", "test"))
    }

    #[test]
    fn it_starts_warm_and_a_process_that_starts_anew_is_cold() {
        // The 200 most popular of 1,000 have H(200)/H(1000) = 78.5 % of the reads; an exact LRU keeps a little less.
        let mut cache = contents(true);
        let warm = hits(&mut cache, 0);
        assert!((6_700..7_850).contains(&warm), "{warm}");
        cache.starts(0, 0);
        let first: usize = (0..50).filter(|_| cache.read(Time::ZERO, 0).is_none()).count();
        assert_eq!(first, 0, "nothing is stored unless somebody stores it");
    }

    #[test]
    fn a_follower_is_as_warm_as_the_serving_node_only_where_it_is_a_replica() {
        let misses =
            |cache: &mut Contents| (0..1_000).filter(|_| cache.read(Time::ZERO, 1).is_some()).count();
        assert!(misses(&mut contents(true)) < 300);
        assert_eq!(misses(&mut contents(false)), 1_000);
        let mut cache = contents(true);
        cache.starts(1, 0);
        assert!(misses(&mut cache) < 300, "synchronised with the serving node");
    }

    #[test]
    fn a_value_is_missed_once_it_is_older_than_its_time_to_live() {
        let plan = scenario::Contents {
            keys: 1,
            zipf: 1.0,
            room: 1,
            replicated: false,
            ttl: Some(Span::from_secs(10)),
        };
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let mut cache = Contents::new(plan, 1, Streams::new(1).stream("keys", "test"));
        assert_eq!(cache.read(at(10), 0), Some(0), "it was stored before the start");
        cache.store(at(10), 0, 0);
        assert_eq!([10, 19, 20].map(|secs| cache.read(at(secs), 0)), [None, None, Some(0)]);
    }
}
