//! An exclusive connection for each call, from a bounded pool; who finds none waits in front.
//!
//! Waiting is not fair. A released connection lies in the pool until the thread that waits longest has woken up, and
//! whoever asks meanwhile takes it. The thread that has just released it keeps the interpreter's lock until it waits
//! itself: if it finds another request it is always first. Source: `queue.Queue` and `threading.Condition` of Python
//! 3.11. Measured there, with 4 connections and a request for each in front: 91 of 100 are taken by the thread that
//! released them, 0.4 by one that waited; with free threads enough and 300 requests a second 4 of 100 by neither.

use std::collections::VecDeque;

use halfopen_sim::{Span, Timer};

use super::{Book, CallKey, Desk, Event};
use crate::network::Socket;
use crate::scenario::PoolOrder;

/// From the moment at which the thread that released a connection lets others run until the one that waits for it has
/// it. Measured with Python 3.11: 41 to 47 µs from the release, half of which the first thread runs.
const WAKES_UP: Span = Span::from_micros(20);

/// The places of a pool; idle and busy ones together are its size. An idle place without a connection dials for the
/// call that takes it. A connection that closes leaves its place where it is.
#[derive(Debug)]
pub(super) struct Pool {
    size: u32,
    acquire_timeout: Option<Span>,
    order: PoolOrder,
    idle: VecDeque<Option<Socket>>,
    busy: Vec<Busy>,
    waiting: VecDeque<Waiting>,
    /// Who was woken and does not run yet, in order.
    waking: VecDeque<Timer>,
}

#[derive(Debug)]
struct Busy {
    socket: Socket,
    call: CallKey,
    /// The dial's or the reply's clock.
    timer: Option<Timer>,
}

#[derive(Debug)]
struct Waiting {
    call: CallKey,
    timer: Option<Timer>,
}

impl Pool {
    pub(super) fn new(size: u32, acquire_timeout: Option<Span>, order: PoolOrder) -> Pool {
        let idle = VecDeque::from(vec![None; size as usize]);
        Pool {
            size,
            acquire_timeout,
            order,
            idle,
            busy: Vec::new(),
            waiting: VecDeque::new(),
            waking: VecDeque::new(),
        }
    }

    pub(super) fn place(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, call: CallKey) {
        let idle = match self.order {
            PoolOrder::Lifo => self.idle.pop_back(),
            PoolOrder::Fifo => self.idle.pop_front(),
        };
        match idle {
            Some(Some(socket)) => self.send(book, desk, socket, call),
            Some(None) => self.dial(book, desk, call),
            None => {
                let timer = desk.arm_if(self.acquire_timeout, Event::AcquireTimeout(call));
                self.waiting.push_back(Waiting { call, timer });
            }
        }
    }

    fn dial(&mut self, book: &Book<'_>, desk: &mut Desk<'_, '_>, call: CallKey) {
        let socket = desk.dial(book.options);
        let timer = desk.arm_if(book.options.dial_timeout(), Event::ConnectTimeout(socket));
        self.busy.push(Busy { socket, call, timer });
    }

    fn send(&mut self, book: &Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket, call: CallKey) {
        desk.send(socket, call, book.command_bytes(call));
        let timer = desk.arm_if(book.options.socket_timeout, Event::SocketTimeout(socket));
        self.busy.push(Busy { socket, call, timer });
    }

    /// Takes a connection out of use, with the call that had it.
    fn take(&mut self, desk: &mut Desk<'_, '_>, socket: Socket) -> Option<CallKey> {
        let at = self.busy.iter().position(|busy| busy.socket == socket)?;
        let busy = self.busy.swap_remove(at);
        desk.out.cancel(busy.timer);
        Some(busy.call)
    }

    /// A place in the pool is free: whoever waits longest is woken.
    fn wake_next(&mut self, desk: &mut Desk<'_, '_>) {
        if !self.waiting.is_empty() {
            self.waking.push_back(desk.arm(desk.goes_on + WAKES_UP, Event::Woken));
        }
    }

