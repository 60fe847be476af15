//! Redis Sentinel: several observers ping the serving node, agree that it is down, elect a leader, and the leader
//! promotes the follower and announces the switch.
//!
//! The state machine of redis 7.0 `src/sentinel.c`, function by function as named below; every constant is its. What
//! decides the times: each sentinel works in ticks of 52–100 ms (`sentinelTimer`: `hz = 10 + rand() % 10`, each time);
//! it pings a second after the last answer, so its clock starts up to a second after the node fell silent; it takes one
//! step of a failover at a tick; and it sees that the follower has become a master only in that one's next INFO, a
//! second after the one it asked for when the node was agreed to be down.
//! - A node that is silent leaves a ping unanswered: down `down_after` after that ping.
//! - A killed process closes the connection; the dial at the next tick is refused and counts as the unanswered ping.
//!   Its followers notice too and say so in their next INFO, which is then asked for every second.
//!
//! Assumption: the sentinels were started together some time before t = 0, so their pings and INFOs share a phase, within
//! a tick, and that phase is uniform. (So it was in the lab. Their clocks drift apart by some 25 ms at each ping: after ten
//! minutes nothing of it is left.) Messages between them take no time, and neither does writing their configuration to
//! disk. An old node that answers again is made a follower at its
//! second INFO, ten seconds later, and its clients' connections are closed. Left out: sentinels that fail or are cut off,
//! TILT, priorities and offsets of followers (the first that answers is taken), the redial of links that are older than
//! 15 s.

mod link;

use std::fmt;

use halfopen_sim::chance::Stream;
use halfopen_sim::{Span, Time};

use super::{Effect, Event, Nodes, Out, Reach};
use link::Link;

/// `SENTINEL_PING_PERIOD`: longest time from an answer to the next ping; also between dials, and between questions to
/// another sentinel (`SENTINEL_ASK_PERIOD`).
const PERIOD: Span = Span::from_secs(1);
/// `SENTINEL_INFO_PERIOD`, and the period while a node is down or a follower reports its link down.
const INFO_PERIOD: Span = Span::from_secs(10);
const INFO_PERIOD_DOWN: Span = Span::from_secs(1);
/// `sentinelAskMasterStateToOtherSentinels`: an older answer is forgotten.
const FORGOTTEN_AFTER: Span = Span::from_secs(5);
/// `SENTINEL_MAX_DESYNC`, milliseconds.
const DESYNC_MS: u64 = 1000;
/// `SENTINEL_ELECTION_TIMEOUT`.
const ELECTION_TIMEOUT: Span = Span::from_secs(10);
/// `CONFIG_DEFAULT_HZ`.
const HZ: u64 = 10;
/// redis.conf `repl-timeout`: a follower calls its link down after this much silence, and at once when it is closed.
const REPLICATION_TIMEOUT: Span = Span::from_secs(60);

/// What the sentinels are told in their configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Number of sentinels.
    pub sentinels: u32,
    /// How many must hold a node for down.
    pub quorum: u32,
    /// `down-after-milliseconds`.
    pub down_after: Span,
    /// `failover-timeout`.
    pub failover_timeout: Span,
}

/// A step on the way to a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `+sdown`: this sentinel holds the node for down.
    SubjectivelyDown(u32),
    /// `+odown` and `+try-failover`: enough of them do, and one begins a failover.
    ObjectivelyDown,
    /// `+elected-leader`: this sentinel leads the failover.
    Elected(u32),
    /// The follower was sent REPLICAOF NO ONE and is a master, which nobody knows yet.
    BecomesMaster,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::SubjectivelyDown(by) => write!(f, "is held for down by sentinel {by}"),
            Step::ObjectivelyDown => f.write_str("is down, the sentinels agree"),
            Step::Elected(leader) => write!(f, "is to be replaced: sentinel {leader} is elected"),
            Step::BecomesMaster => f.write_str("becomes a master, not announced yet"),
        }
    }
}

