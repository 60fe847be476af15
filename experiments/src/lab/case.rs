//! A lab case as meant: a scenario that one machine can build, and which application stands for its service.
//!
//! The file is a scenario with up to three tables more: `[lab]` (which application), and in a measured case
//! `[measured]` and `[machine]`. The scenario is read by the models, and never sees the others.

use std::path::{Path, PathBuf};

use halfopen_models::failover::sentinel::Plan;
use halfopen_models::fault::{Fault, Lever};
use halfopen_models::scenario::{
    Concurrency, Connections, Edits, Failover, Restart, Runtime, Scenario, Service,
};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::options;
use crate::diagnostics;
use crate::failure::Failure;
use crate::source::{self, Source};

/// Tables that are not the scenario's.
const OURS: [&str; 3] = ["lab", "measured", "machine"];

/// A case that a lab can build.
pub struct Case {
    /// As meant; its document has all edits in it.
    pub scenario: Scenario,
    /// `[lab]`.
    pub setup: Setup,
    /// What stands in the service's place.
    pub app: App,
    /// Its client's options, under the names of its library.
    pub options: serde_json::Value,
    /// What one call carries.
    pub payload: Payload,
    /// `[measured]`, as it stands there.
    pub measured: Option<Table>,
}

/// `[lab]` as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// Which application; absent: the one for the client's preset.
    pub app: Option<App>,
    /// Its interpreter; absent: `node` or `python3`.
    pub runtime: Option<String>,
    /// Where Node finds its modules; absent: `node_modules` here.
    pub modules: Option<PathBuf>,
}

/// What stands in the service's place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum App {
    /// Our application on Node, with the preset's library.
    Node,
    /// Our application on Python, with redis-py.
    Python,
    /// A socket of this program: no library at all.
    Socket,
    /// A command of the person's own that speaks the protocol of docs/lab.md.
    Command(Vec<String>),
}

/// What one call carries.
pub struct Payload {
    /// Bytes.
    pub bytes: u64,
    /// `string` or `buffer`.
    pub kind: &'static str,
    /// `get` or `set`.
    pub command: &'static str,
}

/// One thing that a lab cannot build.
pub struct Obstacle {
    path: String,
    wrong: String,
    right: String,
}

impl Obstacle {
    /// At this path of the scenario.
    pub fn new(path: impl Into<String>, wrong: impl Into<String>, right: impl Into<String>) -> Obstacle {
        Obstacle { path: path.into(), wrong: wrong.into(), right: right.into() }
    }
}

impl Case {
    /// Reads a case from a file.
    ///
    /// # Errors
    /// Everything that is wrong with it as a scenario; else everything that a lab cannot build.
    pub fn read(path: &str, edits: &Edits) -> Result<Case, Failure> {
        Case::of_source(source::find(path)?, edits)
    }

    /// The same from a text.
    ///
    /// # Errors
    /// As [`Case::read`].
    pub fn of_source(file: Source, edits: &Edits) -> Result<Case, Failure> {
        let (scenario, ours) = split(&file.text);
        let source = Source { text: scenario, ..file };
        let scenario = source::read(&source, edits)?;
        let ours = parse(&source.label, &ours)?;
        let setup = match ours.get("lab") {
            Some(table) => Setup::deserialize(table.clone()).map_err(|error| {
                Failure::wrong(format!("{}: [lab]: {error}", source.label), "see docs/lab.md")
            })?,
            None => Setup::default(),
        };
        let measured = ours.get("measured").and_then(Value::as_table).cloned();
        let document: Table = parse(&source.label, &scenario.document)?;
        Case::of(scenario, &document, setup, measured).map_err(|obstacles| refusal(&source.label, &obstacles))
    }

    fn of(
        scenario: Scenario,
        document: &Table,
        setup: Setup,
        measured: Option<Table>,
    ) -> Result<Case, Vec<Obstacle>> {
        let mut found = shape(&scenario);
        if !found.is_empty() {
            return Err(found);
        }
        let service = &scenario.services[0];
        let app = setup.app.clone().or_else(|| default_app(service));
        let app = app.unwrap_or_else(|| {
            let right = "write app = \"socket\" or app = { command = [\"…\"] }";
            found.push(Obstacle::new("lab.app", "no application is known for this preset", right));
            App::Socket
        });
        if app == App::Command(Vec::new()) {
            found.push(Obstacle::new("lab.app", "an empty command", "{ command = [\"./my-app\"] }"));
        }
        found.extend(parts(&scenario, &app));
        let options = options::of(&service.client, &app).unwrap_or_else(|obstacles| {
            found.extend(obstacles);
            serde_json::Value::Null
        });
        let payload = payload(&scenario, document).unwrap_or_else(|obstacle| {
            found.push(obstacle);
            Payload { bytes: 0, kind: "string", command: "get" }
        });
        if !found.is_empty() {
            return Err(found);
        }
        Ok(Case { scenario, setup, app, options, payload, measured })
    }

