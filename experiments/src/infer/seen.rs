//! What is kept of a replication, and how far it is from what is known.
//!
//! The distance of a figure from a claim is zero within the claim's bounds. Outside it is how far the nearer bound is
//! missed, in parts of that bound (of a bound of zero: as it is): a recovery after 25 minutes misses 21 minutes by 0.19. What
//! never happened, or cannot be stated, is infinitely far from a claim that says when. Zero means exactly that the claim
//! holds of this one replication.

use halfopen_models::recording::Verdict;
use halfopen_models::scenario::{Claim, ClaimFigure, LatencyQuantile};
use halfopen_models::statistics::Lifetime;
use halfopen_models::summary::{Observed, Outcome, Replication, claims};

use crate::study::Kept;

/// All verdicts; a journal holds their places here.
pub const VERDICTS: [Verdict; 6] = [
    Verdict::Unharmed,
    Verdict::ByItself,
    Verdict::ByCrash,
    Verdict::ByKernel,
    Verdict::Metastable,
    Verdict::NeverWithinHorizon,
];

/// All that a claim can be about, with its name in files.
pub const FIGURES: [(ClaimFigure, &str); 14] = [
    (ClaimFigure::FirstError, "time_to_first_error_s"),
    (ClaimFigure::FirstCrash, "time_to_crash_s"),
    (ClaimFigure::Recovery, "time_to_recovery_s"),
    (ClaimFigure::ErrorsFor, "errors_for_s"),
    (ClaimFigure::Crashes, "crashes"),
    (ClaimFigure::Availability, "availability"),
    (ClaimFigure::Errors, "errors"),
    (ClaimFigure::PeakPendingCalls, "peak_pending_calls"),
    (ClaimFigure::PeakMemory, "peak_memory_bytes"),
    (ClaimFigure::Latency(LatencyQuantile::P50), "latency_p50_s"),
    (ClaimFigure::Latency(LatencyQuantile::P99), "latency_p99_s"),
    (ClaimFigure::Latency(LatencyQuantile::P999), "latency_p999_s"),
    (ClaimFigure::RetryAmplification, "retry_amplification"),
    (ClaimFigure::PendingGrowth, "pending_growth_per_s"),
];

/// Of the system and of each service: the figures, and the verdict's place.
const EACH: usize = FIGURES.len() + 1;

/// What is kept of a replication.
pub fn keep(replication: &Replication) -> Kept {
    let of = |outcome: &Outcome| {
        let verdict =
            outcome.verdict.as_ref().and_then(|(it, _)| VERDICTS.iter().position(|known| known == it));
        let figures = FIGURES.map(|(figure, _)| claims::observed(figure, outcome));
        figures.into_iter().chain([Observed::Value(verdict.map(|place| place as f64))]).collect::<Vec<_>>()
    };
    let all = [&replication.system].into_iter().chain(&replication.services);
    Kept { digest: replication.digest, observed: all.flat_map(of).collect() }
}

/// What is seen of a figure, of a service or of the system.
pub fn observed(kept: &Kept, service: Option<usize>, figure: ClaimFigure) -> Observed {
    let place = FIGURES.iter().position(|known| known.0 == figure).expect("all are listed");
    kept.observed[service.map_or(0, |index| index + 1) * EACH + place]
}

/// The number; infinite: never, or not to be stated.
pub fn number(kept: &Kept, service: Option<usize>, figure: ClaimFigure) -> f64 {
    match observed(kept, service, figure) {
        Observed::Value(value) => value.unwrap_or(f64::INFINITY),
        Observed::Time(Lifetime::Ended(at)) => at,
        Observed::Time(Lifetime::Censored(_)) => f64::INFINITY,
    }
}

/// How a service came out.
pub fn verdict(kept: &Kept, service: usize) -> Option<Verdict> {
    let place = kept.observed[(service + 1) * EACH + FIGURES.len()].value()?;
    VERDICTS.get(place as usize).copied()
}