/// All sentinels of a cache.
#[derive(Debug)]
pub struct Sentinels {
    plan: Plan,
    all: Vec<Sentinel>,
    chance: Stream,
}

/// One sentinel and what it knows.
#[derive(Clone, Debug)]
struct Sentinel {
    link: Link,
    down: bool,
    agreed_down: bool,
    /// Per sentinel: what it answered.
    told: Vec<Told>,
    epoch: u64,
    vote: Option<Vote>,
    failover_started: Option<Time>,
    /// Per node: its INFO.
    info: Vec<Info>,
    course: Course,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    at: Option<Time>,
    down: bool,
    vote: Option<Vote>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Vote {
    leader: usize,
    epoch: u64,
}

/// A follower's last INFO: when, how much longer ago than that it really was, and whether it told of a link that is down.
#[derive(Clone, Copy, Debug, Default)]
struct Info {
    at: Option<Time>,
    earlier: Span,
    link_down: bool,
}

/// Where a sentinel's failover stands, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    None,
    WaitStart {
        forced: bool,
    },
    SelectFollower,
    Promote(u32),
    WaitPromotion(u32, Time),
    /// The other followers are pointed to the new master, one after the other; `.1` is the next one's position.
    Reconfigure(u32, u32, Time),
    Announce(u32),
}

impl Sentinels {
    /// Sentinels of a cache with `nodes` nodes where nothing is wrong.
    pub(super) fn new(plan: Plan, nodes: usize, chance: Stream) -> Sentinels {
        let sentinel = Sentinel {
            link: Link::new(Time::ZERO),
            down: false,
            agreed_down: false,
            told: vec![Told::default(); plan.sentinels as usize],
            epoch: 0,
            vote: None,
            failover_started: None,
            info: vec![Info::default(); nodes],
            course: Course::None,
        };
        Sentinels { plan, all: vec![sentinel; plan.sentinels as usize], chance }
    }

    /// Draws where the sentinels stand between two pings and two INFOs, and schedules their first ticks.
    pub(super) fn start(&mut self, out: &mut Out<'_>) {
        let share = |of: Span, chance: &mut Stream| Span::from_secs_f64(chance.uniform() * of.as_secs_f64());
        let earlier = share(INFO_PERIOD, &mut self.chance);
        let first_ping = share(PERIOD, &mut self.chance);
        for i in 0..self.all.len() {
            self.all[i].info.fill(Info { at: Some(out.now()), earlier, link_down: false });
            let after = first_ping + Span::from_millis(self.chance.below(1000 / HZ));
            out.at(out.now() + after, Event::Tick(i as u32));
        }
    }

    /// Takes one event; returns the node that serves from now on, when that changes.
    pub(super) fn on(&mut self, event: Event, nodes: &Nodes, out: &mut Out<'_>) -> Option<u32> {
        match event {
            Event::Tick(i) => {
                let switched = self.tick(i as usize, nodes, out);
                // `serverCron` returns whole milliseconds.
                let hz = HZ + self.chance.below(HZ);
                out.at(out.now() + Span::from_millis(1000 / hz), Event::Tick(i));
                if let Some(node) = switched {
                    self.follow(out.now());
                    // `+convert-to-slave`, if the old one lives.
                    out.at(out.now() + INFO_PERIOD, Event::Convert(nodes.serving));
                    return Some(node);
                }
            }
            Event::Answers(node) if node != nodes.serving => {
                out.at(out.now() + INFO_PERIOD, Event::Convert(node));
            }
            Event::Convert(node)
                if node != nodes.serving && nodes.answers_for(node, out.now(), INFO_PERIOD) =>
            {
                out.emit(Effect::EndConnections(node));
            }
            // `SENTINEL FAILOVER`, asked of the first.
            Event::Handover if self.all[0].course == Course::None => self.begin(0, true, out.now()),
            _ => {}
        }
        None
    }