    /// Who was woken takes a free place; if somebody else was quicker it waits again, behind all others
    /// (`Condition.wait` in Python's threading).
    fn on_woken(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        self.waking.pop_front();
        let Some(next) = self.waiting.pop_front() else { return };
        if self.idle.is_empty() {
            self.waiting.push_back(next);
            return;
        }
        desk.out.cancel(next.timer);
        self.place(book, desk, next.call);
    }

    pub(super) fn on(&mut self, event: Event, book: &mut Book<'_>, desk: &mut Desk<'_, '_>) {
        match event {
            Event::Reply(socket, key) => {
                if self.take(desk, socket).is_some() {
                    self.idle.push_back(Some(socket));
                    book.settle(desk, key, true);
                    self.wake_next(desk);
                }
            }
            Event::Connected(socket) => {
                if let Some(call) = self.take(desk, socket) {
                    self.send(book, desk, socket, call);
                }
            }
            Event::DialFailed(socket, _) | Event::Closed(socket, _) => {
                for idle in self.idle.iter_mut().filter(|idle| **idle == Some(socket)) {
                    *idle = None;
                }
                self.lose(book, desk, socket);
            }
            Event::ConnectTimeout(socket) | Event::SocketTimeout(socket) => {
                desk.close(socket);
                self.lose(book, desk, socket);
            }
            Event::CommandTimeout(key) => self.on_command_timeout(book, desk, key),
            Event::AcquireTimeout(key) => {
                // Nearly always the first: all wait equally long.
                if let Some(at) = self.waiting.iter().position(|waiting| waiting.call == key) {
                    self.waiting.remove(at);
                }
                book.settle(desk, key, false);
            }
            Event::Woken => self.on_woken(book, desk),
            Event::Reconnect | Event::Retry(_) | Event::Ping | Event::Switched | Event::StillOpen(_) => {}
        }
    }

    fn lose(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, socket: Socket) {
        if let Some(call) = self.take(desk, socket) {
            self.idle.push_back(None);
            book.fail(desk, call);
            self.wake_next(desk);
        }
    }

    pub(super) fn forget(&mut self, desk: &mut Desk<'_, '_>) {
        let timers = self.busy.drain(..).map(|busy| busy.timer);
        let timers = timers.chain(self.waiting.drain(..).map(|waiting| waiting.timer));
        for timer in timers.chain(self.waking.drain(..).map(Some)) {
            desk.out.cancel(timer);
        }
        self.idle = VecDeque::from(vec![None; self.size as usize]);
    }

    /// A call that has an own connection takes it along: a late reply would belong to nobody.
    fn on_command_timeout(&mut self, book: &mut Book<'_>, desk: &mut Desk<'_, '_>, key: CallKey) {
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.call == key) {
            let waiting = self.waiting.remove(at);
            desk.out.cancel(waiting.and_then(|w| w.timer));
        }
        let socket = self.busy.iter().find(|busy| busy.call == key).map(|busy| busy.socket);
        book.time_out(desk, key);
        book.settle(desk, key, false);
        if let Some(socket) = socket {
            desk.close(socket);
            self.take(desk, socket);
            self.idle.push_back(None);
            self.wake_next(desk);
        }
    }
}

#[cfg(test)]
impl Pool {
    /// Connections in use (with their call) and idle.
    pub(super) fn open(&self) -> Vec<(Socket, Option<CallKey>)> {
        let busy = self.busy.iter().map(|busy| (busy.socket, Some(busy.call)));
        busy.chain(self.idle.iter().flatten().map(|&socket| (socket, None))).collect()
    }

    pub(super) fn busy_calls(&self) -> Vec<CallKey> {
        self.busy.iter().map(|busy| busy.call).collect()
    }

    pub(super) fn waiting_calls(&self) -> Vec<CallKey> {
        self.waiting.iter().map(|waiting| waiting.call).collect()
    }

    pub(super) fn is_waking_somebody(&self) -> bool {
        !self.waking.is_empty()
    }
}
