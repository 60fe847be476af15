//! The closed forms of a scenario: what can be said at once, without a simulation, each line with its formula and what it
//! takes for granted.
//!
//! Sees the scenario and never the world. A line that a simulation measures as well names the figure, so that both can
//! stand side by side. Left out: chance (lines are means or bounds), queues that change while they are looked at, and
//! what protections do.

mod calm;
pub mod queues;
mod retries;
mod silence;

use serde::Serialize;

use crate::scenario::{Calls, Connections, Misses, Scenario, Service};
use halfopen_sim::{Span, Time};

/// All closed forms of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    /// The moment whose rates count, seconds: the first fault, else the start.
    pub at_s: f64,
    /// By topic, and in each by cache or service.
    pub parts: Vec<Part>,
}

/// What is said about one cache or service under one topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Under which circumstances.
    pub topic: Topic,
    /// Name of the cache or service.
    pub of: String,
    /// Its lines, in the order of the argument; equal quantities of one topic have equal formulas.
    pub lines: Vec<Line>,
}

/// Under which circumstances a part's lines hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Caches, nothing fails.
    Caches,
    /// Databases, with their caches full and cold.
    Databases,
    /// Services, nothing fails.
    Calm,
    /// Services after this cache's serving node has fallen silent.
    Silent(String),
    /// Services whose callers try again.
    Retries,
}

/// One closed form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What it is: `utilization`.
    pub quantity: &'static str,
    /// Its unit.
    pub measure: Measure,
    /// Its value, or the least it can be; absent: it never happens, or has no bound.
    pub low: Option<f64>,
    /// The most it can be; equal to `low` where the formula gives one value.
    pub high: Option<f64>,
    /// The formula's name, and how it is used.
    pub formula: &'static str,
    /// What it takes for granted.
    pub assumes: &'static str,
    /// The simulated figure of the same quantity, as a path into a summary; absent: no figure measures it.
    pub figure: Option<String>,
}

/// Units of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// 0–1.
    Share,
    /// A number.
    Count,
    /// Per second.
    PerSecond,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
}

impl Line {
    fn new(quantity: &'static str, measure: Measure, value: f64, formula: &'static str) -> Line {
        Line::between(quantity, measure, [value, value], formula)
    }

    /// Infinite ends are absent.
    fn between(quantity: &'static str, measure: Measure, ends: [f64; 2], formula: &'static str) -> Line {
        let [low, high] = ends.map(|end| end.is_finite().then_some(end));
        Line { quantity, measure, low, high, formula, assumes: "", figure: None }
    }

    fn assuming(self, assumes: &'static str) -> Line {
        Line { assumes, ..self }
    }

    fn measured_as(self, figure: String) -> Line {
        Line { figure: Some(figure), ..self }
    }
}

impl Sheet {
    /// The closed forms of `scenario`.
    pub fn of(scenario: &Scenario) -> Sheet {
        let at = scenario.faults.iter().map(|fault| fault.at).min().unwrap_or(Time::ZERO);
        let traffic = Traffic { scenario, at };
        let (caches, services) = (0..scenario.caches.len(), 0..scenario.services.len());
        let mut parts: Vec<Part> = caches.clone().map(|cache| calm::cache(&traffic, cache)).collect();
        parts.extend((0..scenario.databases.len()).map(|database| calm::database(&traffic, database)));
        parts.extend(services.clone().map(|service| calm::service(&traffic, service)));
        for cache in caches {
            let callers = services.clone().filter(|&service| traffic.calls(service, cache) > 0.0);
            parts.extend(callers.map(|service| silence::part(&traffic, service, cache)));
        }
        parts.extend(services.filter_map(|service| retries::part(&traffic, service)));
        Sheet { at_s: at.as_secs_f64(), parts }
    }
}

/// Rates of a scenario at one moment.
struct Traffic<'a> {
    scenario: &'a Scenario,
    at: Time,
}