    /// `sentinelHandleRedisInstance`, for the serving node and then for its followers.
    fn tick(&mut self, i: usize, nodes: &Nodes, out: &mut Out<'_>) -> Option<u32> {
        let now = out.now();
        let serving = nodes.reach(nodes.serving);
        let sentinel = &mut self.all[i];
        sentinel.link.dial_and_ping(now, self.plan.down_after.min(PERIOD), serving);
        let was_down =
            std::mem::replace(&mut sentinel.down, sentinel.link.silent_for(now) > self.plan.down_after);
        if sentinel.down && !was_down {
            out.emit(Effect::Step(nodes.serving, Step::SubjectivelyDown(i as u32)));
        }
        self.agree(i);
        let begins = self.may_begin(i, now);
        if begins {
            out.emit(Effect::Step(nodes.serving, Step::ObjectivelyDown));
            self.begin(i, false, now);
        }
        self.go_on(i, nodes, out);
        // What the others answer counts from the next tick on.
        self.ask(i, begins, now);
        self.inform(i, nodes, now);
        match self.all[i].course {
            Course::Announce(node) => Some(node),
            _ => None,
        }
    }

    /// `sentinelCheckObjectivelyDown`.
    fn agree(&mut self, i: usize) {
        let sentinel = &mut self.all[i];
        let others = sentinel.told.iter().filter(|told| told.down).count() as u32;
        sentinel.agreed_down = sentinel.down && 1 + others >= self.plan.quorum;
    }

    /// `sentinelStartFailoverIfNeeded`.
    fn may_begin(&self, i: usize, now: Time) -> bool {
        let sentinel = &self.all[i];
        let waited =
            sentinel.failover_started.is_none_or(|started| now >= started + self.plan.failover_timeout * 2);
        sentinel.agreed_down && sentinel.course == Course::None && waited
    }

    /// `sentinelStartFailover`.
    fn begin(&mut self, i: usize, forced: bool, now: Time) {
        let started = Some(now + self.desync());
        let sentinel = &mut self.all[i];
        sentinel.epoch += 1;
        sentinel.failover_started = started;
        sentinel.course = Course::WaitStart { forced };
    }

    fn desync(&mut self) -> Span {
        Span::from_millis(self.chance.below(DESYNC_MS))
    }

    /// `sentinelFailoverStateMachine`: one step.
    fn go_on(&mut self, i: usize, nodes: &Nodes, out: &mut Out<'_>) {
        let now = out.now();
        let timeout = self.plan.failover_timeout;
        let next = match self.all[i].course {
            Course::WaitStart { forced } => {
                if forced || self.leads(i, now) {
                    out.emit(Effect::Step(nodes.serving, Step::Elected(i as u32)));
                    Course::SelectFollower
                } else if self.is_unelected(i, now) {
                    Course::None
                } else {
                    return;
                }
            }
            // Nobody to take over: tried again when the waiting time for another failover is over.
            Course::SelectFollower => nodes.follower().map_or(Course::None, Course::Promote),
            Course::Promote(node) => {
                out.emit(Effect::Step(node, Step::BecomesMaster));
                Course::WaitPromotion(node, now)
            }
            Course::WaitPromotion(_, since) if now - since > timeout => Course::None,
            Course::Reconfigure(node, next, since) => match nodes.next_other(node, next) {
                Some(_) if now - since <= timeout => return,
                _ => Course::Announce(node),
            },
            Course::None | Course::WaitPromotion(..) | Course::Announce(_) => return,
        };
        self.all[i].course = next;
    }

    fn is_unelected(&self, i: usize, now: Time) -> bool {
        let limit = ELECTION_TIMEOUT.min(self.plan.failover_timeout);
        self.all[i].failover_started.is_some_and(|started| now > started + limit)
    }

