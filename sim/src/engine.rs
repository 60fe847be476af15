//! The loop: take the next event, hand it to the model, until the end.
//!
//! It leaves everything else to the [`Calendar`] (what is next) and to the [`Model`] (what it means).

use crate::calendar::Calendar;
use crate::time::Time;

/// Something that can be simulated: it is told what happened and writes what will happen into the calendar.
pub trait Model {
    /// What can happen; a small `Copy` enum.
    type Event: Copy;

    /// `event` happens `now`. Anything it causes is scheduled in `calendar`, at `now` or later.
    fn handle(&mut self, now: Time, event: Self::Event, calendar: &mut Calendar<Self::Event>);
}

/// Runs `model` until nothing is left that happens at or before `until`; returns how many events were handled.
pub fn run<M: Model>(model: &mut M, calendar: &mut Calendar<M::Event>, until: Time) -> u64 {
    let mut handled = 0;
    while let Some((now, event)) = calendar.pop_before(until) {
        model.handle(now, event, calendar);
        handled += 1;
    }
    handled
}