/// How far a replication is from what a claim says.
pub fn distance(claim: &Claim, kept: &Kept) -> f64 {
    if observed(kept, claim.service, claim.figure) == Observed::Value(None) {
        return f64::INFINITY;
    }
    let value = number(kept, claim.service, claim.figure);
    let missed = |bound: f64, by: f64| {
        let by = by.max(0.0);
        if bound.abs() > 0.0 { by / bound.abs() } else { by }
    };
    let below = claim.at_least.map_or(0.0, |least| missed(least, least - value));
    below.max(claim.at_most.map_or(0.0, |most| missed(most, value - most)))
}

#[cfg(test)]
mod tests {
    use halfopen_models::scenario::ClaimMust;
    use halfopen_models::scenario::{self, Edits, Scenario};
    use halfopen_models::simulate;
    use halfopen_models::summary::Decision;

    use super::*;

    fn small() -> Scenario {
        scenario::read("small", include_str!("../../tests/data/small.toml"), &Edits::default()).unwrap()
    }

    #[test]
    fn the_distance_is_zero_exactly_where_the_claim_holds() {
        let scenario = small();
        let replications: Vec<Replication> =
            (1..=3).map(|seed| Replication::of(&simulate(&scenario, seed))).collect();
        let bounds = [None, Some(0.0), Some(0.5), Some(15.0), Some(25.0), Some(1e6)];
        let mut held = 0;
        for replication in &replications {
            let kept = keep(replication);
            // A trend has an interval only over several replications.
            let judged = FIGURES.iter().filter(|known| known.0 != ClaimFigure::PendingGrowth);
            for ((figure, _), service) in judged.zip([None, Some(0), Some(1)].iter().cycle()) {
                for (at_least, at_most) in bounds.iter().flat_map(|a| bounds.iter().map(move |b| (*a, *b))) {
                    let claim = Claim {
                        text: String::new(),
                        line: 1,
                        variant: None,
                        service: *service,
                        figure: *figure,
                        must: ClaimMust::Usual,
                        at_least,
                        at_most,
                    };
                    let near = distance(&claim, &kept) == 0.0;
                    let runs =
                        [claims::Runs { variant: None, replications: std::slice::from_ref(replication) }];
                    let judged = claims::judge(&claim, &runs, 0.95).unwrap();
                    let holds = judged.decision == Decision::Held;
                    assert_eq!(near, holds, "{claim:?}");
                    held += u32::from(holds);
                }
            }
        }
        assert!(held > 100);
    }

    #[test]
    fn a_miss_is_told_in_parts_of_the_bound() {
        let kept = |crashes: f64, recovery: Lifetime| {
            let mut observed = vec![Observed::Value(Some(0.0)); EACH];
            observed[2] = Observed::Time(recovery);
            observed[4] = Observed::Value(Some(crashes));
            Kept { digest: 0, observed }
        };
        let claim = |figure, at_least, at_most| Claim {
            text: String::new(),
            line: 1,
            variant: None,
            service: None,
            figure,
            must: ClaimMust::Usual,
            at_least,
            at_most,
        };
        let recovery = claim(ClaimFigure::Recovery, Some(1000.0), Some(1200.0));
        let rows = [(900.0, 0.1), (1000.0, 0.0), (1200.0, 0.0), (1500.0, 0.25)];
        for (at, expected) in rows {
            let found = distance(&recovery, &kept(0.0, Lifetime::Ended(at)));
            assert!((found - expected).abs() < 1e-12, "{at}: {found}");
        }
        let never = kept(3.0, Lifetime::Censored(1100.0));
        assert!(distance(&recovery, &never).is_infinite());
        assert!(distance(&claim(ClaimFigure::Recovery, Some(10.0), None), &never) <= 0.0);
        assert!((distance(&claim(ClaimFigure::Crashes, None, Some(0.0)), &never) - 3.0).abs() < 1e-12);
    }
}
