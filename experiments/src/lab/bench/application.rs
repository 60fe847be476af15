//! The application of a case: started in its namespace, listened to, started again after a crash.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use halfopen_models::scenario::{Concurrency, Runtime};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::case::{App, Case};
use super::super::log::{Line, Told, kind_of_death};
use super::namespaces::{APP, NAME, SENTINEL_ADDRESSES, inside};
use super::now;
use super::servers::{MASTER, PORT, SENTINEL_PORT};
use crate::failure::Failure;

const NODE: &str = include_str!("../../../lab/app.js");
const PYTHON: &str = include_str!("../../../lab/app.py");
/// How often it tells how it goes: the resolution of what is not an event.
const SAMPLE_MS: &str = "100";
/// How much of what it last said on its standard error is kept.
const LAST_WORDS: usize = 64 << 10;
/// How long a process that was asked to end may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// An application; its process is killed when it goes out of scope.
pub struct Application {
    /// Words of the command, without the namespace.
    words: Vec<String>,
    /// What it is told.
    environment: Vec<(&'static str, String)>,
    /// Where its script lies.
    _folder: TempDir,
    process: Option<Process>,
    started: usize,
    lines: (Sender<Told>, Receiver<Told>),
}

struct Process {
    child: Child,
    last_words: JoinHandle<String>,
}

impl Application {
    /// The application of a case, not started yet.
    ///
    /// # Errors
    /// When its script cannot be written.
    pub fn new(case: &Case, seed: u32) -> Result<Application, Failure> {
        let fail = |error| Failure::wrong(format!("no place for the application's script: {error}"), "");
        let folder = tempfile::Builder::new().prefix("halfopen-lab-").tempdir().map_err(fail)?;
        let script = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).map(|()| path.to_string_lossy().into_owned()).map_err(fail)
        };
        let runtime = runtime(case);
        let words = match &case.app {
            App::Node => {
                let heap = (case.service().memory.runtime == Runtime::V8)
                    .then(|| format!("--max-old-space-size={}", case.service().memory.limit >> 20));
                [Some(runtime), heap, Some(script("app.js", NODE)?)].into_iter().flatten().collect()
            }
            App::Python => vec![runtime, script("app.py", PYTHON)?],
            App::Socket => {
                let program = std::env::current_exe().map_err(fail)?;
                vec![program.to_string_lossy().into_owned(), "lab".into(), "client".into()]
            }
            App::Command(words) => words.clone(),
        };
        let environment = environment(case, seed);
        Ok(Application { words, environment, _folder: folder, process: None, started: 0, lines: channel() })
    }

    /// Starts a process of it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&mut self) -> Result<(), Failure> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let mut command = inside(APP, words[0], &words[1..]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // Out of reach of a Ctrl-C that is meant for us.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child =
            spawned.map_err(|error| Failure::wrong(format!("cannot start {words:?}: {error}"), ""))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (process, lines) = (self.started, self.lines.0.clone());
        thread::spawn(move || out.map(|out| listen(out, process, &lines)));
        let last_words = thread::spawn(move || err.map_or(String::new(), last_words));
        self.started += 1;
        self.process = Some(Process { child, last_words });
        Ok(())
    }

    /// The next thing it tells, if it does within this time.
    pub fn told(&self, within: Duration) -> Option<Told> {
        self.lines.1.recv_timeout(within).ok()
    }

    /// How it died, if it has: the way of dying, and its last words.
    pub fn died(&mut self) -> Option<(String, String)> {
        let process = self.process.as_mut()?;
        let status = process.child.try_wait().ok().flatten()?;
        let process = self.process.take()?;
        let said = process.last_words.join().unwrap_or_default();
        Some((kind_of_death(&said, &ended(status)), said))
    }

    /// Whether a process of it lives.
    pub fn lives(&self) -> bool {
        self.process.is_some()
    }

    /// Asks it to end, and makes it; then everything that it has told.
    pub fn stop(&mut self) -> Vec<Told> {
        if let Some(mut process) = self.process.take() {
            let _ = kill_process(Pid::from_child(&process.child), Signal::TERM);
            let until = now() + PATIENCE.as_secs_f64();
            while now() < until && matches!(process.child.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(10));
            }
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
        std::iter::from_fn(|| self.told(Duration::from_millis(100))).collect()
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Its interpreter.
pub fn runtime(case: &Case) -> String {
    let usual = if case.app == App::Python { "python3" } else { "node" };
    case.setup.runtime.clone().unwrap_or_else(|| usual.to_owned())
}

/// The library's name for Node.
pub fn library(case: &Case) -> &'static str {
    if case.service().client.preset.starts_with("ioredis") { "ioredis" } else { "redis" }
}

