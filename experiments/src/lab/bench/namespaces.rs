//! Namespaces of a lab: the application, two nodes, and a bridge that joins them. Nothing outside them is touched, but
//! for the folder from which `ip netns exec` takes the application's `/etc/hosts`.
//!
//! A host that dies is unplugged from the bridge while the application keeps its neighbours' hardware addresses, as
//! behind a router: packets vanish and address resolution is no part of it. A link that goes down leaves resolution
//! to the kernel. What drops one way, loses or rejects is a rule of nftables where the packets arrive.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Namespace of the application.
pub const APP: &str = "halfopen-app";
/// Namespaces of the nodes: the first serves.
pub const NODES: [&str; 2] = ["halfopen-a", "halfopen-b"];
const BRIDGE: &str = "halfopen-net";
/// How every namespace of a lab begins.
const PREFIX: &str = "halfopen-";
/// Addresses are as long as each other, so that one can be written over the other.
pub const ADDRESSES: [&str; 2] = ["10.213.0.21", "10.213.0.22"];
/// Namespaces of sentinels, as many as a case has.
pub const SENTINELS: [&str; 5] = ["halfopen-s1", "halfopen-s2", "halfopen-s3", "halfopen-s4", "halfopen-s5"];
/// Their addresses.
pub const SENTINEL_ADDRESSES: [&str; 5] =
    ["10.213.0.31", "10.213.0.32", "10.213.0.33", "10.213.0.34", "10.213.0.35"];
const APP_ADDRESS: &str = "10.213.0.11";
const HOSTS: &str = "/etc/netns/halfopen-app/hosts";
/// What the application calls its cache.
pub const NAME: &str = "cache.lab";

/// The network of a lab; torn down when it goes out of scope.
pub struct Namespaces {
    application: &'static str,
    nodes: [&'static str; 2],
    sentinels: &'static [&'static str],
    hosts: &'static str,
}

impl Namespaces {
    /// Builds it with so many sentinels; `resolves` by what the application finds its nodes' hardware addresses.
    ///
    /// # Errors
    /// When a command fails; what was built is torn down.
    pub fn up(resolves: Resolution, sentinels: usize) -> Result<Namespaces, Failure> {
        let built =
            Namespaces { application: APP, nodes: NODES, sentinels: &SENTINELS[..sentinels], hosts: HOSTS };
        ip(&["netns", "add", BRIDGE])?;
        ip(&["-n", BRIDGE, "link", "add", "bridge", "type", "bridge"])?;
        ip(&["-n", BRIDGE, "link", "set", "bridge", "up"])?;
        let hosts = [(APP, APP_ADDRESS), (NODES[0], ADDRESSES[0]), (NODES[1], ADDRESSES[1])];
        let watchers = SENTINELS.into_iter().zip(SENTINEL_ADDRESSES).take(sentinels);
        for (host, address) in hosts.into_iter().chain(watchers) {
            let network = format!("{address}/24");
            let port = &port(host);
            ip(&["netns", "add", host])?;
            ip(&["-n", BRIDGE, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host])?;
            ip(&["-n", BRIDGE, "link", "set", port, "master", "bridge", "up"])?;
            ip(&["-n", host, "addr", "add", &network, "dev", "eth0"])?;
            ip(&["-n", host, "link", "set", "eth0", "up"])?;
            ip(&["-n", host, "link", "set", "lo", "up"])?;
        }
        if resolves == Resolution::Known {
            for (node, address) in NODES.iter().zip(ADDRESSES) {
                let shown = ip(&["-n", node, "-o", "link", "show", "eth0"])?;
                let hardware = shown.split_whitespace().skip_while(|word| *word != "link/ether").nth(1);
                let hardware = hardware.unwrap_or_default();
                let entry =
                    ["neigh", "replace", address, "lladdr", hardware, "dev", "eth0", "nud", "permanent"];
                ip(&[&["-n", APP][..], &entry].concat())?;
            }
        }
        let hosts = || {
            fs::create_dir_all(Path::new(HOSTS).parent().unwrap_or(Path::new("/")))?;
            fs::write(HOSTS, names(0))
        };
        hosts().map_err(|error| Failure::wrong(format!("cannot write {HOSTS}: {error}"), ""))?;
        Ok(built)
    }

    /// The name points to this node from now on. Written in place and at once: the file is mounted where the
    /// application looks, and is read by it at each dial.
    pub fn point_to(&self, node: usize) -> Result<(), Failure> {
        let write = || {
            OpenOptions::new()
                .write(true)
                .open(self.hosts)
                .and_then(|mut file: File| file.write_all(names(node).as_bytes()))
        };
        write().map_err(|error| Failure::wrong(format!("cannot write {}: {error}", self.hosts), ""))
    }

    /// Unplugs a node: silence, both ways.
    pub fn unplug(&self, node: usize) -> Result<(), Failure> {
        ip(&["-n", BRIDGE, "link", "set", &port(self.nodes[node]), "nomaster"]).map(|_| ())
    }

