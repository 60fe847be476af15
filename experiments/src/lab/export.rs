//! The lab case that would test a scenario: one of its services, scaled to one instance, the cache that fails, and the
//! fault. What was scaled, put in other words or left out stands as remarks at the head of the case.

use std::fmt::Write as _;
use std::process::ExitCode;

use halfopen_models::fault::{Fault, Lever};
use halfopen_models::scenario::{
    Cache, Concurrency, Edits, Failover, Load, Restart, Runtime, Scenario, Service,
};
use halfopen_sim::{Span, Time};
use toml::{Table, Value};

use super::case::Case;
use crate::args::LabExport;
use crate::failure::Failure;
use crate::source::{self, Source};
use crate::validate::Calibration;
use crate::{print, say};

/// The fault comes so long after the load: time enough to see that all is well.
const FAULT_AT: Span = Span::from_secs(5);
/// From "held for down" to the announcement: election, promotion and the next look at the replica (measured with three
/// sentinels: 0.9–1.3 s).
const ELECTION: Span = Span::from_millis(1_100);
/// The application's own work for a request, and its start; see `cases/calibration.toml`.
const CPU: &str = "cpu";

/// Prints the case.
pub fn export(args: &LabExport) -> Result<ExitCode, Failure> {
    let source = source::find(&args.input.scenario)?;
    let edits =
        Edits { variant: args.input.variant.clone(), set: args.input.set.clone(), ..Edits::default() };
    let scenario = source::read(&source, &edits)?;
    let document: Table = scenario.document.parse().map_err(|error| {
        Failure::wrong(format!("{}: {error}", source.label), "the scenario is read; its copy is not")
    })?;
    let choice = Choice::of(&scenario, args.service.as_deref())?;
    let text = choice.text(&document)?;
    let label = format!("the case of {}", source.label);
    Case::of_source(Source { name: source.name.clone(), label, text: text.clone() }, &Edits::default())?;
    print(&text)?;
    let takes = (choice.horizon().as_secs_f64() / 60.0).ceil();
    say(&format!("# it takes {takes} min; --set horizon=60s measures its first minute"));
    Ok(ExitCode::SUCCESS)
}

/// What of a scenario a lab builds.
struct Choice<'a> {
    scenario: &'a Scenario,
    /// Position of the cache that fails.
    cache: usize,
    fault: &'a Fault,
    service: &'a Service,
    calibration: Calibration,
}

