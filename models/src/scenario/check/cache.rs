//! `[cache.NAME]`.

use halfopen_sim::Span;
use halfopen_sim::chance::Distribution;

use super::{YEAR, name, some_span, span};
use crate::failover::known;
use crate::failover::sentinel::Plan;
use crate::scenario::kinds::Kind;
use crate::scenario::reader::Cursor;
use crate::scenario::{Cache, Contents, Failover};

/// More nodes behind one name than any managed cache offers (`ElastiCache`: 5 replicas).
const MOST_NODES: usize = 16;
/// A command that takes longer is no model of a cache; and ten standard deviations above it stay within the clock.
const LONGEST_COMMAND: Span = Span::from_secs(60);
/// Beyond, a distribution is all tail: one draw could outlast the run.
const MOST_CV: f64 = 20.0;
/// Below, the square that formulas divide by is lost in rounding; write 0 for no spread.
const LEAST_CV: f64 = 0.001;
/// redis.conf `hz`, and `CONFIG_MAX_HZ`.
const HZ: u32 = 10;
const MOST_HZ: u32 = 500;
/// Nothing between two hosts is faster; and no exchange may take no time, or a client that dials again at once would
/// do so for ever at one moment.
const LEAST_RTT: Span = Span::from_micros(1);

pub(super) fn cache(at: &Cursor<'_>, name: &str) -> Option<Cache> {
    let mut fields = at.fields()?;
    let nodes = fields.need("nodes", "[\"a\", \"b\"]", nodes);
    let service = fields.need("service", DISTRIBUTIONS[1].example, |at| at.kind(DISTRIBUTIONS));
    let blocks = fields.may("blocks", |at| at.kind(DISTRIBUTIONS));
    let hz = fields.or("hz", HZ, |at| at.count(1..=MOST_HZ));
    let rtt = fields.need("path", "{ rtt = \"300us\" }", path);
    let failover = fields.need("failover", FAILOVERS[1].example, |at| {
        let failover = at.kind(FAILOVERS)?;
        if failover != Failover::None && nodes.as_ref().is_some_and(|nodes| nodes.len() == 1) {
            at.wrong(
                "a failover with one node",
                "give the cache a second node, or write failover = \"none\"",
            );
            return None;
        }
        Some(failover)
    });
    let contents = fields.may("contents", contents);
    fields.finish();
    Some(Cache {
        name: name.to_owned(),
        nodes: nodes?,
        service: service?,
        blocks: blocks?,
        hz: hz?,
        rtt: rtt?,
        failover: failover?,
        contents: contents?,
    })
}

/// Each key of each node takes nine bytes here, or 17.
const MOST_KEYS: u32 = 1_000_000;
/// Above, all but a few keys are never asked for.
const MOST_ZIPF: f64 = 4.0;

fn contents(at: &Cursor<'_>) -> Option<Contents> {
    let mut fields = at.fields()?;
    let keys = fields.need("keys", "100000", |at| at.count(1..=MOST_KEYS));
    let zipf = fields.need("zipf", "1.0", |at| at.number(0.0, MOST_ZIPF));
    let room = fields.need("room", "50000", |at| at.count(1..=keys.unwrap_or(MOST_KEYS)));
    let replicated = fields.need("replicated", "true", Cursor::boolean);
    let ttl = fields.may("ttl", some_span);
    fields.finish();
    Some(Contents { keys: keys?, zipf: zipf?, room: room?, replicated: replicated?, ttl: ttl? })
}

fn nodes(at: &Cursor<'_>) -> Option<Vec<String>> {
    let list = at.list()?;
    if list.len() > MOST_NODES {
        at.wrong(format!("{} nodes", list.len()), format!("a cache has at most {MOST_NODES} nodes"));
    }
    let mut nodes: Vec<&str> = Vec::new();
    let mut good = list.len() <= MOST_NODES;
    for at in &list {
        let Some(node) = at.text() else {
            good = false;
            continue;
        };
        good &= name(at, node).is_some();
        if nodes.contains(&node) {
            at.wrong(format!("two nodes are named `{node}`"), "each node of a cache has a name of its own");
            good = false;
        }
        nodes.push(node);
    }
    good.then(|| nodes.into_iter().map(str::to_owned).collect())
}

pub(super) fn path(at: &Cursor<'_>) -> Option<Span> {
    let mut fields = at.fields()?;
    let rtt = fields.need("rtt", "\"300us\"", |at| at.span(LEAST_RTT, YEAR));
    fields.finish();
    rtt
}

const FAILOVERS: &[Kind<Failover>] = &[
    Kind { name: known::NONE.name, example: known::NONE.example, read: |_| Some(Failover::None) },
    Kind { name: known::MANAGED.name, example: known::MANAGED.example, read: managed },
    Kind {
        name: known::NAME_MOVES.name,
        example: known::NAME_MOVES.example,
        read: |at| {
            let mut fields = at.fields()?;
            let after = fields.need("after", "\"5s\"", span);
            fields.finish();
            Some(Failover::NameMoves { after: after? })
        },
    },
    Kind { name: known::SENTINEL.name, example: known::SENTINEL.example, read: sentinel },
];

