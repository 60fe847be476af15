//! The same scenarios written by hand, around the plainest list that is fast for them: what an engine costs is the
//! distance to these. A vector of packed integers, sorted, the earliest last; timeouts in a linked list per duration
//! with one stand-in in the vector. For many pending events a binary heap takes the vector's place.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use halfopen_sim::Span;
use rand_pcg::Pcg64Mcg;

use super::scenarios::{LOAD, LOST_EVERY, Outcome, SERVICE, exponential, generator, mix};

/// Time, sequence of 40 bits, what happens in 24 bits.
fn pack(at: u64, sequence: u64, what: u32) -> u128 {
    u128::from(at) << 64 | u128::from(sequence << 24 | u64::from(what))
}

fn at(key: u128) -> u64 {
    (key >> 64) as u64
}

fn what(key: u128) -> u32 {
    key as u32 & 0xff_ffff
}

trait List: Default {
    fn push(&mut self, key: u128);
    fn pop(&mut self) -> Option<u128>;
}

#[derive(Default)]
struct Sorted(Vec<u128>);

impl List for Sorted {
    #[inline]
    fn push(&mut self, key: u128) {
        let keys = &mut self.0;
        keys.push(key);
        let mut index = keys.len() - 1;
        while index > 0 && keys[index - 1] < key {
            keys[index] = keys[index - 1];
            index -= 1;
        }
        keys[index] = key;
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        self.0.pop()
    }
}

#[derive(Default)]
struct Heap(BinaryHeap<Reverse<u128>>);

impl List for Heap {
    #[inline]
    fn push(&mut self, key: u128) {
        self.0.push(Reverse(key));
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        self.0.pop().map(|Reverse(key)| key)
    }
}

pub fn mm1(customers: u64) -> Outcome {
    const ARRIVE: u32 = 0;
    const DEPART: u32 = 1;
    let (mut arrivals, mut services) = (generator(1), generator(2));
    let (mut list, mut queue) = (Sorted::default(), VecDeque::new());
    let (mut sequence, mut arrived, mut events, mut check, mut waited) = (1, 0, 0, 0, 0);
    let mut busy = false;
    list.push(pack(exponential(&mut arrivals, SERVICE / LOAD).as_nanos(), 0, ARRIVE));
    while let Some(key) = list.pop() {
        let now = at(key);
        events += 1;
        let mut serve = |list: &mut Sorted, sequence: &mut u64| {
            list.push(pack(now + exponential(&mut services, SERVICE).as_nanos(), *sequence, DEPART));
            *sequence += 1;
        };
        if what(key) == ARRIVE {
            arrived += 1;
            if arrived < customers {
                list.push(pack(
                    now + exponential(&mut arrivals, SERVICE / LOAD).as_nanos(),
                    sequence,
                    ARRIVE,
                ));
                sequence += 1;
            }
            if busy {
                queue.push_back(now);
            } else {
                busy = true;
                serve(&mut list, &mut sequence);
            }
        } else {
            check = mix(check, now);
            if let Some(since) = queue.pop_front() {
                waited += now - since;
                serve(&mut list, &mut sequence);
            } else {
                busy = false;
            }
        }
    }
    Outcome { events, check: check ^ waited, waited }
}

/// A timeout in its duration's list.
#[derive(Clone, Copy)]
struct Link {
    key: u128,
    next: u32,
    previous: u32,
    duration: u32,
}

/// The list of one duration; its first timeout, or one that was first, has a stand-in in the event list.
#[derive(Clone, Copy)]
struct Lane {
    first: u32,
    last: u32,
    stands_in: bool,
}

const NIL: u32 = u32::MAX;
const ARRIVE: u32 = 0;
const TIME_OUT: u32 = 1 << 23;
const DEPART: u32 = 1 << 22;
const STAND_IN: u32 = TIME_OUT | DEPART;
const INDEX: u32 = DEPART - 1;

struct Kernel<L> {
    list: L,
    sequence: u64,
    links: Vec<Link>,
    lanes: Vec<Lane>,
}

impl<L: List> Kernel<L> {
    fn schedule(&mut self, at: u64, what: u32) {
        self.list.push(pack(at, self.sequence, what));
        self.sequence += 1;
    }

    fn arm(&mut self, at: u64, slot: u32, duration: u32) {
        let lane = &mut self.lanes[duration as usize];
        let key = pack(at, self.sequence, TIME_OUT | slot);
        let link = Link { key, next: NIL, previous: lane.last, duration };
        if slot as usize == self.links.len() {
            self.links.push(link);
        } else {
            self.links[slot as usize] = link;
        }
        match std::mem::replace(&mut lane.last, slot) {
            NIL => lane.first = slot,
            last => self.links[last as usize].next = slot,
        }
        if !std::mem::replace(&mut lane.stands_in, true) {
            self.list.push(pack(at, self.sequence, STAND_IN | duration));
        }
        self.sequence += 1;
    }

    fn cancel(&mut self, slot: u32) {
        let Link { next, previous, duration, .. } = self.links[slot as usize];
        let lane = &mut self.lanes[duration as usize];
        match previous {
            NIL => lane.first = next,
            previous => self.links[previous as usize].next = next,
        }
        match next {
            NIL => lane.last = previous,
            next => self.links[next as usize].previous = previous,
        }
    }

