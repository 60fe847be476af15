//! What every component is: something that can crash alone, takes a time and an event, and writes down effects.

use halfopen_sim::{Calendar, Span, Time, Timer};

use crate::event::Event;

/// A part of the world that can fail alone.
///
/// A component sees the time, its own event and its [`Out`]; not the calendar, not the recorder, not a neighbour.
pub trait Component {
    /// Which of the components of this kind an event is for.
    type Id: Copy;
    /// Facts: what can happen to it.
    type Event: Copy;
    /// Orders: what it asks of the rest.
    type Effect;

    /// The world's form of this component's event.
    fn address(id: Self::Id, event: Self::Event) -> Event;

    /// Takes one event.
    fn on(&mut self, now: Time, event: Self::Event, out: &mut Out<'_, Self>);
}

/// Where a component writes what it wants: timers for itself, effects for the rest.
pub struct Out<'a, C: Component + ?Sized> {
    now: Time,
    id: C::Id,
    calendar: &'a mut Calendar<Event>,
    effects: &'a mut Vec<C::Effect>,
}

impl<'a, C: Component + ?Sized> Out<'a, C> {
    /// An output for component `id` at `now`.
    pub fn new(
        now: Time,
        id: C::Id,
        calendar: &'a mut Calendar<Event>,
        effects: &'a mut Vec<C::Effect>,
    ) -> Self {
        Out { now, id, calendar, effects }
    }

    /// The current instant.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Schedules an event for this component that will certainly happen.
    pub fn at(&mut self, at: Time, event: C::Event) {
        self.calendar.schedule(at, C::address(self.id, event));
    }

    /// Arms a timer for this component, to be cancelled when it is no longer wanted.
    pub fn arm(&mut self, after: Span, event: C::Event) -> Timer {
        self.calendar.arm(self.now + after, C::address(self.id, event))
    }

    /// Cancels a timer; one that has fired already is left alone.
    pub fn cancel(&mut self, timer: Option<Timer>) {
        if let Some(timer) = timer {
            self.calendar.cancel(timer);
        }
    }

    /// Asks something of the rest of the world, at once.
    pub fn emit(&mut self, effect: C::Effect) {
        self.effects.push(effect);
    }
}
