//! A case as a scenario: what a user would write who has read the case's settings and none of its outcomes, but for
//! how long it was watched.

use std::fmt::Write as _;

use halfopen_models::scenario::{self, Edits, Prior, Scenario};

use super::calibration::Calibration;
use super::client;
use super::row::Row;

/// A rate at which nothing is sent within any case.
const IDLE: &str = "0.000001/s";
/// Sentinels know each other and their followers by then, and have failed over as long after they should have begun.
const SETTLED: f64 = 20.0;
/// When an idle case makes its one call, in milliseconds after its process has booted. Inferred, since it is not recorded:
/// keepalive counts from it, and the times of death of both idle cases leave 0.51 to 0.77 s for ioredis and 0.71 to
/// 1.23 s for node-redis 4 after the start of their processes. Repeated with the call at a known time, the kernel behaves
/// as modelled.
const CALL_AT: u32 = 500;
/// `restart_to_first_ok_s` of suite a, less the second of warming up: ioredis 0.12 to 0.2 s, node-redis 4 and 5 0.25 to
/// 0.45 s.
const BOOT: [u32; 2] = [150, 350];
/// A name that moves within this many seconds follows at once.
const AT_ONCE: f64 = 0.1;
/// Ticks of the servers that commands blocked in: 20 ms became 21.99 there, 21.4 to 21.7 on another machine's server
/// with this setting, and 101 with the default.
const HZ: u32 = 500;
/// The application starts its load about so long after it was started (`ok_before_fault` of the busy cases).
const LOAD_FROM: f64 = 1.3;

/// The case's scenario.
///
/// # Errors
/// What of it no scenario can say yet: the first problem that the reader finds.
pub fn read(row: &Row, calibration: &Calibration) -> Result<Scenario, String> {
    read_with(row, calibration, Vec::new())
}

/// The case's scenario with each of these calibrations and as many settings of its client's preset.
///
/// # Errors
/// As of [`read`].
pub fn drawn(row: &Row, calibrations: &[Calibration], seed: u64) -> Result<Vec<Scenario>, String> {
    let each = |(index, calibration): (usize, &Calibration)| {
        let prior = Prior::of_presets(&read(row, calibration)?);
        let point = prior.points(calibrations.len(), seed).swap_remove(index);
        read_with(row, calibration, prior.at(&point).edits)
    };
    calibrations.iter().enumerate().map(each).collect()
}

fn read_with(row: &Row, calibration: &Calibration, drawn: Vec<(String, String)>) -> Result<Scenario, String> {
    let text = text(row, calibration);
    scenario::read(&row.case_id, &text, &Edits { drawn, ..Edits::default() }).map_err(|problems| {
        let problem = &problems[0];
        format!("not expressible: {}: {}", problem.path, problem.wrong)
    })
}

/// Its text.
pub fn text(row: &Row, calibration: &Calibration) -> String {
    let seconds = |value: f64| format!("{}s", (value * 1e3).round() / 1e3);
    let mut out = String::new();
    let _ = write!(
        out,
        "format = 1\ntitle = \"laboratory case {}\"\nhorizon = \"{}\"\n\n",
        row.case_id,
        seconds(horizon(row))
    );
    let _ = write!(
        out,
        "[cache.main]\nnodes = [\"a\", \"b\"]\nservice = {}\npath = {{ rtt = \"{}\" }}\nfailover = {}\n{}\n",
        service(row, calibration),
        calibration.of("server", if row.is_python() { "python_rtt" } else { "rtt" }),
        failover(row),
        blocks(row).unwrap_or_default()
    );
    let _ = write!(
        out,
        "[service.app]\ninstances = 1\nconcurrency = {}\nmemory = {}\nrestart = {}\ncalls = [{}]\nclient = {}\nkernel = {}\nobjective = {{ errors = \"1%\", p99 = \"1s\" }}\n\n",
        concurrency(row, calibration),
        memory(row, calibration),
        restart(row, calibration),
        call(row),
        client::text(row),
        kernel(row)
    );
    let _ = write!(out, "[load.calls]\nto = \"app\"\narrivals = {}\n", arrivals(row));
    if let Some(ms) = row.caller_timeout_ms {
        let _ = writeln!(out, "deadline = \"{ms}ms\"");
    }
    if let (Some(retries @ 1..), Some(ms)) = (row.caller_retries, row.caller_retry_delay_ms) {
        let _ = writeln!(out, "retries = {retries}\nretry_delay = \"{ms}ms\"");
    }
    if !row.fault.is_empty() {
        let _ = write!(out, "\n[[fault]]\nat = \"{}\"\n{}\n", seconds(fault_at(row)), fault(row));
    }
    out
}

