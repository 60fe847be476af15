//! The estimates against other programs' results, one row a case, each with its source: `data/statistics.csv`, which
//! is kept as it was handed over, and `data/medians.csv`, more curves by lifelines.
//!
//! lifelines multiplies shares by their logarithms, so that 10 of 20 come out a hair above one half and its median a step
//! late; the cases keep clear of shares that are one half exactly, which are tested beside the code.

use halfopen_models::capacity::queues::{erlang_b, erlang_c};
use halfopen_models::statistics::sensitivity::{effects, saltelli, shares, trajectories};
use halfopen_models::statistics::{
    Lifetime, Survival, autocorrelation, batch_means, benjamini_hochberg, chi_square_uniform,
    clopper_pearson, distance, distance_between, distance_p, holm, log_rank, mean_interval, mser,
    normal_quantile, paired, poisson, quantile_ranks, t_quantile, wilson,
};
use halfopen_sim::chance::{Streams, Zipf, lognormal_parameters};

/// Everything a case's results are made from: `level 0.95; x 12.1 9.8`.
struct Input<'a>(&'a str);

impl Input<'_> {
    /// Numbers after `name`, up to the next part.
    fn all(&self, name: &str) -> Vec<f64> {
        let part = self.0.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix(' '));
        let part = part.unwrap_or_else(|| panic!("no {name} in {}", self.0));
        part.split([' ', ',']).filter_map(|word| word.parse().ok()).collect()
    }

    fn one(&self, name: &str) -> f64 {
        self.all(name)[0]
    }

    fn sorted(&self, name: &str) -> Vec<f64> {
        let mut all = self.all(name);
        all.sort_by(f64::total_cmp);
        all
    }

    fn lifetimes(&self) -> Vec<Lifetime> {
        let observation = |(at, ended): (f64, f64)| match ended {
            1.0 => Lifetime::Ended(at),
            _ => Lifetime::Censored(at),
        };
        self.all("times").into_iter().zip(self.all("event")).map(observation).collect()
    }

    fn survival(&self) -> Survival {
        Survival::of(&self.lifetimes())
    }

    /// `3 of 40` as the last part.
    fn hits(&self) -> (u32, u32) {
        let (hits, n) = self.0.rsplit(';').next().unwrap().trim().split_once(" of ").unwrap();
        (hits.parse().unwrap(), n.parse().unwrap())
    }
}

fn some<const N: usize>(values: [f64; N]) -> Vec<Option<f64>> {
    values.map(Some).to_vec()
}

fn results(what: &str, input: &Input<'_>) -> Vec<Option<f64>> {
    of_values(what, input)
        .or_else(|| of_times(what, input))
        .or_else(|| of_distributions(what, input))
        .or_else(|| of_settings(what, input))
        .unwrap_or_else(|| panic!("no such estimate: {what}"))
}

fn of_values(what: &str, input: &Input<'_>) -> Option<Vec<Option<f64>>> {
    Some(match what {
        "t interval of a mean" => {
            some(mean_interval(&input.sorted("x"), input.one("level")).unwrap().1.unwrap())
        }
        "paired difference, t interval" => {
            let it = paired(&input.all("x"), &input.all("y"), input.one("level")).unwrap();
            let [low, high] = it.interval.unwrap();
            some([it.difference, low, high])
        }
        "paired t test, two-sided p" => {
            some([paired(&input.all("x"), &input.all("y"), 0.95).unwrap().p.unwrap()])
        }
        "Wilson interval" => some(wilson(input.hits().0, input.hits().1, input.one("level"))),
        "Clopper-Pearson interval" => {
            some(clopper_pearson(input.hits().0, input.hits().1, input.one("level")))
        }
        "exact Poisson 95 % interval for a count (0: lower bound 0)" => {
            some(poisson(input.one("count") as u32, 0.95))
        }
        "quantile by order statistics, 1-based ranks (0 or none: unbounded)" => {
            let ranks = quantile_ranks(input.one("n") as usize, input.one("q"));
            ranks.map(|rank| rank.map(|rank| rank as f64)).to_vec()
        }
        "Holm adjusted p" => holm(&input.all("p")).into_iter().map(Some).collect(),
        "Benjamini-Hochberg adjusted p" => {
            benjamini_hochberg(&input.all("p")).into_iter().map(Some).collect()
        }
        "MSER: d minimising sum((x_i - mean_d)^2 for i > d)/(n - d)^2 over d = 0..n/2" => {
            some([mser(&input.all("x")) as f64])
        }
        "lag-1 autocorrelation, biased (divide by n)" => some([autocorrelation(&input.all("x"))]),
        "batch means, 5 equal batches, t interval" => {
            let (mean, interval) = batch_means(&input.all("x"), 5, input.one("level")).unwrap();
            let [low, high] = interval.unwrap();
            some([mean, low, high])
        }
        _ => return None,
    })
}

fn of_times(what: &str, input: &Input<'_>) -> Option<Vec<Option<f64>>> {
    Some(match what {
        "Kaplan-Meier median" => vec![input.survival().quantile(0.5)],
        "Kaplan-Meier survival with log-log 95 % band" => {
            let t = input.one("t");
            let survival = input.survival();
            let step = survival.steps.iter().rfind(|step| step.at <= t).unwrap();
            some([step.share, step.low, step.high])
        }
        "Kaplan-Meier p5 median p95 and interval of the median by its band" => {
            let survival = input.survival();
            let [low, high] = survival.median_interval();
            vec![survival.quantile(0.05), survival.quantile(0.5), survival.quantile(0.95), low, high]
        }
        "restricted mean survival time" => {
            some([input.survival().restricted_mean(input.one("tau")).unwrap().0])
        }
        "log-rank chi-square and p" => {
            let (first, second) = input.0.split_once("; against ").unwrap();
            let it = log_rank(&Input(first).lifetimes(), &Input(second).lifetimes()).unwrap();
            some([it.chi_square, it.p])
        }
        _ => return None,
    })
}

