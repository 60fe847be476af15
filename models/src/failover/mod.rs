//! Who notices that a cache's serving node is gone, and what is done about it.
//!
//! One vocabulary for all strategies: they hear when a node falls silent or answers again, and when an operator asks
//! for a handover; they order promotions, changes of the name, and the closing of connections. A strategy is one file
//! with the rules, one line in `Strategy` and its example in `known.rs`.

pub mod cluster;
pub mod known;
mod managed;
mod name_moves;
pub mod sentinel;

use halfopen_sim::chance::Stream;
use halfopen_sim::{Span, Time};

use crate::component::{self, Component};
use crate::event::{self, CacheId};
use crate::scenario;

pub use managed::Managed;
use managed::View;
pub use name_moves::NameMoves;

use sentinel::Sentinels;

type Out<'a> = component::Out<'a, Failover>;

/// What can happen to a cache's failover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// This node (position in its cache) answers nobody any more.
    Silent(u32),
    /// This node's process is gone: its host closes and refuses connections.
    Closed(u32),
    /// This node answers again.
    Answers(u32),
    /// An operator asks for a planned failover.
    Handover,
    /// The silence has lasted long enough.
    Detected,
    /// The follower is ready.
    Promoted,
    /// A sentinel's timer.
    Tick(u32),
    /// Time to make an old serving node a follower.
    Convert(u32),
}

/// What a failover orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The loss was noticed.
    Noticed(u32),
    /// This node serves from now on and the name points to it.
    Promote(u32),
    /// End all connections to this node, in a way the clients see; it takes no new ones.
    CloseConnections(u32),
    /// Tell the clients that listen that the name has moved.
    Announce,
    /// End all connections to this node, which lives on (`CLIENT KILL`).
    EndConnections(u32),
    /// A step on the way that changes nothing for clients.
    Step(u32, sentinel::Step),
}

/// A cache's failover.
#[derive(Debug)]
pub struct Failover {
    strategy: Strategy,
    nodes: Nodes,
}

#[derive(Debug)]
enum Strategy {
    None,
    Managed(Managed),
    NameMoves(NameMoves),
    Sentinel(Sentinels),
}

/// What who asks a node gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Answers,
    Silence,
    Refuses,
}

/// The nodes of a cache as a watcher sees them: how each is, and since when.
#[derive(Debug)]
struct Nodes {
    serving: u32,
    reach: Vec<(Reach, Time)>,
}

impl Nodes {
    fn note(&mut self, now: Time, event: Event) {
        let (node, reach) = match event {
            Event::Silent(node) => (node, Reach::Silence),
            Event::Closed(node) => (node, Reach::Refuses),
            Event::Answers(node) => (node, Reach::Answers),
            _ => return,
        };
        self.reach[node as usize] = (reach, now);
    }

    fn reach(&self, node: u32) -> Reach {
        self.reach[node as usize].0
    }

    fn others(&self) -> impl Iterator<Item = u32> + use<> {
        let serving = self.serving;
        (0..self.reach.len() as u32).filter(move |&node| node != serving)
    }

    /// The next node that could serve: the first other one that answers.
    fn follower(&self) -> Option<u32> {
        self.others().find(|&node| self.reach(node) == Reach::Answers)
    }

    /// The first from `next` on that neither serves, nor is `promoted`, and answers.
    fn next_other(&self, promoted: u32, next: u32) -> Option<u32> {
        self.others().find(|&n| n >= next && n != promoted && self.reach(n) == Reach::Answers)
    }

    fn answers_for(&self, node: u32, now: Time, span: Span) -> bool {
        let (reach, since) = self.reach[node as usize];
        reach == Reach::Answers && now - since >= span
    }

    /// Whether followers call their link to the serving node down, which takes them `timeout` of silence.
    fn link_down(&self, now: Time, timeout: Span) -> bool {
        let (reach, since) = self.reach[self.serving as usize];
        reach == Reach::Refuses || (reach == Reach::Silence && now - since > timeout)
    }
}

