//! Balancing by choice: ask a few servers at random and take the shortest queue.
//!
//! A service's `balancer` picks one of the instances that are ready: by chance (what it does without this field, as
//! kube-proxy's iptables mode), in turn (the default of nginx and `HAProxy`), the one that holds the fewest requests (its
//! `leastconn`), or the better of a few drawn by chance (Envoy's `LEAST_REQUEST`: two).
//!
//! Source: Mitzenmacher, IEEE TPDS 12(10) 2001 (d servers drawn with replacement, ties broken at random); with as many
//! choices as servers it is "join the shortest queue". Assumption: the balancer knows how many requests each instance
//! holds. Left out: stale knowledge of the queues, several balancers.

use halfopen_sim::chance::Stream;

use super::Example;
use crate::scenario::kinds::Kind;
use crate::scenario::reader::Cursor;

pub(super) const SUMMARY: &str = "a balancer picks in turn, the least loaded, or the better of two";
pub(super) const EXAMPLE: Example = &[("service.api", "balancer", "{ choices = 2 }")];

/// More looks than this are a look at all.
const MOST_CHOICES: u32 = 100;

/// How a balancer picks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// By chance.
    #[default]
    Random,
    /// In turn.
    RoundRobin,
    /// The one that holds the fewest requests.
    LeastPending,
    /// The one of so many drawn by chance that holds the fewest.
    Choices(u32),
}

/// Reads a service's `balancer`.
pub(super) fn read(at: &Cursor<'_>) -> Option<Policy> {
    at.kind(&[
        Kind { name: "random", example: "\"random\"", read: |_| Some(Policy::Random) },
        Kind { name: "round_robin", example: "\"round_robin\"", read: |_| Some(Policy::RoundRobin) },
        Kind { name: "least_pending", example: "\"least_pending\"", read: |_| Some(Policy::LeastPending) },
        Kind {
            name: "choices",
            example: EXAMPLE[0].2,
            read: |at| at.count(2..=MOST_CHOICES).map(Policy::Choices),
        },
    ])
}

/// Which server gets the next job: the least loaded of `choices` draws out of `loads`; with `choices` at least the
/// number of servers, the least loaded of all. Ties fall to each with equal probability.
///
/// # Panics
/// Without servers or choices.
pub fn pick(loads: &[u32], choices: usize, stream: &mut Stream) -> usize {
    if choices >= loads.len() {
        return least(0..loads.len(), loads, stream);
    }
    let n = loads.len() as u64;
    // Drawn in order and the first of equals kept: each of the equals is as likely to come first.
    let mut best = stream.below(n) as usize;
    for _ in 1..choices {
        let other = stream.below(n) as usize;
        if loads[other] < loads[best] {
            best = other;
        }
    }
    best
}

/// The least loaded of `candidates`, one of the equals by chance.
fn least(candidates: impl Iterator<Item = usize>, loads: &[u32], stream: &mut Stream) -> usize {
    let (mut best, mut equals) = (None, 0);
    for candidate in candidates {
        match best {
            Some(held) if loads[candidate] > loads[held] => {}
            Some(held) if loads[candidate] == loads[held] => {
                equals += 1;
                if stream.below(equals) == 0 {
                    best = Some(candidate);
                }
            }
            _ => (best, equals) = (Some(candidate), 1),
        }
    }
    best.expect("a server to choose")
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    fn counts(loads: &[u32; 4], choices: usize) -> [u32; 4] {
        let mut stream = Streams::new(5).stream("choices", "test");
        let mut counts = [0; 4];
        (0..40_000).for_each(|_| counts[pick(loads, choices, &mut stream)] += 1);
        counts
    }

    #[test]
    fn all_choices_take_a_shortest_and_ties_are_fair() {
        let counts = counts(&[2, 1, 1, 3], 4);
        assert_eq!((counts[0], counts[3]), (0, 0));
        assert!(counts[1].abs_diff(20_000) < 500);
    }

    #[test]
    fn two_choices_rarely_take_a_longest() {
        // The longest of four only when drawn twice: one in sixteen; the shortest unless missed twice: seven.
        let counts = counts(&[0, 1, 2, 3], 2);
        assert!(counts[3].abs_diff(2_500) < 250 && counts[0].abs_diff(17_500) < 500, "{counts:?}");
    }
}
