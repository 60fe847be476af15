//! Times that may not have come when the run ends: Kaplan and Meier's curve.

use serde::{Deserialize, Serialize};

use super::LEVEL;
use super::normal::normal_quantile;

/// One observation of a time: it happened then, or had not happened by then.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Lifetime {
    /// It happened after this many seconds.
    Ended(f64),
    /// It had not happened after this many seconds.
    Censored(f64),
}

/// A Kaplan–Meier curve: right-continuous steps, the first at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    level: f64,
    /// Steps in the order of their times: one at zero, and one at each time at which something ended or was censored.
    pub steps: Vec<Step>,
}

/// The curve from this time to the next step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Seconds.
    pub at: f64,
    /// Share that has not ended.
    pub share: f64,
    /// Lower end of its log-log band; 0 where all have ended.
    pub low: f64,
    /// Upper end. Where all have ended the log-log band is not defined: the end before goes on, or falls to Clopper and
    /// Pearson's for "none of those at risk is left" if that is lower.
    pub high: f64,
    /// How many were at risk just before.
    pub at_risk: u32,
    /// How many ended here.
    pub ended: u32,
    /// How many were censored here; they are at risk here still.
    pub censored: u32,
}

/// Shares closer than this are the same: products of fractions like 19/20 · 18/19 are rounded. Different shares of n
/// observations lie 1/n apart, or more.
const SAME: f64 = 1e-9;

impl Lifetime {
    pub(super) fn parts(self) -> (f64, bool) {
        match self {
            Lifetime::Ended(at) => (at, true),
            Lifetime::Censored(at) => (at, false),
        }
    }
}

impl Survival {
    /// The curve of these observations, in any order, with its 95 % band.
    pub fn of(lifetimes: &[Lifetime]) -> Survival {
        Survival::with_band(lifetimes, LEVEL)
    }

    /// As [`of`](Self::of), with a band of another level.
    pub fn with_band(lifetimes: &[Lifetime], level: f64) -> Survival {
        let tail = (1.0 - level) / 2.0;
        let z = normal_quantile(1.0 - tail);
        let mut all: Vec<(f64, bool)> = lifetimes.iter().map(|lifetime| lifetime.parts()).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut steps: Vec<Step> = Vec::new();
        let mut at_risk = all.len() as u32;
        if all.first().is_none_or(|first| first.0 > 0.0) {
            steps.push(Step { at: 0.0, share: 1.0, low: 1.0, high: 1.0, at_risk, ended: 0, censored: 0 });
        }
        let (mut share, mut high, mut greenwood) = (1.0, 1.0, 0.0);
        for tied in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let ended = tied.iter().filter(|observation| observation.1).count() as u32;
            let censored = tied.len() as u32 - ended;
            let (d, n) = (f64::from(ended), f64::from(at_risk));
            let mut low = 0.0;
            if ended == at_risk {
                share = 0.0;
                high = f64::min(high, upper_end_of_none(n, tail));
            } else {
                share *= (n - d) / n;
                greenwood += d / (n * (n - d));
                [low, high] = band(share, greenwood, z);
            }
            steps.push(Step { at: tied[0].0, share, low, high, at_risk, ended, censored });
            at_risk -= ended + censored;
        }
        Survival { level, steps }
    }

    /// The first time by which a share `q` of all has ended; `None` where the curve does not come down that far.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.first(1.0 - q, |step| step.share)
    }

    /// Interval of the median at the band's level: where one half lies within the band (Brookmeyer and Crowley 1982, on the log-log
    /// scale). An end is absent where the band does not come down to one half, and where there are so few observations that
    /// all lie above their median more often than the level allows, which the band, an approximation for many, does not
    /// know: at 95 % below six, since 2⁻⁵ > 2.5 % > 2⁻⁶.
    pub fn median_interval(&self) -> [Option<f64>; 2] {
        let all_above = libm::pow(0.5, f64::from(self.steps[0].at_risk));
        if all_above > (1.0 - self.level) / 2.0 {
            return [None, None];
        }
        [self.first(0.5, |step| step.low), self.first(0.5, |step| step.high)]
    }

    /// Mean of the time up to `until` (who has not ended by then counts as `until`), and its standard error, by Greenwood's
    /// sum: the area under the curve, for which censoring needs no assumption. `None` where `until` lies beyond the last
    /// observation and some have not ended by then, so that nobody knows the curve.
    pub fn restricted_mean(&self, until: f64) -> Option<(f64, f64)> {
        let known = self.steps.last().is_some_and(|last| until <= last.at || last.share <= 0.0);
        if !known {
            return None;
        }
        let (mut area, mut variance, mut next) = (0.0, 0.0, until);
        for step in self.steps.iter().rev().filter(|step| step.at < until) {
            area += step.share * (next - step.at);
            next = step.at;
            let (d, n) = (f64::from(step.ended), f64::from(step.at_risk));
            if step.ended < step.at_risk {
                variance += area * area * d / (n * (n - d));
            }
        }
        Some((area, variance.sqrt()))
    }

    fn first(&self, share: f64, curve: impl Fn(&Step) -> f64) -> Option<f64> {
        self.steps.iter().find(|step| curve(step) <= share + SAME).map(|step| step.at)
    }
}

