//! When a claim of a scenario holds. Each is judged by an interval: it is *held* where the whole interval lies within the
//! bounds, *broken* where none of it does, and *undecided* where it straddles a bound.
//!
//! | claim about | judged by |
//! | --- | --- |
//! | a time that may not come (first error, first crash, recovery) | the Kaplan–Meier median and its interval |
//! | a trend | the mean over the replications and its t interval |
//! | a `share` of the replications, hence a quantile | how many lie within the bounds; Clopper and Pearson's interval |
//! | a ratio to another variant | the means of the same seeds, bound by bound; Fieller's interval |
//! | anything else that every replication shows | every replication: one outside the bounds is a proof, not a sample |
//!
//! Where the data do not bound the interval of a median, its end is the earliest or latest replication, so that few
//! replications must all lie within the bounds, and a single one is judged by its value. What never happens comes later
//! than every bound: it breaks a claim that says `before` and satisfies one that only says `after`.

use crate::scenario::{Claim, ClaimFigure, ClaimMust, LatencyQuantile};
use crate::statistics::{LEVEL, Lifetime, Survival, clopper_pearson, mean_interval, ratio};
use crate::summary::outcome::{Observed, Outcome, Replication};
use crate::summary::{ClaimResult, Decision, words};

/// The replications of a variant, in the order of their seeds.
#[derive(Clone, Copy, Debug)]
pub struct Runs<'a> {
    /// The variant; absent: the scenario as it is.
    pub variant: Option<&'a str>,
    /// What they came to.
    pub replications: &'a [Replication],
}

