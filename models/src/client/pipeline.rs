//! One connection for all calls, answered in order.

use std::collections::VecDeque;

use halfopen_sim::{Span, Time, Timer};

use super::outbox::Outbox;
use super::{Book, CallKey, Desk, Event, backoff};
use crate::network::Socket;
use crate::scenario::{self, AfterSocketTimeout, Congestion, Covers, InFlight, Watches, WhenFull};

/// libuv counts whole milliseconds: what is due within one is done in one turn of the loop.
const TURN: Span = Span::from_millis(1);

/// ioredis `disconnectTimeout`, lib/redis/RedisOptions.ts of v5.11.1, where no application changes it: a stream that was
/// ended (lib/connectors/AbstractConnector.ts `disconnect`) is destroyed after this.
const DISCONNECT_TIMEOUT: Span = Span::from_secs(2);

/// The connection and the calls on it and in front of it.
#[derive(Debug)]
pub(super) struct Pipeline {
    link: Link,
    /// Written, in order; replies match from the front.
    written: VecDeque<CallKey>,
    /// Not written (the offline queue, or kept while the socket is full), in order.
    waiting: VecDeque<CallKey>,
    congestion: Congestion,
    outbox: Outbox,
    /// The last so many of the written ones lie in the process's own buffer.
    buffered: u64,
    last_turn: Time,
    /// Closes since the connection was last ready.
    closes: u32,
    /// Waited since then.
    waited: Span,
    connect_timer: Option<Timer>,
    socket_timer: Option<Timer>,
    end_timer: Option<Timer>,
    reconnect_timer: Option<Timer>,
    ping_timer: Option<Timer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Down,
    Dialing(Socket),
    /// Connected; the client's own first command is not answered yet.
    Checking(Socket),
    Ready(Socket),
    /// Its writing side is closed; calls wait for the next connection.
    Ending(Socket),
    /// The client has given up for good.
    Closed,
}

/// Whether anything of this client depends on what its socket takes.
fn looks_at_buffers(options: &scenario::Client) -> bool {
    options.when_full != WhenFull::Buffers
        || options.socket_timeout_watches == Watches::Traffic
        || options.bytes_per_buffered_call > 0
}

impl Pipeline {
    /// Not connected, on a host with this congestion control.
    pub(super) fn new(congestion: Congestion) -> Pipeline {
        Pipeline {
            link: Link::Down,
            written: VecDeque::new(),
            waiting: VecDeque::new(),
            congestion,
            outbox: Outbox::new(congestion),
            buffered: 0,
            last_turn: Time::ZERO,
            closes: 0,
            waited: Span::ZERO,
            connect_timer: None,
            socket_timer: None,
            end_timer: None,
            reconnect_timer: None,
            ping_timer: None,
        }
    }

    /// The process has started: dials. A failure of this dial counts as one after a loss.
    pub(super) fn start(&mut self, options: &scenario::Client, desk: &mut Desk<'_, '_>) {
        self.closes = options.dials_at_once.min(1);
        self.dial(options, desk);
    }

    fn dial(&mut self, options: &scenario::Client, desk: &mut Desk<'_, '_>) {
        let socket = desk.dial(options);
        self.link = Link::Dialing(socket);
        self.connect_timer = desk.arm_if(options.dial_timeout(), Event::ConnectTimeout(socket));
    }

    pub(super) fn place(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, key: CallKey) {
        match self.link {
            Link::Ready(socket) => {
                book.start_clock(desk, key);
                self.write_or_keep(book, desk, socket, key);
            }
            Link::Down | Link::Dialing(_) | Link::Checking(_) | Link::Ending(_)
                if book.options.offline_queue =>
            {
                self.waiting.push_back(key);
            }
            Link::Closed => book.settle(desk, key, false),
            _ => book.fail(desk, key),
        }
    }

    /// What a full socket does to a call is the client's own rule.
    fn write_or_keep(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket, key: CallKey) {
        let keeps = match book.options.when_full {
            WhenFull::Buffers => false,
            WhenFull::Waits | WhenFull::OneATurn => self.outbox.is_full(),
        };
        if !keeps {
            self.write(book, desk, socket, key);
            return;
        }
        self.waiting.push_back(key);
        let now = desk.out.now();
        if book.options.when_full == WhenFull::OneATurn && now.saturating_since(self.last_turn) >= TURN {
            self.last_turn = now;
            if let Some(oldest) = self.waiting.pop_front() {
                self.write(book, desk, socket, oldest);
            }
        }
    }

