//! An instance's life: it starts, takes requests, fills its memory, and dies with all that it held.

use halfopen_sim::Span;

use super::cpu::Steps;
use super::v8::Act;
use super::{Cause, Death, Effect, Event, Instance, Ledger, Out};
use crate::client::{Client, ClientId, Desk};
use crate::load::Reply;

impl Instance {
    pub(super) fn on_ready(&mut self, out: &mut Out<'_>) {
        out.emit(Effect::Ready);
        self.ready = true;
        if !self.up {
            self.on_started(out);
        }
    }

    pub(super) fn on_started(&mut self, out: &mut Out<'_>) {
        self.up = true;
        self.ledger = Ledger::new(self.memory.baseline);
        if let Some(heap) = &mut self.heap {
            heap.restart(self.memory.baseline, self.memory.loading_garbage);
        }
        for client in 0..self.clients.len() {
            self.with_client(out, client as ClientId, Client::start);
        }
    }

    /// Memory may have grown: collects, or dies.
    pub(super) fn watch_memory(&mut self, out: &mut Out<'_>) {
        let total = self.ledger.total();
        let free_at = self.cpu.free_at(out.now());
        let cause = match &mut self.heap {
            None if total > self.memory.limit => Cause::ContainerLimit,
            Some(_) if self.memory.container.is_some_and(|limit| total + self.memory.outside > limit) => {
                Cause::ContainerLimit
            }
            Some(heap) if heap.is_due(free_at, &self.ledger) => match heap.act(free_at, &self.ledger) {
                Act::Stop { pause, marking } => {
                    self.cpu.stop(out.now(), pause);
                    if let Some(marking) = marking {
                        self.steps = Steps::of(marking);
                    }
                    return;
                }
                Act::Ineffective => Cause::IneffectiveCollections,
                Act::LimitReached => Cause::HeapLimit,
            },
            _ => return,
        };
        self.die(out, cause);
    }

    fn die(&mut self, out: &mut Out<'_>, cause: Cause) {
        (self.up, self.ready) = (false, false);
        out.emit(Effect::Died(Death {
            cause,
            bytes: self.ledger.total(),
            requests: self.tasks.len() as u64,
            calls: self.ledger.pending_calls(),
        }));
        // Their callers' connections end with the process.
        for task in self.tasks.values() {
            out.emit(Effect::Answer(task.load, task.request, Reply::Disconnected));
        }
        self.tasks.clear();
        for late in self.turn.begin() {
            if let Event::Request(load, request, _) = late {
                out.emit(Effect::Answer(load, request, Reply::Disconnected));
            }
        }
        self.forget_calls(out);
        for client in 0..self.clients.len() {
            let mut forgotten = std::mem::take(&mut self.settled);
            let mut desk = Desk {
                out,
                ledger: &mut self.ledger,
                client: client as ClientId,
                cache: self.caches[client],
                next_socket: &mut self.next_socket,
                settled: &mut forgotten,
                goes_on: Span::ZERO,
            };
            self.clients[client].forget(&mut desk);
            forgotten.clear();
            self.settled = forgotten;
        }
        self.cpu.forget(out.now());
        self.steps = Steps::default();
        self.ledger = Ledger::new(self.memory.baseline);
        if let Some(wait) = self.supervisor.ready_after(out.now()) {
            out.at(out.now() + wait - self.supervisor.warm_up(), Event::Started);
            out.at(out.now() + wait, Event::Ready);
        }
    }
}