/// When the fault begins; a case that only connects does so after it, and sentinels have settled before it.
fn fault_at(row: &Row) -> f64 {
    match row.fault_at_s {
        _ if row.only_connects() => 0.0,
        None if row.is_sentinel() => SETTLED,
        at => at.unwrap_or(0.0),
    }
}

/// The end of the case: of a bare socket and of a process that died the planned one or a while after, since there the
/// measurement ended with the outcome.
fn horizon(row: &Row) -> f64 {
    let fault = fault_at(row);
    let planned = row.duration_s.unwrap_or(60.0);
    let watched = fault + row.observed_after_fault_s.unwrap_or(planned);
    match row.time_to_crash_s {
        _ if row.fault.is_empty() => planned,
        _ if row.is_sentinel() => fault + row.sentinel_down_after_ms.unwrap_or(0.0) / 1e3 + SETTLED,
        _ if row.is_bare() => planned.max(watched),
        // Callers are counted to the end of the case.
        Some(_) if row.suite == "h" => watched,
        Some(crash) => watched.max(fault + 1.4 * crash + 5.0),
        None => watched,
    }
}

fn arrivals(row: &Row) -> String {
    let rate = row.rate_per_s.unwrap_or(0.0);
    if row.command == "idle" || row.only_connects() || row.is_sentinel() {
        return format!("{{ poisson = \"{IDLE}\" }}");
    }
    if rate == 0.0 {
        // One call only; Poisson's way to say it is a few within a millisecond.
        let from = CALL_AT + BOOT[usize::from(row.client == "node-redis")];
        let to = from + 1;
        return format!(
            "{{ poisson = [{{ at = \"0s\", rate = \"{IDLE}\" }}, {{ at = \"{from}ms\", rate = \"{IDLE}\" }}, \
             {{ at = \"{from}ms\", rate = \"20000/s\" }}, {{ at = \"{to}ms\", rate = \"20000/s\" }}, \
             {{ at = \"{to}ms\", rate = \"{IDLE}\" }}] }}"
        );
    }
    format!(
        "{{ poisson = [{{ at = \"0s\", rate = \"{IDLE}\" }}, {{ at = \"{LOAD_FROM}s\", rate = \"{IDLE}\" }}, \
         {{ at = \"{LOAD_FROM}s\", rate = \"{rate}/s\" }}] }}"
    )
}

fn failover(row: &Row) -> String {
    match (row.sentinel_down_after_ms, row.switch_after_s) {
        (Some(ms), _) => format!(
            "{{ sentinel = {{ sentinels = 3, quorum = 2, down_after = \"{ms}ms\", failover_timeout = \"60s\" }} }}"
        ),
        // The harness wrote the name a few milliseconds after the fault where it was to follow at once.
        (None, Some(after)) if after < AT_ONCE => "{ name_moves = { after = \"0s\" } }".into(),
        (None, Some(after)) => format!("{{ name_moves = {{ after = \"{after}s\" }} }}"),
        (None, None) => "\"none\"".into(),
    }
}

/// How long a command keeps the server busy.
fn service(row: &Row, calibration: &Calibration) -> String {
    match row.service_kind.as_str() {
        "eval" => calibration.of("server", "script").into(),
        _ => format!("{{ fixed = \"{}\" }}", calibration.of("server", "service")),
    }
}

/// Commands that wait in the server without keeping it busy: BLPOP on an empty key, with a drawn timeout.
fn blocks(row: &Row) -> Option<String> {
    let mean = row.service_mean_ms?;
    let law = match row.service_dist.as_str() {
        "exponential" => format!("{{ exponential = {{ mean = \"{mean}ms\" }} }}"),
        _ => format!("{{ fixed = \"{mean}ms\" }}"),
    };
    (row.service_kind == "blpop").then(|| format!("blocks = {law}\nhz = {HZ}\n"))
}

