//! A client's options under the names of its library: what a scenario sets beyond its preset, as an application gives
//! it to the real thing. What a library has no option for is an obstacle.

use halfopen_models::client::presets::PRESETS;
use halfopen_models::scenario::{Backoff, Client, ConnectTimeout, Connections, InFlight, Keepalive};
use halfopen_sim::Span;
use serde_json::{Map, Value, json};

use super::case::{App, Obstacle};

/// Options by name.
type Options = Map<String, Value>;

/// Names of the fields in which two clients differ.
macro_rules! differing {
    ($one:ident, $other:ident: $($field:ident)*) => {{
        let all = [$((stringify!($field), $one.$field != $other.$field)),*];
        all.into_iter().filter(|(_, differ)| *differ).map(|(name, _)| name).collect::<Vec<_>>()
    }};
}

/// The options of a case's client, for its application.
///
/// # Errors
/// What the scenario sets and the library, or our socket, has no option for.
pub fn of(client: &Client, app: &App) -> Result<Value, Vec<Obstacle>> {
    if let App::Command(_) = app {
        // Whoever brings an application has given it its options; only sentinels are added.
        return Ok(json!({}));
    }
    if *app == App::Socket {
        return socket(client);
    }
    let preset = PRESETS.iter().find(|preset| preset.name == client.preset);
    let Some(preset) = preset.map(halfopen_models::client::presets::Preset::client) else {
        return Err(vec![Obstacle::new(
            "client.preset",
            "no library is known for it",
            "preset = \"ioredis-5\"",
        )]);
    };
    let mut options = Options::new();
    let mut found = Vec::new();
    // Bytes are properties of the library, not options.
    let differing = differing!(client, preset: connections connect_timeout ready_check command_timeout
        command_timeout_covers socket_timeout socket_timeout_watches after_socket_timeout ping_interval max_pending
        in_flight_on_close offline_queue when_full dials_at_once reconnect reconnect_for flush_after retries
        retry_backoff failover_detector keepalive tcp_user_timeout);
    for field in differing {
        let done = match client.preset.as_str() {
            "ioredis-5" => ioredis(field, client, &mut options),
            "node-redis-3.1" => node_redis_3(field, client, &mut options),
            name if name.starts_with("node-redis") => node_redis(field, client, &mut options),
            _ => redis_py(field, client, &mut options),
        };
        if done.is_none() {
            let wrong = format!("{} has no option for this value", client.preset);
            found.push(Obstacle::new(format!("client.{field}"), wrong, "leave it as the preset has it"));
        }
    }
    if let (App::Python, Connections::Pool { size, acquire_timeout, .. }) = (app, client.connections) {
        options.insert("max_connections".into(), json!(size));
        options.insert("timeout".into(), seconds(acquire_timeout));
    }
    if found.is_empty() { Ok(Value::Object(options)) } else { Err(found) }
}

fn ioredis(field: &str, client: &Client, options: &mut Options) -> Option<()> {
    let (name, value) = match field {
        "command_timeout" => ("commandTimeout", millis(client.command_timeout?)),
        "socket_timeout" => ("socketTimeout", millis(client.socket_timeout?)),
        "connect_timeout" => ("connectTimeout", millis(client.dial_timeout()?)),
        "ready_check" => ("enableReadyCheck", json!(client.ready_check)),
        "in_flight_on_close" => {
            ("autoResendUnfulfilledCommands", json!(client.in_flight_on_close == InFlight::Resend))
        }
        "offline_queue" => ("enableOfflineQueue", json!(client.offline_queue)),
        "reconnect" => ("retryStrategy", stepping(client.reconnect)?),
        "flush_after" => ("maxRetriesPerRequest", json!(client.flush_after.map(|closes| closes - 1))),
        "keepalive" => ("keepAlive", node_keepalive(client.keepalive?)?),
        "failover_detector" => ("failoverDetector", json!(client.failover_detector)),
        _ => return None,
    };
    options.insert(name.into(), value);
    Some(())
}

fn node_redis_3(field: &str, client: &Client, options: &mut Options) -> Option<()> {
    let (name, value) = match field {
        "connect_timeout" => ("connect_timeout", millis(client.dial_timeout()?)),
        "offline_queue" => ("enable_offline_queue", json!(client.offline_queue)),
        _ => return None,
    };
    options.insert(name.into(), value);
    Some(())
}

fn node_redis(field: &str, client: &Client, options: &mut Options) -> Option<()> {
    let five = client.preset == "node-redis-5";
    let (name, value) = match field {
        "command_timeout" if five => {
            ("commandOptions", json!({ "timeout": millis(client.command_timeout?) }))
        }
        "ping_interval" => ("pingInterval", millis(client.ping_interval?)),
        "max_pending" => ("commandsQueueMaxLength", json!(client.max_pending?)),
        "offline_queue" => ("disableOfflineQueue", json!(!client.offline_queue)),
        _ => return node_redis_socket(field, five, client, options),
    };
    options.insert(name.into(), value);
    Some(())
}

