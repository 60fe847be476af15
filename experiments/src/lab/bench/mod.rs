//! The bench: builds a case in namespaces, breaks it, heals it, moves the name, and writes down what the application
//! told meanwhile. Everything that it builds is torn down when it goes out of scope: at the end, on Ctrl-C and on a
//! panic; what a killed run leaves, `halfopen lab clean` removes.

mod application;
mod breakage;
mod namespaces;
mod preflight;
mod servers;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use halfopen_models::scenario::{Edits, Failover, Restart};
use halfopen_sim::Span;

use super::case::{self, App, Case};
use super::file::{self, Machine};
use super::log::{Death, Log, Told};
use super::measure::{self, Measured};
use crate::args::{self, LabRun};
use crate::failure::Failure;
use crate::{interrupt, say, validate};

use application::Application;
use breakage::Breakage;
use namespaces::{Namespaces, Resolution};
use servers::Servers;

/// How long an application may take until its load begins.
const PATIENCE: f64 = 20.0;
/// How exactly a step comes at its time.
const TICK: Duration = Duration::from_millis(5);

/// Measures a case, writes it, sets the prediction beside it.
pub fn run(args: &LabRun) -> Result<ExitCode, Failure> {
    let edits =
        Edits { variant: args.input.variant.clone(), set: args.input.set.clone(), ..Edits::default() };
    let case = Case::read(&args.input.scenario, &edits)?;
    preflight::check(&case)?;
    interrupt::listen()?;
    let name = case::name(args.input.scenario.as_ref());
    let to = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("output/lab/{name}.toml")));
    let machine = machine();
    let tell = |what: &str| {
        if !args.quiet {
            say(what);
        }
    };
    tell(&format!("{name}: {} s on this machine, in namespaces", case.scenario.horizon.as_secs_f64()));
    let log = Bench::up(&case, args.seed)?.measure(&case, &tell)?;
    let runtime = log.events("start").next().map_or(String::new(), |(_, line)| line.runtime.clone());
    let client = match &case.app {
        App::Node if application::library(&case) == "redis" => "node-redis".to_owned(),
        App::Node => "ioredis".to_owned(),
        App::Python => "redis-py".to_owned(),
        App::Socket => "socket".to_owned(),
        App::Command(words) => words[0].clone(),
    };
    let fault = case.fault().mode.to_owned();
    let measured = Measured { client, fault, ..Measured::of(&log, case.rate()) };
    let text = file::text(&case, &measured, &Machine { runtime, ..machine });
    let beside = file::write(&to, &text, &measure::course(&log, &name))?;
    tell(&format!("measured: {} and its course {}\n", to.display(), beside.display()));
    validate::validate(&args::Validate::of_case(to, args.quiet))
}

/// Removes what a killed run has left.
pub fn clean() -> ExitCode {
    let count = namespaces::remove();
    say(&format!("{count} namespaces removed"));
    ExitCode::SUCCESS
}

/// Seconds of the machine's monotonic clock, which its applications share.
pub(super) fn now() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Everything that is built for a case. Fields are dropped in this order: the application first.
struct Bench {
    application: Application,
    breakage: Breakage,
}

/// A step on the way.
#[derive(Clone, Copy, Debug)]
enum Step {
    Break,
    Heal,
    Move,
}

impl Bench {
    fn up(case: &Case, seed: u32) -> Result<Bench, Failure> {
        let down = case.fault().mode == "link_down";
        let network = Namespaces::up(
            if down { Resolution::Asks } else { Resolution::Known },
            case.sentinels().map_or(0, |plan| plan.sentinels as usize),
        )?;
        let kernel = case.service().kernel;
        network.kernel("tcp_retries2", kernel.tcp_retries2)?;
        network.kernel("tcp_syn_retries", kernel.tcp_syn_retries)?;
        // Before Linux 6.5 there was no such setting, and no linear timeouts.
        if fs::exists("/proc/sys/net/ipv4/tcp_syn_linear_timeouts").unwrap_or(false) {
            network.kernel("tcp_syn_linear_timeouts", kernel.tcp_syn_linear_timeouts)?;
        }
        let servers = Servers::up(namespaces::ADDRESSES[0], case.sentinels())?;
        let application = Application::new(case, seed)?;
        Ok(Bench { application, breakage: Breakage { servers, network } })
    }