impl<'a> Choice<'a> {
    fn of(scenario: &'a Scenario, wanted: Option<&str>) -> Result<Choice<'a>, Failure> {
        let fault = scenario.faults.first().ok_or_else(|| {
            Failure::wrong("nothing fails in this scenario", "a lab measures what one [[fault]] does")
        })?;
        let (Lever::Process { cache, .. }
        | Lever::Path { cache, .. }
        | Lever::CloseConnections { cache, .. }
        | Lever::Handover { cache }) = fault.begin
        else {
            let (wrong, right) =
                ("the first fault hits no cache", "a lab measures what a cache's fault does");
            return Err(Failure::wrong(wrong, right));
        };
        let calls = |service: &&Service| service.calls.iter().any(|call| call.cache == cache);
        let callers = || scenario.services.iter().filter(calls);
        let names: Vec<&str> = callers().map(|service| service.name.as_str()).collect();
        let service = match wanted {
            Some(name) => callers().find(|service| service.name == name),
            None => callers().next(),
        };
        let service = service.ok_or_else(|| {
            let who = wanted.map_or("no service".to_owned(), |name| format!("no service `{name}`"));
            let name = &scenario.caches[cache].name;
            Failure::wrong(
                format!("{who} calls `{name}`, which fails"),
                format!("its callers: {}", names.join(", ")),
            )
        })?;
        Ok(Choice { scenario, cache, fault, service, calibration: Calibration::shipped() })
    }

    fn cache(&self) -> &Cache {
        &self.scenario.caches[self.cache]
    }

    fn horizon(&self) -> Span {
        let from = self.fault.at.as_secs_f64();
        FAULT_AT + Span::from_secs_f64((self.scenario.horizon.as_secs_f64() - from).max(1.0))
    }

    /// The whole case, its remarks first.
    fn text(&self, document: &Table) -> Result<String, Failure> {
        let mut notes = self.left_out();
        let (cache, service) = (self.cache(), self.service);
        let part = |path: &[&str]| path.iter().fold(&document["service"][&service.name], |at, key| &at[*key]);
        let mut body = format!(
            "format = 1\ntitle = {}\nhorizon = \"{}\"\n\n",
            Value::from(format!("lab case of {}", self.scenario.title)),
            seconds(self.horizon())
        );
        let both = self.nodes(&mut notes);
        let _ = write!(
            body,
            "[cache.{}]\nnodes = {both}\nservice = {{ fixed = \"{}\" }}\npath = {{ rtt = \"{}\" }}\nfailover = {}\n\n",
            cache.name,
            self.calibration.of("server", "service"),
            self.calibration.of("server", "rtt"),
            self.failover(document, &mut notes)?
        );
        let _ = write!(
            body,
            "[service.{}]\ninstances = 1\nconcurrency = {}\nmemory = {}\nrestart = {}\ncalls = [{}]\nclient = {}\n",
            service.name,
            self.concurrency(&mut notes),
            self.memory(&mut notes),
            self.restart(&mut notes),
            self.call(&mut notes),
            part(&["client"]),
        );
        if let Some(kernel) = document["service"][&service.name].get("kernel") {
            let _ = writeln!(body, "kernel = {kernel}");
        }
        let _ = writeln!(body, "objective = {}\n", part(&["objective"]));
        let _ = write!(
            body,
            "[load.calls]\nto = \"{}\"\narrivals = {{ poisson = \"{}/s\" }}\n\n",
            service.name,
            self.rate(&mut notes)
        );
        let _ = write!(body, "[[fault]]\nat = \"{}\"\n", seconds(FAULT_AT));
        for (key, value) in
            document["fault"][0].as_table().into_iter().flatten().filter(|(key, _)| *key != "at")
        {
            let _ = writeln!(body, "{key} = {value}");
        }
        notes.insert(0, "Made by halfopen lab export; halfopen lab run measures it.".into());
        Ok(format!("# {}\n\n{body}", notes.join("\n# ")))
    }

    /// Other parts of the scenario.
    fn left_out(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let others = |names: Vec<&str>| names.join(", ");
        let services: Vec<&str> = self
            .scenario
            .services
            .iter()
            .map(|service| service.name.as_str())
            .filter(|name| *name != self.service.name)
            .collect();
        if !services.is_empty() {
            notes.push(format!("Left out: services {} (--service chooses).", others(services)));
        }
        let caches = self.scenario.caches.iter().map(|cache| cache.name.as_str());
        let caches: Vec<&str> = caches.filter(|name| *name != self.cache().name).collect();
        if !caches.is_empty() {
            notes.push(format!("Left out: caches {}.", others(caches)));
        }
        if self.scenario.faults.len() > 1 {
            notes
                .push(format!("Left out: every fault after the first ({}).", self.scenario.faults.len() - 1));
        }
        let called = self.loads().any(|load| load.deadline.is_some() || load.retries.most > 0);
        if called {
            notes
                .push("Left out: callers' deadlines and retries; nobody calls the lab's application.".into());
        }
        notes
    }

    fn nodes(&self, notes: &mut Vec<String>) -> String {
        let mut names = self.cache().nodes.clone();
        if names.len() > 2 {
            notes.push(format!("Scaled: {} nodes to two.", names.len()));
            names.truncate(2);
        }
        if names.len() == 1 {
            names.push("follower".into());
        }
        Value::from(names).to_string()
    }

    fn failover(&self, document: &Table, notes: &mut Vec<String>) -> Result<String, Failure> {
        let moves = |after: Span| format!("{{ name_moves = {{ after = \"{}\" }} }}", seconds(after));
        match self.cache().failover {
            Failover::None => Ok("\"none\"".into()),
            Failover::NameMoves { after } => Ok(moves(after)),
            Failover::Managed { closes_connections: true, .. } => Err(Failure::wrong(
                format!("cache.{}.failover closes connections to a dead node", self.cache().name),
                "no machine of a lab can do that: only a proxy in between could",
            )),
            Failover::Managed { detect, promote, ttl, .. } => {
                let what =
                    "In other words: a managed failover is a name that moves after detection and promotion";
                notes.push(format!("{what}; a resolver's {} of memory are left out.", seconds(ttl)));
                Ok(moves(detect + promote))
            }
            Failover::Sentinel(_) if self.service.client.preset.starts_with("ioredis") => {
                Ok(document["cache"][&self.cache().name]["failover"].to_string())
            }
            Failover::Sentinel(plan) => {
                notes.push(
                    "In other words: sentinels are a name that moves when they would have announced it."
                        .into(),
                );
                Ok(moves(plan.down_after + ELECTION))
            }
        }
    }

    fn concurrency(&self, notes: &mut Vec<String>) -> String {
        notes.push(
            "Left out: the service's own work; the application's is a few microseconds a request.".into(),
        );
        match self.service.concurrency {
            Concurrency::EventLoop { .. } => {
                format!("{{ event_loop = {{ cpu = \"{}\" }} }}", self.calibration.of(CPU, "node"))
            }
            Concurrency::Workers { threads, .. } => {
                format!(
                    "{{ workers = {{ threads = {threads}, cpu = \"{}\" }} }}",
                    self.calibration.of(CPU, "python")
                )
            }
        }
    }

    /// As much above the baseline as in the scenario.
    fn memory(&self, notes: &mut Vec<String>) -> String {
        const MIB: u64 = 1 << 20;
        let memory = &self.service.memory;
        if memory.container.is_some() {
            notes.push("Left out: the container's limit.".into());
        }
        if memory.runtime == Runtime::Native {
            let (limit, base) = (memory.limit / MIB, memory.baseline / MIB);
            return format!(
                "{{ limit = \"{limit}MiB\", baseline = \"{base}MiB\", per_request = \"0B\", runtime = \"native\" }}"
            );
        }
        let preset = self.service.client.preset.as_str();
        let who = if preset.starts_with("ioredis") { "ioredis" } else { preset };
        let base = self.calibration.of("heap", who);
        let limit = memory.limit.saturating_sub(memory.baseline).div_ceil(MIB) + 6;
        notes.push(format!(
            "Scaled: the limit, by the baseline of {} MiB that the lab's application does not have.",
            memory.baseline / MIB
        ));
        format!("{{ limit = \"{limit}MiB\", baseline = \"{base}\", per_request = \"0B\", runtime = \"v8\" }}")
    }

    fn restart(&self, notes: &mut Vec<String>) -> String {
        let boot = self.calibration.of("boot", "node");
        let delay = match self.service.restart {
            Restart::Never => return "\"never\"".into(),
            Restart::Fixed { delay, .. } => delay,
            Restart::Kubernetes { .. } => {
                notes.push("In other words: kubelet's first restart is a fixed one at once; its back-off is left out.".into());
                Span::ZERO
            }
        };
        format!("{{ fixed = {{ delay = \"{}\", boot = \"{boot}\" }} }}", seconds(delay))
    }

    /// One call, which holds what a request and its call hold.
    fn call(&self, notes: &mut Vec<String>) -> String {
        let name = &self.cache().name;
        let mut calls = self.service.calls.iter().filter(|call| call.cache == self.cache);
        let call = calls.next().copied().unwrap_or(self.service.calls[0]);
        if call.times > 1 || calls.next().is_some() {
            notes.push(
                "Scaled: one call a request; of several, one after the other, only one is ever pending."
                    .into(),
            );
        }
        let memory = &self.service.memory;
        if call.payload.buffers > 0 {
            if memory.per_request > 0 {
                notes.push("Left out: what a request holds on the heap beside its buffer.".into());
            }
            return format!(
                "{{ cache = \"{name}\", times = 1, payload = {{ buffer = \"{}B\" }} }}",
                call.payload.buffers
            );
        }
        if memory.per_request + memory.per_socket > 0 {
            notes.push("In other words: what a request holds is part of its call's payload.".into());
        }
        let parsed = call.payload.heap.saturating_sub(call.payload.object);
        let bytes = call.payload.characters() + parsed + memory.per_request + memory.per_socket;
        format!("{{ cache = \"{name}\", times = 1, payload = \"{bytes}B\" }}")
    }

    fn loads(&self) -> impl Iterator<Item = &'a Load> {
        let named = self.service.name.as_str();
        let scenario = self.scenario;
        scenario.loads.iter().filter(move |load| scenario.services[load.service].name == named)
    }