    /// `sentinelGetLeader`: counts the votes it knows of, gives its own to the first of them or to itself, counts again.
    fn leads(&mut self, i: usize, now: Time) -> bool {
        let epoch = self.all[i].epoch;
        let mut counts = vec![0; self.all.len()];
        for vote in self.all[i].told.iter().filter_map(|told| told.vote).filter(|vote| vote.epoch == epoch) {
            counts[vote.leader] += 1;
        }
        let first = |counts: &[u32]| {
            let most = counts.iter().copied().max().filter(|&most| most > 0)?;
            counts.iter().position(|&count| count == most)
        };
        let favourite = first(&counts).unwrap_or(i);
        let own = self.vote(i, Vote { leader: favourite, epoch }, now);
        if let Some(own) = own.filter(|own| own.epoch == epoch) {
            counts[own.leader] += 1;
        }
        let needed = (self.plan.sentinels / 2 + 1).max(self.plan.quorum);
        first(&counts) == Some(i) && counts[i] >= needed
    }

    /// `sentinelVoteLeader`: one vote an epoch, for who asks first; who votes for another waits with a failover itself.
    fn vote(&mut self, voter: usize, asked: Vote, now: Time) -> Option<Vote> {
        let desync = self.desync();
        let voter_is_leader = voter == asked.leader;
        let voter = &mut self.all[voter];
        voter.epoch = voter.epoch.max(asked.epoch);
        if voter.vote.is_none_or(|vote| vote.epoch < asked.epoch) && voter.epoch <= asked.epoch {
            voter.vote = Some(asked);
            if !voter_is_leader {
                voter.failover_started = Some(now + desync);
            }
        }
        voter.vote
    }

    /// `sentinelAskMasterStateToOtherSentinels`, with the answers.
    fn ask(&mut self, i: usize, forced: bool, now: Time) {
        let epoch = self.all[i].epoch;
        let wants_votes = self.all[i].course != Course::None;
        for other in (0..self.all.len()).filter(|&other| other != i) {
            let told = &mut self.all[i].told[other];
            if told.at.is_none_or(|at| now - at > FORGOTTEN_AFTER) {
                (told.down, told.vote) = (false, None);
            }
            let fresh = told.at.is_some_and(|at| now - at < PERIOD);
            if !self.all[i].down || (fresh && !forced) {
                continue;
            }
            let vote = if wants_votes { self.vote(other, Vote { leader: i, epoch }, now) } else { None };
            self.all[i].told[other] = Told { at: Some(now), down: self.all[other].down, vote };
        }
    }

    /// INFO of the followers (`sentinelSendPeriodicCommands`) and what it tells (`sentinelRefreshInstanceInfo`).
    fn inform(&mut self, i: usize, nodes: &Nodes, now: Time) {
        let sentinel = &mut self.all[i];
        let urgent = sentinel.agreed_down || sentinel.course != Course::None;
        for node in nodes.others().filter(|&node| nodes.reach(node) == Reach::Answers) {
            let info = &mut sentinel.info[node as usize];
            let period = if urgent || info.link_down { INFO_PERIOD_DOWN } else { INFO_PERIOD };
            if info.at.is_some_and(|at| now - at + info.earlier <= period) {
                continue;
            }
            *info = Info {
                at: Some(now),
                earlier: Span::ZERO,
                link_down: nodes.link_down(now, REPLICATION_TIMEOUT),
            };
            sentinel.course = match sentinel.course {
                Course::WaitPromotion(promoted, _) if promoted == node => Course::Reconfigure(node, 0, now),
                // Pointed to the new master at an earlier tick, it follows it now.
                Course::Reconfigure(promoted, next, since)
                    if since < now && nodes.next_other(promoted, next) == Some(node) =>
                {
                    Course::Reconfigure(promoted, node + 1, now)
                }
                course => course,
            };
        }
    }

    /// `sentinelResetMasterAndChangeAddress`: all learn of the switch at once, from the leader's announcement.
    fn follow(&mut self, now: Time) {
        for sentinel in &mut self.all {
            sentinel.link = Link::new(now);
            (sentinel.down, sentinel.agreed_down) = (false, false);
            sentinel.told.fill(Told::default());
            sentinel.info.fill(Info::default());
            sentinel.failover_started = None;
            sentinel.course = Course::None;
        }
    }
}