    /// Plugs it in again.
    pub fn plug(&self, node: usize) -> Result<(), Failure> {
        ip(&["-n", BRIDGE, "link", "set", &port(self.nodes[node]), "master", "bridge"]).map(|_| ())
    }

    /// Sets a node's own interface down or up.
    pub fn link(&self, node: usize, state: &str) -> Result<(), Failure> {
        ip(&["-n", self.nodes[node], "link", "set", "eth0", state]).map(|_| ())
    }

    /// Filters what comes into a node and what leaves it by these verdicts; without one all passes.
    ///
    /// What leaves it is filtered where it arrives: a rule in the node's own output would tell its kernel, which then
    /// does not count the segment as sent and tries again by other timers than those of loss
    /// (`net/ipv4/tcp_output.c`, `tcp_write_xmit` breaks off; measured: 9.9 s to resume instead of 13.3).
    pub fn filter(&self, node: usize, inward: Option<&str>, outward: Option<&str>) -> Result<(), Failure> {
        if let Some(verdict) = inward {
            filter(self.nodes[node], &format!("iifname \"eth0\" {verdict}"))?;
        }
        if let Some(verdict) = outward {
            for host in self.others(node) {
                filter(host, &format!("ip saddr {} {verdict}", ADDRESSES[node]))?;
            }
        }
        Ok(())
    }

    /// Lets all pass again.
    pub fn unfilter(&self, node: usize) {
        for host in self.others(node).chain([self.nodes[node]]) {
            // Not all of them have a filter.
            let _ = run(&mut inside(host, "nft", &["delete", "table", "inet", "halfopen"]));
        }
    }

    fn others(&self, node: usize) -> impl Iterator<Item = &'static str> {
        [self.application, self.nodes[1 - node]].into_iter().chain(self.sentinels.iter().copied())
    }

    /// Sets one of the application's kernel settings under `net.ipv4`.
    pub fn kernel(&self, name: &str, value: u32) -> Result<(), Failure> {
        let write = format!("echo {value} > /proc/sys/net/ipv4/{name}");
        run(&mut inside(self.application, "sh", &["-c", &write])).map(|_| ())
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        remove();
    }
}

/// By what the application finds its nodes' hardware addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It knows them for good, as it knows its router's.
    Known,
    /// It asks, and nobody answers for a node that is down.
    Asks,
}

/// Namespaces of a lab that exist now.
pub fn existing() -> Vec<String> {
    let listed = ip(&["netns", "list"]).unwrap_or_default();
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| name.starts_with(PREFIX)).map(str::to_owned).collect()
}

/// Removes every namespace of a lab, after the processes in it. Says how many there were.
pub fn remove() -> usize {
    let names = existing();
    for name in &names {
        for pid in ip(&["netns", "pids", name]).unwrap_or_default().split_whitespace() {
            if let Some(pid) = pid.parse().ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        let _ = ip(&["netns", "delete", name]);
    }
    if let Some(folder) = Path::new(HOSTS).parent() {
        let _ = fs::remove_dir_all(folder);
        // Only if nobody else has anything there.
        let _ = folder.parent().map(fs::remove_dir);
    }
    names.len()
}

/// Filters what comes into a namespace by a rule.
fn filter(namespace: &str, rule: &str) -> Result<(), Failure> {
    let chain = format!("chain inward {{ type filter hook input priority 0; {rule}; }}");
    run(&mut inside(namespace, "nft", &[&format!("table inet halfopen {{ {chain}; }}")])).map(|_| ())
}

/// A command in a namespace.
pub fn inside(namespace: &str, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]).args(arguments);
    command
}

/// Runs it to its end; what it printed.
///
/// # Errors
/// When it cannot start or says that it failed.
pub fn run(command: &mut Command) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::wrong(format!("cannot run {command:?}: {error}"), ""))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::wrong(
        format!("{command:?} failed: {said}"),
        "`halfopen lab clean` removes what may be left",
    ))
}

fn ip(arguments: &[&str]) -> Result<String, Failure> {
    run(Command::new("ip").args(arguments))
}

/// A host's place at the bridge: `to-a`.
fn port(host: &str) -> String {
    format!("to-{}", host.strip_prefix(PREFIX).unwrap_or(host))
}

fn names(node: usize) -> String {
    format!("127.0.0.1 localhost\n{} {NAME}\n", ADDRESSES[node])
}

/// Makes a namespace and runs something in it, to see whether that is allowed.
///
/// # Errors
/// What the system says against it.
pub fn try_one() -> Result<(), String> {
    let attempt = || {
        ip(&["netns", "add", BRIDGE])?;
        run(&mut inside(BRIDGE, "true", &[]))
    };
    let said = attempt().map(|_| ()).map_err(|failure| failure.to_string());
    remove();
    said
}