    /// The service that the application stands for.
    pub fn service(&self) -> &Service {
        &self.scenario.services[0]
    }

    /// The sentinels, where the cache has some.
    pub fn sentinels(&self) -> Option<&Plan> {
        match &self.scenario.caches[0].failover {
            Failover::Sentinel(plan) => Some(plan),
            _ => None,
        }
    }

    /// What fails.
    pub fn fault(&self) -> &Fault {
        &self.scenario.faults[0]
    }

    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.scenario.loads[0].rate.last().map_or(0.0, |&(_, rate)| rate)
    }
}

/// All that stands in the way, as one message.
fn refusal(label: &str, obstacles: &[Obstacle]) -> Failure {
    let show =
        |it: &Obstacle| diagnostics::message(&format!("{label}: {}: {}", it.path, it.wrong), &it.right);
    let mut parts: Vec<String> = obstacles.iter().map(show).collect();
    parts.push(diagnostics::message(
        "a lab on one machine cannot build this; nothing was run",
        "`halfopen lab export` makes a case of a scenario",
    ));
    Failure::Wrong(parts.join("\n\n"))
}

fn parse(label: &str, text: &str) -> Result<Table, Failure> {
    text.parse().map_err(|error| Failure::wrong(format!("{label}: {error}"), "see docs/lab.md"))
}

/// The scenario's part of a file and ours, each with blank lines for the other, so that places stay right.
fn split(text: &str) -> (String, String) {
    let (mut scenario, mut ours) = (String::new(), String::new());
    let mut is_ours = false;
    for line in text.lines() {
        if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.split([']', '.']).next()) {
            is_ours = OURS.contains(&name.trim());
        }
        let (to, other) = if is_ours { (&mut ours, &mut scenario) } else { (&mut scenario, &mut ours) };
        to.push_str(line);
        to.push('\n');
        other.push('\n');
    }
    (scenario, ours)
}

fn default_app(service: &Service) -> Option<App> {
    match service.client.preset.as_str() {
        name if name.starts_with("redis-py") => Some(App::Python),
        name if name.starts_with("ioredis") || name.starts_with("node-redis") => Some(App::Node),
        _ => None,
    }
}

/// One of each.
fn shape(scenario: &Scenario) -> Vec<Obstacle> {
    let counts = [
        ("cache", scenario.caches.len(), "one cache"),
        ("service", scenario.services.len(), "one service"),
        ("load", scenario.loads.len(), "one load"),
        ("fault", scenario.faults.len(), "one fault"),
    ];
    let wrong = counts.into_iter().filter(|&(_, count, _)| count != 1).map(|(path, count, what)| {
        Obstacle::new(path, format!("a lab has {what}, this scenario {count}"), "keep one")
    });
    wrong.collect()
}

