//! What happened in the first replication, condensed: like events of one service that follow each other are one line.

use halfopen_models::recording::{Recording, StoryEvent, StoryKind};
use halfopen_models::scenario::Scenario;
use halfopen_sim::Span;

use super::{Section, Table};
use crate::clock::Clock;

/// Like events further apart than this are told apart.
const PAUSE: Span = Span::from_secs(120);

/// Events of one kind and service, in order.
struct Chapter<'a> {
    service: Option<&'a str>,
    events: Vec<&'a StoryEvent>,
}

pub(super) fn section(scenario: &Scenario, recording: &Recording) -> Section {
    let clock = Clock::new(scenario.clock);
    let rows = chapters(scenario, recording).iter().map(|chapter| chapter.tell(clock)).collect();
    Section {
        title: "What happened".into(),
        remark: format!("in the replication with seed {}", recording.seed),
        table: Table { rows, ..Table::default() },
    }
}

fn chapters<'a>(scenario: &'a Scenario, recording: &'a Recording) -> Vec<Chapter<'a>> {
    let mut chapters: Vec<Chapter<'a>> = Vec::new();
    for event in &recording.story {
        let service = service_of(scenario, recording, &event.who);
        let open =
            chapters.iter_mut().rev().find(|chapter| chapter.service == service && chapter.takes(event));
        match open {
            Some(chapter) if service.is_some() => chapter.events.push(event),
            _ => chapters.push(Chapter { service, events: vec![event] }),
        }
    }
    chapters
}

/// The service whose instance this is; nothing for nodes and for services themselves.
fn service_of<'a>(scenario: &'a Scenario, recording: &Recording, who: &str) -> Option<&'a str> {
    let index =
        recording.services.iter().position(|service| service.instances.iter().any(|i| i.name == who))?;
    Some(&scenario.services[index].name)
}

impl Chapter<'_> {
    fn takes(&self, event: &StoryEvent) -> bool {
        let last = self.events[self.events.len() - 1];
        // How a connection ended is the point of noticing; what a dying process held is not.
        let same = last.kind == event.kind && (event.kind != StoryKind::Noticed || last.what == event.what);
        same && event.at.saturating_since(last.at) <= PAUSE
    }

    fn tell(&self, clock: Clock) -> Vec<String> {
        let (first, last) = (self.events[0], self.events[self.events.len() - 1]);
        let (from, to) = (clock.to_the_second(first.at), clock.to_the_second(last.at));
        let when = if from == to { from } else { format!("{from}–{to}") };
        let [_] = self.events.as_slice() else {
            return vec![when, self.service.unwrap_or_default().to_owned(), self.many()];
        };
        vec![when, first.who.clone(), first.what.clone()]
    }

    fn many(&self) -> String {
        let first = self.events[0];
        let mut names: Vec<&str> = self.events.iter().map(|event| event.who.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let instances = match names.len() {
            1 => format!("{} alone", names[0]),
            n => format!("{n} instances"),
        };
        let times = match self.events.len() {
            n if n == names.len() => String::new(),
            n => format!(", {n} times in all"),
        };
        match first.kind {
            StoryKind::Crash => format!("{instances} die{times}; first {} {}", first.who, first.what),
            StoryKind::Restart => format!("{instances} are ready again{times}"),
            StoryKind::Noticed => {
                let what =
                    first.what.replacen("notices its dead connection", "notice their dead connections", 1);
                format!("{instances} {what}{times}")
            }
            _ => format!("{instances}: {}{times}", first.what),
        }
    }
}