fn of_distributions(what: &str, input: &Input<'_>) -> Option<Vec<Option<f64>>> {
    Some(match what {
        "t quantile" => {
            let level = 2.0 * input.one("p") - 1.0;
            input.all("df").into_iter().map(|freedom| Some(t_quantile(level, freedom as u32))).collect()
        }
        "normal quantile" => input.all("p").into_iter().map(|p| Some(normal_quantile(p))).collect(),
        "Kolmogorov-Smirnov D and exact p against Exp(mean 10)" => {
            let x = input.sorted("x");
            let d = distance(&x, |x| -libm::expm1(-x / 10.0));
            some([d, distance_p(d, x.len() as u32)])
        }
        "two-sample Kolmogorov-Smirnov D" => some([distance_between(&input.sorted("x"), &input.sorted("y"))]),
        "chi-square goodness of fit to uniform: statistic, p" => {
            let counts: Vec<u32> = input.all("counts").into_iter().map(|count| count as u32).collect();
            let (statistic, p) = chi_square_uniform(&counts).unwrap();
            some([statistic, p])
        }
        "lognormal mu, sigma from mean and cv" => {
            let (mu, sigma) = lognormal_parameters(input.one("mean"), input.one("cv"));
            some([mu, sigma])
        }
        "Zipf normaliser H(n, s), share of the top key" => {
            let normaliser = Zipf::new(input.one("n") as u64, input.one("s")).normaliser();
            some([normaliser, 1.0 / normaliser])
        }
        "Erlang B and C" => {
            let (offered, servers) = (input.one("offered"), input.one("servers") as u32);
            some([erlang_b(servers, offered), erlang_c(servers, offered)])
        }
        _ => return None,
    })
}

fn of_settings(what: &str, input: &Input<'_>) -> Option<Vec<Option<f64>>> {
    let mut stream = Streams::new(1).stream("sensitivity", "test");
    Some(match what {
        what if what.starts_with("Sobol first-order and total indices of Ishigami sin x1 + a sin^2 x2") => {
            let (a, b) = (input.one("a"), input.one("b"));
            let ishigami = |point: &Vec<f64>| {
                let x: Vec<f64> = point.iter().map(|u| std::f64::consts::PI * (2.0 * u - 1.0)).collect();
                let (one, two) = (libm::sin(x[0]), libm::sin(x[1]));
                one + a * two * two + b * x[2] * x[2] * x[2] * x[2] * one
            };
            let values: Vec<f64> = saltelli(3, 8_192, 1).iter().map(ishigami).collect();
            let all = shares(&values, 3, 0.95, 1, &mut stream).unwrap();
            let firsts = all.iter().map(|share| share.first);
            firsts.chain(all.iter().map(|share| share.total)).map(Some).collect()
        }
        "Morris mu* of 3 x1 - 2 x2 + 0 x3 on the unit cube" => {
            let points = trajectories(3, 8, &mut stream);
            let values: Vec<f64> = points.iter().map(|x| 3.0 * x[0] - 2.0 * x[1]).collect();
            effects(&points, &values).iter().map(|effect| Some(effect.size)).collect()
        }
        _ => return None,
    })
}

/// Whether a result is within what the row allows: `1e-9 rel`, `0.02 abs with …`, `equal`.
fn agrees(got: Option<f64>, expected: Option<f64>, tolerance: &str) -> bool {
    let (Some(got), Some(expected)) = (got, expected) else { return got == expected };
    let apart = (got - expected).abs();
    let mut words = tolerance.split([' ', ';']);
    match (words.next(), words.next()) {
        (Some("equal"), None) => apart == 0.0,
        (Some(by), Some("rel")) => apart <= by.parse::<f64>().unwrap() * expected.abs(),
        (Some(by), Some("abs")) => apart <= by.parse::<f64>().unwrap(),
        _ => panic!("no such tolerance: {tolerance}"),
    }
}

/// How many rows agree; stops at the first that does not.
fn compare(cases: &str) -> usize {
    let mut reader = csv::Reader::from_reader(cases.as_bytes());
    let mut checked = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let [id, what, input, expected, tolerance, source] = std::array::from_fn(|i| &row[i]);
        let expected: Vec<Option<f64>> = expected.split(' ').map(|word| word.parse().ok()).collect();
        let got = results(what, &Input(input));
        assert_eq!(got.len(), expected.len(), "{id}");
        let agree = got.iter().zip(&expected).all(|(&got, &expected)| agrees(got, expected, tolerance));
        assert!(agree, "{id} {what}: {got:?}, {source} says {expected:?}");
        checked += 1;
    }
    checked
}

#[test]
fn every_reference_value_is_reproduced() {
    assert_eq!(compare(include_str!("data/statistics.csv")), 47);
}

#[test]
fn medians_and_their_intervals_are_those_of_lifelines() {
    assert_eq!(compare(include_str!("data/medians.csv")), 6);
}

#[test]
#[should_panic(expected = "no such estimate: something new")]
fn an_unknown_row_fails() {
    compare("id,what,input,expected,tolerance,source\nX,something new,x 1,1,equal,none\n");
}
