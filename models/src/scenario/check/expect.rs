//! `[expect]`: what the scenario claims about its result.

use halfopen_sim::Span;

use super::{Names, span};
use crate::scenario::fields::Fields;
use crate::scenario::kinds::Kind;
use crate::scenario::raw::Entry;
use crate::scenario::reader::Cursor;
use crate::scenario::{Claim, ClaimFigure, Origin};

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
    if at.is_blank() {
        let kinds = FIGURES.iter().map(|kind| (kind.name, kind.example));
        at.each_kind(kinds, |index, at| {
            (FIGURES[index].read)(at);
        });
    }
    let kinds: Vec<(&str, &str)> = FIGURES.iter().map(|kind| (kind.name, kind.example)).collect();
    let (kind, at) = at.one_kind(&fields.rest(), &kinds)?;
    let (figure, bounds) = (FIGURES[kind].read)(&at)?;
    Some(Claim {
        text: entry.key.clone(),
        line: 0,
        variant: variant?.map(|index| names.variants[index].to_owned()),
        service: service?,
        figure,
        at_least: bounds.0,
        at_most: bounds.1,
    })
}

type Bounds = (Option<f64>, Option<f64>);

const FIGURES: &[Kind<(ClaimFigure, Bounds)>] = &[
    Kind {
        name: "first_error",
        example: "{ first_error = { before = \"2m\" } }",
        read: |at| times(at).map(|bounds| (ClaimFigure::FirstError, bounds)),
    },
    Kind {
        name: "first_crash",
        example: "{ first_crash = { after = \"2m\", before = \"10m\" } }",
        read: |at| times(at).map(|bounds| (ClaimFigure::FirstCrash, bounds)),
    },
    Kind {
        name: "recovery",
        example: "{ recovery = { before = \"21m\" } }",
        read: |at| times(at).map(|bounds| (ClaimFigure::Recovery, bounds)),
    },
    Kind {
        name: "errors_for",
        example: "{ errors_for = { before = \"10s\" } }",
        read: |at| times(at).map(|bounds| (ClaimFigure::ErrorsFor, bounds)),
    },
    Kind {
        name: "crashes",
        example: "{ crashes = { at_most = 0 } }",
        read: |at| {
            let count = |at: &Cursor<'_>| at.count(0..=u32::MAX).map(f64::from);
            bounds(at, ["at_least", "at_most"], "0", count).map(|bounds| (ClaimFigure::Crashes, bounds))
        },
    },
    Kind {
        name: "availability",
        example: "{ availability = { at_least = \"99.9%\" } }",
        read: |at| {
            let share = |at: &Cursor<'_>| at.ratio();
            let bounds = bounds(at, ["at_least", "at_most"], "\"99.9%\"", share);
            bounds.map(|bounds| (ClaimFigure::Availability, bounds))
        },
    },
];

fn times(at: &Cursor<'_>) -> Option<Bounds> {
    bounds(at, ["after", "before"], "\"2m\"", |at| span(at).map(Span::as_secs_f64))
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
