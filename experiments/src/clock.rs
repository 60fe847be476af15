//! Simulated time as people tell it: on the wall clock where the scenario has one.

use halfopen_models::scenario::WallClock;
use halfopen_sim::Time;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, time};

/// Writes simulated times.
#[derive(Clone, Copy)]
pub struct Clock {
    start: Option<(DateTime, i16)>,
}

impl Clock {
    /// A clock that shows `start` at simulated time zero, or simulated time where there is none.
    pub fn new(start: Option<WallClock>) -> Clock {
        let start = start.and_then(|clock| {
            let (year, month, day) = clock.date;
            let (year, month, day) = (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
            let date = Date::new(year, month, day).ok()?;
            let midnight = date.to_datetime(time(0, 0, 0, 0));
            let seconds = SignedDuration::from_secs(i64::from(clock.seconds_of_day));
            Some((midnight.checked_add(seconds).ok()?, clock.offset_minutes))
        });
        Clock { start }
    }

    /// `14:48:00`, or `8:00` of simulated time.
    pub fn to_the_second(self, at: Time) -> String {
        let seconds = at.as_nanos() / 1_000_000_000;
        match self.wall(at) {
            Some(wall) => wall.strftime("%H:%M:%S").to_string(),
            None => format!("{}:{:02}", seconds / 60, seconds % 60),
        }
    }

    /// `14:48`, or `8` minutes of simulated time.
    pub fn to_the_minute(self, at: Time) -> String {
        match self.wall(at) {
            Some(wall) => wall.strftime("%H:%M").to_string(),
            None => (at.as_nanos() / 60_000_000_000).to_string(),
        }
    }

    /// `2019-11-25T14:48:00.000-05:00`; nothing without a wall clock.
    pub fn iso(self, at: Time) -> String {
        let (Some(wall), Some((_, offset))) = (self.wall(at), self.start) else { return String::new() };
        let sign = if offset < 0 { '-' } else { '+' };
        let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
        format!("{}{sign}{hours:02}:{minutes:02}", wall.strftime("%Y-%m-%dT%H:%M:%S%.3f"))
    }

    /// Title of a time axis: `wall clock, 2019-11-25, UTC−5`.
    pub fn axis(self) -> String {
        let Some((start, offset)) = self.start else { return "simulated time, minutes".into() };
        let sign = if offset < 0 { '−' } else { '+' };
        let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
        let minutes = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
        format!("wall clock, {}, UTC{sign}{hours}{minutes}", start.date())
    }

    /// Seconds from the start to the next full minute on the clock.
    pub fn to_full_minute(self) -> f64 {
        self.start.map_or(0.0, |(start, _)| f64::from((60 - start.second()) % 60))
    }

    /// Minutes since midnight (or since the start) at that first full minute.
    pub fn first_minute(self) -> u32 {
        self.start.map_or(0, |(start, _)| {
            start.hour() as u32 * 60 + start.minute() as u32 + u32::from(start.second() > 0)
        })
    }

    fn wall(self, at: Time) -> Option<DateTime> {
        let (start, _) = self.start?;
        start.checked_add(SignedDuration::from_nanos(i64::try_from(at.as_nanos()).ok()?)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use halfopen_models::scenario::WallClock;
    use halfopen_sim::{Span, Time};

    fn minutes(minutes: u64) -> Time {
        Time::ZERO + Span::from_secs(60 * minutes)
    }

    #[test]
    fn the_wall_clock_goes_on_over_midnight_and_new_year() {
        let clock = Clock::new(Some(WallClock {
            date: (2019, 12, 31),
            seconds_of_day: 23 * 3600 + 59 * 60 + 30,
            offset_minutes: -300,
        }));
        assert_eq!(clock.to_the_second(minutes(1)), "00:00:30");
        assert_eq!(clock.to_the_minute(minutes(61)), "01:00");
        assert_eq!(clock.iso(minutes(1)), "2020-01-01T00:00:30.000-05:00");
        assert_eq!(clock.axis(), "wall clock, 2019-12-31, UTC−5");
        assert_eq!((clock.to_full_minute() as u32, clock.first_minute()), (30, 1440));
    }

    #[test]
    fn without_a_wall_clock_simulated_time_is_shown() {
        let clock = Clock::new(None);
        assert_eq!(clock.to_the_second(minutes(75)), "75:00");
        assert_eq!((clock.to_the_minute(minutes(8)), clock.iso(minutes(8))), ("8".into(), String::new()));
    }
}
