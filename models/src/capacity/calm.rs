//! Before anything fails: how busy nodes, instances and pools are.

use super::queues::{erlang_a, erlang_c, mg1_wait, mmc_wait};
use super::{Line, Measure, Part, Topic, Traffic};
use crate::scenario::{Concurrency, Connections};

const POISSON: &str = "Poisson arrivals, no retries, nothing fails";

/// A cache's serving node.
pub(super) fn cache(traffic: &Traffic<'_>, cache: usize) -> Part {
    let of = &traffic.scenario.caches[cache];
    let utilization = traffic.commands(cache) * traffic.command(cache);
    let busy = Line::new("utilization", Measure::Share, utilization, "offered load λ·E[S]").assuming(POISSON);
    let commands = Line::new("commands", Measure::PerSecond, traffic.commands(cache), "Σ requests × calls")
        .assuming(POISSON);
    // Averages of a whole run hold only where nothing interrupts it and no rate changes.
    let steady =
        traffic.scenario.faults.is_empty() && traffic.scenario.loads.iter().all(|load| load.rate.len() == 1);
    let figure = |name: &str| format!("caches.{}.{name}.mean", of.name);
    let (busy, commands) = if steady {
        (busy.measured_as(figure("utilization")), commands.measured_as(figure("throughput_per_s")))
    } else {
        (busy, commands)
    };
    let lines = vec![
        commands,
        busy,
        Line::new(
            "mean wait of a command",
            Measure::Seconds,
            traffic.command_wait(cache),
            "Pollaczek–Khinchine λE[S²]/2(1−ρ)",
        )
        .assuming("one thread, commands arrive as Poisson"),
        Line::new(
            "load at which it saturates",
            Measure::Count,
            1.0 / utilization,
            "1/ρ, as a multiple of today's",
        )
        .assuming("the mix of commands stays"),
    ];
    Part { topic: Topic::Caches, of: of.name.clone(), lines }
}

/// A database behind caches: as it is asked with full caches, and with cold ones.
pub(super) fn database(traffic: &Traffic<'_>, database: usize) -> Part {
    let of = &traffic.scenario.databases[database];
    let query = traffic.query(database);
    let offered = traffic.queries(database, |misses| misses.hits.unwrap_or(1.0)) * query;
    let cold = traffic.queries(database, |_| 0.0) * query;
    let connections = f64::from(of.connections);
    let lines = vec![
        Line::new(
            "utilization, caches full",
            Measure::Share,
            offered / connections,
            "offered load λ·(1 − hits)·E[S]/connections",
        )
        .assuming("calls hit as often as they say; contents that fit are all found"),
        Line::new(
            "mean wait of a query",
            Measure::Seconds,
            query * mmc_wait(of.connections, offered),
            "M/M/c wait",
        )
        .assuming("queries arrive as Poisson, times exponential"),
        Line::new(
            "utilization, caches cold",
            Measure::Share,
            cold / connections,
            "offered load λ·E[S]/connections: every call misses",
        )
        .assuming("above 1 it saturates until its caches have filled"),
    ];
    Part { topic: Topic::Databases, of: of.name.clone(), lines }
}

/// A service's instances and pools.
pub(super) fn service(traffic: &Traffic<'_>, service: usize) -> Part {
    let of = traffic.service(service);
    let requests = traffic.requests_per_instance(service);
    let mut lines = vec![
        Line::new("requests per instance", Measure::PerSecond, requests, "λ/n")
            .assuming("the balancer shares evenly"),
    ];
    match of.concurrency {
        Concurrency::EventLoop { cpu } => {
            lines.extend(event_loop(traffic, service, cpu.as_secs_f64()));
        }
        Concurrency::Workers { threads, cpu } => {
            lines.extend(workers(traffic, service, threads, cpu.as_secs_f64()));
        }
    }
    for cache in 0..traffic.scenario.caches.len() {
        if traffic.calls(service, cache) > 0.0 {
            lines.extend(pool(traffic, service, cache));
        }
    }
    Part { topic: Topic::Calm, of: of.name.clone(), lines }
}

fn event_loop(traffic: &Traffic<'_>, service: usize, cpu: f64) -> Vec<Line> {
    let requests = traffic.requests_per_instance(service);
    let utilization = requests * cpu;
    let calls: f64 = (0..traffic.scenario.caches.len()).map(|cache| traffic.calls(service, cache)).sum();
    let slices = calls + 1.0;
    let wait = slices * mg1_wait(utilization, cpu / slices, 0.0);
    vec![
        Line::new("utilization of the event loop", Measure::Share, utilization, "offered load λ·cpu")
            .assuming("nothing fails; collections of garbage not counted"),
        Line::new(
            "mean time of a request",
            Measure::Seconds,
            cpu + wait + traffic.all_calls_time(service),
            "cpu + calls × (rtt + wait + service) + (calls + 1) × M/D/1 wait of a slice",
        )
        .assuming("nothing fails; a request's slices arrive as Poisson"),
    ]
}

fn workers(traffic: &Traffic<'_>, service: usize, threads: u32, cpu: f64) -> Vec<Line> {
    let held = cpu + traffic.all_calls_time(service);
    let offered = traffic.requests_per_instance(service) * held;
    vec![
        Line::new(
            "utilization of the workers",
            Measure::Share,
            offered / f64::from(threads),
            "offered load λ·E[S]/threads",
        )
        .assuming("nothing fails"),
        Line::new(
            "share of requests that wait for a worker",
            Measure::Share,
            erlang_c(threads, offered),
            "Erlang C",
        )
        .assuming("times of requests exponential, no waits for connections"),
        Line::new(
            "mean time of a request",
            Measure::Seconds,
            held * (1.0 + mmc_wait(threads, offered)),
            "M/M/c sojourn",
        )
        .assuming("as above"),
    ]
}

fn pool(traffic: &Traffic<'_>, service: usize, cache: usize) -> Vec<Line> {
    let of = traffic.service(service);
    let (Some((offered, size)), Connections::Pool { acquire_timeout, .. }) =
        (traffic.pool(service, cache), of.client.connections)
    else {
        return Vec::new();
    };
    let busy = Line::new(
        "utilization of the pool",
        Measure::Share,
        offered / f64::from(size),
        "offered load λ·E[S]/connections",
    );
    if let Concurrency::Workers { threads, .. } = of.concurrency
        && threads <= size
    {
        return vec![busy.assuming("a worker for each connection or fewer: nobody waits")];
    }
    let call = traffic.call_time(cache);
    let mut lines = vec![
        busy.assuming("nothing fails"),
        Line::new(
            "share of calls that wait for a connection",
            Measure::Share,
            erlang_c(size, offered),
            "Erlang C",
        )
        .assuming("calls arrive as Poisson, times exponential"),
        Line::new(
            "mean wait for a connection",
            Measure::Seconds,
            call * mmc_wait(size, offered),
            "M/M/c wait",
        )
        .assuming("as above, and nobody gives up"),
    ];
    if let Some(patience) = acquire_timeout {
        let share = erlang_a(size, offered, patience.as_secs_f64() / call);
        lines.push(
            Line::new(
                "share of calls that give up waiting for a connection",
                Measure::Share,
                share,
                "Erlang A",
            )
            .assuming("as above, patience exponential with the acquire timeout as its mean"),
        );
    }
    lines
}
