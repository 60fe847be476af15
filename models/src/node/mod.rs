//! A cache node: one thread that runs commands in order of arrival. What it stores is in `contents.rs`.
//!
//! Left out: background work of the server, output-buffer limits, replication traffic, memory; the limit of a stopped
//! process's receive buffer (who writes to it feels it: `network/kernel/window.rs`). What its host answers when the
//! process cannot is the network's business (`network::Peer`).

pub mod contents;

use std::collections::VecDeque;

use halfopen_sim::chance::{Sampler, Stream};
use halfopen_sim::{Span, Time, Timer};

use crate::client::CallKey;
use crate::component::{self, Component};
use crate::event::{self, InstanceId, NodeId};
use crate::fault::Process;
use crate::network::Socket;

type Out<'a> = component::Out<'a, Node>;

/// `TCP_DELACK_MIN`: data that was not answered is acknowledged alone after 40 ms. What dies with the host before that
/// was never acknowledged, so the client's kernel goes on sending it.
const DELAYED_ACK: Span = Span::from_millis(40);

/// What can happen to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A command has arrived.
    Command(Command),
    /// The command in service is done.
    Done,
    /// A command that blocked need not wait any longer.
    Unblocked(Command),
}

/// A command and where its reply goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Command {
    /// Whose.
    pub instance: InstanceId,
    /// On which connection.
    pub socket: Socket,
    /// Which call.
    pub call: CallKey,
}

/// What a node asks of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Carry a reply.
    Reply(Command),
    /// The host died before it acknowledged this.
    Unacknowledged(Command),
}

/// Commands that wait without occupying the thread, as Redis lets them: for a whole number of milliseconds, rounded up,
/// and then until a tick of its own timer finds more than these gone by. Source: redis 7.0 `src/timeout.c`
/// (`getTimeoutFromObjectOrReply`, `handleBlockedClientsTimeout`) and `serverCron`, which wakes the loop `hz` times a
/// second. Left out: that any other command wakes it too.
#[derive(Debug)]
pub struct Blocks {
    wait: Sampler,
    tick: Span,
    /// When the first tick comes.
    phase: Time,
}

impl Blocks {
    /// Waits that long, and ticks from `phase` on.
    pub fn new(wait: Sampler, tick: Span, phase: Time) -> Blocks {
        Blocks { wait, tick, phase }
    }

    /// When a command that begins to block now is answered.
    fn ends(&self, now: Time, stream: &mut Stream) -> Time {
        const MS: u64 = 1_000_000;
        let whole = now.as_nanos() / MS + self.wait.sample(stream).as_nanos().div_ceil(MS) + 1;
        let ticks = (whole * MS).saturating_sub(self.phase.as_nanos()).div_ceil(self.tick.as_nanos());
        self.phase + self.tick * ticks
    }
}

/// A cache node.
#[derive(Debug)]
pub struct Node {
    process: Process,
    service: Sampler,
    blocks: Option<Blocks>,
    stream: Stream,
    /// In order of arrival; the first is in service.
    queue: VecDeque<(Time, Command)>,
    done: Option<Timer>,
    in_service_until: Time,
    /// What was left of the command in service when the process was stopped.
    left: Span,
    busy: Span,
    served: u64,
    peak_queue: usize,
}

impl Node {
    /// A running node without work.
    pub fn new(service: Sampler, blocks: Option<Blocks>, stream: Stream) -> Node {
        Node {
            process: Process::Running,
            service,
            blocks,
            stream,
            queue: VecDeque::new(),
            done: None,
            in_service_until: Time::ZERO,
            left: Span::ZERO,
            busy: Span::ZERO,
            served: 0,
            peak_queue: 0,
        }
    }

    /// Time spent serving, commands served, most commands at once.
    pub fn work(&self) -> (Span, u64, u64) {
        (self.busy, self.served, self.peak_queue as u64)
    }

    /// A lever is pulled on its process.
    pub fn become_process(&mut self, out: &mut Out<'_>, process: Process) {
        let was = std::mem::replace(&mut self.process, process);
        match process {
            Process::Running if was == Process::Stopped => self.go_on(out),
            Process::Running if was == Process::Dying => self.lose(out),
            Process::Running => {}
            Process::Stopped | Process::Dying => self.stop(out),
            Process::Killed => self.lose(out),
            Process::HostGone => {
                let acknowledged_before = out.now().saturating_since(Time::ZERO + DELAYED_ACK);
                for &(arrived, command) in &self.queue {
                    if arrived.saturating_since(Time::ZERO) >= acknowledged_before {
                        out.emit(Effect::Unacknowledged(command));
                    }
                }
                self.lose(out);
            }
        }
    }

    /// Its answers do not leave any more: nobody acknowledges what is queued, so it will be sent again.
    pub fn cut_off(&mut self, out: &mut Out<'_>) {
        for &(_, command) in &self.queue {
            out.emit(Effect::Unacknowledged(command));
        }
        self.lose(out);
    }

    /// Its connections are closed: what waited on them is lost.
    pub fn lose(&mut self, out: &mut Out<'_>) {
        out.cancel(self.done.take());
        self.queue.clear();
    }

    fn go_on(&mut self, out: &mut Out<'_>) {
        if !self.queue.is_empty() {
            self.in_service_until = out.now() + self.left;
            self.done = Some(out.arm(self.left, Event::Done));
        }
    }

    fn stop(&mut self, out: &mut Out<'_>) {
        self.left = self.in_service_until.saturating_since(out.now());
        out.cancel(self.done.take());
    }

