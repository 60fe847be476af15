//! Does it happen sooner here than there? The log-rank test, which needs no shape of the curves and bears censoring.

use super::special::chi_square_above;
use super::survival::Lifetime;

/// The test that two groups' times come from one curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogRank {
    /// Squared surplus of one group's ends over what the common curve expects, in its variance.
    pub chi_square: f64,
    /// Probability of a larger one when there is no difference.
    pub p: f64,
}

/// Compares two groups (Mantel 1966); `None` where nothing ended while both had somebody at risk.
pub fn log_rank(first: &[Lifetime], second: &[Lifetime]) -> Option<LogRank> {
    let tagged = |group: &[Lifetime], is_first: bool| {
        group.iter().map(|lifetime| (lifetime.parts(), is_first)).collect::<Vec<_>>()
    };
    let mut all = tagged(first, true);
    all.extend(tagged(second, false));
    all.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
    let (mut at_risk, mut of_first) = (all.len() as f64, first.len() as f64);
    let (mut surplus, mut variance) = (0.0, 0.0);
    for tied in all.chunk_by(|a, b| a.0.0.total_cmp(&b.0.0).is_eq()) {
        let count = |which: &dyn Fn(bool, bool) -> bool| {
            tied.iter().filter(|((_, ended), is_first)| which(*ended, *is_first)).count() as f64
        };
        let ended = count(&|ended, _| ended);
        let share = of_first / at_risk;
        surplus += count(&|ended, is_first| ended && is_first) - ended * share;
        if at_risk > 1.0 {
            variance += ended * share * (1.0 - share) * (at_risk - ended) / (at_risk - 1.0);
        }
        at_risk -= tied.len() as f64;
        of_first -= count(&|_, is_first| is_first);
    }
    let chi_square = surplus * surplus / variance;
    (variance > 0.0).then(|| LogRank { chi_square, p: chi_square_above(chi_square, 1) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Lifetime::{Censored, Ended};

    #[test]
    fn groups_may_be_swapped_and_equal_groups_do_not_differ() {
        let (a, b) = ([Ended(1.0), Ended(4.0), Censored(9.0)], [Ended(2.0), Ended(3.0), Ended(9.0)]);
        let (one, other) = (log_rank(&a, &b).unwrap(), log_rank(&b, &a).unwrap());
        assert!((one.chi_square - other.chi_square).abs() < 1e-12);
        let same = log_rank(&a, &a).unwrap();
        assert!(same.chi_square < 1e-24 && (same.p - 1.0).abs() < 1e-9, "{same:?}");
        assert_eq!(log_rank(&[Censored(1.0)], &[Censored(2.0)]), None);
        assert_eq!(log_rank(&a, &[]), None);
    }
}
