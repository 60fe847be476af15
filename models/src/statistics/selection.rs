//! Which of several is the largest: Kim and Nelson's procedure KN (2001), fully sequential and made for common random
//! numbers. With probability `level` it ends with one that is at most `zone` below the best.
//!
//! Kim and Nelson, "A fully sequential procedure for indifference-zone selection in simulation", ACM TOMACS 11(3), with
//! c = 1. Outputs are taken for normal; means over replications of counts and shares come close.

/// What the replications so far allow to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// Those not yet shown to be smaller than another, by index, the largest mean first.
    pub candidates: Vec<usize>,
    /// Whether the first of them is selected: it is the only one, or the others are within the indifference zone.
    pub decided: bool,
}

/// Replays the procedure over `outputs`, one list a system, replication by replication. The first `stage` replications
/// estimate the variances of differences (ten or more). `zone` is the smallest difference worth seeing.
///
/// # Panics
/// With lists of different lengths or below two replications in the first stage, or a zone or level out of range.
pub fn select_largest(outputs: &[Vec<f64>], stage: usize, zone: f64, level: f64) -> Selection {
    let n = outputs.first().map_or(0, Vec::len);
    assert!(outputs.iter().all(|values| values.len() == n), "every system needs every replication");
    assert!(
        stage >= 2 && zone > 0.0 && level > 0.0 && level < 1.0,
        "stage {stage}, zone {zone}, level {level}"
    );
    let mut candidates: Vec<usize> = (0..outputs.len()).collect();
    let mut decided = outputs.len() == 1;
    let mut replication = stage;
    while !decided && replication <= n {
        let means: Vec<f64> = outputs.iter().map(|values| mean(&values[..replication])).collect();
        let reach = |i: usize, j: usize| {
            reach(&outputs[i][..stage], &outputs[j][..stage], outputs.len(), zone, level)
        };
        let smaller = |i: usize| {
            candidates.iter().any(|&j| {
                let slack = (reach(i, j) - replication as f64) * zone / 2.0;
                i != j && means[i] < means[j] - slack.max(0.0)
            })
        };
        let left: Vec<usize> = candidates.iter().copied().filter(|&i| !smaller(i)).collect();
        let within_zone = |&i: &usize| left.iter().all(|&j| i == j || reach(i, j) < replication as f64);
        decided = left.len() == 1 || left.iter().all(within_zone);
        candidates = left;
        replication += 1;
    }
    let used = (replication - 1).min(n);
    candidates.sort_by(|&i, &j| mean(&outputs[j][..used]).total_cmp(&mean(&outputs[i][..used])));
    Selection { candidates, decided }
}

/// h² S² ÷ zone²: the replications after which a pair's difference is judged by its sign alone.
fn reach(x: &[f64], y: &[f64], systems: usize, zone: f64, level: f64) -> f64 {
    let freedom = x.len() as f64 - 1.0;
    let error = 2.0 * (1.0 - level) / (systems as f64 - 1.0);
    let eta = (libm::pow(error, -2.0 / freedom) - 1.0) / 2.0;
    let differences: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    let middle = mean(&differences);
    let variance = differences.iter().map(|d| (d - middle) * (d - middle)).sum::<f64>() / freedom;
    2.0 * eta * freedom * variance / (zone * zone)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    /// Three systems under common random numbers; the last is the best by `lead`.
    fn outputs(seed: u64, replications: usize, lead: f64) -> Vec<Vec<f64>> {
        let mut stream = Streams::new(seed).stream("selection", "test");
        let mut all = vec![Vec::new(); 3];
        for _ in 0..replications {
            let common = stream.normal();
            for (values, more) in all.iter_mut().zip([0.0, 0.0, lead]) {
                values.push(common + 0.5 * stream.normal() + more);
            }
        }
        all
    }

    #[test]
    fn the_best_is_found_as_often_as_promised() {
        // 200 trials at the edge of the zone, the hardest case: 95 % right; 180 or fewer in one of 500 such tests.
        let right = (0..200)
            .map(|seed| select_largest(&outputs(seed, 400, 0.3), 10, 0.3, 0.95))
            .filter(|selection| selection.decided && selection.candidates[0] == 2)
            .count();
        assert!(right > 180, "{right} of 200");
    }

    #[test]
    fn it_says_when_it_cannot_say_yet() {
        let few = select_largest(&outputs(1, 9, 0.1), 10, 0.1, 0.95);
        assert_eq!((few.decided, few.candidates.len()), (false, 3), "the first stage is not complete");
        let clear = select_largest(&outputs(1, 10, 50.0), 10, 0.1, 0.95);
        assert_eq!(clear, Selection { candidates: vec![2], decided: true });
        assert_eq!(
            select_largest(&[vec![]], 10, 0.1, 0.95),
            Selection { candidates: vec![0], decided: true }
        );
        let same = vec![vec![1.0; 10]; 2];
        let equal = select_largest(&same, 10, 0.1, 0.95);
        assert!(equal.decided && equal.candidates.len() == 2, "no difference, however long: {equal:?}");
    }
}
