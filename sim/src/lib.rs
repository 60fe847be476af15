//! The engine under halfopen: time, order, chance and measurement, and nothing of what is simulated.
//!
//! A [`Model`] is told what happens and writes what will happen into a [`Calendar`]; [`run`] hands it one event after
//! the other, in a total order. [`Time`] is whole nanoseconds, [`chance`] comes from streams that are named, and all
//! mathematics is portable, so a run is the same to the last bit on every machine. What happened is measured with
//! [`gauge`]s, [`histogram`]s and [`series`], and [`digest`] tells whether two runs did the same.
//!
//! A whole simulation: customers come to one server at random, 800 a second, and each takes it a millisecond on
//! average. How many are there, on average? Theory says load / (1 − load) = 4 (M/M/1).
//!
//! ```
//! use halfopen_sim::chance::{Distribution, Sampler, Stream, Streams};
//! use halfopen_sim::{Calendar, Model, Span, Time, gauge::Gauge, run};
//!
//! #[derive(Clone, Copy)]
//! enum Event { Arrive, Depart }
//!
//! struct Queue { between: Sampler, service: Sampler, stream: Stream, inside: Gauge }
//!
//! impl Model for Queue {
//!     type Event = Event;
//!     fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
//!         match event {
//!             Event::Arrive => {
//!                 calendar.schedule(now + self.between.sample(&mut self.stream), Event::Arrive);
//!                 self.inside.add(now, 1);
//!             }
//!             Event::Depart => self.inside.add(now, -1),
//!         }
//!         // The server starts when somebody comes to an empty room, and goes on while somebody is left.
//!         let starts = matches!(event, Event::Depart) || self.inside.value() == 1;
//!         if starts && self.inside.value() > 0 {
//!             calendar.schedule(now + self.service.sample(&mut self.stream), Event::Depart);
//!         }
//!     }
//! }
//!
//! let mean = |seed| {
//!     let law = |micros| Distribution::Exponential { mean: Span::from_micros(micros) }.prepare();
//!     let stream = Streams::new(seed).stream("everything", "queue");
//!     let inside = Gauge::new(Time::ZERO, 0);
//!     let mut queue = Queue { between: law(1_250), service: law(1_000), stream, inside };
//!     let mut calendar = Calendar::new();
//!     calendar.schedule(Time::ZERO, Event::Arrive);
//!     let end = Time::ZERO + Span::from_secs(200);
//!     run(&mut queue, &mut calendar, end);
//!     queue.inside.mean(end)
//! };
//! let runs: Vec<f64> = (1..=20).map(mean).collect();
//! let average = runs.iter().sum::<f64>() / 20.0;
//! let variance = runs.iter().map(|run| (run - average) * (run - average)).sum::<f64>() / 19.0;
//! let half = 2.861 * (variance / 20.0).sqrt(); // Student's t: 99 % confidence, 19 degrees of freedom
//! assert!((average - 4.0).abs() < half && half < 0.2, "{average} ± {half}");
//! ```

pub mod calendar;
pub mod chance;
pub mod digest;
pub mod engine;
pub mod gauge;
pub mod histogram;
pub mod series;
pub mod time;

pub use calendar::{Calendar, Lane, Timer};
pub use engine::{Model, run};
pub use time::{Span, Time};
