//! `[expect]`: what the scenario claims about its result.

use halfopen_sim::Span;

use super::{Names, span};
use crate::scenario::fields::Fields;
use crate::scenario::grammar::Asked;
use crate::scenario::raw::Entry;
use crate::scenario::reader::Cursor;
use crate::scenario::{Claim, ClaimFigure, ClaimMust, LatencyQuantile, Origin};

pub(super) fn claims(at: &Cursor<'_>, names: &Names<'_>, text: &str) -> Option<Vec<Claim>> {
    let section = line(&at.raw.origin, text).unwrap_or(1);
    let claims: Vec<Option<Claim>> = at
        .named()?
        .iter()
        .map(|(entry, at)| {
            claim(at, entry, names).map(|mut claim| {
                claim.line = line(&entry.origin, text).unwrap_or(section);
                claim
            })
        })
        .collect();
    claims.into_iter().collect()
}

/// The line of a place in the file, from 1.
fn line(origin: &Origin, text: &str) -> Option<u32> {
    match origin {
        Origin::File(range) => {
            Some(1 + text.as_bytes().iter().take(range.start).filter(|&&byte| byte == b'\n').count() as u32)
        }
        Origin::Set(_) | Origin::Variant => None,
    }
}

fn claim(at: &Cursor<'_>, entry: &Entry, names: &Names<'_>) -> Option<Claim> {
    let mut fields = at.fields()?;
    let variant = fields.may("variant", |at| at.reference("variant", &names.variants));
    let service = fields.may("service", |at| at.reference("service", &names.services));
    let share = fields.may("share", Cursor::ratio);
    let against = fields.may("against", |at| other(at, names));
    let compared = fields.get("against").is_some();
    let both = compared && fields.get("share").is_some();
    if at.is_blank() {
        at.each_kind(FIGURES.iter().map(|it| (it.name, it.example)), |index, at| {
            FIGURES[index].reads.bounds(at);
            ratios(at, FIGURES[index].figure);
        });
    }
    let kinds: Vec<(&str, &str)> = FIGURES.iter().map(|figure| (figure.name, figure.example)).collect();
    let (kind, at) = at.one_kind(&fields.rest(), &kinds)?;
    let Known { figure, reads, .. } = &FIGURES[kind];
    if both {
        at.wrong(
            "`share` and `against` in one claim",
            "keep one: a ratio is one of means, not of replications",
        );
    }
    let (at_least, at_most) = if compared { ratios(&at, *figure) } else { reads.bounds(&at) }?;
    let variant = variant?.map(|index| names.variants[index].to_owned());
    let must = match (share?, against?) {
        (Some(_), Some(_)) => return None,
        (Some(share), None) => ClaimMust::Share(share),
        (None, Some(other)) if other == variant => {
            at.wrong("compares a variant with itself", "name another variant in `against`");
            return None;
        }
        (None, Some(other)) => ClaimMust::Against(other),
        (None, None) => ClaimMust::Usual,
    };
    Some(Claim {
        text: entry.key.clone(),
        line: 0,
        variant,
        service: service?,
        figure: *figure,
        must,
        at_least,
        at_most,
    })
}

/// Another variant, or `"none"`: the scenario as it is.
#[expect(clippy::option_option, reason = "outer: a problem was noted; inner: the scenario as it is")]
fn other(at: &Cursor<'_>, names: &Names<'_>) -> Option<Option<String>> {
    at.asks(|| Asked::Text);
    let mut known = vec!["none"];
    known.extend(&names.variants);
    at.reference("variant", &known).map(|index| (index > 0).then(|| known[index].to_owned()))
}

type Bounds = (Option<f64>, Option<f64>);

/// A figure that can be claimed.
struct Known {
    name: &'static str,
    example: &'static str,
    figure: ClaimFigure,
    reads: Reads,
}

/// What the bounds of a figure are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// After and before.
    Time,
    Duration,
    Count,
    Share,
    Size,
    Number,
    Rate,
}

const fn known(name: &'static str, example: &'static str, figure: ClaimFigure, reads: Reads) -> Known {
    Known { name, example, figure, reads }
}

