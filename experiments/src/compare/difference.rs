//! By how much variants differ from the first of them, with what keeps one from fooling oneself.
//!
//! - Differences are taken replication by replication (Student's t over them). A time that did not come counts as the
//!   horizon in all of them, so that the mean difference is that of the restricted means and nothing is left out.
//! - The intervals of one figure hold for all variants at once at 95 % (Bonferroni: each is of level 1 − 5 % ÷ variants).
//! - Probabilities are of the paired t test, of times of the log-rank test (which takes no account of the pairs, and is
//!   the more careful for it), both adjusted over the variants by Holm.

use halfopen_models::statistics::{LEVEL, Lifetime, holm, log_rank, paired};
use halfopen_models::summary::{Observed, Replication};

use crate::figure::Name;

/// By how much a variant exceeds what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Mean over replications.
    pub value: f64,
    /// Its interval; absent below two replications.
    pub interval: Option<[f64; 2]>,
    /// Probability of such a difference where there is none, adjusted for the number of variants; absent where no test
    /// can tell.
    pub p: Option<f64>,
}

impl Difference {
    /// Whether it is more than chance.
    pub fn shows(&self) -> bool {
        self.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
    }
}

/// Of every side but the first, how it differs from the first; absent where too few replications show the figure.
pub fn from_first(name: &Name, sides: &[&[Replication]]) -> Vec<Option<Difference>> {
    let observed: Vec<Vec<Observed>> =
        sides.iter().map(|side| side.iter().map(|it| name.observed(it)).collect()).collect();
    let (first, others) = observed.split_first().expect("something is compared");
    let level = 1.0 - (1.0 - LEVEL) / others.len() as f64;
    let mut differences: Vec<Option<Difference>> =
        others.iter().map(|other| difference(other, first, level)).collect();
    let tested: Vec<usize> =
        (0..differences.len()).filter(|&at| differences[at].is_some_and(|it| it.p.is_some())).collect();
    let p: Vec<f64> = tested.iter().filter_map(|&at| differences[at].and_then(|it| it.p)).collect();
    for (&at, adjusted) in tested.iter().zip(holm(&p)) {
        if let Some(difference) = &mut differences[at] {
            difference.p = Some(adjusted);
        }
    }
    differences
}

fn difference(of: &[Observed], from: &[Observed], level: f64) -> Option<Difference> {
    let pairs = of.iter().zip(from).filter_map(|(of, from)| Some((restricted(*of)?, restricted(*from)?)));
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let compared = paired(&x, &y, level)?;
    let times = |all: &[Observed]| all.iter().filter_map(|it| it.time()).collect::<Vec<Lifetime>>();
    let (of, from) = (times(of), times(from));
    let p = if of.is_empty() { compared.p } else { log_rank(&of, &from).map(|test| test.p) };
    Some(Difference { value: compared.difference, interval: compared.interval, p })
}

/// A value; of a time when it came, or the end of the run.
fn restricted(observed: Observed) -> Option<f64> {
    match observed {
        Observed::Value(value) => value,
        Observed::Time(Lifetime::Ended(at) | Lifetime::Censored(at)) => Some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_never_came_counts_as_the_horizon() {
        let never = vec![Observed::Time(Lifetime::Censored(100.0)); 8];
        let soon: Vec<Observed> = (0..8).map(|i| Observed::Time(Lifetime::Ended(f64::from(i)))).collect();
        let Some(found) = difference(&never, &soon, 0.95) else { panic!("eight pairs") };
        assert!((found.value - 96.5).abs() < 1e-9 && found.shows(), "{found:?}");
        assert!(found.p.is_some_and(|p| p < 0.001), "{found:?}");
        assert_eq!(difference(&never, &never, 0.95).and_then(|it| it.p), None, "nothing ever ended");
    }

    #[test]
    fn a_value_that_is_missing_leaves_its_pair_out() {
        let some = |values: &[Option<f64>]| values.iter().map(|it| Observed::Value(*it)).collect::<Vec<_>>();
        let of = some(&[Some(3.0), None, Some(5.0)]);
        let from = some(&[Some(1.0), Some(9.0), Some(3.0)]);
        assert_eq!(difference(&of, &from, 0.95).map(|it| it.value), Some(2.0));
        assert_eq!(difference(&some(&[None]), &some(&[Some(1.0)]), 0.95), None);
    }
}
