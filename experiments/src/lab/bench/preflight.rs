//! What must be there before a lab is built: all that is missing is told at once, each with what brings it.

use std::process::{Command, Stdio};

use super::super::case::{App, Case};
use super::{application, namespaces};
use crate::diagnostics;
use crate::failure::Failure;

/// A thing that is missing, and what brings it.
type Missing = (String, String);

/// Looks for everything that this case needs.
///
/// # Errors
/// All that is missing.
pub fn check(case: &Case) -> Result<(), Failure> {
    let mut missing: Vec<Missing> = Vec::new();
    let mut need = |program: &str, package: &str| {
        let found = answers(program, &["--version"]) || answers(program, &["-V"]);
        if !found {
            missing.push((format!("`{program}` is not there"), format!("apt-get install {package}")));
        }
        found
    };
    let has_ip = need("ip", "iproute2");
    need("redis-server", "redis-server");
    need("redis-cli", "redis-tools");
    if needs_filter(case) {
        need("nft", "nftables");
    }
    if !rustix::process::geteuid().is_root() {
        missing.push(("network namespaces need root".into(), "sudo halfopen lab run …".into()));
    } else if has_ip {
        missing.extend(may_build());
    }
    missing.extend(client(case));
    if missing.is_empty() {
        return Ok(());
    }
    let mut parts: Vec<String> =
        missing.iter().map(|(what, right)| diagnostics::message(what, right)).collect();
    parts.push(diagnostics::message("this machine cannot build the lab yet; nothing was run", ""));
    Err(Failure::Wrong(parts.join("\n\n")))
}

/// Faults that are rules of a packet filter.
pub fn needs_filter(case: &Case) -> bool {
    use halfopen_models::fault::{Lever, Path};
    match case.fault().begin {
        Lever::Path { path: Path::Drops { inward, outward }, .. } => inward != outward,
        Lever::Path { path, .. } => matches!(path, Path::Rejects | Path::Loses(_)),
        _ => false,
    }
}

/// What keeps root from making namespaces here: none may be left over.
fn may_build() -> Option<Missing> {
    let left = namespaces::existing();
    if !left.is_empty() {
        let wrong = format!("another lab runs here, or a killed one has left {}", left.join(", "));
        return Some((wrong, "wait for it, or `halfopen lab clean`".into()));
    }
    namespaces::try_one().err().map(|error| {
        (
            format!("this machine allows no network namespaces, not even to root: {error}"),
            "a container needs --privileged (or CAP_SYS_ADMIN and CAP_NET_ADMIN); a virtual machine has them"
                .into(),
        )
    })
}

/// The client's library, in a version that its preset is about.
fn client(case: &Case) -> Option<Missing> {
    let runtime = application::runtime(case);
    let (package, bring) = match &case.app {
        App::Node => (application::library(case), "npm install"),
        App::Python => ("redis", "pip install"),
        App::Socket => return None,
        App::Command(words) => {
            let there = answers("which", &words[..1]) || std::path::Path::new(&words[0]).exists();
            return (!there)
                .then(|| (format!("`{}` is not there", words[0]), "see [lab] of the case".into()));
        }
    };
    let preset = &case.service().client.preset;
    let wanted = preset.rsplit('-').next().unwrap_or_default();
    let (fix, also) = if case.app == App::Python {
        let also = format!("it is looked for by `{runtime}` ([lab] runtime names another)");
        (format!("{bring} '{package}=={wanted}.*'"), also)
    } else {
        let also =
            format!("it is looked for in {} ([lab] modules names another)", application::modules(case));
        (format!("{bring} {package}@{wanted}"), also)
    };
    if !answers(&runtime, &["--version"]) {
        let brings = if case.app == App::Python { "python3 python3-venv" } else { "nodejs npm" };
        return Some((format!("`{runtime}` is not there"), format!("apt-get install {brings}, then {fix}")));
    }
    let fix = format!("{fix}; {also}");
    match application::version(case) {
        Err(_) => Some((format!("the module `{package}` is not there"), fix)),
        Ok(version) if version == wanted || version.starts_with(&format!("{wanted}.")) => None,
        Ok(version) => Some((format!("`{package}` is {version}, the case is about {preset}"), fix)),
    }
}

/// Whether a program starts and ends well.
fn answers<S: AsRef<std::ffi::OsStr>>(program: &str, arguments: &[S]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
