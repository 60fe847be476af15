//! The estimates against other programs' results: `data/statistics.tsv`, one row a case, each with its source.
//!
//! lifelines multiplies shares by their logarithms, so that 10 of 20 come out a hair above one half and its median a step
//! late; the cases keep clear of shares that are one half exactly, which are tested beside the code.

use halfopen_models::summary::statistics::{Lifetime, Survival, mean_interval, median_interval, t_quantile};

const CASES: &str = include_str!("data/statistics.tsv");

/// Numbers after `name` in the row's input, up to the next part.
fn numbers(input: &str, name: &str) -> Vec<f64> {
    let part = input.split(';').find_map(|part| part.trim().strip_prefix(name)).expect(name);
    part.split([' ', ',']).filter_map(|word| word.parse().ok()).collect()
}

fn survival(input: &str) -> Survival {
    let observation = |(at, ended): (f64, f64)| match ended {
        1.0 => Lifetime::Ended(at),
        _ => Lifetime::Censored(at),
    };
    let pairs = numbers(input, "times ").into_iter().zip(numbers(input, "event "));
    Survival::of(&pairs.map(observation).collect::<Vec<_>>())
}

fn results(what: &str, input: &str) -> Vec<Option<f64>> {
    match what {
        "t interval of a mean" => {
            let mut x = numbers(input, "x ");
            x.sort_by(f64::total_cmp);
            mean_interval(&x).unwrap().1.unwrap().map(Some).to_vec()
        }
        "t quantile" => {
            numbers(input, "df ").into_iter().map(|freedom| Some(t_quantile(freedom as u32))).collect()
        }
        "Kaplan-Meier median" => vec![survival(input).quantile(0.5)],
        "Kaplan-Meier survival with log-log 95 % band" => {
            let t = numbers(input, "t ")[0];
            let survival = survival(input);
            let step = survival.steps.iter().rfind(|step| step.at <= t).unwrap();
            vec![Some(step.share), Some(step.low), Some(step.high)]
        }
        "Kaplan-Meier p5 median p95 and interval of the median by its band" => {
            let survival = survival(input);
            let [low, high] = survival.median_interval();
            vec![survival.quantile(0.05), survival.quantile(0.5), survival.quantile(0.95), low, high]
        }
        what if what.starts_with("quantile by order statistics") => {
            let n = numbers(input, "n ")[0] as u32;
            median_interval(&(1..=n).map(f64::from).collect::<Vec<_>>()).to_vec()
        }
        other => panic!("no such estimate: {other}"),
    }
}

#[test]
fn every_case_agrees_to_nine_digits() {
    let mut checked = 0;
    for row in CASES.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, what, input, expected, _tolerance, source] = cells[..] else { panic!("six cells: {row}") };
        let expected: Vec<Option<f64>> = expected.split(' ').map(|word| word.parse().ok()).collect();
        let got = results(what, input);
        let same = |pair: (&Option<f64>, &Option<f64>)| match pair {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs(),
            (a, b) => a == b,
        };
        assert_eq!(got.len(), expected.len(), "{id}");
        assert!(got.iter().zip(&expected).all(same), "{id} {what}: {got:?}, {source} says {expected:?}");
        checked += 1;
    }
    assert_eq!(checked, 17);
}
