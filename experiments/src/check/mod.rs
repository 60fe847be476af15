//! `halfopen check`: scenarios held to their claims, and to figures that were blessed in a review.

mod annotate;
mod baseline;
mod cases;
mod compare;
mod figures;
mod looks;
mod outcome;
mod show;

use std::process::ExitCode;

use crate::args::{self, Format};
use crate::export::replace;
use crate::failure::Failure;
use crate::{interrupt, print, readable, say};
use baseline::Baseline;
use cases::Cases;
use looks::Looks;
use outcome::Outcome;

/// Simulates as often as the claims need, compares, tells the person, and blesses where that was asked for.
pub fn check(args: &args::Check) -> Result<ExitCode, Failure> {
    let cases = Cases::of(args)?;
    let baselines = cases.all.iter().map(|case| case.baseline.as_deref().map(Baseline::read));
    let baselines: Vec<Option<Option<Baseline>>> =
        baselines.map(Option::transpose).collect::<Result<_, _>>()?;
    interrupt::listen()?;
    let looks = Looks::of(args);
    let (judged, speed) = looks.take(&cases, args)?;

    let mut outcomes = Vec::new();
    for ((case, claims), earlier) in cases.all.iter().zip(&judged.claims).zip(baselines) {
        let measured = Baseline::of(case, &judged.replications, args);
        let changes = match earlier.flatten() {
            Some(earlier) => Some(compare::compare(&earlier, &measured, case)?),
            None => None,
        };
        outcomes.push(Outcome { case, claims, changes, measured });
    }
    print(&match args.shown.format {
        Format::Json => show::json(&outcomes, &looks),
        Format::Table => show::text(&outcomes, &looks),
    })?;
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|is| is == "true") {
        outcomes
            .iter()
            .flat_map(|outcome| annotate::github(outcome, args.strict))
            .for_each(|line| say(&line));
    }
    if let Some(file) = &args.junit {
        replace(file, show::junit(&outcomes, args.strict).as_bytes())?;
    }
    if args.bless {
        bless(&outcomes)?;
    }
    if !args.shown.quiet {
        let n: usize = judged.replications.iter().map(Vec::len).sum();
        say(&format!("{n} replications simulated in {}", readable::seconds(speed.seconds)));
    }
    let failed = outcomes.iter().any(|outcome| outcome.fails(args.strict, args.bless));
    Ok(ExitCode::from(u8::from(failed)))
}

/// Writes every baseline that is not what was measured.
fn bless(outcomes: &[Outcome<'_>]) -> Result<(), Failure> {
    for outcome in outcomes {
        let Some(place) = &outcome.case.baseline else {
            say(&format!(
                "{}: a shipped scenario has no place for a baseline; name one with --baselines",
                outcome.case.source.name
            ));
            continue;
        };
        let text = outcome.measured.write();
        if std::fs::read_to_string(place).is_ok_and(|there| there == text) {
            continue;
        }
        replace(place, text.as_bytes())?;
        say(&format!("blessed {}", place.display()));
    }
    Ok(())
}