/// Exact upper bound of a share that none of `n` shows. Whoever is alive after a time was alive just before it, so it
/// bounds the curve as well as the share of those at risk who survive. Without it, many that all end at one time would
/// leave the median unbounded.
fn upper_end_of_none(n: f64, tail: f64) -> f64 {
    1.0 - libm::pow(tail, 1.0 / n)
}

/// Kalbfleisch and Prentice's band: symmetric around ln(−ln S), whose variance is Greenwood's sum ÷ (ln S)².
fn band(share: f64, greenwood: f64, z: f64) -> [f64; 2] {
    if greenwood <= 0.0 {
        // Nothing has ended yet.
        return [1.0, 1.0];
    }
    let log = libm::log(share);
    let half = z * greenwood.sqrt() / -log;
    [half, -half].map(|by| libm::exp(log * libm::exp(by)))
}

#[cfg(test)]
mod tests {
    use super::Lifetime::{Censored, Ended};
    use super::*;

    /// (at, share, at risk, ended, censored)
    type Row = (f64, f64, u32, u32, u32);

    fn rows(survival: &Survival) -> Vec<Row> {
        survival.steps.iter().map(|s| (s.at, s.share, s.at_risk, s.ended, s.censored)).collect()
    }

    #[test]
    fn curves_by_hand() {
        let cases: [(&str, &[Lifetime], &[Row]); 7] = [
            ("nothing", &[], &[(0.0, 1.0, 0, 0, 0)]),
            ("one", &[Ended(2.0)], &[(0.0, 1.0, 1, 0, 0), (2.0, 0.0, 1, 1, 0)]),
            ("one censored", &[Censored(2.0)], &[(0.0, 1.0, 1, 0, 0), (2.0, 1.0, 1, 0, 1)]),
            (
                "at zero",
                &[Ended(0.0), Ended(0.0), Ended(5.0), Ended(5.0)],
                &[(0.0, 0.5, 4, 2, 0), (5.0, 0.0, 2, 2, 0)],
            ),
            ("censored at zero", &[Censored(0.0), Ended(1.0)], &[(0.0, 1.0, 2, 0, 1), (1.0, 0.0, 1, 1, 0)]),
            (
                "a tie: the censored one is still at risk",
                &[Censored(3.0), Ended(3.0), Ended(1.0), Ended(9.0)],
                &[(0.0, 1.0, 4, 0, 0), (1.0, 0.75, 4, 1, 0), (3.0, 0.5, 3, 1, 1), (9.0, 0.0, 1, 1, 0)],
            ),
            ("all censored", &[Censored(4.0); 3], &[(0.0, 1.0, 3, 0, 0), (4.0, 1.0, 3, 0, 3)]),
        ];
        for (name, lifetimes, expected) in cases {
            assert_eq!(rows(&Survival::of(lifetimes)), expected, "{name}");
        }
    }

