//! The real servers of a lab, in their namespaces: a primary and its replica, without persistence, and sentinels.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use halfopen_models::failover::sentinel::Plan;
use halfopen_sim::Span;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::namespaces::{NODES, SENTINELS, inside, run};
use crate::failure::Failure;

/// Where they listen.
pub const PORT: &str = "6379";
/// Keys that the application asks for, with values of 100 bytes.
const FILL: &str = "for i = 0, 999 do redis.call('SET', 'key:' .. i, string.rep('x', 100)) end";
/// Where sentinels listen.
pub const SENTINEL_PORT: &str = "26379";
/// What sentinels call the primary.
pub const MASTER: &str = "main";
/// How often something is looked for, and how long apart.
const LOOKS: u32 = 200;
const LOOK: Duration = Duration::from_millis(50);

/// All of them; killed when they go out of scope.
pub struct Servers {
    folder: TempDir,
    processes: [Child; 2],
    sentinels: Vec<Child>,
}

impl Servers {
    /// Starts them, and waits until the replica follows and the sentinels know it and each other.
    ///
    /// # Errors
    /// When one does not start, or does not follow within ten seconds.
    pub fn up(address: &str, plan: Option<&Plan>) -> Result<Servers, Failure> {
        let folder = tempfile::Builder::new().prefix("halfopen-lab-").tempdir();
        let folder =
            folder.map_err(|error| Failure::wrong(format!("no place for the servers' logs: {error}"), ""))?;
        let mut servers = Servers {
            processes: [start(0, folder.path())?, start(1, folder.path())?],
            sentinels: Vec::new(),
            folder,
        };
        for node in 0..2 {
            servers.wait_for(node, &["PING"], "PONG")?;
        }
        tell(0, &["EVAL", FILL, "0"])?;
        tell(1, &["REPLICAOF", address, PORT])?;
        servers.wait_for(1, &["INFO", "replication"], "master_link_status:up")?;
        if let Some(plan) = plan {
            servers.watch(address, plan)?;
        }
        Ok(servers)
    }

    /// A signal for one of them.
    pub fn signal(&self, node: usize, signal: Signal) -> Result<(), Failure> {
        kill_process(Pid::from_child(&self.processes[node]), signal)
            .map_err(|error| Failure::wrong(format!("cannot signal redis-server: {error}"), ""))
    }

    /// Ends one at once, as `SIGKILL` does.
    pub fn kill(&mut self, node: usize) {
        let _ = self.processes[node].kill();
        let _ = self.processes[node].wait();
    }

    /// Starts one anew, empty.
    pub fn restart(&mut self, node: usize) -> Result<(), Failure> {
        self.kill(node);
        self.processes[node] = start(node, self.folder.path())?;
        Ok(())
    }

    /// Starts the sentinels.
    fn watch(&mut self, address: &str, plan: &Plan) -> Result<(), Failure> {
        let count = plan.sentinels as usize;
        for name in &SENTINELS[..count] {
            let file = self.folder.path().join(format!("{name}.conf"));
            let ms = |span: Span| span.as_nanos() / 1_000_000;
            let text = format!(
                "port {SENTINEL_PORT}\nprotected-mode no\ndir {}\nlogfile {name}.log\n\
                 sentinel monitor {MASTER} {address} {PORT} {}\n\
                 sentinel down-after-milliseconds {MASTER} {}\nsentinel failover-timeout {MASTER} {}\n",
                self.folder.path().display(),
                plan.quorum,
                ms(plan.down_after),
                ms(plan.failover_timeout),
            );
            std::fs::write(&file, text)
                .map_err(|error| Failure::wrong(format!("cannot write {}: {error}", file.display()), ""))?;
            self.sentinels.push(spawn(inside(
                name,
                "redis-server",
                &[&file.to_string_lossy(), "--sentinel"],
            ))?);
        }
        for name in &SENTINELS[..count] {
            wait_for_fellows(name, count)?;
        }
        Ok(())
    }

    fn wait_for(&mut self, node: usize, words: &[&str], answer: &str) -> Result<(), Failure> {
        for _ in 0..LOOKS {
            if tell(node, words).is_ok_and(|said| said.contains(answer)) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.processes[node].try_wait() {
                return Err(Failure::wrong(
                    format!("redis-server ended at once: {status}"),
                    self.last_words(node),
                ));
            }
            sleep(LOOK);
        }
        Err(Failure::wrong(
            format!("redis-server does not answer {answer} to {words:?}"),
            self.last_words(node),
        ))
    }

    fn last_words(&self, node: usize) -> String {
        let log = std::fs::read_to_string(self.folder.path().join(log_of(node))).unwrap_or_default();
        log.lines().last().unwrap_or_default().to_owned()
    }
}

/// A sentinel hears of the others and of the replica from the primary.
fn wait_for_fellows(name: &str, count: usize) -> Result<(), Failure> {
    let fellows = format!("slaves=1,sentinels={count}");
    for _ in 0..LOOKS {
        let said = run(&mut inside(name, "redis-cli", &["-p", SENTINEL_PORT, "INFO", "sentinel"]));
        if said.is_ok_and(|said| said.contains(&fellows)) {
            return Ok(());
        }
        sleep(LOOK);
    }
    Err(Failure::wrong(format!("{name} does not know its fellows within ten seconds"), ""))
}

/// A command for one of them; what it answers.
///
/// # Errors
/// When it does not answer.
pub fn tell(node: usize, words: &[&str]) -> Result<String, Failure> {
    run(&mut inside(NODES[node], "redis-cli", &[&["-p", PORT][..], words].concat()))
}

impl Drop for Servers {
    fn drop(&mut self) {
        for node in 0..2 {
            self.kill(node);
        }
        for sentinel in &mut self.sentinels {
            let _ = sentinel.kill();
            let _ = sentinel.wait();
        }
    }
}

fn start(node: usize, folder: &Path) -> Result<Child, Failure> {
    let folder_name = folder.to_string_lossy();
    let log = log_of(node);
    let options = [
        ["--port", PORT],
        ["--bind", "0.0.0.0"],
        ["--protected-mode", "no"],
        ["--save", ""],
        ["--appendonly", "no"],
        ["--dir", &folder_name],
        ["--logfile", &log],
        ["--repl-diskless-sync-delay", "0"],
    ];
    spawn(inside(NODES[node], "redis-server", &options.concat()))
}

fn spawn(mut command: Command) -> Result<Child, Failure> {
    // Out of reach of a Ctrl-C that is meant for us.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.map_err(|error| Failure::wrong(format!("cannot start redis-server: {error}"), ""))
}

fn log_of(node: usize) -> String {
    format!("{}.log", NODES[node])
}
