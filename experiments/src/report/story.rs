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
    let chapters = chapters(&recording.story, |who| service_of(scenario, recording, who));
    Section {
        title: "What happened".into(),
        remark: format!("in the replication with seed {}", recording.seed),
        table: Table {
            rows: chapters.iter().map(|chapter| chapter.tell(clock)).collect(),
            ..Table::default()
        },
    }
}

fn chapters<'a>(story: &'a [StoryEvent], service_of: impl Fn(&str) -> Option<&'a str>) -> Vec<Chapter<'a>> {
    let mut chapters: Vec<Chapter<'a>> = Vec::new();
    for event in story {
        let service = service_of(&event.who);
        let open = chapters.iter_mut().rev().find(|it| it.service == service && it.takes(event));
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
        if let [name] = names.as_slice() {
            return format!("{name} {}; {} times in all", first.what, self.events.len());
        }
        let instances = format!("{} instances", names.len());
        let times = match self.events.len() {
            n if n == names.len() => String::new(),
            n => format!(", {n} times in all"),
        };
        match first.kind {
            StoryKind::Crash => format!("{instances} die{times}, {} first ({})", first.who, first.what),
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

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::Time;

    fn event(secs: u64, kind: StoryKind, who: &str, what: &str) -> StoryEvent {
        let at = Time::ZERO + Span::from_secs(secs);
        StoryEvent { at, kind, who: who.into(), what: what.into() }
    }

    fn told(story: &[StoryEvent]) -> Vec<String> {
        let service_of =
            |who: &str| ["api", "web"].into_iter().find(|service| who.starts_with(&format!("{service}-")));
        let chapters = chapters(story, service_of);
        chapters.iter().map(|chapter| chapter.tell(Clock::new(None)).join(" | ")).collect()
    }

    #[test]
    fn like_events_of_one_service_are_one_line_also_when_others_come_between() {
        use StoryKind::{Crash, Fault, Noticed, Restart};
        let story = [
            event(60, Fault, "main.a", "dies"),
            event(70, Crash, "api-0", "reaches its heap limit"),
            event(71, Crash, "web-1", "is killed"),
            event(72, Crash, "api-1", "reaches its heap limit"),
            event(75, Restart, "api-0", "is ready again"),
            event(80, Crash, "api-0", "reaches its heap limit"),
            event(81, Noticed, "api-1", "notices its dead connection: a timeout"),
            event(82, Noticed, "api-0", "notices its dead connection: the kernel"),
            event(83, Noticed, "api-2", "notices its dead connection: the kernel"),
        ];
        assert_eq!(
            told(&story),
            [
                "1:00 | main.a | dies",
                "1:10–1:20 | api | 2 instances die, 3 times in all, api-0 first (reaches its heap limit)",
                "1:11 | web-1 | is killed",
                "1:15 | api-0 | is ready again",
                "1:21 | api-1 | notices its dead connection: a timeout",
                "1:22–1:23 | api | 2 instances notice their dead connections: the kernel",
            ]
        );
    }

    #[test]
    fn a_pause_begins_a_new_line() {
        let crash = |secs| event(secs, StoryKind::Crash, "api-0", "is killed");
        assert_eq!(
            told(&[crash(0), crash(120), crash(241)]),
            ["0:00–2:00 | api | api-0 is killed; 2 times in all", "4:01 | api-0 | is killed",]
        );
    }
}