    fn write(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket, key: CallKey) {
        let bytes = book.command_bytes(key);
        let looks = looks_at_buffers(book.options);
        let taken = looks && self.outbox.write(desk.out.now(), bytes, self.written.is_empty());
        if looks && !taken {
            self.buffered += 1;
            desk.ledger.begin_buffered(book.options.bytes_per_buffered_call);
        }
        self.written.push_back(key);
        desk.send(socket, key, bytes);
        if book.options.command_timeout_covers == Covers::Unwritten {
            book.stop_clock(desk, key);
        }
        let traffic = book.options.socket_timeout_watches == Watches::Traffic;
        if self.socket_timer.is_none() || (traffic && taken) {
            self.arm_socket_timer(book.options, desk, socket);
        }
    }

    /// Something was received: the kernel has taken what lay in the process.
    fn drain(&mut self, options: &scenario::Client, desk: &mut Desk<'_, '_>) {
        self.outbox.drained(desk.out.now());
        self.free_buffered(options, desk);
    }

    fn free_buffered(&mut self, options: &scenario::Client, desk: &mut Desk<'_, '_>) {
        desk.ledger.end_buffered(std::mem::take(&mut self.buffered) * options.bytes_per_buffered_call);
    }

    fn arm_socket_timer(&mut self, options: &scenario::Client, desk: &mut Desk<'_, '_>, socket: Socket) {
        if options.socket_timeout.is_some() {
            desk.out.cancel(self.socket_timer.take());
            self.socket_timer = desk.arm_if(options.socket_timeout, Event::SocketTimeout(socket));
        }
    }

    fn is_on(&self, socket: Socket) -> bool {
        match self.link {
            Link::Dialing(s) | Link::Checking(s) | Link::Ready(s) | Link::Ending(s) => s == socket,
            Link::Down | Link::Closed => false,
        }
    }

    pub(super) fn on(&mut self, event: Event, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        match event {
            Event::Reply(socket, key) if self.link == Link::Checking(socket) => {
                self.on_checked(book, desk, socket, key);
            }
            Event::Reply(socket, key) if self.is_on(socket) => {
                self.on_reply(book, desk, socket, key);
            }
            Event::Connected(socket) if self.link == Link::Dialing(socket) => {
                self.on_connected(book, desk, socket);
            }
            Event::DialFailed(socket, _) | Event::Closed(socket, _) if self.is_on(socket) => {
                self.on_close(book, desk);
            }
            Event::ConnectTimeout(socket) | Event::StillOpen(socket) if self.is_on(socket) => {
                desk.close(socket);
                self.on_close(book, desk);
            }
            Event::SocketTimeout(socket) if self.is_on(socket) => {
                desk.close(socket);
                match book.options.after_socket_timeout {
                    AfterSocketTimeout::Reconnect => self.on_close(book, desk),
                    AfterSocketTimeout::Closed => self.give_up(book, desk),
                }
            }
            Event::CommandTimeout(key) => self.on_command_timeout(book, desk, key),
            Event::Switched if book.options.failover_detector => self.end(desk),
            Event::Reconnect if self.link == Link::Down => self.dial(book.options, desk),
            Event::Ping => self.on_ping(book, desk),
            _ => {}
        }
    }

    fn end(&mut self, desk: &mut Desk<'_, '_>) {
        let (Link::Dialing(socket) | Link::Checking(socket) | Link::Ready(socket)) = self.link else {
            return;
        };
        desk.end(socket);
        self.link = Link::Ending(socket);
        self.end_timer = Some(desk.arm(DISCONNECT_TIMEOUT, Event::StillOpen(socket)));
    }

    fn on_connected(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket) {
        desk.out.cancel(self.connect_timer.take());
        self.outbox = Outbox::new(self.congestion);
        self.drain(book.options, desk);
        if book.options.ready_check {
            self.link = Link::Checking(socket);
            let check = book.own_call(desk, false);
            self.write(book, desk, socket, check);
        } else {
            self.become_ready(book, desk, socket);
        }
    }

    fn on_checked(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket, key: CallKey) {
        self.written.clear();
        book.settle(desk, key, true);
        desk.out.cancel(self.socket_timer.take());
        self.become_ready(book, desk, socket);
    }

