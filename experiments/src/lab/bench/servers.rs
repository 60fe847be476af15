//! The two real servers of a lab, in their namespaces: a primary and its replica, without persistence.

use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::namespaces::{NODES, inside, run};
use crate::failure::Failure;

/// Where they listen.
pub const PORT: &str = "6379";
/// Keys that the application asks for, with values of 100 bytes.
const FILL: &str = "for i = 0, 999 do redis.call('SET', 'key:' .. i, string.rep('x', 100)) end";
/// How often something is looked for, every twentieth of a second.
const LOOKS: u32 = 200;

/// Both; killed when they go out of scope.
pub struct Servers {
    folder: TempDir,
    processes: [Child; 2],
}

impl Servers {
    /// Starts them and waits until the replica follows.
    ///
    /// # Errors
    /// When one does not start, or does not follow within ten seconds.
    pub fn up(address: &str) -> Result<Servers, Failure> {
        let folder = tempfile::Builder::new().prefix("halfopen-lab-").tempdir();
        let folder =
            folder.map_err(|error| Failure::wrong(format!("no place for the servers' logs: {error}"), ""))?;
        let mut servers = Servers { processes: [start(0, folder.path())?, start(1, folder.path())?], folder };
        for node in 0..2 {
            servers.wait_for(node, &["PING"], "PONG")?;
        }
        tell(0, &["EVAL", FILL, "0"])?;
        tell(1, &["REPLICAOF", address, PORT])?;
        servers.wait_for(1, &["INFO", "replication"], "master_link_status:up")?;
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
            sleep(Duration::from_millis(50));
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
    let mut command = inside(NODES[node], "redis-server", &options.concat());
    // Out of reach of a Ctrl-C that is meant for us.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.map_err(|error| Failure::wrong(format!("cannot start redis-server: {error}"), ""))
}

fn log_of(node: usize) -> String {
    format!("{}.log", NODES[node])
}
