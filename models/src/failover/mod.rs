//! Who notices that a cache's serving node is gone, and what is done about it.
//!
//! One vocabulary for all strategies: they hear when a node falls silent or answers again, and when an operator asks
//! for a handover; they order promotions, changes of the name, and the closing of connections. A strategy is one file
//! with the rules and one line in `Strategy`.

mod managed;
mod name_moves;

use halfopen_sim::{Span, Time};

use crate::component::{self, Component};
use crate::event::{self, CacheId};
use crate::scenario;

pub use managed::Managed;
pub use name_moves::NameMoves;

use name_moves::Step;

type Out<'a> = component::Out<'a, Failover>;

/// What can happen to a cache's failover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// This node (position in its cache) answers nobody any more.
    Silent(u32),
    /// This node answers again.
    Answers(u32),
    /// An operator asks for a planned failover.
    Handover,
    /// The silence has lasted long enough.
    Detected,
    /// The follower is ready.
    Promoted,
}

/// What a failover orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The loss was noticed.
    Noticed(u32),
    /// This node serves from now on and the name points to it.
    Promote(u32),
    /// End all connections to this node, in a way the clients see.
    CloseConnections(u32),
}

/// A cache's failover.
#[derive(Debug)]
pub struct Failover {
    strategy: Strategy,
    nodes: u32,
    serving: u32,
    answers: Vec<bool>,
}

#[derive(Debug)]
enum Strategy {
    None,
    Managed(Managed),
    NameMoves(NameMoves),
}

impl Failover {
    /// The failover of a cache with `nodes` nodes, of which the first serves.
    pub fn new(plan: scenario::Failover, nodes: u32) -> Failover {
        let strategy = match plan {
            scenario::Failover::None => Strategy::None,
            scenario::Failover::Managed { detect, promote, closes_connections, .. } => {
                Strategy::Managed(Managed::new(detect, promote, closes_connections))
            }
            scenario::Failover::NameMoves { after } => Strategy::NameMoves(NameMoves::new(after)),
        };
        Failover { strategy, nodes, serving: 0, answers: vec![true; nodes as usize] }
    }

    /// How long a resolver may use an answer.
    pub fn ttl(plan: scenario::Failover) -> Span {
        match plan {
            scenario::Failover::None | scenario::Failover::NameMoves { .. } => Span::ZERO,
            scenario::Failover::Managed { ttl, .. } => ttl,
        }
    }

    /// The next node that could serve: the first other one that answers.
    fn follower(&self) -> Option<u32> {
        (0..self.nodes).find(|&n| n != self.serving && self.answers[n as usize])
    }

    /// Puts the follower in the serving node's place; returns the old one.
    fn promote(&mut self, out: &mut Out<'_>) -> Option<u32> {
        let follower = self.follower()?;
        let old = std::mem::replace(&mut self.serving, follower);
        out.emit(Effect::Promote(follower));
        Some(old)
    }
}

impl Component for Failover {
    type Id = CacheId;
    type Event = Event;
    type Effect = Effect;

    fn address(id: CacheId, event: Event) -> event::Event {
        event::Event::Failover(id, event)
    }

