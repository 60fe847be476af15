//! `client = { preset = "…", … }`, and the presets themselves: the same fields, read by the same function.

use halfopen_sim::Span;

use super::service::bytes;
use super::{some_span, span};
use crate::client::presets;
use crate::scenario::fields::Fields;
use crate::scenario::kinds::Kind;
use crate::scenario::raw::Value;
use crate::scenario::reader::Cursor;
use crate::scenario::units;
use crate::scenario::{
    Addition, AfterSocketTimeout, Backoff, Client, ConnectTimeout, Connections, Counts, Covers, InFlight,
    Keepalive, PoolOrder, Watches, WhenFull,
};

/// 28,232 ephemeral ports to one address (`net.ipv4.ip_local_port_range`): a larger pool could not be filled.
const LARGEST_POOL: u32 = 28_232;

pub(super) fn client(at: &Cursor<'_>) -> Option<Client> {
    let mut fields = at.fields()?;
    let names: Vec<&str> = presets::PRESETS.iter().map(|preset| preset.name).collect();
    let preset = fields.need("preset", "\"ioredis-5\"", |at| at.reference("preset", &names));
    // Without its preset the overrides are still checked, against any.
    let base = presets::PRESETS[preset.unwrap_or(0)].client();
    let client = client_options(&mut fields, Some(&base));
    fields.finish();
    let client = preset.and(client)?;
    if client.connections == Connections::Pipelined && client.reconnect == Backoff::None {
        let right = format!("write for example reconnect = {}", BACKOFFS[1].example);
        at.wrong("a pipelined client that waits for nothing before it dials again", right);
        return None;
    }
    Some(client)
}