/// What stands under `socket`.
fn node_redis_socket(field: &str, five: bool, client: &Client, options: &mut Options) -> Option<()> {
    let socket = match field {
        "connect_timeout" => json!({ "connectTimeout": millis(client.dial_timeout()?) }),
        "socket_timeout" if five => json!({ "socketTimeout": millis(client.socket_timeout?) }),
        "reconnect" => json!({ "reconnectStrategy": fixed(client.reconnect)? }),
        "keepalive" => match client.keepalive {
            None => json!({ "keepAlive": false }),
            Some(keepalive) if five => {
                json!({ "keepAlive": true, "keepAliveInitialDelay": node_keepalive(keepalive)? })
            }
            Some(keepalive) => json!({ "keepAlive": node_keepalive(keepalive)? }),
        },
        _ => return None,
    };
    let under = options.entry("socket").or_insert_with(|| json!({}));
    under.as_object_mut()?.extend(socket.as_object().cloned()?);
    Some(())
}

fn redis_py(field: &str, client: &Client, options: &mut Options) -> Option<()> {
    let mut set = |name: &str, value: Value| options.insert(name.into(), value);
    match field {
        // Given for every case.
        "connections" => return Some(()),
        "socket_timeout" => set("socket_timeout", seconds(client.socket_timeout)),
        "connect_timeout" => match client.connect_timeout {
            ConnectTimeout::After(span) => set("socket_connect_timeout", seconds(Some(span))),
            ConnectTimeout::SocketTimeout => set("socket_connect_timeout", seconds(client.socket_timeout)),
            ConnectTimeout::None => set("socket_connect_timeout", Value::Null),
        },
        "keepalive" | "tcp_user_timeout" => {
            set("socket_keepalive", json!(true));
            set("socket_keepalive_options", tcp_options(client))
        }
        _ => return None,
    };
    Some(())
}

/// By the names that Python's `socket` has for them. `TCP_USER_TIMEOUT` is among the options that redis-py sets when
/// keepalive is on; without values of its own that is the kernel's, which speaks after two hours.
fn tcp_options(client: &Client) -> Value {
    let mut options = Options::new();
    if let Some(keepalive) = client.keepalive {
        options.insert("TCP_KEEPIDLE".into(), json!(keepalive.idle.as_nanos() / 1_000_000_000));
        options.insert("TCP_KEEPINTVL".into(), json!(keepalive.interval.as_nanos() / 1_000_000_000));
        options.insert("TCP_KEEPCNT".into(), json!(keepalive.probes));
    }
    if let Some(timeout) = client.tcp_user_timeout {
        options.insert("TCP_USER_TIMEOUT".into(), millis(timeout));
    }
    Value::Object(options)
}

/// Our socket has an option for each thing that it does, and does nothing else.
fn socket(client: &Client) -> Result<Value, Vec<Obstacle>> {
    let other = [
        ("connections", client.connections != Connections::Pipelined, "\"pipelined\""),
        ("ready_check", client.ready_check, "false"),
        ("socket_timeout", client.socket_timeout.is_some(), "\"none\""),
        ("ping_interval", client.ping_interval.is_some(), "\"none\""),
        ("max_pending", client.max_pending.is_some(), "\"none\""),
        ("in_flight_on_close", client.in_flight_on_close != InFlight::Resend, "\"resend\""),
        ("offline_queue", !client.offline_queue, "true"),
        ("dials_at_once", client.dials_at_once > 0, "0"),
        ("reconnect", stepping(client.reconnect).is_none(), "{ linear = { step = \"50ms\", cap = \"2s\" } }"),
        ("reconnect_for", client.reconnect_for.is_some(), "\"none\""),
        ("flush_after", client.flush_after.is_some(), "\"none\""),
        ("retries", client.retries > 0, "0"),
    ];
    let found: Vec<Obstacle> = other
        .into_iter()
        .filter(|&(_, bad, _)| bad)
        .map(|(field, _, right)| {
            Obstacle::new(format!("client.{field}"), "a socket without a library cannot do this", right)
        })
        .collect();
    if !found.is_empty() {
        return Err(found);
    }
    let keepalive = client.keepalive.map(
        |it| json!({ "idle_ms": millis(it.idle), "interval_ms": millis(it.interval), "probes": it.probes }),
    );
    Ok(json!({
        "command_timeout_ms": client.command_timeout.map(millis),
        "connect_timeout_ms": client.dial_timeout().map(millis),
        "user_timeout_ms": client.tcp_user_timeout.map(millis),
        "keepalive": keepalive,
        "reconnect_ms": stepping(client.reconnect),
    }))
}

fn millis(span: Span) -> Value {
    json!(span.as_nanos() / 1_000_000)
}

fn seconds(span: Option<Span>) -> Value {
    span.map_or(Value::Null, |span| json!(span.as_secs_f64()))
}

/// A wait that grows by a step up to a cap.
fn stepping(backoff: Backoff) -> Option<Value> {
    match backoff {
        Backoff::Linear { step, cap } => Some(json!({ "step": millis(step), "cap": millis(cap) })),
        _ => None,
    }
}

/// The same wait each time: what node-redis takes as a number.
fn fixed(backoff: Backoff) -> Option<Value> {
    match backoff {
        Backoff::Linear { step, cap } if step == cap => Some(millis(step)),
        _ => None,
    }
}

/// libuv sends ten probes, one a second (src/unix/tcp.c `uv__tcp_keepalive`).
fn node_keepalive(keepalive: Keepalive) -> Option<Value> {
    let node = keepalive.interval == Span::from_secs(1) && keepalive.probes == 10;
    node.then(|| millis(keepalive.idle))
}
