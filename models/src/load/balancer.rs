//! The balancer in front of a service: gives each request to one of the instances that are ready, by chance with equal
//! probabilities, or as its policy says (`protect/choices.rs`).
//!
//! Assumption: it learns of a dead instance at once, since the host of a dead process refuses connections. Left out:
//! health checks with their own clocks, ejection of slow instances.

use halfopen_sim::chance::Stream;

use crate::event::InstanceId;
use crate::protect::choices::{self, Policy};

/// The instances of one service that are ready.
#[derive(Debug)]
pub struct Balancer {
    policy: Policy,
    ready: Vec<InstanceId>,
    /// Whose turn it is, as a position among those that are ready.
    turn: usize,
    /// What each of them holds, kept to save allocations.
    held: Vec<u32>,
    stream: Stream,
}

impl Balancer {
    /// A balancer that knows of no instance yet.
    pub fn new(policy: Policy, stream: Stream) -> Balancer {
        Balancer { policy, ready: Vec::new(), turn: 0, held: Vec::new(), stream }
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

    /// Who gets the next request; nobody if none is ready. `holds`: how many requests an instance holds.
    pub fn pick(&mut self, holds: impl Fn(InstanceId) -> usize) -> Option<InstanceId> {
        let choices = match self.policy {
            Policy::Random => return self.random(),
            Policy::RoundRobin => {
                let at = self.turn % self.ready.len().max(1);
                let picked = self.ready.get(at).copied();
                self.turn = at + usize::from(picked.is_some());
                return picked;
            }
            Policy::LeastPending => self.ready.len(),
            Policy::Choices(choices) => choices as usize,
        };
        if self.ready.is_empty() {
            return None;
        }
        self.held.clear();
        self.held.extend(self.ready.iter().map(|&instance| holds(instance) as u32));
        Some(self.ready[choices::pick(&self.held, choices, &mut self.stream)])
    }

    fn random(&mut self) -> Option<InstanceId> {
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
            counts[balancer.pick(|_| 0).expect("one is ready") as usize] += 1;
        }
        counts
    }

    #[test]
    fn equal_shares_among_those_that_are_ready() {
        let mut balancer = Balancer::new(Policy::Random, Streams::new(3).stream("balancer", "test"));
        assert_eq!(balancer.pick(|_| 0), None);
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

    #[test]
    fn each_policy_picks_as_it_says() {
        let picks = |policy| {
            let mut balancer = Balancer::new(policy, Streams::new(4).stream("balancer", "test"));
            assert_eq!(balancer.pick(|_| 0), None, "{policy:?}");
            for instance in [3, 1, 5] {
                balancer.add(instance);
            }
            // Instance 5 holds the least.
            [0; 5].map(|_| balancer.pick(|instance| 9 - instance as usize).expect("three are ready"))
        };
        assert_eq!(picks(Policy::RoundRobin), [1, 3, 5, 1, 3]);
        assert_eq!(picks(Policy::LeastPending), [5; 5]);
        assert_eq!(picks(Policy::Choices(3)), [5; 5]);
        assert!(picks(Policy::Choices(2)).iter().all(|&pick| pick != 0));
    }
}