/// Reads a client's options. With a `base` (its preset) each may be absent, without one none may.
pub(crate) fn client_options(fields: &mut Fields<'_>, base: Option<&Client>) -> Option<Client> {
    macro_rules! option {
        ($name:ident, $example:expr, $read:expr) => {
            match base {
                Some(base) => fields.or(stringify!($name), base.$name.clone(), $read),
                None => fields.need(stringify!($name), $example, $read),
            }
        };
    }
    let connections = option!(connections, CONNECTIONS[0].example, |at| {
        // A pool in the file changes what it names of the preset's pool.
        match (at.raw.get("pool"), base.map(|base| base.connections)) {
            (Some(_), Some(Connections::Pool { .. })) => pool_over(at, base.map(|base| base.connections)),
            _ => at.kind(CONNECTIONS),
        }
    });
    let connect_timeout = option!(connect_timeout, "\"10s\"", connect_timeout);
    let ready_check = option!(ready_check, "true", Cursor::boolean);
    let command_timeout = option!(command_timeout, "\"1s\"", |at| or_none(at, some_span));
    let socket_timeout = option!(socket_timeout, "\"5s\"", |at| or_none(at, some_span));
    let command_timeout_covers = option!(command_timeout_covers, "\"every_call\"", |at| at.choice(&[
        ("every_call", Covers::EveryCall),
        ("unwritten", Covers::Unwritten),
        ("connected", Covers::Connected)
    ]));
    let socket_timeout_watches = option!(socket_timeout_watches, "\"replies\"", |at| at
        .choice(&[("replies", Watches::Replies), ("traffic", Watches::Traffic)]));
    let after_socket_timeout = option!(after_socket_timeout, "\"reconnect\"", |at| at
        .choice(&[("reconnect", AfterSocketTimeout::Reconnect), ("closed", AfterSocketTimeout::Closed)]));
    let ping_interval = option!(ping_interval, "\"1s\"", |at| or_none(at, some_span));
    let max_pending =
        option!(max_pending, "1000", |at| or_none(at, |at| at.count(1..=u32::MAX).map(u64::from)));
    let counts = base.map_or(Counts::Held, |base| base.max_pending_counts);
    let max_pending_counts = fields.or("max_pending_counts", counts, |at| {
        at.choice(&[("held", Counts::Held), ("awaited", Counts::Awaited)])
    });
    let in_flight_on_close = option!(in_flight_on_close, "\"fail\"", |at| at.choice(&[
        ("resend", InFlight::Resend),
        ("resend_pending", InFlight::ResendPending),
        ("fail", InFlight::Fail)
    ]));
    let offline_queue = option!(offline_queue, "true", Cursor::boolean);
    let when_full = option!(when_full, "\"buffers\"", |at| at.choice(&[
        ("buffers", WhenFull::Buffers),
        ("waits", WhenFull::Waits),
        ("one_a_turn", WhenFull::OneATurn)
    ]));
    let dials_at_once = option!(dials_at_once, "0", |at| at.count(0..=1_000));
    let reconnect_for = option!(reconnect_for, "\"1h\"", |at| or_none(at, some_span));
    let reconnect = option!(reconnect, BACKOFFS[1].example, |at| at.kind(BACKOFFS));
    let flush_after = option!(flush_after, "21", |at| or_none(at, |at| at.count(1..=1_000_000)));
    let retries = option!(retries, "0", |at| at.count(0..=1_000));
    let retry_backoff = option!(retry_backoff, BACKOFFS[2].example, |at| at.kind(BACKOFFS));
    let detects = base.is_some_and(|base| base.failover_detector);
    let failover_detector = fields.or("failover_detector", detects, Cursor::boolean);
    let batches = base.is_some_and(|base| base.auto_pipelining);
    let auto_pipelining = fields.or("auto_pipelining", batches, |at| auto_pipelining(at, connections));
    let keepalive = option!(keepalive, KEEPALIVE, |at| or_none(at, keepalive));
    let tcp_user_timeout = option!(tcp_user_timeout, "\"30s\"", |at| or_none(at, some_span));
    let bytes_per_call = option!(bytes_per_call, "\"1326B\"", bytes);
    let buffered = base.map_or(0, |base| base.bytes_per_buffered_call);
    let bytes_per_buffered_call = fields.or("bytes_per_buffered_call", buffered, bytes);
    let bytes_per_set = option!(bytes_per_set, "\"119B\"", bytes);
    let bytes_per_timed_out_call = option!(bytes_per_timed_out_call, "\"1616B\"", bytes);
    Some(Client {
        preset: base.map_or_else(String::new, |base| base.preset.clone()),
        connections: connections?,
        connect_timeout: connect_timeout?,
        ready_check: ready_check?,
        command_timeout: command_timeout?,
        command_timeout_covers: command_timeout_covers?,
        socket_timeout: socket_timeout?,
        socket_timeout_watches: socket_timeout_watches?,
        after_socket_timeout: after_socket_timeout?,
        ping_interval: ping_interval?,
        max_pending: max_pending?,
        max_pending_counts: max_pending_counts?,
        in_flight_on_close: in_flight_on_close?,
        offline_queue: offline_queue?,
        when_full: when_full?,
        dials_at_once: dials_at_once?,
        reconnect: reconnect?,
        reconnect_for: reconnect_for?,
        flush_after: flush_after?,
        retries: retries?,
        retry_backoff: retry_backoff?,
        failover_detector: failover_detector?,
        auto_pipelining: auto_pipelining?,
        keepalive: keepalive?,
        tcp_user_timeout: tcp_user_timeout?,
        bytes_per_call: bytes_per_call?,
        bytes_per_buffered_call: bytes_per_buffered_call?,
        bytes_per_set: bytes_per_set?,
        bytes_per_timed_out_call: bytes_per_timed_out_call?,
    })
}

fn auto_pipelining(at: &Cursor<'_>, connections: Option<Connections>) -> Option<bool> {
    let batches = at.boolean()?;
    if batches && matches!(connections, Some(Connections::Pool { .. })) {
        at.wrong(
            "calls of a pool are never together on a connection",
            "leave it out, or take a pipelined client",
        );
        return None;
    }
    Some(batches)
}

/// A value, or `"none"` for what is switched off.
#[expect(clippy::option_option, reason = "outer: a problem was noted; inner: switched off")]
fn or_none<T>(at: &Cursor<'_>, read: impl FnOnce(&Cursor<'_>) -> Option<T>) -> Option<Option<T>> {
    if at.is_word("none") { Some(None) } else { read(at).map(Some) }
}

fn connect_timeout(at: &Cursor<'_>) -> Option<ConnectTimeout> {
    if at.is_word("socket_timeout") {
        return Some(ConnectTimeout::SocketTimeout);
    }
    or_none(at, some_span).map(|span| span.map_or(ConnectTimeout::None, ConnectTimeout::After))
}

