//! Hedging: a second copy of a call that takes long, and the first answer wins.
//!
//! Source: Dean and Barroso, "The Tail at Scale", CACM 56(2) 2013: a second request after the 95th percentile of the
//! expected latency costs about 5 % more load. Left out: cancelling the loser, tied requests.

use halfopen_sim::Span;

/// When a copy is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    after: Span,
    copies: u32,
}

impl Hedge {
    /// Sends up to `copies` more, each so long `after` the one before.
    pub fn new(after: Span, copies: u32) -> Hedge {
        Hedge { after, copies }
    }

    /// How long to wait for an answer before the next copy, when so many were `sent` (the first call included);
    /// `None`: no more.
    pub fn next(&self, sent: u32) -> Option<Span> {
        (sent <= self.copies).then_some(self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_bounded() {
        let hedge = Hedge::new(Span::from_millis(26), 1);
        assert_eq!((hedge.next(1), hedge.next(2)), (Some(Span::from_millis(26)), None));
        assert_eq!(Hedge::new(Span::ZERO, 0).next(1), None);
    }
}
