//! `[[fault]]`: from text to levers.

use halfopen_sim::{Span, Time};

use super::{Fault, Hit, Lever, MODES, Mode, Path, Process};
use crate::scenario::fields::Fields;
use crate::scenario::reader::Cursor;
use crate::scenario::units::span_text;
use crate::scenario::{Names, span};

/// Reads a scenario's faults. One that lasts no time is checked and left out: it must change nothing, not even when
/// the results begin to count as "after the fault".
pub(crate) fn read(at: &Cursor<'_>, names: &Names<'_>, horizon: Option<Span>) -> Option<Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut good = true;
    for at in at.list()? {
        let Some(fault) = fault(&at, names, horizon) else {
            good = false;
            continue;
        };
        if fault.until == Some(fault.at) {
            continue;
        }
        if let Some(other) = faults.iter().find(|other| overlap(other, &fault)) {
            let held = span_text(other.at.saturating_since(Time::ZERO));
            at.wrong(
                format!("`{}` is already hit by the fault at {held}", fault.target),
                "one fault at a time on a node: end the earlier one before with for = \"…\"",
            );
            good = false;
        }
        faults.push(fault);
    }
    good.then_some(faults)
}

/// Whether both hold one node at some time: the end of either would end the other.
fn overlap(one: &Fault, other: &Fault) -> bool {
    let ends = |fault: &Fault| fault.until.unwrap_or(Time::MAX);
    let holds = |fault: &Fault| matches!(fault.begin, Lever::Process { .. } | Lever::Path { .. });
    let both = holds(one) && holds(other) && one.target == other.target;
    both && one.at < ends(other) && other.at < ends(one)
}

fn fault(at: &Cursor<'_>, names: &Names<'_>, horizon: Option<Span>) -> Option<Fault> {
    let mut fields = at.fields()?;
    let begins = fields.need("at", "\"8m\"", |at| {
        let begins = span(at)?;
        if horizon.is_some_and(|horizon| begins >= horizon) {
            let horizon = horizon.map_or_else(String::new, span_text);
            at.wrong(
                format!("the run ends before this, at {horizon}"),
                "an earlier fault, or a later horizon",
            );
            return None;
        }
        Some(Time::ZERO + begins)
    });
    if at.is_blank() {
        let modes = MODES.iter().map(|mode| (mode.name, mode.example));
        at.each_kind(modes, |index, at| {
            (MODES[index].read)(at, names);
        });
    }
    let modes: Vec<(&str, &str)> = MODES.iter().map(|mode| (mode.name, mode.example)).collect();
    let (mode, at) = at.one_kind(&fields.rest(), &modes)?;
    let mode: &Mode = &MODES[mode];
    let Hit { target, what, begin, end } = (mode.read)(&at, names)?;
    let begins = begins?;
    Some(Fault {
        mode: mode.name,
        target,
        what: what.to_owned(),
        at: begins,
        begin,
        until: end.map(|(lasts, _)| begins + lasts),
        end: end.map(|(_, lever)| lever),
    })
}

/// Reads a mode that does something to one node's process, until it runs again.
pub(super) fn node_becomes(
    at: &Cursor<'_>,
    names: &Names<'_>,
    process: Process,
    what: &'static str,
) -> Option<Hit> {
    let mut fields = at.fields()?;
    let lever = |cache, node, process| Lever::Process { cache, node, process };
    let (node, lasts) = (node(&mut fields, names), lasts(&mut fields));
    fields.finish();
    let ((target, cache, node), lasts) = (node?, lasts?);
    let end = lasts.map(|lasts| (lasts, lever(cache, node, Process::Running)));
    Some(Hit { target, what, begin: lever(cache, node, process), end })
}

/// Reads a mode that does something to the way to one node, until it is open again; `read` reads the mode's own
/// fields.
pub(super) fn path_becomes<'a>(
    at: &Cursor<'a>,
    names: &Names<'_>,
    what: &'static str,
    read: impl FnOnce(&mut Fields<'a>) -> Option<Path>,
) -> Option<Hit> {
    let mut fields = at.fields()?;
    let lever = |cache, node, path| Lever::Path { cache, node, path };
    let (node, path, lasts) = (node(&mut fields, names), read(&mut fields), lasts(&mut fields));
    fields.finish();
    let ((target, cache, node), path, lasts) = (node?, path?, lasts?);
    let end = lasts.map(|lasts| (lasts, lever(cache, node, Path::Open)));
    Some(Hit { target, what, begin: lever(cache, node, path), end })
}

/// How long a mode lasts; absent: to the end of the run.
#[expect(clippy::option_option, reason = "outer: a problem was noted; inner: it does not end")]
fn lasts(fields: &mut Fields<'_>) -> Option<Option<Span>> {
    fields.may("for", span)
}

/// Reads which node is hit: its name, its cache, its position there.
pub(super) fn node(fields: &mut Fields<'_>, names: &Names<'_>) -> Option<(String, usize, usize)> {
    fields.need("node", "\"main.a\"", |at| any_node(at, names))
}

fn any_node(at: &Cursor<'_>, names: &Names<'_>) -> Option<(String, usize, usize)> {
    let all: Vec<(String, usize, usize)> = names
        .caches
        .iter()
        .zip(&names.nodes)
        .enumerate()
        .flat_map(|(cache, (name, nodes))| {
            nodes.iter().enumerate().map(move |(node, of)| (format!("{name}.{of}"), cache, node))
        })
        .collect();
    let targets: Vec<&str> = all.iter().map(|(target, _, _)| target.as_str()).collect();
    let found = at.reference("node", &targets)?;
    Some(all[found].clone())
}

/// Reads which service is meant.
pub(super) fn service(fields: &mut Fields<'_>, names: &Names<'_>) -> Option<usize> {
    fields.need("service", "\"api\"", |at| at.reference("service", &names.services))
}

/// Reads which cache is meant.
pub(super) fn cache(fields: &mut Fields<'_>, names: &Names<'_>) -> Option<usize> {
    fields.need("cache", "\"main\"", |at| {
        let cache = at.reference("cache", &names.caches)?;
        if names.nodes[cache].len() < 2 {
            at.wrong("this cache has no node to hand over to", "give it a second node");
            return None;
        }
        Some(cache)
    })
}
