//! `[load.NAME]`.
//!
//! A constant rate is a text, `poisson = "600/s"`. A changing one is a list of points, `{ at = "5m", rate = "900/s" }`,
//! joined by straight lines; two points at one time are a step, and after the last the rate stays.

use halfopen_sim::{Span, Time};

use super::{Names, YEAR, some_span};
use crate::protect::backoff::Delay;
use crate::protect::{backoff, budget};
use crate::scenario::fields::Fields;
use crate::scenario::kinds::Kind;
use crate::scenario::raw::Value;
use crate::scenario::reader::Cursor;
use crate::scenario::units::span_text;
use crate::scenario::{Load, Retries};

/// Requests a second; a second of simulated time would take many seconds to run.
const MOST: f64 = 10_000_000.0;
/// One request in eleven days: the longest wait for an arrival that the clock is sure to hold.
const LEAST: f64 = 1e-6;
/// Who tries more often than this never gives up; the requests of a silent service would only grow.
const MOST_RETRIES: u32 = 1_000;
/// Each has a budget of some dozen words.
const MOST_CALLERS: u32 = 100_000;

pub(super) fn load(at: &Cursor<'_>, name: &str, names: &Names<'_>) -> Option<Load> {
    let mut fields = at.fields()?;
    let service = fields.need("to", "\"api\"", |at| at.reference("service", &names.services));
    let rate = fields.need("arrivals", ARRIVALS[0].example, |at| at.kind(ARRIVALS));
    let deadline = fields.may("deadline", some_span);
    let retries = retries(&mut fields);
    fields.finish();
    Some(Load {
        name: name.to_owned(),
        service: service?,
        rate: rate?,
        deadline: deadline?,
        retries: retries?,
    })
}

fn retries(fields: &mut Fields<'_>) -> Option<Retries> {
    let most = fields.or("retries", 0, |at| at.count(0..=MOST_RETRIES));
    let delay = match most {
        // Of no use without retries, but then it must still be right.
        Some(0) | None => fields.or("retry_delay", Delay::Fixed(Span::ZERO), backoff::read),
        Some(_) => fields.need("retry_delay", "\"100ms\"", backoff::read),
    };
    let budget = fields.may("retry_budget", budget::read);
    let count = |at: &Cursor<'_>| at.count(1..=MOST_CALLERS);
    let callers = match budget {
        Some(Some(_)) => fields.need("callers", "20", count),
        _ => fields.or("callers", 1, count),
    };
    Some(Retries { most: most?, delay: delay?, budget: budget?, callers: callers? })
}

const ARRIVALS: &[Kind<Vec<(Time, f64)>>] =
    &[Kind { name: "poisson", example: "{ poisson = \"600/s\" }", read: poisson }];

fn poisson(at: &Cursor<'_>) -> Option<Vec<(Time, f64)>> {
    let steady = |at: &Cursor<'_>| rate(at).map(|rate| vec![(Time::ZERO, rate)]);
    at.either(|value| matches!(value, Value::Array(_)), points, steady)
}

fn points(at: &Cursor<'_>) -> Option<Vec<(Time, f64)>> {
    let mut points: Vec<(Time, f64)> = Vec::new();
    let mut good = true;
    let mut times: Vec<Time> = Vec::new();
    for at in at.list()? {
        let point = point(&at, &mut times);
        good &= point.is_some();
        points.extend(point);
    }
    good.then_some(points)
}

fn point(at: &Cursor<'_>, before: &mut Vec<Time>) -> Option<(Time, f64)> {
    let mut fields = at.fields()?;
    let time = fields.need("at", "\"5m\"", |at| {
        let time = Time::ZERO + at.span(Span::ZERO, YEAR)?;
        let complaint = match before.as_slice() {
            [] if time > Time::ZERO => {
                Some(("the first point is not at the start", "at = \"0s\"".to_owned()))
            }
            [.., last] if time < *last => {
                let last = span_text(last.saturating_since(Time::ZERO));
                Some(("points go back in time", format!("at {last} or later")))
            }
            [.., one, two] if *one == time && *two == time => {
                Some(("three points at one time", "two make a step: before and after it".to_owned()))
            }
            _ => None,
        };
        before.push(time);
        if let Some((wrong, right)) = complaint {
            at.wrong(wrong, right);
            return None;
        }
        Some(time)
    });
    let rate = fields.need("rate", "\"900/s\"", rate);
    fields.finish();
    Some((time?, rate?))
}

fn rate(at: &Cursor<'_>) -> Option<f64> {
    let rate = at.rate()?;
    if rate == 0.0 || (LEAST..=MOST).contains(&rate) {
        return Some(rate);
    }
    at.wrong(format!("{} is out of range", at.raw.inline()), format!("0/s, or from 1/h up to {MOST}/s"));
    None
}