/// Holds the claims whose variants were run, in their order, at 95 %.
pub fn hold(claims: &[Claim], runs: &[Runs<'_>]) -> Vec<ClaimResult> {
    claims.iter().filter_map(|claim| judge(claim, runs, LEVEL)).collect()
}

/// Judges a claim by intervals of this level; `None` where a variant that it is about was not run.
pub fn judge(claim: &Claim, runs: &[Runs<'_>], level: f64) -> Option<ClaimResult> {
    let of = |variant: Option<&str>| {
        let run = runs.iter().find(|run| run.variant == variant)?;
        Some(run.replications.iter().map(|it| observed(claim.figure, it.outcome(claim.service))).collect())
    };
    let here: Vec<Observed> = of(claim.variant.as_deref())?;
    let (decision, measured) = match &claim.must {
        ClaimMust::Usual if about_every_replication(claim) => every(claim, &here),
        ClaimMust::Usual if claim.figure == ClaimFigure::PendingGrowth => mean(claim, &here, level),
        ClaimMust::Usual => median(claim, &here, level),
        ClaimMust::Share(share) => in_share(claim, *share, &here, level),
        ClaimMust::Against(other) => against(claim, &here, &of(other.as_deref())?, level),
    };
    Some(ClaimResult {
        claim: claim.text.clone(),
        holds: decision == Decision::Held,
        decision,
        measured,
        variant: claim.variant.clone(),
        line: claim.line,
    })
}

/// What it says, in a few words: `crashes at most 0`.
pub fn claimed(claim: &Claim) -> String {
    words::claimed(claim)
}

/// Whether one replication outside the bounds breaks it, however many lie within.
pub fn about_every_replication(claim: &Claim) -> bool {
    use ClaimFigure::{FirstCrash, FirstError, PendingGrowth, Recovery};
    claim.must == ClaimMust::Usual
        && !matches!(claim.figure, FirstError | FirstCrash | Recovery | PendingGrowth)
}

/// What a replication shows of a claim's figure.
pub fn observed(figure: ClaimFigure, outcome: &Outcome) -> Observed {
    let quantile = |at: Option<f64>| at.map(|millis| millis / 1e3);
    Observed::Value(match figure {
        ClaimFigure::FirstError => return Observed::Time(outcome.first_error),
        ClaimFigure::FirstCrash => return Observed::Time(outcome.first_crash),
        ClaimFigure::Recovery => return Observed::Time(outcome.recovery),
        ClaimFigure::ErrorsFor => Some(outcome.errors_for),
        ClaimFigure::Crashes => Some(outcome.crashes as f64),
        ClaimFigure::Errors => Some(outcome.errors as f64),
        ClaimFigure::Availability => outcome.availability,
        ClaimFigure::PeakPendingCalls => Some(outcome.peak_pending_calls as f64),
        ClaimFigure::PeakMemory => Some(outcome.peak_memory_bytes as f64),
        ClaimFigure::Latency(LatencyQuantile::P50) => quantile(outcome.latency_ms.p50),
        ClaimFigure::Latency(LatencyQuantile::P99) => quantile(outcome.latency_ms.p99),
        ClaimFigure::Latency(LatencyQuantile::P999) => quantile(outcome.latency_ms.p999),
        ClaimFigure::RetryAmplification => outcome.retry_amplification,
        ClaimFigure::PendingGrowth => Some(outcome.pending_growth_per_s),
    })
}

/// What an interval decides.
fn decide(claim: &Claim, [low, high]: [f64; 2]) -> Decision {
    let outside =
        claim.at_least.is_some_and(|least| high < least) || claim.at_most.is_some_and(|most| low > most);
    match (within(claim, low) && within(claim, high), outside) {
        (true, _) => Decision::Held,
        (false, true) => Decision::Broken,
        (false, false) => Decision::Undecided,
    }
}

fn within(claim: &Claim, value: f64) -> bool {
    claim.at_least.is_none_or(|least| value >= least) && claim.at_most.is_none_or(|most| value <= most)
}

/// The values, what never happens being infinite; `None` where a replication has nothing to show.
fn values(observed: &[Observed]) -> Option<Vec<f64>> {
    let never = |it: &Observed| matches!(it.time(), Some(Lifetime::Censored(_)));
    observed.iter().map(|it| if never(it) { Some(f64::INFINITY) } else { it.value() }).collect()
}

fn nothing(observed: &[Observed]) -> (Decision, String) {
    let without = observed.iter().filter(|it| it.value().is_none()).count();
    let n = words::replications(observed.len());
    (Decision::Undecided, format!("nothing to measure in {without} of {n}"))
}

fn median(claim: &Claim, observed: &[Observed], level: f64) -> (Decision, String) {
    let times: Vec<Lifetime> = observed.iter().filter_map(|it| it.time()).collect();
    let curve = Survival::with_band(&times, level);
    let values = values(observed).expect("a time that never comes is a value too");
    let [low, high] = curve.median_interval();
    let low = low.unwrap_or(values.iter().copied().fold(f64::INFINITY, f64::min));
    let high = high.unwrap_or(values.iter().copied().fold(0.0, f64::max));
    let unit = |value| words::of(claim.figure, value);
    let n = words::replications(times.len());
    let sentence = if times.len() == 1 {
        format!("{} in {n}", unit(low))
    } else {
        let middle = curve.quantile(0.5).unwrap_or(f64::INFINITY);
        let censored = times.iter().filter(|it| matches!(it, Lifetime::Censored(_))).count();
        format!("median {} ({}–{}) in {n}, {censored} censored", unit(middle), unit(low), unit(high))
    };
    (decide(claim, [low, high]), sentence)
}

fn every(claim: &Claim, observed: &[Observed]) -> (Decision, String) {
    let Some(values) = values(observed) else { return nothing(observed) };
    let (low, high) =
        (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(0.0, f64::max));
    let decision = if within(claim, low) && within(claim, high) { Decision::Held } else { Decision::Broken };
    let n = words::replications(values.len());
    let [first, last] = [low, high].map(|value| words::of(claim.figure, value));
    let sentence = match (values.len(), first == last) {
        (1, _) => format!("{first} in {n}"),
        (_, true) => format!("{first} in each of {n}"),
        (_, false) => format!("{first} to {last} in {n}"),
    };
    (decision, sentence)
}

fn mean(claim: &Claim, observed: &[Observed], level: f64) -> (Decision, String) {
    let Some(mut values) = values(observed) else { return nothing(observed) };
    values.sort_by(f64::total_cmp);
    let Some((mean, interval)) = mean_interval(&values, level) else { return nothing(observed) };
    let [low, high] = interval.unwrap_or([mean; 2]);
    let unit = |value| words::of(claim.figure, value);
    let n = words::replications(values.len());
    (decide(claim, [low, high]), format!("{} ({} to {}) in {n}", unit(mean), unit(low), unit(high)))
}

/// Whether a share of all runs lies within the bounds: as exact as order statistics are for a quantile.
fn in_share(claim: &Claim, share: f64, observed: &[Observed], level: f64) -> (Decision, String) {
    let Some(values) = values(observed) else { return nothing(observed) };
    let hits = values.iter().filter(|value| within(claim, **value)).count();
    let [low, high] = clopper_pearson(hits as u32, values.len() as u32, level);
    let decision = match (low >= share, high < share) {
        (true, _) => Decision::Held,
        (false, true) => Decision::Broken,
        (false, false) => Decision::Undecided,
    };
    let n = words::replications(values.len());
    let [low, high, share] = [low, high, share].map(|share| format!("{:.1} %", share * 100.0));
    (decision, format!("{hits} of {n} within the bounds: {low} to {high} of all runs, {share} are claimed"))
}

/// Whether the ratio of two means lies within the bounds. Bound by bound: the ratio is at most b exactly where the mean of
/// x − b·y is at most zero, and its values come in pairs of one seed.
fn against(claim: &Claim, here: &[Observed], there: &[Observed], level: f64) -> (Decision, String) {
    let (Some(x), Some(y)) = (values(here), values(there)) else {
        return nothing(if values(here).is_none() { here } else { there });
    };
    let pairs = x.len().min(y.len());
    let (x, y) = (&x[..pairs], &y[..pairs]);
    let beyond = |bound: f64, sign: f64| -> Decision {
        let mut excess: Vec<f64> = x.iter().zip(y).map(|(x, y)| sign * (x - bound * y)).collect();
        excess.sort_by(f64::total_cmp);
        let Some((mean, interval)) = mean_interval(&excess, level) else { return Decision::Undecided };
        match interval.unwrap_or([mean; 2]) {
            [_, high] if high <= 0.0 => Decision::Held,
            [low, _] if low > 0.0 => Decision::Broken,
            _ => Decision::Undecided,
        }
    };
    let decisions =
        [claim.at_most.map(|most| beyond(most, 1.0)), claim.at_least.map(|least| beyond(least, -1.0))];
    let any = |decision| decisions.contains(&Some(decision));
    let decision = match (any(Decision::Broken), any(Decision::Undecided)) {
        (true, _) => Decision::Broken,
        (false, true) => Decision::Undecided,
        (false, false) => Decision::Held,
    };
    let mean = |values: &[f64]| words::of(claim.figure, values.iter().sum::<f64>() / values.len() as f64);
    let n = words::replications(pairs);
    let means = format!("{} against {} in {n}", mean(x), mean(y));
    let sentence = match ratio(x, y, level) {
        Some((ratio, Some([low, high]))) => format!("{ratio:.3} times ({low:.3} to {high:.3}): {means}"),
        Some((ratio, None)) => format!("{ratio:.3} times, not bounded: {means}"),
        None => means,
    };
    (decision, sentence)
}
