//! The engine against queueing theory: systems whose answers are known exactly.
//!
//! Every system is run 40 times with streams of its own. The mean of the 40 results is to lie within its 99.9 %
//! confidence interval (Student's t) around the exact value, and the interval is to be narrow enough to tell
//! something. Seeds are fixed, so a test that passes passes always; for another set of seeds each figure would miss
//! once in a thousand times.

mod queue;

use halfopen_sim::Span;
use halfopen_sim::chance::Distribution;
use queue::{Figures, System, replicate};

/// Two-sided 99.9 % quantile of Student's t with 39 degrees of freedom.
const T_999: f64 = 3.5581;

/// `figure` of all runs agrees with `exact`, and its interval is within `width` of it.
fn agrees(name: &str, runs: &[Figures], figure: impl Fn(&Figures) -> f64, exact: f64, width: f64) {
    let n = runs.len() as f64;
    assert_eq!(runs.len(), 40, "the quantile is for 40 runs");
    let mean = runs.iter().map(&figure).sum::<f64>() / n;
    let squares: f64 = runs.iter().map(|run| (figure(run) - mean) * (figure(run) - mean)).sum();
    let half = T_999 * (squares / (n - 1.0) / n).sqrt();
    println!("{name}: {mean:.6} ± {half:.6}, exactly {exact:.6}");
    assert!((mean - exact).abs() <= half, "{name} is {mean} ± {half}, exactly {exact}");
    assert!(half <= width * exact, "{name} is {mean} ± {half}: too wide to tell");
}

fn exponential(mean: Span) -> Distribution {
    Distribution::Exponential { mean }
}

/// Poisson arrivals, as many a second as `rate`; room for everybody.
fn open(service: Distribution, servers: usize, rate: f64) -> System {
    let between = exponential(Span::from_secs_f64(1.0 / rate));
    System { between, population: None, service, servers, room: usize::MAX, late: Span::MAX }
}

const SERVICE: Span = Span::from_millis(1);

/// Stationary probabilities of a birth-death process on 0..=last, for any rates up and down.
fn birth_death(last: usize, up: impl Fn(usize) -> f64, down: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut weights = vec![1.0];
    for state in 0..last {
        weights.push(weights[state] * up(state) / down(state + 1));
    }
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

/// Erlang's C: the share that waits, of `offered` work to `servers` servers, from the recursion for his B.
fn erlang_c(servers: usize, offered: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |b, n| offered * b / (n as f64 + offered * b));
    let load = offered / servers as f64;
    blocked / (1.0 - load + load * blocked)
}

/// Pollaczek and Khinchine: the mean wait at one server, in mean service times.
fn pollaczek_khinchine(load: f64, scv: f64) -> f64 {
    load * (1.0 + scv) / (2.0 * (1.0 - load))
}

#[test]
fn the_formulas_give_the_books_digits() {
    // Computed independently to ten digits.
    let same =
        |value: f64, digits: f64| assert!((value / digits - 1.0).abs() < 1e-9, "{value} is not {digits}");
    same(erlang_c(2, 1.6), 0.711_111_111_1);
    same(erlang_c(8, 7.2), 0.701_532_990_1);
    same(erlang_c(32, 30.4), 0.695_710_114_2);
    same(pollaczek_khinchine(0.7, 0.0), 1.166_666_666_7);
    same(pollaczek_khinchine(0.7, 0.25), 1.458_333_333_3);
    same(birth_death(12, |_| 5.0, |n| n.min(4) as f64)[12], 0.218_230_332_1);
}