/// Where Node finds it.
pub fn modules(case: &Case) -> String {
    let folder = case.setup.modules.clone().unwrap_or_else(|| PathBuf::from("node_modules"));
    std::path::absolute(&folder).unwrap_or(folder).to_string_lossy().into_owned()
}

fn environment(case: &Case, seed: u32) -> Vec<(&'static str, String)> {
    let mut told = vec![
        ("HALFOPEN_HOST", NAME.to_owned()),
        ("HALFOPEN_PORT", PORT.to_owned()),
        ("HALFOPEN_RATE", case.rate().to_string()),
        ("HALFOPEN_PAYLOAD", case.payload.bytes.to_string()),
        ("HALFOPEN_PAYLOAD_KIND", case.payload.kind.to_owned()),
        ("HALFOPEN_COMMAND", case.payload.command.to_owned()),
        ("HALFOPEN_OPTIONS", options(case).to_string()),
        ("HALFOPEN_LIBRARY", library(case).to_owned()),
        ("HALFOPEN_SEED", seed.to_string()),
        ("HALFOPEN_SAMPLE_MS", SAMPLE_MS.to_owned()),
    ];
    if let Concurrency::Workers { threads, .. } = case.service().concurrency {
        told.push(("HALFOPEN_THREADS", threads.to_string()));
    }
    if case.app == App::Node {
        told.push(("NODE_PATH", modules(case)));
    }
    told
}

/// The client's options, and where its sentinels are.
fn options(case: &Case) -> Value {
    let mut options = case.options.clone();
    if let Some(plan) = case.sentinels() {
        let addresses = SENTINEL_ADDRESSES.iter().take(plan.sentinels as usize);
        let sentinels: Vec<Value> = addresses
            .map(|host| json!({ "host": host, "port": SENTINEL_PORT.parse::<u16>().ok() }))
            .collect();
        options["sentinels"] = json!(sentinels);
        options["name"] = json!(MASTER);
    }
    options
}

/// Passes on every line that is one; others are the application's own affair.
fn listen(out: ChildStdout, process: usize, lines: &Sender<Told>) {
    for text in BufReader::new(out).lines().map_while(Result::ok) {
        if let Ok(line) = serde_json::from_str::<Line>(&text) {
            let at = line.at.unwrap_or_else(now);
            if lines.send(Told { process, at, line }).is_err() {
                return;
            }
        }
    }
}

fn last_words(mut err: ChildStderr) -> String {
    let (mut kept, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = err.read(&mut part) {
        kept.extend_from_slice(&part[..read]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit_{code}"),
        (None, signal) => format!("signal_{}", signal.unwrap_or_default()),
    }
}

/// The version of the library that the application would use, or why there is none.
pub fn version(case: &Case) -> Result<String, String> {
    let mut command = Command::new(runtime(case));
    if case.app == App::Node {
        let ask = format!("console.log(require('{}/package.json').version)", library(case));
        command.args(["-e", &ask]).env("NODE_PATH", modules(case));
    } else {
        command.args(["-c", "import redis; print(redis.__version__)"]);
    }
    match command.stdin(Stdio::null()).output() {
        Err(error) => Err(error.to_string()),
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(_) => Err("not found".into()),
    }
}