    #[test]
    fn quantiles_are_reached_or_absent() {
        let twenty: Vec<Lifetime> = (1..=20).map(|t| Ended(f64::from(t))).collect();
        let whole = Survival::of(&twenty);
        let reached = [0.05, 0.5, 0.95].map(|q| whole.quantile(q));
        assert_eq!(reached, [1.0, 10.0, 19.0].map(Some), "whatever the rounding of 19/20 · 18/19 · …");
        let half: Vec<Lifetime> =
            (1..=20).map(|t| if t <= 10 { Ended(7.0) } else { Censored(9.0) }).collect();
        let half = Survival::of(&half);
        assert_eq!([0.5, 0.51].map(|q| half.quantile(q)), [Some(7.0), None]);
        assert_eq!(Survival::of(&[]).quantile(0.5), None);
    }

    #[test]
    fn the_interval_of_a_median_ends_where_the_data_end() {
        let first = |ended: u32, n: u32| {
            let of = |t| if t <= ended { Ended(f64::from(t)) } else { Censored(100.0) };
            Survival::of(&(1..=n).map(of).collect::<Vec<_>>()).median_interval()
        };
        assert_eq!(first(5, 5), [None, None], "too few");
        assert_eq!(first(6, 6), [Some(1.0), None], "the band ends above one half");
        assert_eq!(first(7, 7), [Some(1.0), Some(6.0)]);
        let tied = |n| Survival::of(&vec![Ended(270.0); n]).median_interval();
        assert_eq!(
            [5, 6, 20].map(tied),
            [[None, None], [Some(270.0); 2], [Some(270.0); 2]],
            "as by order statistics"
        );
        // By hand at 15 of 20: S = 1/4, Greenwood's sum 3/20, half-width 1.96 · √0.15 ÷ ln 4 = 0.5476, so
        // high = exp(−ln 4 · exp(−0.5476)) = 0.449; at 14 of 20 it is 0.501.
        assert_eq!(first(20, 20), [Some(5.0), Some(15.0)]);
        assert_eq!(first(14, 20), [Some(5.0), None], "the curve reaches one half, its upper band does not");
        assert_eq!(first(4, 20), [None, None]);
    }

    #[test]
    fn the_band_goes_on_where_all_have_ended_or_falls_to_what_none_of_many_allows() {
        let steps = Survival::of(&[Ended(1.0), Ended(2.0)]).steps;
        // ln ½ = −0.6931, half-width 1.96 · √½ ÷ 0.6931 = 1.9995.
        let by = |half: f64| libm::exp(-core::f64::consts::LN_2 * libm::exp(half));
        assert!((steps[1].low - by(1.999_5)).abs() < 1e-4 && (steps[1].high - by(-1.999_5)).abs() < 1e-4);
        assert_eq!(
            (steps[2].low, steps[2].high),
            (0.0, steps[1].high),
            "one at risk bounds it by 0.975 only"
        );
        // Clopper and Pearson's upper end of 0 of 40 by statsmodels 0.15.0.
        let high = Survival::of(&[Ended(1.0); 40]).steps[1].high;
        assert!((high - 0.088_097_302_878_802_4).abs() < 1e-12, "{high}");
    }

    #[test]
    fn a_restricted_mean_is_the_mean_where_nothing_is_censored() {
        let five = [1.0, 2.0, 4.0, 7.0, 11.0].map(Ended);
        let (mean, error) = Survival::of(&five).restricted_mean(11.0).unwrap();
        // Greenwood's sum gives the variance with n instead of n − 1: squares 66 over 25.
        assert!(
            (mean - 5.0).abs() < 1e-12 && (error - libm::sqrt(66.0 / 25.0)).abs() < 1e-12,
            "{mean} {error}"
        );
        assert_eq!(Survival::of(&five).restricted_mean(1.0), Some((1.0, 0.0)), "before anything ends");
        let (later, _) = Survival::of(&five).restricted_mean(20.0).unwrap();
        assert!((later - 5.0).abs() < 1e-12, "none is left");
        let censored = Survival::of(&[Ended(1.0), Censored(5.0)]);
        assert_eq!(censored.restricted_mean(5.0).map(|(mean, _)| mean), Some(3.0));
        assert_eq!(censored.restricted_mean(5.5), None, "nobody knows");
    }
}
