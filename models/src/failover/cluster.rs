//! When a replica of a Redis Cluster stands for election.
//!
//! Source: Redis Cluster specification, "Replica election and promotion", and `clusterHandleSlaveFailover` in cluster.c:
//! 500 ms for the failure to become known, up to 499 ms by chance against split votes, and a second for every replica
//! with a larger replication offset. Left out: the election itself and the validity of old data.

use halfopen_sim::Span;
use halfopen_sim::chance::Stream;

/// From the master's FAIL state to the request for votes, of the replica before which `rank` others have more data.
pub fn election_delay(rank: u32, stream: &mut Stream) -> Span {
    Span::from_millis(500 + stream.below(500) + 1_000 * u64::from(rank))
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    #[test]
    fn ranks_keep_their_distance() {
        let mut stream = Streams::new(4).stream("election", "test");
        for rank in 0..3 {
            let from = 500 + 1_000 * u64::from(rank);
            for _ in 0..1_000 {
                let delay = election_delay(rank, &mut stream);
                assert!((Span::from_millis(from)..Span::from_millis(from + 500)).contains(&delay));
            }
        }
    }
}