impl Failover {
    /// The failover of a cache with `nodes` nodes, of which the first serves.
    pub fn new(plan: scenario::Failover, nodes: usize, chance: Stream) -> Failover {
        let strategy = match plan {
            scenario::Failover::None => Strategy::None,
            scenario::Failover::Managed { detect, promote, closes_connections, .. } => {
                Strategy::Managed(Managed::new(detect, promote, closes_connections))
            }
            scenario::Failover::NameMoves { after } => Strategy::NameMoves(NameMoves::new(after)),
            scenario::Failover::Sentinel(plan) => Strategy::Sentinel(Sentinels::new(plan, nodes, chance)),
        };
        let nodes = Nodes { serving: 0, reach: vec![(Reach::Answers, Time::ZERO); nodes] };
        Failover { strategy, nodes }
    }

    /// How long a resolver may use an answer. Who knows sentinels asks them at every dial.
    pub fn ttl(plan: scenario::Failover) -> Span {
        match plan {
            scenario::Failover::None
            | scenario::Failover::NameMoves { .. }
            | scenario::Failover::Sentinel(_) => Span::ZERO,
            scenario::Failover::Managed { ttl, .. } => ttl,
        }
    }

    /// Begins to watch.
    pub fn start(&mut self, out: &mut Out<'_>) {
        if let Strategy::Sentinel(sentinels) = &mut self.strategy {
            sentinels.start(out);
        }
    }