/// What each part asks for that a lab does not have.
fn parts(scenario: &Scenario, app: &App) -> Vec<Obstacle> {
    let (cache, service, load) = (&scenario.caches[0], &scenario.services[0], &scenario.loads[0]);
    let mut found = Vec::new();
    let mut refuse = |bad: bool, path: String, wrong: &str, right: &str| {
        if bad {
            found.push(Obstacle::new(path, wrong, right));
        }
    };
    let at_cache = |field: &str| format!("cache.{}.{field}", cache.name);
    let at_service = |field: &str| format!("service.{}.{field}", service.name);
    let at_load = |field: &str| format!("load.{}.{field}", load.name);
    refuse(cache.nodes.len() != 2, at_cache("nodes"), "a lab has two nodes", "nodes = [\"a\", \"b\"]");
    refuse(cache.blocks.is_some(), at_cache("blocks"), "the application sends GET or SET", "leave it out");
    let knows_sentinels = match app {
        App::Node => service.client.preset.starts_with("ioredis"),
        App::Command(_) => true,
        App::Python | App::Socket => false,
    };
    let (wrong, right) = match cache.failover {
        Failover::Sentinel(_) if !knows_sentinels => {
            ("this application does not ask sentinels", "preset = \"ioredis-5\"")
        }
        Failover::Sentinel(plan) if plan.sentinels > 5 => {
            ("a lab has five sentinels at most", "sentinels = 3")
        }
        Failover::Sentinel(_) if scenario.faults[0].mode == "planned_failover" => (
            "a lab asks no sentinels for a planned failover",
            "failover = { name_moves = { after = \"0s\" } }",
        ),
        Failover::Managed { .. } => (
            "a lab has no managed service",
            "failover = { name_moves = { after = \"30s\" } }, after detection and promotion",
        ),
        Failover::None | Failover::NameMoves { .. } | Failover::Sentinel(_) => ("", ""),
    };
    refuse(!wrong.is_empty(), at_cache("failover"), wrong, right);
    refuse(service.instances != 1, at_service("instances"), "a lab has one instance", "instances = 1");
    let one_call = matches!(service.calls.as_slice(), [call] if call.times == 1);
    refuse(!one_call, at_service("calls"), "the application makes one call a request", "times = 1");
    let memory = &service.memory;
    refuse(
        memory.per_request + memory.per_socket > 0,
        at_service("memory"),
        "the application keeps only its payload for a request",
        "per_request = \"0B\", no per_socket; give its bytes to the payload",
    );
    refuse(memory.container.is_some(), at_service("memory.container"), "a lab has none", "leave it out");
    let heap = memory.runtime == Runtime::V8;
    refuse(
        matches!(app, App::Python | App::Socket) && heap,
        at_service("memory.runtime"),
        "this application has no V8",
        "runtime = \"native\"",
    );
    let pool = matches!(service.concurrency, Concurrency::Workers { .. })
        && matches!(service.client.connections, Connections::Pool { .. });
    refuse(
        *app == App::Python && !pool,
        at_service("concurrency"),
        "the application on Python has worker threads and a pool",
        "concurrency = { workers = { threads = 32, cpu = \"420us\" } }",
    );
    refuse(
        matches!(service.restart, Restart::Kubernetes { .. }),
        at_service("restart"),
        "a lab starts the application again after a fixed delay",
        "restart = { fixed = { delay = \"2s\", boot = \"1150ms\" } } or \"never\"",
    );
    let rate = load.rate.first().map(|&(_, rate)| rate);
    refuse(
        load.rate.iter().any(|&(_, other)| Some(other) != rate),
        at_load("arrivals"),
        "a lab sends at one rate",
        "arrivals = { poisson = \"200/s\" }",
    );
    refuse(load.deadline.is_some(), at_load("deadline"), "nobody calls the application", "leave it out");
    refuse(load.retries.most > 0, at_load("retries"), "nobody calls the application", "leave it out");
    let primary = |lever: Lever| match lever {
        Lever::Process { node, .. } | Lever::Path { node, .. } | Lever::CloseConnections { node, .. } => {
            node == 0
        }
        Lever::Handover { .. } => true,
        Lever::Stalled { .. } => false,
    };
    let first = &scenario.faults[0];
    let wrong = "a lab breaks the node that serves";
    refuse(!primary(first.begin), format!("fault.0.{}", first.mode), wrong, &cache.nodes[0]);
    found
}

/// The one call's payload; what is alive of parsed JSON is the models' affair, and the application parses none.
fn payload(scenario: &Scenario, document: &Table) -> Result<Payload, Obstacle> {
    let service = &scenario.services[0];
    let path = format!("service.{}.calls.0.payload", service.name);
    let call = &document["service"][&service.name]["calls"][0];
    let command = match call.get("command").and_then(Value::as_str) {
        Some("set") => "set",
        _ => "get",
    };
    let payload = service.calls[0].payload;
    match &call["payload"] {
        Value::Table(table) if table.contains_key("json") => {
            let right = "payload = \"4KiB\" or { buffer = \"4KiB\" }";
            Err(Obstacle::new(path, "the application keeps a string or a buffer", right))
        }
        Value::Table(_) => Ok(Payload { bytes: payload.buffers, kind: "buffer", command }),
        _ => Ok(Payload { bytes: payload.characters(), kind: "string", command }),
    }
}

/// The name of a case: its file's, without the ending.
pub fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
