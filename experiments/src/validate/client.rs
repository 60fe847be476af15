//! A case's client as a scenario writes it: a preset and the options that the case gave it.

use serde_json::Value;

use super::row::Row;

/// Name of the preset for a case's client.
pub fn preset(row: &Row) -> String {
    let mut version = row.client_version.splitn(3, '.');
    let (major, minor) = (version.next().unwrap_or_default(), version.next().unwrap_or_default());
    match (row.client.as_str(), major) {
        // A bare socket is watched until its first error: what a client library does afterwards does not matter.
        // Sentinels are watched without a client.
        ("bare-socket" | "sentinel", _) => "ioredis-5".into(),
        ("node-redis", "3" | "4") | ("redis-py", "3") => format!("{}-{major}.{minor}", row.client),
        (name, _) => format!("{name}-{major}"),
    }
}

/// `{ preset = …, option = … }`.
pub fn text(row: &Row) -> String {
    let mut fields = vec![format!("preset = \"{}\"", preset(row))];
    if let (true, Some(size), Some(wait)) = (row.is_python(), row.pool_size, row.acquire_timeout_s) {
        fields.push(format!("connections = {{ pool = {{ size = {size}, acquire_timeout = \"{wait}s\" }} }}"));
    }
    let options: Value = serde_json::from_str(&row.client_options).unwrap_or_default();
    for (name, value) in options.as_object().into_iter().flatten() {
        fields.extend(option(name, value));
    }
    if row.is_bare() {
        fields.push("connect_timeout = \"none\"".into());
        fields.extend(keepalive(&row.keepalive));
    }
    if let Some(ms) = row.tcp_user_timeout_ms {
        fields.push(format!("tcp_user_timeout = \"{ms}ms\""));
    }
    format!("{{ {} }}", fields.join(", "))
}

/// An option under its library's name, under ours.
fn option(name: &str, value: &Value) -> Vec<String> {
    let millis = |ours: &str| vec![format!("{ours} = \"{value}ms\"")];
    match (name, value) {
        ("commandTimeout", _) => millis("command_timeout"),
        ("socketTimeout", _) => millis("socket_timeout"),
        ("connectTimeout", _) => millis("connect_timeout"),
        ("pingInterval", _) => millis("ping_interval"),
        ("socket", Value::Object(inner)) => {
            inner.iter().flat_map(|(name, value)| option(name, value)).collect()
        }
        ("socket_timeout", Value::Null) => vec!["socket_timeout = \"none\"".into()],
        ("socket_timeout", _) => vec![format!("socket_timeout = \"{value}s\"")],
        ("socket_connect_timeout", Value::Number(_)) => vec![format!("connect_timeout = \"{value}s\"")],
        // libuv: probes every second, ten of them (src/unix/tcp.c `uv__tcp_keepalive`).
        ("keepAlive", Value::Number(ms)) => {
            vec![format!("keepalive = {{ idle = \"{ms}ms\", interval = \"1s\", probes = 10 }}")]
        }
        ("keepAlive", Value::Bool(false)) => vec!["keepalive = \"none\"".into()],
        // ioredis lib/redis/event_handler.ts `closeHandler`: only a number, and none below zero, ever flushes.
        ("maxRetriesPerRequest", _) => match value.as_u64() {
            Some(times) => vec![format!("flush_after = {}", times + 1)],
            None => vec!["flush_after = \"none\"".into()],
        },
        ("enableReadyCheck" | "no_ready_check", Value::Bool(given)) => {
            vec![format!("ready_check = {}", *given == (name == "enableReadyCheck"))]
        }
        ("enableOfflineQueue" | "enable_offline_queue", Value::Bool(_)) => {
            vec![format!("offline_queue = {value}")]
        }
        ("disableOfflineQueue", Value::Bool(disabled)) => vec![format!("offline_queue = {}", !disabled)],
        ("retry_unfulfilled_commands", Value::Bool(true)) => vec!["in_flight_on_close = \"resend\"".into()],
        ("commandsQueueMaxLength", _) => vec![format!("max_pending = {value}")],
        ("enableAutoPipelining", _) => vec![format!("auto_pipelining = {value}")],
        ("failoverDetector", _) => vec![format!("failover_detector = {value}")],
        (other, _) => vec![format!("\"{other}\" = {value}")],
    }
}

/// `5/1/3`: idle, interval, probes.
fn keepalive(text: &str) -> Option<String> {
    let mut parts = text.split('/');
    let (idle, interval, probes) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("keepalive = {{ idle = \"{idle}s\", interval = \"{interval}s\", probes = {probes} }}"))
}
