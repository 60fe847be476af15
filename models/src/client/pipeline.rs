//! One connection for all calls, answered in order.

use std::collections::VecDeque;

use halfopen_sim::{Span, Timer};

use super::{Book, CallKey, Desk, Event, backoff};
use crate::network::Socket;
use crate::scenario::{self, InFlight};

/// ioredis `disconnectTimeout`, lib/redis/RedisOptions.ts of v5.11.1, where no application changes it: a stream that was
/// ended (lib/connectors/AbstractConnector.ts `disconnect`) is destroyed after this.
const DISCONNECT_TIMEOUT: Span = Span::from_secs(2);

/// The connection and the calls on it and in front of it.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    link: Link,
    /// Written, in order; replies match from the front.
    written: VecDeque<CallKey>,
    /// Not written (the offline queue), in order.
    waiting: VecDeque<CallKey>,
    /// Closes since the connection was last ready.
    closes: u32,
    connect_timer: Option<Timer>,
    socket_timer: Option<Timer>,
    end_timer: Option<Timer>,
    reconnect_timer: Option<Timer>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Link {
    #[default]
    Down,
    Dialing(Socket),
    Ready(Socket),
    /// Its writing side is closed; calls wait for the next connection.
    Ending(Socket),
}

impl Link {
    fn is_on(self, socket: Socket) -> bool {
        matches!(self, Link::Dialing(s) | Link::Ready(s) | Link::Ending(s) if s == socket)
    }
}

impl Pipeline {
    pub(super) fn dial(&mut self, options: &scenario::Client, desk: &mut Desk<'_, '_>) {
        let socket = desk.dial(options);
        self.link = Link::Dialing(socket);
        self.connect_timer = desk.arm_if(options.connect_timeout, Event::ConnectTimeout(socket));
    }

    pub(super) fn place(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, key: CallKey) {
        match self.link {
            Link::Ready(socket) => self.write(book, desk, socket, key),
            _ if book.options.offline_queue => self.waiting.push_back(key),
            _ => book.fail(desk, key),
        }
    }

    fn write(&mut self, book: &Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket, key: CallKey) {
        self.written.push_back(key);
        desk.send(socket, key);
        if self.socket_timer.is_none() {
            self.socket_timer = desk.arm_if(book.options.socket_timeout, Event::SocketTimeout(socket));
        }
    }

    pub(super) fn on(&mut self, event: Event, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        match event {
            Event::Reply(socket, key) if self.link.is_on(socket) => {
                self.on_reply(book, desk, socket, key);
            }
            Event::Connected(socket) if self.link == Link::Dialing(socket) => {
                desk.out.cancel(self.connect_timer.take());
                self.link = Link::Ready(socket);
                self.closes = 0;
                for key in std::mem::take(&mut self.waiting) {
                    self.write(book, desk, socket, key);
                }
            }
            Event::DialFailed(socket, _) | Event::Closed(socket, _) if self.link.is_on(socket) => {
                self.on_close(book, desk);
            }
            Event::ConnectTimeout(socket) | Event::SocketTimeout(socket) | Event::StillOpen(socket)
                if self.link.is_on(socket) =>
            {
                desk.close(socket);
                self.on_close(book, desk);
            }
            Event::Switched if book.options.failover_detector => self.end(desk),
            // A call that timed out stays where it is: its reply must be matched to it.
            Event::CommandTimeout(key) => book.time_out(desk, key),
            Event::Reconnect if self.link == Link::Down => self.dial(book.options, desk),
            _ => {}
        }
    }

    fn end(&mut self, desk: &mut Desk<'_, '_>) {
        let (Link::Dialing(socket) | Link::Ready(socket)) = self.link else { return };
        desk.end(socket);
        self.link = Link::Ending(socket);
        self.end_timer = Some(desk.arm(DISCONNECT_TIMEOUT, Event::StillOpen(socket)));
    }

    fn on_reply(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket, key: CallKey) {
        let front = self.written.pop_front();
        assert_eq!(front, Some(key), "replies come in the order of the calls on {socket:?}");
        book.settle(desk, key, true);
        if book.options.socket_timeout.is_some() {
            desk.out.cancel(self.socket_timer.take());
            if !self.written.is_empty() {
                self.socket_timer = desk.arm_if(book.options.socket_timeout, Event::SocketTimeout(socket));
            }
        }
    }

    fn on_close(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        desk.out.cancel(self.connect_timer.take());
        desk.out.cancel(self.socket_timer.take());
        desk.out.cancel(self.end_timer.take());
        self.link = Link::Down;
        self.closes += 1;
        for key in std::mem::take(&mut self.written).into_iter().rev() {
            if book.is_timed_out(key) {
                book.settle(desk, key, false);
            } else if book.options.in_flight_on_close == InFlight::Resend {
                self.waiting.push_front(key);
            } else {
                book.fail(desk, key);
            }
        }
        if book.options.flush_after.is_some_and(|every| self.closes.is_multiple_of(every)) {
            for key in std::mem::take(&mut self.waiting) {
                book.settle(desk, key, false);
            }
        }
        let wait = backoff::wait(book.options.reconnect, self.closes, book.stream);
        self.reconnect_timer = Some(desk.arm(wait, Event::Reconnect));
    }

    pub(super) fn forget(&mut self, desk: &mut Desk<'_, '_>) {
        for timer in [self.connect_timer, self.socket_timer, self.end_timer, self.reconnect_timer] {
            desk.out.cancel(timer);
        }
        *self = Pipeline::default();
    }
}