    fn become_ready(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket) {
        self.link = Link::Ready(socket);
        self.closes = 0;
        self.waited = Span::ZERO;
        self.drain(book.options, desk);
        for key in std::mem::take(&mut self.waiting) {
            book.start_clock(desk, key);
            self.write_or_keep(book, desk, socket, key);
        }
        if book.options.socket_timeout_watches == Watches::Traffic {
            self.arm_socket_timer(book.options, desk, socket);
        }
        self.ping_timer = desk.arm_if(book.options.ping_interval, Event::Ping);
    }

    fn on_reply(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket, key: CallKey) {
        let front = self.written.pop_front();
        assert_eq!(front, Some(key), "replies come in the order of the calls on {socket:?}");
        if book.is_ping(key) {
            self.ping_timer = desk.arm_if(book.options.ping_interval, Event::Ping);
        }
        book.settle(desk, key, true);
        if looks_at_buffers(book.options) {
            self.drain(book.options, desk);
        }
        for key in std::mem::take(&mut self.waiting) {
            self.write_or_keep(book, desk, socket, key);
        }
        if book.options.socket_timeout_watches == Watches::Traffic {
            self.arm_socket_timer(book.options, desk, socket);
        } else if book.options.socket_timeout.is_some() {
            desk.out.cancel(self.socket_timer.take());
            if !self.written.is_empty() {
                self.arm_socket_timer(book.options, desk, socket);
            }
        }
    }

    /// A written call stays where it is: its reply must be matched to it.
    fn on_command_timeout(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, key: CallKey) {
        if book.options.command_timeout_covers == Covers::EveryCall {
            book.time_out(desk, key);
        } else if let Some(at) = self.waiting.iter().position(|&waiting| waiting == key) {
            self.waiting.remove(at);
            book.settle(desk, key, false);
        } else {
            book.time_out(desk, key);
        }
    }

    fn on_ping(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        if let Link::Ready(socket) = self.link {
            let ping = book.own_call(desk, true);
            self.write_or_keep(book, desk, socket, ping);
        }
    }

    /// The connection is gone, and what was written on it.
    fn leave(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        let timers =
            [&mut self.connect_timer, &mut self.socket_timer, &mut self.end_timer, &mut self.ping_timer];
        for timer in timers {
            desk.out.cancel(timer.take());
        }
        self.link = Link::Down;
        self.free_buffered(book.options, desk);
        for key in std::mem::take(&mut self.written).into_iter().rev() {
            match book.options.in_flight_on_close {
                _ if book.is_own(key) => book.settle(desk, key, false),
                // Timed-out calls too: the queue is taken over whole.
                InFlight::Resend => self.waiting.push_front(key),
                InFlight::ResendPending if book.is_awaited(key) => self.waiting.push_front(key),
                InFlight::ResendPending => book.settle(desk, key, false),
                InFlight::Fail => book.fail(desk, key),
            }
        }
    }

    fn fail_waiting(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        for key in std::mem::take(&mut self.waiting) {
            book.settle(desk, key, false);
        }
    }

    fn give_up(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        self.leave(book, desk);
        self.fail_waiting(book, desk);
        self.link = Link::Closed;
    }

    fn on_close(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        let budget = book.options.reconnect_for.unwrap_or(Span::MAX);
        if self.waited >= budget {
            self.give_up(book, desk);
            return;
        }
        self.leave(book, desk);
        self.closes += 1;
        if book.options.flush_after.is_some_and(|every| self.closes.is_multiple_of(every)) {
            self.fail_waiting(book, desk);
        }
        let wait = match self.closes.saturating_sub(book.options.dials_at_once) {
            0 => Span::ZERO,
            attempt => backoff::wait(book.options.reconnect, attempt, book.stream),
        };
        let wait = wait.min(budget - self.waited);
        self.waited += wait;
        self.reconnect_timer = Some(desk.arm(wait, Event::Reconnect));
    }

    pub(super) fn forget(&mut self, desk: &mut Desk<'_, '_>) {
        let Pipeline { connect_timer, socket_timer, end_timer, reconnect_timer, ping_timer, .. } = *self;
        for timer in [connect_timer, socket_timer, end_timer, reconnect_timer, ping_timer] {
            desk.out.cancel(timer);
        }
        *self = Pipeline::new(self.congestion);
    }
}
