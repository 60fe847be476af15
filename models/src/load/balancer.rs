//! The balancer in front of a service: gives each request to one of the instances that are ready, by chance, as
//! kube-proxy's iptables mode does (equal probabilities).
//!
//! Assumption: it learns of a dead instance at once, since the host of a dead process refuses connections. Left out:
//! health checks with their own clocks, ejection of slow instances.

use halfopen_sim::chance::Stream;

use crate::event::InstanceId;

/// The instances of one service that are ready.
#[derive(Debug)]
pub struct Balancer {
    ready: Vec<InstanceId>,
    stream: Stream,
}

impl Balancer {
    /// A balancer that knows of no instance yet.
    pub fn new(stream: Stream) -> Balancer {
        Balancer { ready: Vec::new(), stream }
    }

    /// An instance is ready.
    pub fn add(&mut self, instance: InstanceId) {
        if let Err(at) = self.ready.binary_search(&instance) {
            self.ready.insert(at, instance);
        }
    }

    /// An instance is gone.
    pub fn remove(&mut self, instance: InstanceId) {
        self.ready.retain(|&ready| ready != instance);
    }

    /// Who gets the next request; nobody if none is ready.
    pub fn pick(&mut self) -> Option<InstanceId> {
        // Drawn also when nobody is ready, so that two variants go on with the same numbers after an outage.
        let share = self.stream.uniform();
        let at = (share * self.ready.len() as f64) as usize;
        self.ready.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    fn shares(balancer: &mut Balancer, n: u32) -> [u32; 3] {
        let mut counts = [0; 3];
        for _ in 0..n {
            counts[balancer.pick().expect("one is ready") as usize] += 1;
        }
        counts
    }

    #[test]
    fn equal_shares_among_those_that_are_ready() {
        let mut balancer = Balancer::new(Streams::new(3).stream("balancer", "test"));
        assert_eq!(balancer.pick(), None);
        for i in [2, 0, 1, 1] {
            balancer.add(i);
        }
        // Four standard deviations of a binomial count of 30,000 with probability 1/3.
        assert!(shares(&mut balancer, 30_000).iter().all(|&n| n.abs_diff(10_000) < 330));
        balancer.remove(0);
        let counts = shares(&mut balancer, 20_000);
        assert_eq!(counts[0], 0);
        assert!(counts[1].abs_diff(10_000) < 290);
    }
}