fn managed(at: &Cursor<'_>) -> Option<Failover> {
    let mut fields = at.fields()?;
    let detect = fields.need("detect", "\"20s\"", span);
    let promote = fields.need("promote", "\"10s\"", span);
    let ttl = fields.need("ttl", "\"5s\"", span);
    let closes_connections = fields.need("closes_connections", "false", Cursor::boolean);
    fields.finish();
    Some(Failover::Managed {
        detect: detect?,
        promote: promote?,
        ttl: ttl?,
        closes_connections: closes_connections?,
    })
}

/// More sentinels than anybody runs; each has some twenty ticks a second.
const MOST_SENTINELS: u32 = 31;
/// sentinel.c `sentinel_default_failover_timeout`.
const FAILOVER_TIMEOUT: Span = Span::from_secs(180);

fn sentinel(at: &Cursor<'_>) -> Option<Failover> {
    let mut fields = at.fields()?;
    let sentinels = fields.need("sentinels", "3", |at| at.count(1..=MOST_SENTINELS));
    let quorum = fields.need("quorum", "2", |at| at.count(1..=sentinels.unwrap_or(MOST_SENTINELS)));
    let down_after = fields.need("down_after", "\"30s\"", some_span);
    let failover_timeout = fields.or("failover_timeout", FAILOVER_TIMEOUT, some_span);
    fields.finish();
    Some(Failover::Sentinel(Plan {
        sentinels: sentinels?,
        quorum: quorum?,
        down_after: down_after?,
        failover_timeout: failover_timeout?,
    }))
}

/// Service times of one command.
pub(super) const DISTRIBUTIONS: &[Kind<Distribution>] = &[
    Kind { name: "fixed", example: "{ fixed = \"25us\" }", read: |at| command(at).map(Distribution::Fixed) },
    Kind {
        name: "lognormal",
        example: "{ lognormal = { mean = \"25us\", cv = 0.6 } }",
        read: |at| mean_and(at, "cv", "0.6", cv).map(|(mean, cv)| Distribution::Lognormal { mean, cv }),
    },
    Kind {
        name: "exponential",
        example: "{ exponential = { mean = \"25us\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let mean = fields.need("mean", "\"25us\"", command);
            fields.finish();
            Some(Distribution::Exponential { mean: mean? })
        },
    },
    Kind {
        name: "erlang",
        example: "{ erlang = { mean = \"25us\", shape = 4 } }",
        read: |at| {
            let shape = |at: &Cursor<'_>| at.count(1..=1_000);
            mean_and(at, "shape", "4", shape).map(|(mean, shape)| Distribution::Erlang { mean, shape })
        },
    },
    Kind {
        name: "gamma",
        example: "{ gamma = { mean = \"25us\", cv = 0.6 } }",
        read: |at| mean_and(at, "cv", "0.6", cv).map(|(mean, cv)| Distribution::Gamma { mean, cv }),
    },
    Kind {
        name: "pareto",
        example: "{ pareto = { scale = \"10us\", shape = 2.5 } }",
        // At shape 1 the mean is infinite and no cache keeps up; 1.5 keeps the longest draw within the clock.
        read: |at| scale_and_shape(at, 1.5).map(|(scale, shape)| Distribution::Pareto { scale, shape }),
    },
    Kind {
        name: "weibull",
        example: "{ weibull = { scale = \"25us\", shape = 0.8 } }",
        // Below, the 36 units of the longest exponential draw become more than the clock counts.
        read: |at| scale_and_shape(at, 0.2).map(|(scale, shape)| Distribution::Weibull { scale, shape }),
    },
    Kind {
        name: "empirical",
        example: "{ empirical = [\"20us\", \"25us\", \"90us\"] }",
        read: |at| {
            let values: Vec<Option<Span>> = at.list()?.iter().map(command).collect();
            values.into_iter().collect::<Option<Vec<Span>>>().map(Distribution::Empirical)
        },
    },
];

fn command(at: &Cursor<'_>) -> Option<Span> {
    at.span(Span::from_nanos(1), LONGEST_COMMAND)
}

fn cv(at: &Cursor<'_>) -> Option<f64> {
    let cv = at.number(0.0, MOST_CV)?;
    if cv > 0.0 && cv < LEAST_CV {
        at.wrong(format!("{cv} is out of range"), format!("0, or from {LEAST_CV} to {MOST_CV}"));
        return None;
    }
    Some(cv)
}

fn mean_and<T>(
    at: &Cursor<'_>,
    second: &'static str,
    example: &str,
    read: impl FnOnce(&Cursor<'_>) -> Option<T>,
) -> Option<(Span, T)> {
    let mut fields = at.fields()?;
    let mean = fields.need("mean", "\"25us\"", command);
    let second = fields.need(second, example, |at| read(at));
    fields.finish();
    Some((mean?, second?))
}

fn scale_and_shape(at: &Cursor<'_>, least: f64) -> Option<(Span, f64)> {
    let mut fields = at.fields()?;
    // A heavy tail reaches 10^10 times its scale; from a millisecond that is some months.
    let scale = fields.need("scale", "\"10us\"", |at| at.span(Span::from_nanos(1), Span::from_millis(1)));
    let shape = fields.need("shape", "2.5", |at| at.number(least, 100.0));
    fields.finish();
    Some((scale?, shape?))
}