#[test]
fn mm1() {
    let mut system = open(exponential(SERVICE), 1, 800.0);
    // Time in system is exponential with mean 5 ms: one in a hundred is over 5 ms times the logarithm of 100.
    system.late = Span::from_secs_f64(0.005 * libm::log(100.0));
    let runs = replicate(&system);
    agrees("M/M/1, time in system [ms]", &runs, |run| run.stay * 1e3, 5.0, 0.03);
    agrees("M/M/1, over the 99th percentile", &runs, |run| run.late, 0.01, 0.15);
    agrees("M/M/1, in system", &runs, |run| run.in_system, 4.0, 0.03);
    agrees("M/M/1, share that waits", &runs, |run| run.waiting, 0.8, 0.005);
}

#[test]
fn mmc() {
    for (servers, rate) in [(2, 1_600.0), (8, 7_200.0)] {
        let offered = rate * 1e-3;
        let c = erlang_c(servers, offered);
        let wait = c / (servers as f64 - offered);
        let runs = replicate(&open(exponential(SERVICE), servers, rate));
        agrees(&format!("M/M/{servers}, share that waits"), &runs, |run| run.waiting, c, 0.02);
        agrees(&format!("M/M/{servers}, wait [ms]"), &runs, |run| run.wait * 1e3, wait, 0.06);
        agrees(
            &format!("M/M/{servers}, in system"),
            &runs,
            |run| run.in_system,
            rate * wait * 1e-3 + offered,
            0.03,
        );
    }
}

#[test]
fn md1() {
    let runs = replicate(&open(Distribution::Fixed(SERVICE), 1, 700.0));
    agrees("M/D/1, wait [ms]", &runs, |run| run.wait * 1e3, pollaczek_khinchine(0.7, 0.0), 0.01);
}

#[test]
fn mg1() {
    let erlang = Distribution::Erlang { mean: SERVICE, shape: 4 };
    let runs = replicate(&open(erlang, 1, 700.0));
    agrees("M/E4/1, wait [ms]", &runs, |run| run.wait * 1e3, pollaczek_khinchine(0.7, 0.25), 0.015);
    let lognormal = Distribution::Lognormal { mean: SERVICE, cv: 1.5 };
    let runs = replicate(&open(lognormal, 1, 700.0));
    agrees("M/LN/1, wait [ms]", &runs, |run| run.wait * 1e3, pollaczek_khinchine(0.7, 2.25), 0.06);
}

#[test]
fn mmck() {
    for (servers, room, rate) in [(4, 12, 5_000.0), (1, 20, 900.0)] {
        let p = birth_death(room, |_| rate, |n| n.min(servers) as f64 * 1e3);
        let rejected = p[room];
        let queue: f64 = p.iter().enumerate().map(|(n, p)| n.saturating_sub(servers) as f64 * p).sum();
        let wait = queue / (rate * (1.0 - rejected));
        let runs = replicate(&System { room, ..open(exponential(SERVICE), servers, rate) });
        agrees(&format!("M/M/{servers}/{room}, rejected"), &runs, |run| run.rejected, rejected, 0.05);
        agrees(&format!("M/M/{servers}/{room}, wait [ms]"), &runs, |run| run.wait * 1e3, wait * 1e3, 0.02);
    }
}

#[test]
fn machine_repair() {
    // Ten machines that run 6 ms on average, two repairers who take 1 ms.
    let (machines, repairers) = (10_usize, 2);
    let p = birth_death(machines, |n| (machines - n) as f64 / 6.0, |n| n.min(repairers) as f64);
    let broken: f64 = p.iter().enumerate().map(|(n, p)| n as f64 * p).sum();
    let queue: f64 = p.iter().enumerate().map(|(n, p)| n.saturating_sub(repairers) as f64 * p).sum();
    let wait = queue / ((machines as f64 - broken) / 6.0);
    let runs = replicate(&System {
        between: exponential(Span::from_millis(6)),
        population: Some(machines),
        ..open(exponential(SERVICE), repairers, 1.0)
    });
    agrees("machine repair, broken", &runs, |run| run.in_system, broken, 0.01);
    agrees("machine repair, wait [ms]", &runs, |run| run.wait * 1e3, wait, 0.02);
}
