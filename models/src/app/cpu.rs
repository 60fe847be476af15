//! Who runs an instance's requests: one event loop in turn, or workers, each with a request from start to end.

use std::collections::VecDeque;

use halfopen_sim::Time;

use super::TaskKey;
use crate::scenario::Concurrency;

#[derive(Debug)]
pub(super) enum Cpu {
    EventLoop { busy_until: Time },
    Workers { threads: u32, free: u32, waiting: VecDeque<TaskKey> },
}

impl Cpu {
    pub(super) fn new(concurrency: Concurrency) -> Cpu {
        match concurrency {
            Concurrency::EventLoop { .. } => Cpu::EventLoop { busy_until: Time::ZERO },
            Concurrency::Workers { threads, .. } => {
                Cpu::Workers { threads, free: threads, waiting: VecDeque::new() }
            }
        }
    }

    /// Whether a new task may run now; otherwise it waits.
    pub(super) fn admit(&mut self, task: TaskKey) -> bool {
        match self {
            Cpu::EventLoop { .. } => true,
            Cpu::Workers { free: 0, waiting, .. } => {
                waiting.push_back(task);
                false
            }
            Cpu::Workers { free, .. } => {
                *free -= 1;
                true
            }
        }
    }

    /// A task has ended; returns the one that may run in its place.
    pub(super) fn release(&mut self) -> Option<TaskKey> {
        match self {
            Cpu::EventLoop { .. } => None,
            Cpu::Workers { free, waiting, .. } => {
                let next = waiting.pop_front();
                if next.is_none() {
                    *free += 1;
                }
                next
            }
        }
    }

    /// When work that comes now begins.
    pub(super) fn free_at(&self, now: Time) -> Time {
        match self {
            Cpu::EventLoop { busy_until } => now.max(*busy_until),
            Cpu::Workers { .. } => now,
        }
    }

    pub(super) fn forget(&mut self, now: Time) {
        match self {
            Cpu::EventLoop { busy_until } => *busy_until = now,
            Cpu::Workers { threads, free, waiting } => {
                *free = *threads;
                waiting.clear();
            }
        }
    }
}