const FIGURES: &[Known] = &[
    known("first_error", "{ first_error = { before = \"2m\" } }", ClaimFigure::FirstError, Reads::Time),
    known(
        "first_crash",
        "{ first_crash = { after = \"2m\", before = \"10m\" } }",
        ClaimFigure::FirstCrash,
        Reads::Time,
    ),
    known("recovery", "{ recovery = { before = \"21m\" } }", ClaimFigure::Recovery, Reads::Time),
    known("errors_for", "{ errors_for = { before = \"10s\" } }", ClaimFigure::ErrorsFor, Reads::Time),
    known("crashes", "{ crashes = { at_most = 0 } }", ClaimFigure::Crashes, Reads::Count),
    known("errors", "{ errors = { at_most = 100 } }", ClaimFigure::Errors, Reads::Count),
    known(
        "availability",
        "{ availability = { at_least = \"99.9%\" } }",
        ClaimFigure::Availability,
        Reads::Share,
    ),
    known(
        "peak_pending_calls",
        "{ peak_pending_calls = { at_most = 5000 } }",
        ClaimFigure::PeakPendingCalls,
        Reads::Count,
    ),
    known("peak_memory", "{ peak_memory = { at_most = \"1GiB\" } }", ClaimFigure::PeakMemory, Reads::Size),
    known(
        "latency_p50",
        "{ latency_p50 = { at_most = \"10ms\" } }",
        ClaimFigure::Latency(LatencyQuantile::P50),
        Reads::Duration,
    ),
    known(
        "latency_p99",
        "{ latency_p99 = { at_most = \"250ms\" } }",
        ClaimFigure::Latency(LatencyQuantile::P99),
        Reads::Duration,
    ),
    known(
        "latency_p999",
        "{ latency_p999 = { at_most = \"1s\" } }",
        ClaimFigure::Latency(LatencyQuantile::P999),
        Reads::Duration,
    ),
    known(
        "retry_amplification",
        "{ retry_amplification = { at_most = 1.5 } }",
        ClaimFigure::RetryAmplification,
        Reads::Number,
    ),
    known(
        "pending_growth",
        "{ pending_growth = { at_most = \"1/s\" } }",
        ClaimFigure::PendingGrowth,
        Reads::Rate,
    ),
];

impl Reads {
    fn bounds(self, at: &Cursor<'_>) -> Option<Bounds> {
        let ends = ["at_least", "at_most"];
        let seconds = |at: &Cursor<'_>| span(at).map(Span::as_secs_f64);
        match self {
            Reads::Time => bounds(at, ["after", "before"], "\"2m\"", seconds),
            Reads::Duration => bounds(at, ends, "\"250ms\"", seconds),
            Reads::Count => bounds(at, ends, "0", |at| at.count(0..=u32::MAX).map(f64::from)),
            Reads::Share => bounds(at, ends, "\"99.9%\"", |at: &Cursor<'_>| at.ratio()),
            Reads::Size => bounds(at, ends, "\"1GiB\"", |at| at.bytes(0, u64::MAX).map(|it| it as f64)),
            Reads::Number => bounds(at, ends, "1.5", |at| at.number(0.0, MOST)),
            Reads::Rate => bounds(at, ends, "\"1/s\"", |at: &Cursor<'_>| at.rate()),
        }
    }
}

/// Far above any ratio that one would claim.
const MOST: f64 = 1e9;

/// Bounds of a ratio. Only what every replication shows has a mean to divide, and only what cannot fall below zero has
/// one that means something.
fn ratios(at: &Cursor<'_>, figure: ClaimFigure) -> Option<Bounds> {
    use ClaimFigure::{FirstCrash, FirstError, PendingGrowth, Recovery};
    if matches!(figure, FirstError | FirstCrash | Recovery | PendingGrowth) {
        let right =
            "compare a count, a share, a latency or how long errors last; or claim each time by itself";
        at.wrong("has no ratio: it may never come, or be below zero", right);
        return None;
    }
    bounds(at, ["at_least", "at_most"], "\"50%\" or 0.5", |at| at.multiple(MOST))
}

fn bounds(
    at: &Cursor<'_>,
    names: [&'static str; 2],
    example: &str,
    read: impl Fn(&Cursor<'_>) -> Option<f64>,
) -> Option<Bounds> {
    let mut fields: Fields<'_> = at.fields()?;
    let least = fields.may(names[0], &read);
    let most = fields.may(names[1], &read);
    if fields.get(names[0]).is_none() && fields.get(names[1]).is_none() {
        let [least, most] = names;
        at.wrong("a claim without a bound", format!("write {least} = {example} or {most} = {example}"));
    }
    if let (Some(Some(least)), Some(Some(most))) = (least, most)
        && least > most
    {
        at.wrong("no value can hold", format!("`{}` is above `{}`: exchange them", names[0], names[1]));
    }
    fields.finish();
    Some((least?, most?))
}
