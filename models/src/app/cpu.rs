//! Who runs an instance's requests: one event loop in turn, or workers, each with a request from start to end.

use std::collections::VecDeque;

use halfopen_sim::{Span, Time};

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

    /// Nothing runs for this long, once what is under way is done; until when that is.
    pub(super) fn stop(&mut self, now: Time, stop: Span) -> Time {
        match self {
            Cpu::EventLoop { busy_until } => {
                *busy_until = now.max(*busy_until) + stop;
                *busy_until
            }
            // Their runtimes have no collector here.
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

/// V8 incremental-marking.h `kMaxStepSizeInMs`.
const LONGEST_STEP: Span = Span::from_millis(5);

/// The main thread's part of a marking: steps, between which the event loop turns. V8 makes one for each 64 KiB that the
/// program allocates (incremental-marking.h `kAllocatedThreshold`); here one follows whatever happens after the last.
#[derive(Debug, Default)]
pub(super) struct Steps {
    left: Span,
    next: Time,
}

impl Steps {
    pub(super) fn of(marking: Span) -> Steps {
        Steps { left: marking, next: Time::ZERO }
    }

    /// Takes the next step if the last one has ended.
    pub(super) fn take(&mut self, now: Time, cpu: &mut Cpu) {
        if self.left.is_zero() || now < self.next {
            return;
        }
        let step = self.left.min(LONGEST_STEP);
        self.left = self.left - step;
        self.next = cpu.stop(now, step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marking_comes_in_steps_and_each_waits_for_the_end_of_the_last() {
        let mut cpu = Cpu::EventLoop { busy_until: Time::ZERO };
        let mut steps = Steps::of(Span::from_millis(12));
        let at = |ms| Time::ZERO + Span::from_millis(ms);
        let busy = |cpu: &Cpu| match cpu {
            Cpu::EventLoop { busy_until } => *busy_until,
            Cpu::Workers { .. } => unreachable!(),
        };
        for (now, until) in [(1, 6), (3, 6), (6, 11), (20, 22), (30, 22)] {
            steps.take(at(now), &mut cpu);
            assert_eq!(busy(&cpu), at(until), "at {now} ms");
        }
    }
}
