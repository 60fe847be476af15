//! Values of a claim's figure as people read them.

use crate::scenario::{Claim, ClaimFigure, ClaimMust, LatencyQuantile};

/// `20 replications`.
pub(super) fn replications(n: usize) -> String {
    if n == 1 { "1 replication".into() } else { format!("{n} replications") }
}

/// A value in the figure's unit.
pub(super) fn of(figure: ClaimFigure, value: f64) -> String {
    match figure {
        ClaimFigure::FirstError | ClaimFigure::FirstCrash | ClaimFigure::Recovery => seconds(value),
        ClaimFigure::ErrorsFor => seconds(value),
        ClaimFigure::Latency(_) => latency(value),
        ClaimFigure::Crashes | ClaimFigure::Errors | ClaimFigure::PeakPendingCalls => count(value),
        ClaimFigure::Availability => percent(value),
        ClaimFigure::PeakMemory => format!("{:.1} MiB", value / 1_048_576.0),
        ClaimFigure::RetryAmplification => format!("{value:.3}"),
        // No minus before nothing.
        ClaimFigure::PendingGrowth if value.abs() < 0.005 => "0/s".into(),
        ClaimFigure::PendingGrowth => format!("{value:.2}/s"),
    }
}

/// What a claim says: `crashes at most 0 (variant command-timeout)`.
pub(super) fn claimed(claim: &Claim) -> String {
    let name = match claim.figure {
        ClaimFigure::FirstError => "first error",
        ClaimFigure::FirstCrash => "first crash",
        ClaimFigure::Recovery => "recovery",
        ClaimFigure::ErrorsFor => "errors for",
        ClaimFigure::Crashes => "crashes",
        ClaimFigure::Errors => "errors",
        ClaimFigure::Availability => "availability",
        ClaimFigure::PeakPendingCalls => "peak of pending calls",
        ClaimFigure::PeakMemory => "peak of memory",
        ClaimFigure::Latency(LatencyQuantile::P50) => "median latency",
        ClaimFigure::Latency(LatencyQuantile::P99) => "99 % latency",
        ClaimFigure::Latency(LatencyQuantile::P999) => "99.9 % latency",
        ClaimFigure::RetryAmplification => "retry amplification",
        ClaimFigure::PendingGrowth => "growth of pending calls",
    };
    let unit = |value: f64| match claim.must {
        ClaimMust::Against(_) => format!("{value} times"),
        _ => of(claim.figure, value),
    };
    let bounds = [("at least", claim.at_least), ("at most", claim.at_most)];
    let bounds: Vec<String> =
        bounds.into_iter().filter_map(|(word, bound)| Some(format!("{word} {}", unit(bound?)))).collect();
    let rest = match &claim.must {
        ClaimMust::Usual => String::new(),
        ClaimMust::Share(share) => format!(" in {} of all runs", percent(*share)),
        ClaimMust::Against(Some(other)) => format!(" that of variant {other}"),
        ClaimMust::Against(None) => " that without the variant".into(),
    };
    format!("{name} {}{rest}", bounds.join(" and "))
}

/// `0 s`, `310 ms`, `3.24 s`, `58.7 s`; from two minutes on `18m 12s`.
fn seconds(secs: f64) -> String {
    match secs {
        s if s.is_infinite() => "never".into(),
        s if s <= 0.0 => "0 s".into(),
        s if s < 1.0 => format!("{:.0} ms", s * 1_000.0),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 120.0 => format!("{s:.1} s"),
        s => {
            let whole = s.round() as u64;
            format!("{}m {:02}s", whole / 60, whole % 60)
        }
    }
}

/// As durations, finer below 100 ms: `2.31 ms`.
fn latency(secs: f64) -> String {
    if secs < 0.1 { format!("{:.2} ms", secs * 1_000.0) } else { seconds(secs) }
}

/// `3`, and of a mean `3.25`.
fn count(value: f64) -> String {
    if value.fract() == 0.0 || value >= 1_000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn percent(share: f64) -> String {
    format!("{:.3} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::{count, latency, percent, seconds};

    #[test]
    fn units_are_readable() {
        let rows = [
            (0.0, "0 s"),
            (0.31, "310 ms"),
            (3.237, "3.24 s"),
            (58.66, "58.7 s"),
            (119.94, "119.9 s"),
            (120.0, "2m 00s"),
            (1_092.4, "18m 12s"),
            (f64::INFINITY, "never"),
        ];
        for (secs, words) in rows {
            assert_eq!(seconds(secs), words);
        }
        assert_eq!(percent(0.999_87), "99.987 %");
        assert_eq!([latency(0.002_314), latency(0.25)], ["2.31 ms", "250 ms"]);
        assert_eq!([count(3.0), count(3.25), count(1_234.5)], ["3", "3.25", "1234"]);
    }
}
