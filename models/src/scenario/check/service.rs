//! `[service.NAME]`.

use halfopen_sim::Span;

use super::client::client;
use super::{Names, some_span, span};
use crate::protect;
use crate::scenario::fields::Fields;
use crate::scenario::kinds::Kind;
use crate::scenario::payload::STRING_OBJECT;
use crate::scenario::raw::Value;
use crate::scenario::reader::Cursor;
use crate::scenario::{
    Bytes, Calls, Concurrency, Congestion, Kernel, Memory, Misses, Objective, OnError, Payload, Restart,
    Runtime, Service, System,
};

/// Each instance has a kernel, a heap and clients of its own; ten thousand of them fit a gigabyte.
const MOST_INSTANCES: u32 = 10_000;
/// Linux's default `threads-max` on a host of 16 GB is about this; more workers than threads there cannot be.
const MOST_WORKERS: u32 = 100_000;
/// A request that makes more calls one after the other is a batch job; a typing error more often.
const MOST_TIMES: u32 = 10_000;
/// An instance counts its clients in a byte, one for each cache that it calls.
const MOST_CALLS: usize = 255;
/// More memory than a process has; sums of such sizes fit 64 bits.
const MOST_BYTES: Bytes = 1 << 44;

/// What people try in `calls` and is not there.
const CALL_HINTS: &[(&str, &str)] = &[(
    "service",
    "a service calls caches only: write cache = \"NAME\"; another service gets a [load.NAME] of its own",
)];

/// Any amount of memory, also none.
pub(super) fn bytes(at: &Cursor<'_>) -> Option<Bytes> {
    at.bytes(0, MOST_BYTES)
}

pub(super) fn service(at: &Cursor<'_>, name: &str, names: &Names<'_>) -> Option<Service> {
    let mut fields = at.fields()?;
    if name == "system" {
        at.wrong("no service can be named `system`", "results use this name for all services together");
    }
    let instances = fields.need("instances", "4", |at| at.count(1..=MOST_INSTANCES));
    let concurrency = fields.need("concurrency", CONCURRENCIES[0].example, |at| at.kind(CONCURRENCIES));
    let memory = fields.need("memory", MEMORY, memory);
    let restart = fields.need("restart", RESTARTS[2].example, |at| at.kind(RESTARTS));
    let calls = fields.need("calls", CALLS, |at| calls(at, names));
    let client = fields.need("client", "{ preset = \"ioredis-5\" }", client);
    let kernel = fields.or("kernel", Kernel::LINUX, kernel);
    if let (Some(client), Some(kernel)) = (&client, &kernel)
        && client.tcp_user_timeout.is_some()
        && kernel.os != System::Linux
    {
        at.wrong("tcp_user_timeout is Linux's", "leave it out, or the kernel's os");
    }
    let objective = fields.need("objective", "{ errors = \"1%\", p99 = \"2s\" }", objective);
    let protections = protect::read(&mut fields);
    fields.finish();
    Some(Service {
        name: name.to_owned(),
        instances: instances?,
        concurrency: concurrency?,
        memory: memory?,
        restart: restart?,
        calls: calls?,
        client: client?,
        kernel: kernel?,
        objective: objective?,
        protections: protections?,
    })
}

const CONCURRENCIES: &[Kind<Concurrency>] = &[
    Kind {
        name: "event_loop",
        example: "{ event_loop = { cpu = \"2ms\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let cpu = fields.need("cpu", "\"2ms\"", span);
            fields.finish();
            Some(Concurrency::EventLoop { cpu: cpu? })
        },
    },
    Kind {
        name: "workers",
        example: "{ workers = { threads = 64, cpu = \"2ms\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let threads = fields.need("threads", "64", |at| at.count(1..=MOST_WORKERS));
            let cpu = fields.need("cpu", "\"2ms\"", span);
            fields.finish();
            Some(Concurrency::Workers { threads: threads?, cpu: cpu? })
        },
    },
];

const MEMORY: &str =
    "{ limit = \"512MiB\", baseline = \"80MiB\", per_request = \"29KiB\", runtime = \"v8\" }";

fn memory(at: &Cursor<'_>) -> Option<Memory> {
    let mut fields = at.fields()?;
    let limit = fields.need("limit", "\"512MiB\"", |at| at.bytes(1, MOST_BYTES));
    let baseline = fields.need("baseline", "\"80MiB\"", |at| {
        let baseline = bytes(at)?;
        if limit.is_some_and(|limit| baseline >= limit) {
            at.wrong(
                "the baseline is not below the limit",
                "an instance that does nothing must fit its memory",
            );
            return None;
        }
        Some(baseline)
    });
    let per_request = fields.need("per_request", "\"29KiB\"", bytes);
    let per_socket = fields.or("per_socket", 0, bytes);
    let garbage_per_request = fields.or("garbage_per_request", 0, bytes);
    let loading_garbage = fields.or("loading_garbage", 0, bytes);
    let runtimes = &[("v8", Runtime::V8), ("native", Runtime::Native)];
    let runtime = fields.need("runtime", "\"v8\"", |at| at.choice(runtimes));
    let outside = fields.or("outside", V8_OUTSIDE, bytes);
    let idle = baseline.unwrap_or(0) + outside.unwrap_or(0);
    let container = fields.or("container", None, |at| container(at, runtime, idle).map(Some));
    fields.finish();
    Some(Memory {
        limit: limit?,
        baseline: baseline?,
        per_request: per_request?,
        per_socket: per_socket?,
        garbage_per_request: garbage_per_request?,
        loading_garbage: loading_garbage?,
        runtime: runtime?,
        container: container?,
        outside: outside?,
    })
}