    /// Plays the case to its end.
    fn measure(mut self, case: &Case, tell: &dyn Fn(&str)) -> Result<Log, Failure> {
        self.application.start()?;
        let mut log = Log::default();
        self.loaded(&mut log)?;
        let end = log.start + case.scenario.horizon.as_secs_f64();
        let mut steps = steps(case);
        let mut start_again: Option<f64> = None;
        while now() < end {
            stop_if_asked()?;
            while let Some(&(at, step)) = steps.first().filter(|(at, _)| log.start + at <= now()) {
                steps.remove(0);
                tell(&format!("{at:7.1} s  {}", self.step(case, step, &mut log)?));
            }
            log.told.extend(self.application.told(TICK));
            if let Some((kind, said)) = self.application.died() {
                let at = now();
                tell(&format!("{:7.1} s  the application ends: {kind}", at - log.start));
                if log.fault == 0.0 {
                    return Err(Failure::wrong(
                        format!("the application ended before the fault: {kind}"),
                        said,
                    ));
                }
                log.deaths.push(Death { at, kind });
                start_again = delay(case).map(|delay| at + delay.as_secs_f64());
            }
            if start_again.is_some_and(|at| at <= now()) {
                start_again = None;
                self.application.start()?;
            }
            if start_again.is_none() && !self.application.lives() {
                break;
            }
        }
        log.end = now();
        log.told.extend(self.application.stop());
        // What was told while it was asked to end came later.
        log.told.retain(|told: &Told| told.at <= log.end + 0.2);
        Ok(log)
    }

    /// Waits until the load begins.
    fn loaded(&mut self, log: &mut Log) -> Result<(), Failure> {
        let until = now() + PATIENCE;
        while now() < until {
            stop_if_asked()?;
            let Some(told) = self.application.told(TICK) else {
                if let Some((kind, said)) = self.application.died() {
                    let wrong = format!("the application ended before its load began: {kind}");
                    return Err(Failure::wrong(wrong, said));
                }
                continue;
            };
            let (starts, at) = (told.line.event == "start", told.at);
            log.told.push(told);
            if starts {
                log.start = at;
                return Ok(());
            }
        }
        Err(Failure::wrong(
            format!("the application told no start within {PATIENCE} s"),
            "an application says {\"event\": \"start\"} when its load begins (docs/lab.md)",
        ))
    }

    /// Does a step; says what it was.
    fn step(&mut self, case: &Case, step: Step, log: &mut Log) -> Result<String, Failure> {
        let fault = case.fault();
        match step {
            Step::Break => {
                let at_once = matches!(case.scenario.caches[0].failover, Failover::NameMoves { after } if after.is_zero());
                // A client may notice before the command that breaks has returned.
                log.fault = now();
                self.breakage.begin(fault, at_once)?;
                Ok(format!("{} {}", fault.target, fault.what))
            }
            Step::Heal => self.breakage.end(fault).map(|()| format!("{} is healed", fault.target)),
            Step::Move => self.breakage.move_name().map(|()| "the name points to the replica".into()),
        }
    }
}

fn stop_if_asked() -> Result<(), Failure> {
    if interrupt::asked() {
        return Err(Failure::Interrupted("interrupted; all is torn down, nothing was written".into()));
    }
    Ok(())
}

/// When what is done, in seconds from the begin of the load.
fn steps(case: &Case) -> Vec<(f64, Step)> {
    let fault = case.fault();
    let mut steps = vec![(fault.at.as_secs_f64(), Step::Break)];
    if let (Failover::NameMoves { after }, true) =
        (case.scenario.caches[0].failover, breakage::loses_the_node(fault))
    {
        steps.push((fault.at.as_secs_f64() + after.as_secs_f64(), Step::Move));
    }
    steps.extend(fault.until.map(|until| (until.as_secs_f64(), Step::Heal)));
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    steps
}

fn delay(case: &Case) -> Option<Span> {
    match case.service().restart {
        Restart::Fixed { delay, .. } => Some(delay),
        Restart::Never | Restart::Kubernetes { .. } => None,
    }
}

/// What a reader of the measurement must know of the machine.
fn machine() -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.split_once([':', '='])
            .map_or(String::new(), |(_, value)| value.trim().trim_matches('"').to_owned())
    };
    let version = Command::new("redis-server").arg("--version").output();
    let version =
        version.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version =
        version.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or_default().to_owned();
    let load = read("/proc/loadavg").split_whitespace().next().and_then(|word| word.parse().ok());
    Machine {
        kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        system: field(&read("/etc/os-release"), "PRETTY_NAME"),
        processor: field(&read("/proc/cpuinfo"), "model name"),
        cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        load_before: load.unwrap_or(0.0),
        redis_server: version,
        runtime: String::new(),
    }
}
