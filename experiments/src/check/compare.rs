//! What has changed since the baseline. The rule, figure by figure:
//!
//! 1. The replications have the same seeds, hence the same arrivals and demands. A figure whose every value is the same to
//!    six digits *is as it was*; with nothing changed in the scenario or the program that is all of them.
//! 2. Else each pair's difference is taken, and the figure *has changed* where the t test of their mean says so at 5 %,
//!    adjusted by Holm over all figures of the scenario. What both runs met alike drops out of a difference, so that a
//!    small effect shows, and one that is the same in every replication always does.
//! 3. Else it *moved within its noise*, which is counted and is no failure.
//!
//! A time that never came counts as the end of the run: the mean is then the restricted one, which is what can be compared
//! of times that all runs cut off alike. A value that is missing on one side only is a change.

use halfopen_models::statistics::{LEVEL, holm, paired};
use halfopen_sim::Time;

use super::baseline::{Baseline, EVENTS, Line, Values};
use super::cases::Case;
use super::figures::Shown;
use crate::failure::Failure;

/// The differences between a baseline and what was measured.
#[derive(Debug, Default)]
pub struct Changes {
    /// Figures that have changed.
    pub changed: Vec<Change>,
    /// How many moved within their noise.
    pub noise: usize,
    /// How many are as they were.
    pub same: usize,
    /// Figures that the baseline does not know, as `api.crashes (variant x)`.
    pub new: Vec<String>,
    /// Figures of the baseline that are not there any more.
    pub gone: Vec<String>,
    /// Whether in every replication every event is as it was.
    pub events_same: bool,
}

/// Mean difference of the pairs and its 95 % interval.
pub type Difference = (f64, Option<[f64; 2]>);

/// A figure that has changed.
#[derive(Debug)]
pub struct Change {
    /// The variant; `none`: the scenario as it is.
    pub variant: String,
    /// `api.crashes`.
    pub figure: String,
    /// What the baseline says: estimate, low, high.
    pub before: [String; 3],
    /// What was measured.
    pub after: [String; 3],
    /// Mean difference of the pairs and its 95 % interval; absent where values are missing.
    pub difference: Option<Difference>,
}

impl Changes {
    /// Whether the baseline is not what was measured.
    pub fn any(&self) -> bool {
        !(self.changed.is_empty() && self.new.is_empty() && self.gone.is_empty())
    }
}

/// A figure that is not as it was.
struct Moved<'a> {
    before: &'a Line,
    after: &'a Line,
    difference: Option<Difference>,
    p: f64,
}

/// Compares what was measured with the baseline of the case.
///
/// # Errors
/// When they have no seed in common.
pub fn compare(before: &Baseline, after: &Baseline, case: &Case) -> Result<Changes, Failure> {
    if before.seed != after.seed {
        let place = case.baseline.as_ref().map_or(String::new(), |it| it.display().to_string());
        return Err(Failure::wrong(
            format!("{place} was made from seed {}, and this check is from seed {}", before.seed, after.seed),
            format!("check with --seed {}, or remove the file and bless it anew", before.seed),
        ));
    }
    let horizon = Time::ZERO + case.scenario.horizon;
    let fault = case.scenario.faults.iter().map(|fault| fault.at).min();
    let end = horizon.saturating_since(fault.unwrap_or(Time::ZERO)).as_secs_f64();
    let mut changes = Changes { events_same: true, ..Changes::default() };
    let mut moved: Vec<Moved<'_>> = Vec::new();
    for line in &after.lines {
        match (before.line(&line.variant, &line.figure).map(|it| (it, &it.values)), &line.values) {
            (Some((_, Values::Digests(old))), Values::Digests(new)) => {
                changes.events_same &= old.iter().zip(new).all(|(old, new)| old == new);
            }
            (Some((there, Values::Shown(old))), Values::Shown(new)) => {
                if old.iter().zip(new).all(|(old, new)| old == new) {
                    changes.same += 1;
                } else {
                    let (difference, p) = differ(old, new, end);
                    moved.push(Moved { before: there, after: line, difference, p });
                }
            }
            _ if line.figure == EVENTS => changes.events_same = false,
            _ => changes.new.push(called(line)),
        }
    }
    let gone =
        before.lines.iter().filter(|it| it.figure != EVENTS && after.line(&it.variant, &it.figure).is_none());
    changes.gone = gone.map(called).collect();
    // What is as it was is a test, too: with a p of one.
    let p: Vec<f64> = moved.iter().map(|it| it.p).chain(std::iter::repeat_n(1.0, changes.same)).collect();
    for (it, p) in moved.into_iter().zip(holm(&p)) {
        if p < 1.0 - LEVEL {
            changes.changed.push(Change {
                variant: it.after.variant.clone(),
                figure: it.after.figure.clone(),
                before: it.before.estimate.clone(),
                after: it.after.estimate.clone(),
                difference: it.difference,
            });
        } else {
            changes.noise += 1;
        }
    }
    Ok(changes)
}

/// Mean difference of the pairs with its interval, and the p that there is none.
fn differ(old: &[Shown], new: &[Shown], end: f64) -> (Option<Difference>, f64) {
    let missing = old.iter().zip(new).any(|(old, new)| (*old == Shown::Nothing) != (*new == Shown::Nothing));
    if missing {
        return (None, 0.0);
    }
    let value = |it: &Shown| match it {
        Shown::Value(value) => Some(*value),
        Shown::Never => Some(end),
        Shown::Nothing => None,
    };
    let pairs = old.iter().zip(new).filter_map(|(old, new)| Some((value(new)?, value(old)?)));
    let (new, old): (Vec<f64>, Vec<f64>) = pairs.unzip();
    match paired(&new, &old, LEVEL) {
        // Of one pair nothing but chance could be blamed, and there is none: the seed is the same.
        Some(it) => (Some((it.difference, it.interval)), it.p.unwrap_or(0.0)),
        None => (None, 1.0),
    }
}

fn called(line: &Line) -> String {
    format!("{}{}", line.figure, of_variant(&line.variant))
}

/// ` (variant x)`, or nothing for the scenario as it is.
pub fn of_variant(variant: &str) -> String {
    if variant == "none" { String::new() } else { format!(" (variant {variant})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[f64]) -> Vec<Shown> {
        values
            .iter()
            .map(|value| if value.is_finite() { Shown::Value(*value) } else { Shown::Never })
            .collect()
    }

    #[test]
    fn what_moves_alike_is_sure_and_what_moves_this_way_and_that_is_noise() {
        let old = shown(&[10.0, 20.0, 30.0, 40.0]);
        let (difference, p) = differ(&old, &shown(&[10.1, 20.1, 30.1, 40.1]), 100.0);
        assert!(p < 1e-9 && (difference.unwrap().0 - 0.1).abs() < 1e-9, "a little in every replication: {p}");
        let (_, p) = differ(&old, &shown(&[12.0, 19.0, 28.0, 41.0]), 100.0);
        assert!(p > 0.5, "{p}");
        let (difference, p) = differ(&old, &shown(&[f64::INFINITY; 4]), 100.0);
        assert!(p < 0.01 && (difference.unwrap().0 - 75.0).abs() < 1e-9, "never is the end of the run: {p}");
        assert_eq!(differ(&old, &[Shown::Nothing; 4], 100.0), (None, 0.0));
        assert_eq!(
            differ(&shown(&[1.0]), &shown(&[2.0]), 9.0),
            (Some((1.0, None)), 0.0),
            "one seed, one result"
        );
    }
}