/// Measured on Node 20.20 with ioredis 5.11 (`RssAnon` less what was alive on the heap and in buffers): 7–18 MiB while
/// calls with Buffers of 16 KiB piled up, 18–28 MiB with strings of 4 KiB. The range is that of the young generation, two
/// halves of 1–16 MiB. In a container of its own (memory cgroup of 256 MiB) the same process was charged for no page of a
/// file and for 2 MiB of the kernel's, and killed when all of it together had reached the limit.
const V8_OUTSIDE: Bytes = 18 << 20;

fn container(at: &Cursor<'_>, runtime: Option<Runtime>, idle: Bytes) -> Option<Bytes> {
    if runtime == Some(Runtime::Native) {
        at.wrong("a native process has no limit but its container's", "write it as memory.limit");
        return None;
    }
    let limit = at.bytes(1, MOST_BYTES)?;
    if idle >= limit {
        at.wrong(
            "baseline and outside are not below the container's limit",
            "an instance that does nothing must fit its container",
        );
        return None;
    }
    Some(limit)
}

const RESTARTS: &[Kind<Restart>] = &[
    Kind { name: "never", example: "\"never\"", read: |_| Some(Restart::Never) },
    Kind {
        name: "fixed",
        example: "{ fixed = { delay = \"1s\", boot = \"12s\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let delay = fields.need("delay", "\"1s\"", span);
            let (boot, warm_up) = boot(&mut fields);
            fields.finish();
            Some(Restart::Fixed { delay: delay?, boot: boot?, warm_up: warm_up? })
        },
    },
    Kind {
        name: "kubernetes",
        example: "{ kubernetes = { boot = \"12s\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let (boot, warm_up) = boot(&mut fields);
            fields.finish();
            Some(Restart::Kubernetes { boot: boot?, warm_up: warm_up? })
        },
    },
];

/// From start to readiness, and the part of it in which the clients dial already.
fn boot(fields: &mut Fields<'_>) -> (Option<Span>, Option<Span>) {
    let boot = fields.need("boot", "\"12s\"", span);
    let longest = boot.unwrap_or(Span::MAX);
    let warm_up = fields.or("warm_up", Span::ZERO, |at| {
        let warm_up = span(at)?;
        if warm_up > longest {
            at.wrong("a warm-up longer than the boot", "it is the last part of the boot");
            return None;
        }
        Some(warm_up)
    });
    (boot, warm_up)
}

const CALLS: &str = "[{ cache = \"main\", times = 3, payload = \"2KiB\" }]";

fn calls(at: &Cursor<'_>, names: &Names<'_>) -> Option<Vec<Calls>> {
    let list = at.list()?;
    let calls: Vec<Option<Calls>> = list.iter().map(|at| call(at, names)).collect();
    if list.len() > MOST_CALLS {
        at.wrong(
            format!("{} kinds of calls", list.len()),
            format!("at most {MOST_CALLS}; `times` repeats one"),
        );
        return None;
    }
    calls.into_iter().collect()
}

fn call(at: &Cursor<'_>, names: &Names<'_>) -> Option<Calls> {
    let mut fields = at.fields()?;
    let cache = fields.need("cache", "\"main\"", |at| at.reference("cache", &names.caches));
    let times = fields.need("times", "3", |at| at.count(1..=MOST_TIMES));
    let payload = fields.need("payload", "\"2KiB\"", payload);
    let database = fields.may("misses_to", |at| at.reference("database", &names.databases));
    let misses = match (database, cache) {
        (Some(Some(database)), Some(cache)) => {
            hits(&mut fields, names.contents[cache]).map(|hits| Some(Misses { database, hits }))
        }
        (Some(None), _) => {
            if let Some(at) = fields.get("hits") {
                at.wrong("misses lead nowhere", "name a database: misses_to = \"NAME\"");
            }
            Some(None)
        }
        _ => fields.may("hits", Cursor::ratio).and(None),
    };
    let on_error = fields.or("on_error", OnError::Fail, |at| {
        let choices = [("fail", OnError::Fail), ("miss", OnError::Miss), ("go_on", OnError::GoOn)];
        let on_error = at.choice(&choices)?;
        if (on_error, database) == (OnError::Miss, Some(None)) {
            at.wrong("misses lead nowhere", "name a database: misses_to = \"NAME\"");
            return None;
        }
        Some(on_error)
    });
    let carries = fields.or("command", false, |at| at.choice(&[("get", false), ("set", true)]));
    fields.finish_with(CALL_HINTS);
    let (Written { payload, text }, carries) = (payload?, carries?);
    let payload = if carries {
        Payload { heap: payload.heap + text, object: payload.object.max(text), ..payload }
    } else {
        Payload { carried: 0, ..payload }
    };
    Some(Calls { cache: cache?, times: times?, payload, misses: misses?, on_error: on_error? })
}

