//! What a cache stores: which of its keys each node has.
//!
//! Keys are asked for by popularity (Zipf). At the start the serving node has the most popular that fit, and so have its
//! followers where they are replicas. A process that starts anew has lost all of it: a follower gets the serving node's
//! (a full synchronisation; the time it takes is left out), the serving node itself starts cold. What was fetched from the
//! database is stored in the node that then serves; the command that stores it is left out. Assumption: a call reads
//! what the node that its cache's name points to has. Left out: times to live, evictions by sampling, persistence.

use halfopen_sim::chance::{Stream, Zipf};

use crate::protect::lru::Lru;
use crate::scenario;

/// What the nodes of one cache have.
#[derive(Debug)]
pub struct Contents {
    plan: scenario::Contents,
    nodes: Vec<Lru>,
    zipf: Zipf,
    stream: Stream,
}

impl Contents {
    /// A cache with so many nodes, of which the first serves, as warm as it gets.
    pub fn new(plan: scenario::Contents, nodes: usize, stream: Stream) -> Contents {
        let empty = Lru::new(plan.keys, plan.room);
        let mut warm = empty.clone();
        (0..plan.room).rev().for_each(|key| warm.store(key));
        let of = |node| if node == 0 || plan.replicated { warm.clone() } else { empty.clone() };
        let nodes = (0..nodes).map(of).collect();
        Contents { plan, nodes, zipf: Zipf::new(u64::from(plan.keys), plan.zipf), stream }
    }

    /// Somebody reads a key from this node: the key, where the node does not have it.
    pub fn read(&mut self, node: usize) -> Option<u32> {
        let key = (self.zipf.sample(&mut self.stream) - 1) as u32;
        (!self.nodes[node].read(key)).then_some(key)
    }

    /// Somebody stores a key while this node serves.
    pub fn store(&mut self, node: usize, key: u32) {
        if self.plan.replicated {
            self.nodes.iter_mut().for_each(|node| node.store(key));
        } else {
            self.nodes[node].store(key);
        }
    }

    /// The process of this node starts anew while another, or itself, serves.
    pub fn starts(&mut self, node: usize, serving: usize) {
        self.nodes[node] = if self.plan.replicated && node != serving {
            self.nodes[serving].clone()
        } else {
            Lru::new(self.plan.keys, self.plan.room)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    /// Hits of 10,000 reads that store what they miss.
    fn hits(contents: &mut Contents, node: usize) -> usize {
        let read = |_: &u32| match contents.read(node) {
            None => true,
            Some(key) => {
                contents.store(node, key);
                false
            }
        };
        (0..10_000).filter(read).count()
    }

    fn contents(replicated: bool) -> Contents {
        let plan = scenario::Contents { keys: 1_000, zipf: 1.0, room: 200, replicated };
        Contents::new(plan, 2, Streams::new(1).stream("keys", "test"))
    }

    #[test]
    fn it_starts_warm_and_a_process_that_starts_anew_is_cold() {
        // The 200 most popular of 1,000 have H(200)/H(1000) = 78.5 % of the reads; an exact LRU keeps a little less.
        let mut cache = contents(true);
        let warm = hits(&mut cache, 0);
        assert!((6_700..7_850).contains(&warm), "{warm}");
        cache.starts(0, 0);
        let first: usize = (0..50).filter(|_| cache.read(0).is_none()).count();
        assert_eq!(first, 0, "nothing is stored unless somebody stores it");
    }

    #[test]
    fn a_follower_is_as_warm_as_the_serving_node_only_where_it_is_a_replica() {
        let misses = |cache: &mut Contents| (0..1_000).filter(|_| cache.read(1).is_some()).count();
        assert!(misses(&mut contents(true)) < 300);
        assert_eq!(misses(&mut contents(false)), 1_000);
        let mut cache = contents(true);
        cache.starts(1, 0);
        assert!(misses(&mut cache) < 300, "synchronised with the serving node");
    }
}
