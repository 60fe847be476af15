//! A cached value that lives for a fixed time, and what a miss does while it is fetched.
//!
//! The time to live counts from when the value was stored and reads do not renew it (Jung, Berger and Balakrishnan,
//! "Modeling TTL-based Internet caches", 2003). Without coalescing every miss fetches, so a popular key that expires
//! sends all its readers to the database until the first comes back.

use halfopen_sim::{Span, Time};

/// One key of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    ttl: Span,
    coalesce: bool,
    expires: Option<Time>,
    fetching: u32,
}

/// What a read finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The value.
    Hit,
    /// Nothing: the reader fetches it.
    Fetch,
    /// Nothing, but somebody fetches it already: the reader waits for that one.
    Wait,
}

impl Entry {
    /// A key that is not stored yet; with `coalesce`, only one reader fetches it at a time.
    pub fn new(ttl: Span, coalesce: bool) -> Entry {
        Entry { ttl, coalesce, expires: None, fetching: 0 }
    }

    /// Somebody reads at `now`.
    pub fn read(&mut self, now: Time) -> Read {
        if self.expires.is_some_and(|expires| now < expires) {
            Read::Hit
        } else if self.coalesce && self.fetching > 0 {
            Read::Wait
        } else {
            self.fetching += 1;
            Read::Fetch
        }
    }

    /// A fetch came back at `now` and stores its value.
    pub fn store(&mut self, now: Time) {
        self.fetching -= 1;
        self.expires = Some(now + self.ttl);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::from_millis(millis)
    }

    #[test]
    fn reads_do_not_renew() {
        let mut entry = Entry::new(Span::from_millis(10), false);
        assert_eq!(entry.read(at(0)), Read::Fetch);
        entry.store(at(0));
        assert_eq!([5, 9, 10].map(|ms| entry.read(at(ms))), [Read::Hit, Read::Hit, Read::Fetch]);
    }

    #[test]
    fn coalescing_sends_one_reader() {
        for (coalesce, second) in [(false, Read::Fetch), (true, Read::Wait)] {
            let mut entry = Entry::new(Span::from_millis(10), coalesce);
            assert_eq!((entry.read(at(0)), entry.read(at(1))), (Read::Fetch, second));
            entry.store(at(2));
            assert_eq!(entry.read(at(3)), Read::Hit);
        }
    }
}