const CONNECTIONS: &[Kind<Connections>] = &[
    Kind { name: "pipelined", example: "\"pipelined\"", read: |_| Some(Connections::Pipelined) },
    Kind {
        name: "pool",
        example: "{ pool = { size = 50, acquire_timeout = \"20s\", order = \"lifo\" } }",
        read: |at| pool(at, None),
    },
];

fn pool_over(at: &Cursor<'_>, base: Option<Connections>) -> Option<Connections> {
    let entries: Vec<_> = at.raw.entries().iter().collect();
    let names: Vec<(&str, &str)> = CONNECTIONS.iter().map(|kind| (kind.name, kind.example)).collect();
    let (_, at) = at.one_kind(&entries, &names)?;
    pool(&at, base)
}

fn pool(at: &Cursor<'_>, base: Option<Connections>) -> Option<Connections> {
    let mut fields = at.fields()?;
    let base = match base {
        Some(Connections::Pool { size, acquire_timeout, order }) => Some((size, acquire_timeout, order)),
        // Whatever the preset has, each of its fields may be left to it.
        _ if at.is_blank() => Some((1, None, PoolOrder::Lifo)),
        _ => None,
    };
    let read_size = |at: &Cursor<'_>| at.count(1..=LARGEST_POOL);
    let read_timeout = |at: &Cursor<'_>| or_none(at, some_span);
    let read_order = |at: &Cursor<'_>| at.choice(&[("lifo", PoolOrder::Lifo), ("fifo", PoolOrder::Fifo)]);
    let (size, acquire_timeout, order) = match base {
        Some((size, acquire_timeout, order)) => (
            fields.or("size", size, read_size),
            fields.or("acquire_timeout", acquire_timeout, read_timeout),
            fields.or("order", order, read_order),
        ),
        None => (
            fields.need("size", "50", read_size),
            fields.need("acquire_timeout", "\"20s\"", read_timeout),
            fields.need("order", "\"lifo\"", read_order),
        ),
    };
    fields.finish();
    Some(Connections::Pool { size: size?, acquire_timeout: acquire_timeout?, order: order? })
}

const BACKOFFS: &[Kind<Backoff>] = &[
    Kind { name: "none", example: "\"none\"", read: |_| Some(Backoff::None) },
    Kind {
        name: "linear",
        example: "{ linear = { step = \"50ms\", cap = \"2s\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let step = fields.need("step", "\"50ms\"", some_span);
            let cap = fields.need("cap", "\"2s\"", some_span);
            fields.finish();
            Some(Backoff::Linear { step: step?, cap: cap? })
        },
    },
    Kind {
        name: "exponential",
        example: "{ exponential = { base = \"50ms\", factor = 2, cap = \"2s\", jitter = \"200ms\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let base = fields.need("base", "\"50ms\"", some_span);
            let factor = fields.need("factor", "2", |at| at.number(1.0, 100.0));
            let cap = fields.need("cap", "\"2s\"", some_span);
            let jitter = fields.need("jitter", "\"200ms\"", addition);
            fields.finish();
            Some(Backoff::Exponential { base: base?, factor: factor?, cap: cap?, jitter: jitter? })
        },
    },
];

/// A duration, or a share of the wait.
fn addition(at: &Cursor<'_>) -> Option<Addition> {
    let is_span = |value: &Value| matches!(value, Value::Text(text) if units::ratio(text).is_err());
    at.either(is_span, |at| span(at).map(Addition::Fixed), |at| at.ratio().map(Addition::Share))
}

const KEEPALIVE: &str = "{ idle = \"2h\", interval = \"75s\", probes = 9 }";

/// Bounds of include/net/tcp.h: `MAX_TCP_KEEPIDLE` and `MAX_TCP_KEEPINTVL` 32767 s, `MAX_TCP_KEEPCNT` 127.
fn keepalive(at: &Cursor<'_>) -> Option<Keepalive> {
    let seconds = |at: &Cursor<'_>| at.span(Span::from_secs(1), Span::from_secs(32_767));
    let mut fields = at.fields()?;
    let idle = fields.need("idle", "\"2h\"", seconds);
    let interval = fields.need("interval", "\"75s\"", seconds);
    let probes = fields.need("probes", "9", |at| at.count(1..=127));
    fields.finish();
    Some(Keepalive { idle: idle?, interval: interval?, probes: probes? })
}
