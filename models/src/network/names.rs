//! The name of a cache and who has looked it up.
//!
//! A client asks only when it dials. Its host's resolver may go on using an answer for the record's time to live, so a
//! dial shortly after the name moved can still reach the old node.

use halfopen_sim::{Span, Time};

use crate::event::NodeId;

/// A cache's name.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The node it points to.
    pub node: NodeId,
    /// How long an answer may be used.
    pub ttl: Span,
}

/// What one host remembers of one name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resolver {
    answer: Option<(NodeId, Time)>,
}

impl Resolver {
    /// The node that a dial at `now` goes to.
    pub fn look_up(&mut self, now: Time, name: &Name) -> NodeId {
        match self.answer {
            Some((node, until)) if now < until => node,
            _ => {
                self.answer = Some((name.node, now + name.ttl));
                name.node
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_used_until_its_time_to_live_ends() {
        let at = |s| Time::ZERO + Span::from_secs(s);
        let mut resolver = Resolver::default();
        let mut name = Name { node: 0, ttl: Span::from_secs(5) };
        assert_eq!(resolver.look_up(at(10), &name), 0);
        name.node = 1;
        assert_eq!(resolver.look_up(at(14), &name), 0, "still the old answer");
        assert_eq!(resolver.look_up(at(15), &name), 1);
    }
}