impl Traffic<'_> {
    fn service(&self, service: usize) -> &Service {
        &self.scenario.services[service]
    }

    /// Requests a second for a service.
    fn requests(&self, service: usize) -> f64 {
        self.scenario
            .loads
            .iter()
            .filter(|load| load.service == service)
            .map(|load| rate(&load.rate, self.at))
            .sum()
    }

    /// The same for one of its instances.
    fn requests_per_instance(&self, service: usize) -> f64 {
        self.requests(service) / f64::from(self.service(service).instances)
    }

    /// Calls of one request of a service to a cache.
    fn calls(&self, service: usize, cache: usize) -> f64 {
        let calls = self.service(service).calls.iter().filter(|calls| calls.cache == cache);
        calls.map(|calls| f64::from(calls.times)).sum()
    }

    /// Commands a second at a cache.
    fn commands(&self, cache: usize) -> f64 {
        (0..self.scenario.services.len())
            .map(|service| self.requests(service) * self.calls(service, cache))
            .sum()
    }

    /// Queries a second at a database, where calls to caches before it hit with these shares.
    fn queries(&self, database: usize, hits: fn(&Misses) -> f64) -> f64 {
        let of = |(service, calls): (usize, &Calls)| {
            let misses = calls.misses.filter(|misses| misses.database == database);
            let share = misses.map_or(0.0, |misses| 1.0 - hits(&misses));
            self.requests(service) * f64::from(calls.times) * share
        };
        let services = self.scenario.services.iter().enumerate();
        services
            .flat_map(|(index, service)| service.calls.iter().map(move |calls| (index, calls)))
            .map(of)
            .sum()
    }

    /// Mean time that a query holds a connection of a database.
    fn query(&self, database: usize) -> f64 {
        self.scenario.databases[database].query.mean().map_or(f64::INFINITY, Span::as_secs_f64)
    }

    /// Mean service time of a command, seconds; infinite where it has none.
    fn command(&self, cache: usize) -> f64 {
        self.scenario.caches[cache].service.mean().map_or(f64::INFINITY, Span::as_secs_f64)
    }

    /// Mean wait of a command for the node's thread.
    fn command_wait(&self, cache: usize) -> f64 {
        let scv = self.scenario.caches[cache].service.scv().unwrap_or(f64::INFINITY);
        let service = self.command(cache);
        queues::mg1_wait(self.commands(cache) * service, service, scv)
    }

    /// Mean time of a call in calm, from its write to its reply: path, wait, service, and what blocks.
    fn call_time(&self, cache: usize) -> f64 {
        let of = &self.scenario.caches[cache];
        let blocks =
            of.blocks.as_ref().map_or(0.0, |blocks| blocks.mean().map_or(f64::INFINITY, Span::as_secs_f64));
        of.rtt.as_secs_f64() + self.command_wait(cache) + self.command(cache) + blocks
    }

    /// All calls of one request of a service, in calm.
    fn all_calls_time(&self, service: usize) -> f64 {
        (0..self.scenario.caches.len())
            .filter(|&cache| self.calls(service, cache) > 0.0)
            .map(|cache| self.calls(service, cache) * self.call_time(cache))
            .sum()
    }

    /// Erlangs on the pool of one instance for one cache, and its connections; none where the client pipelines.
    fn pool(&self, service: usize, cache: usize) -> Option<(f64, u32)> {
        match self.service(service).client.connections {
            Connections::Pipelined => None,
            Connections::Pool { size, .. } => {
                let calls = self.requests_per_instance(service) * self.calls(service, cache);
                Some((calls * self.call_time(cache), size))
            }
        }
    }
}

/// A rate that follows straight lines between points, at one moment; of two points at one time the later counts.
fn rate(points: &[(Time, f64)], at: Time) -> f64 {
    let after = points.iter().position(|&(time, _)| time > at).unwrap_or(points.len());
    let Some(&(begin, from)) = points[..after].last() else { return 0.0 };
    match points.get(after) {
        None => from,
        Some(&(end, to)) => from + (to - from) * ((at - begin).as_secs_f64() / (end - begin).as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_follows_its_lines_and_steps() {
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let points = [(at(0), 10.0), (at(10), 20.0), (at(10), 50.0), (at(20), 0.0)];
        for (secs, expected) in [(0, 10.0), (5, 15.0), (10, 50.0), (15, 25.0), (30, 0.0)] {
            assert!((rate(&points, at(secs)) - expected).abs() < 1e-12, "at {secs} s");
        }
    }
}