/// Which calls find their value: a share of them, unless the cache's contents say it.
#[expect(clippy::option_option, reason = "outer: a problem was noted; inner: the contents decide")]
fn hits(fields: &mut Fields<'_>, has_contents: bool) -> Option<Option<f64>> {
    if !has_contents {
        return fields.need("hits", "\"95%\"", Cursor::ratio).map(Some);
    }
    match fields.get("hits") {
        None => Some(None),
        Some(at) => {
            at.wrong("this cache's contents decide what is found", "leave hits out, or the cache's contents");
            None
        }
    }
}

/// Measured on Node 20.20 with node-redis 5: 4,096 B of JSON text with five fields an object, parsed, are 5,702 B alive
/// (7,650 B a pending call, 1,948 without payload).
const JSON_PERCENT: Bytes = 139;
/// Measured on Node 20.20 with ioredis 5.11: a pending call with a Buffer of 16 KiB has 1,521 B on the heap, one without
/// payload 1,326.
const BUFFER_OBJECT: Bytes = 195;

/// A payload, and what a command that carries it makes of it first.
struct Written {
    payload: Payload,
    /// Parsed objects are written as a text that is made of them: one more string.
    text: Bytes,
}

/// A size alone is a string of one byte a character; of none, no string at all. `carried` is what a command carries that
/// takes it along.
fn payload(at: &Cursor<'_>) -> Option<Written> {
    let text = |at: &Cursor<'_>| {
        let text = bytes(at)?;
        let heap = if text > 0 { text + STRING_OBJECT } else { 0 };
        Some(Written { payload: Payload { heap, object: heap, buffers: 0, carried: text }, text: 0 })
    };
    at.either(|value| matches!(value, Value::Table(_)), |at| at.kind(PAYLOADS), text)
}

const PAYLOADS: &[Kind<Written>] = &[
    Kind {
        name: "json",
        example: "{ json = \"4KiB\" }",
        read: |at| {
            let text = bytes(at)?;
            Some(Written {
                payload: Payload { heap: text * JSON_PERCENT / 100, object: 0, buffers: 0, carried: text },
                text,
            })
        },
    },
    Kind {
        name: "buffer",
        example: "{ buffer = \"16KiB\" }",
        read: |at| {
            let buffers = bytes(at)?;
            Some(Written {
                payload: Payload { heap: BUFFER_OBJECT, object: 0, buffers, carried: buffers },
                text: 0,
            })
        },
    },
];

fn kernel(at: &Cursor<'_>) -> Option<Kernel> {
    let mut fields = at.fields()?;
    // Bounds of net/ipv4/sysctl_net_ipv4.c: one byte; MAX_TCP_SYNCNT is 127.
    let tcp_retries2 = fields.or("tcp_retries2", Kernel::LINUX.tcp_retries2, |at| at.count(0..=255));
    let tcp_syn_retries = fields.or("tcp_syn_retries", Kernel::LINUX.tcp_syn_retries, |at| at.count(1..=127));
    let linear = Kernel::LINUX.tcp_syn_linear_timeouts;
    let linear = fields.or("tcp_syn_linear_timeouts", linear, |at| at.count(0..=127));
    let hz = fields.or("hz", Kernel::LINUX.hz, |at| {
        let hz = at.count(100..=1000)?;
        if ![100, 250, 300, 1000].contains(&hz) {
            at.wrong(format!("no kernel has {hz} Hz"), "kernel/Kconfig.hz knows 100, 250, 300 and 1000");
            return None;
        }
        Some(hz)
    });
    let congestion = fields.or("congestion", Kernel::LINUX.congestion, |at| {
        at.choice(&[("cubic", Congestion::Cubic), ("bbr", Congestion::Bbr)])
    });
    let systems = &[("linux", System::Linux), ("windows", System::Windows), ("macos", System::MacOs)];
    let os = fields.or("os", Kernel::LINUX.os, |at| at.choice(systems));
    fields.finish();
    let os = os?;
    if os != System::Linux && at.raw.entries().len() > 1 {
        at.wrong("these settings are Linux's", "os alone: the others have their defaults");
        return None;
    }
    Some(Kernel {
        os,
        tcp_retries2: tcp_retries2?,
        tcp_syn_retries: tcp_syn_retries?,
        tcp_syn_linear_timeouts: linear?,
        hz: hz?,
        congestion: congestion?,
    })
}

fn objective(at: &Cursor<'_>) -> Option<Objective> {
    let mut fields = at.fields()?;
    let errors = fields.need("errors", "\"1%\"", |at| {
        let errors = at.ratio()?;
        if errors == 0.0 {
            at.wrong("every window would break this objective", "a share above 0%, like \"1%\"");
            return None;
        }
        Some(errors)
    });
    let p99 = fields.need("p99", "\"2s\"", some_span);
    fields.finish();
    Some(Objective { errors: errors?, p99: p99? })
}
