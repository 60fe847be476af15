//! Hedging: a second copy of a call that takes long, and the first answer wins.
//!
//! A service's `hedge` copies a cache call whose answer is late. A copy is a call like any other of the same client: it
//! takes a connection of the pool, or goes the way of the first where there is only one, and then it gains nothing. A try
//! that fails decides only when no other is out.
//!
//! Source: Dean and Barroso, "The Tail at Scale", CACM 56(2) 2013: a second request after the 95th percentile of the
//! expected latency costs about 5 % more load. Left out: cancelling the loser, tied requests.

use halfopen_sim::Span;

use super::Example;
use crate::scenario::reader::Cursor;
use crate::scenario::some_span;

pub(super) const SUMMARY: &str = "an instance sends a second copy of a cache call that takes long";
pub(super) const EXAMPLE: Example = &[
    ("service.api", "client", "{ preset = \"redis-py-5\" }"),
    ("service.api", "hedge", "{ after = \"10ms\", copies = 1 }"),
];

/// Polly's `HedgingConstants` allow ten tries in all.
const MOST_COPIES: u32 = 9;

/// Reads a service's `hedge`.
pub(super) fn read(at: &Cursor<'_>) -> Option<Hedge> {
    let mut fields = at.fields()?;
    let after = fields.need("after", "\"10ms\"", some_span);
    let copies = fields.need("copies", "1", |at| at.count(1..=MOST_COPIES));
    fields.finish();
    Some(Hedge::new(after?, copies?))
}

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
