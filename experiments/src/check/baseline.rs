//! A baseline: what was measured when somebody last said that it is right. One line a figure, with the value of every
//! replication, so that a later run of the same seeds can be compared with it pair by pair; and with mean or median and
//! its interval, for whoever reads the change in a review.

use std::fmt::Write as _;
use std::path::Path;

use halfopen_models::summary::{Figure, Replication};
use halfopen_sim::digest::Digest;

use super::cases::Case;
use super::figures::{self, Shown, rounded};
use crate::args;
use crate::failure::Failure;

/// The figures of a scenario in its variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Seed of the first replication.
    pub seed: u64,
    /// In the order of the file.
    pub lines: Vec<Line>,
}

/// One figure of one variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The variant; `none`: the scenario as it is.
    pub variant: String,
    /// `api.crashes`, or [`EVENTS`].
    pub figure: String,
    /// Mean or median, and its interval, as text; empty where there is none.
    pub estimate: [String; 3],
    /// Of each replication.
    pub values: Values,
}

/// What a line holds of every replication.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// What it shows.
    Shown(Vec<Shown>),
    /// Digests of all events.
    Digests(Vec<String>),
}

/// The line that holds the digests: where they are equal, nothing at all has changed.
pub const EVENTS: &str = "events";
const FIRST: &str = "# halfopen baseline 1, seed ";
const ABOUT: &str = "\
# Written by `halfopen check --bless`; its diff belongs into the review. One line a figure: mean, or median of a time, with
# its 95 % interval, and the value of each replication, which a check compares seed by seed.
variant,figure,estimate,low,high,replications
";

impl Baseline {
    /// What was measured of a case: of the first `--reps` replications, however many there are.
    pub fn of(case: &Case, replications: &[Vec<Replication>], args: &args::Check) -> Baseline {
        let names = figures::names(&case.scenario);
        let mut lines = Vec::new();
        for (variant, point) in &case.variants {
            let replications = &replications[*point][..args.reps as usize];
            let variant = variant.as_deref().unwrap_or("none");
            let digest = |it: &Replication| {
                let mut digest = Digest::new();
                digest.mix(it.digest);
                format!("{:08x}", digest.value() >> 32)
            };
            let digests = Values::Digests(replications.iter().map(digest).collect());
            let line =
                |figure: String, estimate, values| Line { variant: variant.into(), figure, estimate, values };
            lines.push(line(EVENTS.into(), [const { String::new() }; 3], digests));
            for name in &names {
                let figure =
                    Figure::over(&replications.iter().map(|it| name.observed(it)).collect::<Vec<_>>());
                let [low, high] = name.interval(&figure);
                let mut estimate =
                    [name.number(&figure), low, high].map(|it| it.map_or(String::new(), digits));
                if figure.median.is_none() && figure.censored > 0 {
                    estimate[0] = "never".into();
                }
                let values = Values::Shown(figures::shown(name, replications));
                lines.push(line(name.short(), estimate, values));
            }
        }
        Baseline { seed: args.seed, lines }
    }

    /// The baseline in this file; `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is no baseline.
    pub fn read(file: &Path) -> Result<Option<Baseline>, Failure> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::wrong(format!("{} cannot be read: {error}", file.display()), ""));
            }
        };
        Baseline::parse(&text).map(Some).map_err(|(line, wrong)| {
            Failure::wrong(
                format!("{}:{line}: {wrong}", file.display()),
                "restore the file from version control, or remove it and write it anew with --bless",
            )
        })
    }

    fn parse(text: &str) -> Result<Baseline, (usize, String)> {
        let first = text.lines().next().and_then(|line| line.strip_prefix(FIRST));
        let seed = first.and_then(|seed| seed.trim().parse().ok());
        let seed = seed.ok_or_else(|| (1, format!("this is no baseline: expected `{FIRST}N`")))?;
        let body = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')).skip(1);
        let line = |(at, line): (usize, &str)| {
            Line::parse(line).ok_or_else(|| {
                (at + 1, "expected six columns, the last with the value of each replication".into())
            })
        };
        Ok(Baseline { seed, lines: body.map(line).collect::<Result<_, _>>()? })
    }

    /// As text.
    pub fn write(&self) -> String {
        let mut out = format!("{FIRST}{}\n{ABOUT}", self.seed);
        for line in &self.lines {
            let Line { variant, figure, estimate: [estimate, low, high], values } = line;
            let values = match values {
                Values::Shown(values) => values.iter().map(Shown::to_string).collect::<Vec<_>>().join(" "),
                Values::Digests(digests) => digests.join(" "),
            };
            let _ = writeln!(out, "{variant},{figure},{estimate},{low},{high},{values}");
        }
        out
    }

    /// The line of a figure.
    pub fn line(&self, variant: &str, figure: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.variant == variant && line.figure == figure)
    }
}

impl Line {
    /// Names hold letters, digits, `-`, `_` and dots only, so that nothing is quoted.
    fn parse(line: &str) -> Option<Line> {
        let columns: Vec<&str> = line.split(',').collect();
        let &[variant, figure, estimate, low, high, values] = columns.as_slice() else { return None };
        let values = values.split_whitespace();
        let values = if figure == EVENTS {
            Values::Digests(values.map(str::to_owned).collect())
        } else {
            Values::Shown(values.map(Shown::parse).collect::<Option<_>>()?)
        };
        let estimate = [estimate, low, high].map(str::to_owned);
        Some(Line { variant: variant.into(), figure: figure.into(), estimate, values })
    }
}

/// A value with as many digits as one compares with the eye: four.
pub fn digits(value: f64) -> String {
    let value = rounded(value);
    let short: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    short.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let line = |figure: &str, values| Line {
            variant: "none".into(),
            figure: figure.into(),
            estimate: ["1.5".into(), String::new(), "2".into()],
            values,
        };
        let shown = Values::Shown(vec![Shown::Value(1.5), Shown::Never, Shown::Nothing]);
        let digests = Values::Digests(vec!["00ff00ff".into(), "12345678".into()]);
        let baseline = Baseline { seed: 7, lines: vec![line(EVENTS, digests), line("api.crashes", shown)] };
        assert_eq!(Baseline::parse(&baseline.write()), Ok(baseline));
    }

    #[test]
    fn what_is_no_baseline_is_told_with_its_line() {
        let good = Baseline { seed: 1, lines: Vec::new() }.write();
        for (text, line) in
            [("nonsense", 1), ("", 1), (&*(good.clone() + "a,b,c\n"), 5), (&*(good + "a,b,,,,x\n"), 5)]
        {
            assert_eq!(Baseline::parse(text).unwrap_err().0, line, "{text}");
        }
    }
}