    fn next(&mut self) -> Option<(u64, u32)> {
        loop {
            let key = self.list.pop()?;
            if what(key) & STAND_IN != STAND_IN {
                return Some((at(key), what(key)));
            }
            let duration = (what(key) & INDEX) as usize;
            let mut fired = None;
            let first = self.lanes[duration].first;
            if first != NIL && self.links[first as usize].key >> 24 == key >> 24 {
                self.cancel(first);
                fired = Some((at(key), TIME_OUT | first));
            }
            match self.lanes[duration].first {
                NIL => self.lanes[duration].stands_in = false,
                first => {
                    let turn = self.links[first as usize].key >> 24 << 24;
                    self.list.push(turn | u128::from(STAND_IN | duration as u32));
                }
            }
            if fired.is_some() {
                return fired;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Waiting,
    InService,
    GivenUp,
    Abandoned,
    Lost,
}

/// Few servers are served best by the sorted vector, many by the heap.
pub fn timeouts(requests: u64, servers: u64, timeout: Span, durations: u64) -> Outcome {
    if servers <= 32 {
        timeouts_with::<Sorted>(requests, servers, timeout.as_nanos(), durations)
    } else {
        timeouts_with::<Heap>(requests, servers, timeout.as_nanos(), durations)
    }
}

fn timeouts_with<L: List>(requests: u64, servers: u64, timeout: u64, durations: u64) -> Outcome {
    let (mut arrivals, mut services) = (generator(1), generator(2));
    let between = SERVICE / LOAD / servers as f64;
    let lane = Lane { first: NIL, last: NIL, stands_in: false };
    let lanes = vec![lane; durations as usize];
    let mut kernel = Kernel { list: L::default(), sequence: 1, links: Vec::new(), lanes };
    let (mut slots, mut free, mut queue) = (Vec::new(), Vec::new(), VecDeque::new());
    let (mut idle, mut arrived, mut fired) = (servers, 0, 0_u64);
    let (mut events, mut check, mut waited) = (0, 0, 0);
    kernel.schedule(exponential(&mut arrivals, between).as_nanos(), ARRIVE);
    while let Some((now, what)) = kernel.next() {
        events += 1;
        let slot = what & INDEX;
        if what == ARRIVE {
            let id = arrived;
            arrived += 1;
            if arrived < requests {
                kernel.schedule(now + exponential(&mut arrivals, between).as_nanos(), ARRIVE);
            }
            let slot: u32 = free.pop().unwrap_or_else(|| {
                slots.push((State::Free, false));
                slots.len() as u32 - 1
            });
            let duration = id % durations;
            kernel.arm(now + timeout + timeout / 64 * duration, slot, duration as u32);
            let lost = id % LOST_EVERY == LOST_EVERY - 1;
            if idle > 0 {
                idle -= 1;
                slots[slot as usize] = (State::InService, lost);
                kernel.schedule(now + exponential(&mut services, SERVICE).as_nanos(), DEPART | slot);
            } else {
                slots[slot as usize] = (State::Waiting, lost);
                queue.push_back((slot, now));
            }
        } else if what & TIME_OUT != 0 {
            fired += 1;
            check = mix(check, now ^ 0xF1);
            let state = &mut slots[slot as usize].0;
            *state = match *state {
                State::Waiting => State::GivenUp,
                State::InService => State::Abandoned,
                _ => {
                    free.push(slot);
                    State::Free
                }
            };
        } else {
            check = mix(check, now);
            let (state, lost) = slots[slot as usize];
            slots[slot as usize].0 = if state == State::InService && lost {
                State::Lost
            } else {
                if state == State::InService {
                    kernel.cancel(slot);
                }
                free.push(slot);
                State::Free
            };
            idle += 1;
            while let Some((next, since)) = queue.pop_front() {
                let state = &mut slots[next as usize].0;
                if *state == State::GivenUp {
                    *state = State::Free;
                    free.push(next);
                    continue;
                }
                *state = State::InService;
                idle -= 1;
                waited += now - since;
                kernel.schedule(now + exponential(&mut services, SERVICE).as_nanos(), DEPART | next);
                break;
            }
        }
    }
    Outcome { events, check: check ^ waited ^ (fired << 48), waited }
}

pub struct Hold {
    generator: Pcg64Mcg,
    mean: f64,
    sequence: u64,
    check: u64,
    heap: Heap,
}

impl Hold {
    pub fn new(pending: u32) -> Self {
        let mut generator = generator(3);
        let mean = 1000.0 * f64::from(pending);
        let mut heap = Heap::default();
        for id in 0..pending {
            heap.push(pack(exponential(&mut generator, mean).as_nanos(), u64::from(id), id));
        }
        let mut hold = Hold { generator, mean, sequence: u64::from(pending), check: 0, heap };
        hold.take(u64::from(pending));
        hold
    }

    pub fn take(&mut self, events: u64) -> Outcome {
        for _ in 0..events {
            let Some(key) = self.heap.pop() else { break };
            let now = at(key);
            self.check = mix(self.check, now);
            let next = now + exponential(&mut self.generator, self.mean).as_nanos();
            self.heap.push(pack(next, self.sequence, what(key)));
            self.sequence += 1;
        }
        Outcome { events, check: self.check, waited: 0 }
    }
}