fn fault(row: &Row) -> String {
    let heals = row.heal_after_s.map_or(String::new(), |after| format!(", for = \"{after}s\""));
    let param = row.fault_param.unwrap_or(0.0);
    let on_node = |mode: &str| format!("{mode} = {{ node = \"main.a\"{heals} }}");
    let drops = |way: &str| format!("drops = {{ node = \"main.a\", way = \"{way}\"{heals} }}");
    match row.fault.as_str() {
        // The process goes on behind a path that drops everything; without an end nobody can tell it from a dead host.
        "blackhole" if row.heal_after_s.is_none() => on_node("host_dies"),
        "blackhole" => drops("both"),
        "linkdown" => on_node("link_down"),
        "drop_in" => drops("in"),
        "drop_out" => drops("out"),
        "kill9" => on_node("process_killed"),
        "reject" => on_node("rejects"),
        "sigstop" => on_node("process_stopped"),
        "failover" | "manual" => "planned_failover = { cache = \"main\" }".into(),
        "clientkill" => on_node("connections_closed"),
        "pause" => format!("pauses = {{ node = \"main.a\", for = \"{param}ms\" }}"),
        "loss" => format!("loses = {{ node = \"main.a\", share = \"{}%\" }}", param * 100.0),
        other => format!("{other} = {{}}"),
    }
}

fn concurrency(row: &Row, calibration: &Calibration) -> String {
    match row.threads {
        Some(threads) => {
            format!(
                "{{ workers = {{ threads = {threads}, cpu = \"{}\" }} }}",
                calibration.of("cpu", "python")
            )
        }
        None => format!("{{ event_loop = {{ cpu = \"{}\" }} }}", calibration.of("cpu", "node")),
    }
}

fn memory(row: &Row, calibration: &Calibration) -> String {
    let Some(heap) = row.heap_mb else {
        // Python and bare sockets: their memory is not what the cases are about.
        return "{ limit = \"4000MiB\", baseline = \"30MiB\", per_request = \"0B\", runtime = \"native\" }"
            .into();
    };
    let preset = client::preset(row);
    let front = row.suite == "h";
    let who = if front {
        "http"
    } else {
        preset.strip_suffix("-5").filter(|it| *it == "ioredis").unwrap_or(&preset)
    };
    let baseline = calibration.of("heap", who);
    let request = if front { calibration.of("http", "request") } else { "0B" };
    let socket = if front {
        format!(", per_socket = \"{}\"", calibration.of("http", "socket"))
    } else {
        String::new()
    };
    let container = row.mem_limit_mb.map_or(String::new(), |limit| format!(", container = \"{limit}MiB\""));
    let garbage = garbage(row, who, calibration);
    let loading = calibration.of("loading", who);
    format!(
        "{{ limit = \"{heap}MiB\", baseline = \"{baseline}\", per_request = \"{request}\", garbage_per_request = \"{garbage}B\", loading_garbage = \"{loading}\", runtime = \"v8\"{container}{socket} }}"
    )
}

/// Bytes that a request allocates and drops: its own, and its share of what the application does all the time.
fn garbage(row: &Row, who: &str, calibration: &Calibration) -> f64 {
    let rate = row.rate_per_s.unwrap_or(0.0).max(1.0);
    (calibration.bytes("garbage", who) + calibration.bytes("garbage", "background") / rate).round()
}

fn restart(row: &Row, calibration: &Calibration) -> String {
    match (row.max_restarts, row.restart_delay_s) {
        (Some(1..), Some(delay)) => {
            let (boot, warm_up) = (calibration.of("boot", "node"), calibration.of("boot", "node-warm-up"));
            format!("{{ fixed = {{ delay = \"{delay}s\", boot = \"{boot}\", warm_up = \"{warm_up}\" }} }}")
        }
        _ => "\"never\"".into(),
    }
}

fn call(row: &Row) -> String {
    let bytes = row.payload_bytes.unwrap_or(0.0);
    let payload = match row.payload_kind.as_str() {
        "string" | "" => format!("\"{bytes}B\""),
        kind => format!("{{ {kind} = \"{bytes}B\" }}"),
    };
    // A bare socket writes its payload; a client's GET keeps it to itself.
    let writes = row.command == "set" || row.is_bare() && bytes > 0.0;
    let command = if writes { ", command = \"set\"" } else { "" };
    format!("{{ cache = \"main\", times = 1, payload = {payload}{command} }}")
}

fn kernel(row: &Row) -> String {
    // The laboratory's machine had BBR for its connections: 81 calls of 24 B fill what CUBIC would fill with 2,700.
    let mut fields = vec!["congestion = \"bbr\"".to_owned()];
    let mut field = |name: &str, value: Option<u32>, default: u32| {
        if let Some(value) = value.filter(|&value| value != default) {
            fields.push(format!("{name} = {value}"));
        }
    };
    field("tcp_retries2", row.tcp_retries2, 15);
    field("tcp_syn_retries", row.tcp_syn_retries, 6);
    field("tcp_syn_linear_timeouts", row.tcp_syn_linear_timeouts, 4);
    format!("{{ {} }}", fields.join(", "))
}
