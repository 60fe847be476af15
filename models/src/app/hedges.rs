//! Cache calls that are made in copies: who waits for the first answer, and whose answers come too late.

use halfopen_sim::Timer;
use slotmap::{SlotMap, new_key_type};

use super::TaskKey;
use crate::client::ClientId;
use crate::protect::hedge::Hedge;
use crate::scenario::Payload;

new_key_type! {
    /// A call with its copies.
    pub struct RaceKey;
}

/// A call with its copies.
#[derive(Debug)]
struct Race {
    task: TaskKey,
    client: ClientId,
    payload: Payload,
    sent: u32,
    out: u32,
    /// Until the next copy.
    timer: Option<Timer>,
}

/// The calls of one instance that may be copied. To a client each copy is a task of its own.
#[derive(Debug)]
pub(super) struct Hedges {
    plan: Hedge,
    races: SlotMap<RaceKey, Race>,
    copies: SlotMap<TaskKey, RaceKey>,
}

/// A call to be made now.
pub(super) struct Copy {
    /// Under this name.
    pub(super) task: TaskKey,
    pub(super) client: ClientId,
    pub(super) payload: Payload,
}

impl Hedges {
    pub(super) fn new(plan: Hedge) -> Hedges {
        Hedges { plan, races: SlotMap::with_key(), copies: SlotMap::with_key() }
    }

    /// A task makes a call.
    pub(super) fn begin(&mut self, task: TaskKey, client: ClientId, payload: Payload) -> RaceKey {
        self.races.insert(Race { task, client, payload, sent: 0, out: 0, timer: None })
    }

    /// The next copy of a call; nothing where its answer has come. `arm` sets the timer for the one after.
    pub(super) fn send(
        &mut self,
        key: RaceKey,
        arm: impl FnOnce(halfopen_sim::Span) -> Timer,
    ) -> Option<Copy> {
        let race = self.races.get_mut(key)?;
        race.sent += 1;
        race.out += 1;
        race.timer = self.plan.next(race.sent).map(arm);
        let task = self.copies.insert(key);
        Some(Copy { task, client: race.client, payload: race.payload })
    }

    /// A copy has ended. The task that goes on and the timer that is not needed any more, when that decides its call.
    pub(super) fn ended(&mut self, copy: TaskKey, good: bool) -> Option<(TaskKey, Option<Timer>)> {
        let key = self.copies.remove(copy)?;
        let race = self.races.get_mut(key)?;
        race.out -= 1;
        if !good && race.out > 0 {
            return None;
        }
        self.races.remove(key).map(|race| (race.task, race.timer))
    }

    /// The process is dead; the timers that were armed.
    pub(super) fn forget(&mut self) -> impl Iterator<Item = Timer> {
        self.copies.clear();
        self.races.drain().filter_map(|(_, race)| race.timer)
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::Span;

    use super::*;

    #[test]
    fn the_first_good_answer_wins_and_a_failure_only_when_no_copy_is_out() {
        let mut hedges = Hedges::new(Hedge::new(Span::from_millis(5), 1));
        let mut tasks: SlotMap<TaskKey, ()> = SlotMap::with_key();
        let task = tasks.insert(());
        let mut calendar = halfopen_sim::Calendar::new();
        let mut send = |hedges: &mut Hedges, race| {
            let arm = |after| calendar.arm(halfopen_sim::Time::ZERO + after, 0);
            hedges.send(race, arm).map(|copy| copy.task)
        };
        for (first, second, decided_by) in [(true, false, 1), (false, true, 2), (false, false, 2)] {
            let race = hedges.begin(task, 0, Payload::default());
            let copies = [(); 2].map(|()| send(&mut hedges, race).expect("nobody has answered"));
            let ends = [hedges.ended(copies[0], first), hedges.ended(copies[1], second)];
            let decides = ends.iter().position(Option::is_some).map(|at| at + 1);
            assert_eq!((decides, ends.iter().flatten().count()), (Some(decided_by), 1));
            assert!(send(&mut hedges, race).is_none(), "its call is decided");
        }
        assert_eq!((hedges.races.len(), hedges.copies.len()), (0, 0));
    }
}