    fn on(&mut self, _now: Time, event: Event, out: &mut Out<'_>) {
        match event {
            Event::Silent(node) => self.answers[node as usize] = false,
            Event::Answers(node) => self.answers[node as usize] = true,
            Event::Handover | Event::Detected | Event::Promoted => {}
        }
        let of_serving = matches!(event, Event::Silent(n) | Event::Answers(n) if n == self.serving);
        match &mut self.strategy {
            // Without a strategy an operator's handover still works: at once, with its connections closed.
            Strategy::None if event == Event::Handover => {
                if let Some(old) = self.promote(out) {
                    out.emit(Effect::CloseConnections(old));
                }
            }
            Strategy::None => {}
            Strategy::Managed(managed) => {
                if let Some(closes) = managed.on(event, of_serving, self.serving, out)
                    && let Some(old) = self.promote(out)
                    && closes
                {
                    out.emit(Effect::CloseConnections(old));
                }
            }
            Strategy::NameMoves(name) => match name.on(event, of_serving, out) {
                Some(Step::Close) => out.emit(Effect::CloseConnections(self.serving)),
                Some(Step::Move) => drop(self.promote(out)),
                Some(Step::MoveAndClose) => {
                    if let Some(old) = self.promote(out) {
                        out.emit(Effect::CloseConnections(old));
                    }
                }
                None => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::Calendar;

    use super::*;

    const SECS: fn(u64) -> Span = Span::from_secs;

    /// Gives a cache of two nodes these events at these seconds; returns what it ordered, and when.
    fn orders(plan: scenario::Failover, events: &[(u64, Event)]) -> Vec<(f64, Effect)> {
        let mut failover = Failover::new(plan, 2);
        let mut calendar = Calendar::new();
        for &(at, event) in events {
            calendar.schedule(Time::ZERO + SECS(at), Failover::address(0, event));
        }
        let mut ordered = Vec::new();
        let mut effects = Vec::new();
        while let Some((now, event)) = calendar.pop() {
            let event::Event::Failover(0, event) = event else { panic!("{event:?}") };
            failover.on(now, event, &mut Out::new(now, 0, &mut calendar, &mut effects));
            ordered.extend(effects.drain(..).map(|effect| (now.as_secs_f64(), effect)));
        }
        ordered
    }

    fn managed(closes_connections: bool) -> scenario::Failover {
        scenario::Failover::Managed { detect: SECS(20), promote: SECS(10), ttl: SECS(5), closes_connections }
    }

    #[test]
    fn a_silent_node_is_replaced_and_its_connections_stay() {
        use Effect::{CloseConnections, Noticed, Promote};
        let silent = [(100, Event::Silent(0))];
        assert_eq!(orders(managed(false), &silent), [(120.0, Noticed(0)), (130.0, Promote(1))]);
        let closing = [(120.0, Noticed(0)), (130.0, Promote(1)), (130.0, CloseConnections(0))];
        assert_eq!(orders(managed(true), &silent), closing);
        assert_eq!(orders(scenario::Failover::None, &silent), []);
    }

    #[test]
    fn an_operators_handover_closes_them_after_the_promotion() {
        let handover = [(100, Event::Handover)];
        let closed = [Effect::Promote(1), Effect::CloseConnections(0)];
        assert_eq!(orders(managed(false), &handover), closed.map(|effect| (110.0, effect)));
        assert_eq!(orders(scenario::Failover::None, &handover), closed.map(|effect| (100.0, effect)));
    }

    #[test]
    fn a_name_follows_a_loss_and_a_handover_late() {
        use Effect::{CloseConnections, Promote};
        let moves = scenario::Failover::NameMoves { after: SECS(5) };
        let silent = [(100, Event::Silent(0)), (101, Event::Answers(0))];
        assert_eq!(orders(moves, &silent), [(105.0, Promote(1))], "the follower has taken over already");
        let handover = [(100, Event::Handover), (102, Event::Silent(0))];
        assert_eq!(orders(moves, &handover), [(100.0, CloseConnections(0)), (105.0, Promote(1))]);
        let at_once = scenario::Failover::NameMoves { after: SECS(0) };
        let both = [(100.0, Promote(1)), (100.0, CloseConnections(0))];
        assert_eq!(orders(at_once, &[(100, Event::Handover)]), both);
    }

    #[test]
    fn silence_that_ends_before_it_is_noticed_changes_nothing() {
        assert_eq!(orders(managed(false), &[(100, Event::Silent(0)), (119, Event::Answers(0))]), []);
        assert_eq!(orders(managed(false), &[(100, Event::Silent(1))]), [], "the follower serves nobody");
        let both = [(90, Event::Silent(1)), (100, Event::Silent(0))];
        assert_eq!(orders(managed(false), &both), [(120.0, Effect::Noticed(0))], "nobody is left to promote");
    }

    #[test]
    fn the_old_node_follows_once_it_is_back_and_can_take_over() {
        let events = [(0, Event::Silent(0)), (40, Event::Answers(0)), (50, Event::Silent(1))];
        let promoted: Vec<_> = orders(managed(false), &events)
            .into_iter()
            .filter(|(_, effect)| matches!(effect, Effect::Promote(_)))
            .collect();
        assert_eq!(promoted, [(30.0, Effect::Promote(1)), (80.0, Effect::Promote(0))]);
    }
}