    fn begin(&mut self, out: &mut Out<'_>) {
        let span = self.service.sample(&mut self.stream);
        self.busy += span;
        if matches!(self.process, Process::Stopped | Process::Dying) {
            self.left = span;
            return;
        }
        self.in_service_until = out.now() + span;
        self.done = Some(out.arm(span, Event::Done));
    }
}

impl Component for Node {
    type Id = NodeId;
    type Event = Event;
    type Effect = Effect;

    fn address(id: NodeId, event: Event) -> event::Event {
        event::Event::Node(id, event)
    }

    fn on(&mut self, now: Time, event: Event, out: &mut Out<'_>) {
        match event {
            Event::Command(command) => {
                self.queue.push_back((now, command));
                self.peak_queue = self.peak_queue.max(self.queue.len());
                if self.queue.len() == 1 {
                    self.begin(out);
                }
            }
            Event::Done => {
                let (_, command) = self.queue.pop_front().expect("a command is in service");
                self.served += 1;
                match &self.blocks {
                    Some(blocks) => {
                        out.at(blocks.ends(now, &mut self.stream), Event::Unblocked(command));
                    }
                    None => out.emit(Effect::Reply(command)),
                }
                if !self.queue.is_empty() {
                    self.begin(out);
                }
            }
            // A process that does not run unblocks nobody; on a connection that is gone nobody listens.
            Event::Unblocked(command) if self.process == Process::Running => out.emit(Effect::Reply(command)),
            Event::Unblocked(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::Calendar;
    use halfopen_sim::chance::{Distribution, Streams};

    use super::*;

    /// Microseconds.
    const SERVICE: u64 = 100;

    fn command(number: u32) -> Command {
        Command { instance: number, socket: Socket { client: 0, number: 0 }, call: CallKey::default() }
    }

    /// What a test does to a node at a moment.
    enum Do {
        Command(u32),
        Become(Process),
    }

    /// Effects with the microsecond at which each came.
    fn effects_of(doings: &[(u64, Do)]) -> Vec<(u64, Effect)> {
        let service = Distribution::Fixed(Span::from_micros(SERVICE)).prepare();
        let mut node = Node::new(service, None, Streams::new(1).stream("service", "test"));
        let mut calendar: Calendar<event::Event> = Calendar::new();
        let (mut effects, mut came) = (Vec::new(), Vec::new());
        let mut left = doings.iter().peekable();
        loop {
            let next = left.peek().map(|(at, _)| Time::ZERO + Span::from_micros(*at));
            if let Some((now, event)) = calendar.pop_before(next.unwrap_or(Time::MAX)) {
                let event::Event::Node(0, event) = event else { panic!("{event:?}") };
                node.on(now, event, &mut Out::new(now, 0, &mut calendar, &mut effects));
                came.extend(effects.drain(..).map(|effect| (now.as_nanos() / 1_000, effect)));
                continue;
            }
            let (Some(now), Some((at, doing))) = (next, left.next()) else { return came };
            let mut out = Out::new(now, 0, &mut calendar, &mut effects);
            match doing {
                Do::Command(number) => node.on(now, Event::Command(command(*number)), &mut out),
                Do::Become(process) => node.become_process(&mut out, *process),
            }
            came.extend(effects.drain(..).map(|effect| (*at, effect)));
        }
    }

    #[test]
    fn one_thread_serves_in_order_of_arrival() {
        let replies = effects_of(&[(0, Do::Command(1)), (10, Do::Command(2)), (500, Do::Command(3))]);
        let expected = [(100, 1), (200, 2), (600, 3)].map(|(at, n)| (at, Effect::Reply(command(n))));
        assert_eq!(replies, expected);
    }

    #[test]
    fn a_stopped_process_goes_on_where_it_stopped() {
        let replies = effects_of(&[
            (0, Do::Command(1)),
            (30, Do::Become(Process::Stopped)),
            (50, Do::Command(2)),
            (1_000, Do::Become(Process::Running)),
        ]);
        assert_eq!(replies, [(1_070, 1), (1_170, 2)].map(|(at, n)| (at, Effect::Reply(command(n)))));
        let replies = effects_of(&[
            (0, Do::Become(Process::Stopped)),
            (50, Do::Command(1)),
            (1_000, Do::Become(Process::Running)),
        ]);
        assert_eq!(replies, [(1_100, Effect::Reply(command(1)))], "what came meanwhile is served after");
    }

    #[test]
    fn what_a_dying_host_had_not_acknowledged_is_sent_again_and_what_a_killed_process_had_is_gone() {
        let crowd = || (0..600).map(|n| (u64::from(n), Do::Command(n)));
        let dies = |process| crowd().chain([(45_000, Do::Become(process))]).collect::<Vec<_>>();
        let lost = |doings: &[(u64, Do)]| {
            effects_of(doings)
                .iter()
                .filter(|(_, effect)| matches!(effect, Effect::Unacknowledged(_)))
                .count()
        };
        // 449 are served by then; all that wait came more than 40 ms before and were acknowledged alone.
        assert_eq!(lost(&dies(Process::HostGone)), 0);
        let late = [(44_000, Do::Command(7)), (45_000, Do::Become(Process::HostGone))];
        let doings: Vec<_> = crowd().chain(late).collect();
        assert_eq!(lost(&doings), 1);
        assert_eq!(lost(&dies(Process::Killed)), 0);
    }
}
