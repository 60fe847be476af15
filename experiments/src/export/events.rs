//! `events.csv`: the story of every replication.

use halfopen_models::recording::StoryKind;

use super::{Result, Row};
use crate::clock::Clock;

pub(super) const HEADER: &[&str] =
    &["replication", "seed", "time_s", "since_fault_s", "wall_clock", "kind", "who", "what"];

pub(super) fn rows(result: &Result<'_>, to: &mut dyn FnMut(Row)) {
    let clock = Clock::new(result.scenario.clock);
    for (index, recording) in result.recordings.iter().enumerate() {
        for event in &recording.story {
            let time = event.at.as_secs_f64();
            to(vec![
                index.to_string(),
                recording.seed.to_string(),
                time.to_string(),
                super::optional(recording.fault_at.map(|fault| super::since(event.at, fault))),
                clock.iso(event.at),
                name(event.kind).into(),
                event.who.clone(),
                event.what.clone(),
            ]);
        }
    }
}

fn name(kind: StoryKind) -> &'static str {
    match kind {
        StoryKind::Fault => "fault",
        StoryKind::Heal => "heal",
        StoryKind::Failover => "failover",
        StoryKind::FirstError => "first_error",
        StoryKind::Crash => "crash",
        StoryKind::Restart => "restart",
        StoryKind::Noticed => "noticed",
        StoryKind::Recovery => "recovery",
    }
}