    /// Puts the follower in the serving node's place; returns the old one.
    fn promote(&mut self, out: &mut Out<'_>) -> Option<u32> {
        let follower = self.nodes.follower()?;
        let old = std::mem::replace(&mut self.nodes.serving, follower);
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

    fn on(&mut self, now: Time, event: Event, out: &mut Out<'_>) {
        self.nodes.note(now, event);
        let serving = self.nodes.serving;
        let of_serving = match event {
            Event::Silent(node) | Event::Closed(node) | Event::Answers(node) => node == serving,
            _ => false,
        };
        let view = View {
            serving,
            of_serving,
            answers: self.nodes.reach(serving) == Reach::Answers,
            has_follower: self.nodes.follower().is_some(),
        };
        match &mut self.strategy {
            // Without a strategy an operator's handover still works: at once, with its connections closed.
            Strategy::None if event == Event::Handover => {
                if let Some(old) = self.promote(out) {
                    out.emit(Effect::CloseConnections(old));
                }
            }
            Strategy::None => {}
            Strategy::Managed(managed) => {
                if let Some(closes) = managed.on(event, view, out)
                    && let Some(old) = self.promote(out)
                    && closes
                {
                    out.emit(Effect::CloseConnections(old));
                }
            }
            Strategy::NameMoves(name) => match name.on(event, self.nodes.serving, out) {
                Some(name_moves::Step::Close) => out.emit(Effect::CloseConnections(self.nodes.serving)),
                Some(name_moves::Step::Move) => drop(self.promote(out)),
                Some(name_moves::Step::MoveAndClose) => {
                    if let Some(old) = self.promote(out) {
                        out.emit(Effect::CloseConnections(old));
                    }
                }
                None => {}
            },
            Strategy::Sentinel(sentinels) => {
                if let Some(node) = sentinels.on(event, &self.nodes, out) {
                    self.nodes.serving = node;
                    out.emit(Effect::Promote(node));
                    out.emit(Effect::Announce);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::Calendar;
    use halfopen_sim::chance::Streams;

    use super::sentinel::Step;
    use super::*;

    const SECS: fn(u64) -> Span = Span::from_secs;
    const HORIZON: Span = Span::from_secs(400);

    /// Gives a cache of two nodes these events at these seconds; returns what it ordered, and when.
    fn orders(plan: scenario::Failover, events: &[(u64, Event)]) -> Vec<(f64, Effect)> {
        let mut failover = Failover::new(plan, 2, Streams::new(1).stream("failover", "test"));
        let mut calendar = Calendar::new();
        let mut ordered = Vec::new();
        let mut effects = Vec::new();
        failover.start(&mut Out::new(Time::ZERO, 0, &mut calendar, &mut effects));
        for &(at, event) in events {
            calendar.schedule(Time::ZERO + SECS(at), Failover::address(0, event));
        }
        while let Some((now, event)) = calendar.pop() {
            if now > Time::ZERO + HORIZON {
                break;
            }
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
        let back = [(90, Event::Silent(1)), (100, Event::Silent(0)), (200, Event::Answers(1))];
        let promoted = [(120.0, Effect::Noticed(0)), (210.0, Effect::Promote(1))];
        assert_eq!(orders(managed(false), &back), promoted, "until somebody answers again");
    }

    #[test]
    fn a_dead_node_closes_nothing_in_a_planned_failover_either() {
        let dies = [(100, Event::Handover), (105, Event::Silent(0))];
        assert_eq!(orders(managed(false), &dies), [(110.0, Effect::Promote(1))]);
        let asked_after = [(100, Event::Silent(0)), (105, Event::Handover)];
        assert_eq!(
            orders(managed(false), &asked_after),
            [(115.0, Effect::Promote(1))],
            "no need to detect it"
        );
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

    fn sentinels(sentinels: u32, quorum: u32) -> scenario::Failover {
        let (down_after, failover_timeout) = (SECS(5), SECS(60));
        scenario::Failover::Sentinel(sentinel::Plan { sentinels, quorum, down_after, failover_timeout })
    }

    /// When an order is given for the first time.
    fn when(ordered: &[(f64, Effect)], wanted: Effect) -> Option<f64> {
        ordered.iter().find(|&&(_, effect)| effect == wanted).map(|&(at, _)| at)
    }

    #[test]
    fn sentinels_take_every_step_once_and_in_order() {
        for (n, quorum) in [(1, 1), (3, 2), (3, 3), (5, 2)] {
            let ordered = orders(sentinels(n, quorum), &[(100, Event::Silent(0))]);
            let steps: Vec<Effect> = ordered
                .iter()
                .map(|&(_, effect)| effect)
                .filter(|effect| !matches!(effect, Effect::Step(_, Step::SubjectivelyDown(_))))
                .map(|effect| match effect {
                    Effect::Step(node, Step::Elected(_)) => Effect::Step(node, Step::Elected(0)),
                    other => other,
                })
                .collect();
            let (agreed, elected) = (Step::ObjectivelyDown, Step::Elected(0));
            let made = Effect::Step(1, Step::BecomesMaster);
            let all = [
                Effect::Step(0, agreed),
                Effect::Step(0, elected),
                made,
                Effect::Promote(1),
                Effect::Announce,
            ];
            assert_eq!(steps, all, "{n} sentinels, quorum {quorum}");
        }
    }

    #[test]
    fn sentinels_see_nothing_in_a_short_silence_and_in_a_followers() {
        assert_eq!(orders(sentinels(3, 2), &[(100, Event::Silent(0)), (104, Event::Answers(0))]), []);
        assert_eq!(orders(sentinels(3, 2), &[(100, Event::Silent(1))]), []);
    }

    #[test]
    fn a_failover_that_found_nobody_is_tried_again_after_twice_its_timeout() {
        let events = [(50, Event::Silent(1)), (100, Event::Silent(0)), (110, Event::Answers(1))];
        let ordered = orders(sentinels(3, 2), &events);
        // Begun at 105–106 s, with up to one second of waiting time added by chance.
        let promoted = when(&ordered, Effect::Promote(1)).expect("tried again");
        assert!((226.0..230.0).contains(&promoted), "{promoted}");
    }

    #[test]
    fn an_old_master_that_comes_back_loses_its_clients_ten_seconds_later() {
        let ordered = orders(sentinels(3, 2), &[(100, Event::Silent(0)), (200, Event::Answers(0))]);
        assert_eq!(when(&ordered, Effect::EndConnections(0)), Some(210.0));
        let ordered = orders(sentinels(3, 2), &[(100, Event::Handover)]);
        let switched = when(&ordered, Effect::Promote(1)).expect("handed over");
        assert!((100.3..101.4).contains(&switched), "{switched}");
        assert_eq!(when(&ordered, Effect::EndConnections(0)), Some(switched + 10.0));
    }
}