    /// One instance's share of the requests at the time of the fault.
    fn rate(&self, notes: &mut Vec<String>) -> f64 {
        let total: f64 = self.loads().map(|load| rate_at(load, self.fault.at)).sum();
        let instances = self.service.instances;
        if instances > 1 {
            notes.push(format!("Scaled: {instances} instances to one, {total}/s to its share."));
        }
        if self.loads().any(|load| load.rate.len() > 1) {
            notes.push("Scaled: the rate is that at the time of the fault.".into());
        }
        let share = total / f64::from(instances);
        (share * 1e6).round() / 1e6
    }
}

/// Straight lines between points, constant after the last.
fn rate_at(load: &Load, at: Time) -> f64 {
    let after = load.rate.partition_point(|&(time, _)| time <= at);
    match (after.checked_sub(1).map(|before| load.rate[before]), load.rate.get(after)) {
        (Some((from, low)), Some(&(to, high))) => {
            let share = (at.as_secs_f64() - from.as_secs_f64()) / (to.as_secs_f64() - from.as_secs_f64());
            low + share * (high - low)
        }
        (Some((_, rate)), None) | (None, Some(&(_, rate))) => rate,
        (None, None) => 0.0,
    }
}

fn seconds(span: Span) -> String {
    format!("{}s", span.as_secs_f64())
}
