//! How much retries multiply the load, and the load from which a service does not come back by itself.
//!
//! Source: Bronson et al., Metastable Failures in Distributed Systems, Workshop on Hot Topics in Operating Systems 2021,
//! §2.1: with R retries a system that does useless work for callers who have left recovers by itself only below
//! capacity/(1 + R). Products of layers: Google, Site Reliability Engineering, ch. 22.

use super::{Line, Measure, Part, Topic, Traffic, rate};
use crate::scenario::{Concurrency, Connections, Load};

/// Absent: nobody calls the service.
pub(super) fn part(traffic: &Traffic<'_>, service: usize) -> Option<Part> {
    let of = traffic.service(service);
    let requests = traffic.requests(service);
    let loads = traffic.scenario.loads.iter().filter(|load| load.service == service);
    let tries = loads.map(|load| 1.0 + lasting(load, traffic)).reduce(f64::max)?;
    let calls = tries * (1.0 + f64::from(of.client.retries));
    let capacity = capacity(traffic, service);
    let recovers = capacity / tries;
    let lines = vec![
        Line::new(
            "capacity",
            Measure::PerSecond,
            capacity,
            "least of event loops, workers, pools, caches and databases",
        )
        .assuming("the mix of requests stays"),
        Line::new(
            "attempts per request at most",
            Measure::Count,
            tries,
            "1 + retries of its caller, or what its budget allows in the long run, where all fail",
        )
        .assuming("failures last longer than a budget's reserve"),
        Line::new(
            "attempts per call at most",
            Measure::Count,
            calls,
            "product over the layers, where all fail",
        )
        .assuming("as above"),
        Line::new(
            "load that recovers by itself",
            Measure::PerSecond,
            recovers,
            "capacity/(1 + retries), Bronson et al. 2021",
        )
        .assuming("work for callers who have left is done all the same"),
        Line::between(
            "loads at which it can stay down",
            Measure::PerSecond,
            if tries > 1.0 { [recovers, capacity] } else { [f64::INFINITY; 2] },
            "between the load that recovers by itself and capacity; none without retries",
        )
        .assuming("as above"),
        Line::new(
            "room until then",
            Measure::Count,
            recovers / requests,
            "as a multiple of today's load; below 1 a trigger can leave it down for good",
        )
        .assuming("as above"),
    ];
    Some(Part { topic: Topic::Retries, of: of.name.clone(), lines })
}

/// Retries of each request while every try fails, once its budget's reserve is spent.
fn lasting(load: &Load, traffic: &Traffic<'_>) -> f64 {
    let of_one_caller = rate(&load.rate, traffic.at) / f64::from(load.retries.callers);
    let most = f64::from(load.retries.most);
    load.retries.budget.map_or(most, |budget| budget.lasting(of_one_caller).min(most))
}

/// Requests a second that a service can answer for ever.
fn capacity(traffic: &Traffic<'_>, service: usize) -> f64 {
    let of = traffic.service(service);
    let instances = f64::from(of.instances);
    let own = match of.concurrency {
        Concurrency::EventLoop { cpu } => instances / cpu.as_secs_f64(),
        Concurrency::Workers { threads, cpu } => {
            instances * f64::from(threads) / (cpu.as_secs_f64() + traffic.all_calls_time(service))
        }
    };
    let requests = traffic.requests(service);
    let least = (0..traffic.scenario.caches.len()).filter(|&cache| traffic.calls(service, cache) > 0.0).fold(
        own,
        |least, cache| {
            let node = requests / (traffic.commands(cache) * traffic.command(cache));
            let pool = match of.client.connections {
                Connections::Pipelined => f64::INFINITY,
                Connections::Pool { size, .. } => {
                    instances * f64::from(size) / (traffic.calls(service, cache) * traffic.call_time(cache))
                }
            };
            least.min(node).min(pool)
        },
    );
    let databases = (0..traffic.scenario.databases.len()).map(|database| {
        let busy = traffic.queries(database, |misses| misses.hits.unwrap_or(1.0)) * traffic.query(database);
        requests * f64::from(traffic.scenario.databases[database].connections) / busy
    });
    databases.fold(least, f64::min)
}
