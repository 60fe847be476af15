//! Sentinel's steps: subjectively down, objectively down, promotion, announcement.
//!
//! Repetitions of a setting are one distribution. Its median within 5 % or 0.2 s (or as far off as the median of so few
//! draws is in one of twenty times: phases are uniform over a second, repetitions four to six), and a two-sample test
//! (Kolmogorov–Smirnov, 1 %) does not tell measured and simulated apart.

use std::collections::BTreeMap;

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Sample, Tolerance, Value, error};
use crate::validate::row::Row;
use crate::validate::watch::Observation;

pub(super) const GROUP: Group = Group {
    name: "sentinel",
    title: "Sentinel's steps",
    target: "median within 5 % or 0.2 s; not told apart by a two-sample test",
    takes: |row, _| row.suite == "g",
    compare,
};

const TIME: Tolerance = Tolerance { relative: 0.05, absolute: 0.2 };

/// A step: its name, what was measured, how it shows in a run.
type Step = (&'static str, fn(&Row) -> Option<f64>, fn(&Observation) -> Option<f64>);

const STEPS: [Step; 4] = [
    ("subjectively down, s", |row| row.sdown_s, |run| run.sentinel[0]),
    ("objectively down, s", |row| row.odown_s, |run| run.sentinel[1]),
    ("promoted, s", |row| row.promoted_s, |run| run.sentinel[2]),
    ("announced, s", |row| row.switch_master_s, |run| run.sentinel[3]),
];

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    let mut settings: BTreeMap<(String, u32), Vec<&Row>> = BTreeMap::new();
    for row in &ground.rows {
        let after = row.sentinel_down_after_ms.unwrap_or(0.0) as u32;
        settings.entry((row.fault.clone(), after)).or_default().push(row);
    }
    let mut answers = Vec::new();
    for ((fault, after), rows) in &settings {
        for step in &STEPS {
            answers.extend(answer(ground, &format!("g_{fault}_da{after}"), rows, step));
        }
    }
    answers
}

fn answer(ground: &Ground<'_>, id: &str, rows: &[&Row], step: &Step) -> Option<Comparison> {
    let (quantity, measured, look) = *step;
    let measured = Sample::new(rows.iter().filter_map(|row| measured(row)).map(Some).collect());
    let expected = measured.median();
    let expected_s = expected.number()?;
    let mut comparison = Comparison {
        id: id.to_owned(),
        group: ground.group,
        quantity: quantity.to_owned(),
        predicted: Value::Nothing,
        interval: None,
        expected,
        error: None,
        holds: false,
        reason: String::new(),
    };
    match &ground.runs[&rows[0].case_id] {
        Err(reason) => comparison.reason.clone_from(reason),
        Ok(runs) => {
            let sample = Sample::new(runs.iter().map(look).collect());
            comparison.predicted = sample.median();
            comparison.interval = sample.interval();
            comparison.error = error(&comparison.predicted, &comparison.expected);
            let median = comparison.predicted.number();
            let near = median.is_some_and(|median| TIME.allows(median, expected_s));
            let apart = told_apart(&measured, &sample);
            comparison.holds = near && !apart;
            comparison.reason = match (near, apart) {
                (true, true) => "the median is right and the distribution is not".into(),
                (false, false) => format!("{} repetitions, not told apart", rows.len()),
                _ => String::new(),
            };
        }
    }
    Some(comparison)
}

/// Two-sample Kolmogorov–Smirnov at 1 %: the critical distance is 1.628 √(1/n + 1/m), which for the few repetitions
/// here is larger than the exact one, so that the test is cautious to tell apart.
fn told_apart(one: &Sample, other: &Sample) -> bool {
    let share = |sample: &Sample, at: f64| {
        let below = sample.values().iter().filter(|value| value.is_some_and(|value| value <= at)).count();
        below as f64 / sample.values().len() as f64
    };
    let both = one.values().iter().chain(other.values()).flatten();
    let distance = both.map(|&at| (share(one, at) - share(other, at)).abs()).fold(0.0, f64::max);
    let size = 1.0 / one.values().len() as f64 + 1.0 / other.values().len() as f64;
    distance > 1.628 * size.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_apart_is_told_apart() {
        let around = |middle: f64, n: u32| {
            Sample::new((0..n).map(|i| Some(middle + f64::from(i) / f64::from(n))).collect())
        };
        assert!(!told_apart(&around(5.0, 6), &around(5.05, 40)));
        assert!(told_apart(&around(5.0, 6), &around(6.2, 40)));
    }
}
