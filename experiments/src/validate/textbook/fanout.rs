//! A request that needs an answer from many leaves: who is slow once in a hundred times is met by most.

use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::{Precision, independent};
use super::queue::exponential;
use super::station::Law;
use super::{Answer, Case, Prediction, Question, Unreadable, cases};

/// A root that asks its leaves and waits for some of them.
struct Root {
    leaf: Law,
    stream: Stream,
    leaves: usize,
    /// So many answers are enough.
    enough: usize,
    answers: usize,
    done: Time,
}

impl Model for Root {
    type Event = ();

    /// A leaf answers.
    fn handle(&mut self, now: Time, (): (), _: &mut Calendar<()>) {
        self.answers += 1;
        if self.answers == self.enough {
            self.done = now;
        }
    }
}

impl Root {
    /// One request; how long it took, in seconds.
    fn request(&mut self) -> f64 {
        let mut calendar = Calendar::new();
        self.answers = 0;
        for _ in 0..self.leaves {
            calendar.schedule(Time::ZERO + self.leaf.sample(&mut self.stream), ());
        }
        run(self, &mut calendar, Time::MAX);
        self.done.as_secs_f64()
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    if p.text("finished").is_some() {
        return tail(question);
    }
    let mut stream = question.streams.stream("leaves", &question.case.id);
    if let Some(slow) = p.get("share slow") {
        let leaves = p.number("leaves")?;
        let met = independent(question.precision, 500, |n| {
            ((0..n).filter(|_| first_slow(slow, &mut stream) <= leaves).count() as f64, n as f64)
        });
        return Ok(Prediction::Number(met));
    }
    let leaves = p.number("calls in parallel")? as usize;
    let mean = p.text("service").and_then(super::parameters::first_quantity);
    let mean = mean.ok_or_else(|| Unreadable("the parameters name no service".into()))?;
    let mut root =
        Root { leaf: exponential(mean), stream, leaves, enough: leaves, answers: 0, done: Time::ZERO };
    let estimate = independent(question.precision, 200, |n| ((0..n).map(|_| root.request()).sum(), n as f64));
    Ok(Prediction::Number(estimate))
}

/// Number of the first slow leaf, of leaves that are slow independently: geometric.
fn first_slow(share: f64, stream: &mut Stream) -> f64 {
    libm::floor(libm::log(stream.open()) / libm::log1p(-share)) + 1.0
}

/// Leaves of the service in "The Tail at Scale" are not counted there; with more of them a share of them is the nearer
/// to its quantile. An assumption.
const LEAVES: usize = 100;

/// Table 1 of "The Tail at Scale": the leaf law is the empirical one of the first row (piecewise exponential through
/// its three percentiles), leaves are independent, and nothing is taken from the second row.
fn tail(question: &Question) -> Answer {
    let Some((percentile, _)) = question.quantity.split_once(' ') else {
        return Err(Unreadable(format!("no tail has a `{}`", question.quantity)));
    };
    let share = percentile[1..].parse::<f64>().map_err(|_| Unreadable(percentile.into()))? / 100.0;
    let finished = question.parameters.text("finished").unwrap_or_default();
    let (leaves, enough) = match super::parameters::quantity(finished) {
        Some(part) => (LEAVES, (part * LEAVES as f64).ceil() as usize),
        None => (1, 1),
    };
    let knots = leaf_percentiles();
    let mut stream = question.streams.stream("leaves", &question.case.id);
    let mut root =
        Root { leaf: exponential(1.0), stream: stream.clone(), leaves, enough, answers: 0, done: Time::ZERO };
    let precision = Precision { doublings: 3, ..question.precision };
    let estimate = independent(precision, 1_000, |n| {
        let mut times: Vec<f64> = (0..n).map(|_| root.wait(&knots, &mut stream)).collect();
        times.sort_by(f64::total_cmp);
        (times[(share * n as f64).ceil() as usize - 1] * 1e3, 1.0)
    });
    Ok(Prediction::Number(estimate))
}

impl Root {
    /// One request to leaves whose law is given by its percentiles.
    fn wait(&mut self, knots: &[(f64, f64)], stream: &mut Stream) -> f64 {
        let mut calendar = Calendar::new();
        self.answers = 0;
        for _ in 0..self.leaves {
            calendar.schedule(Time::ZERO + Span::from_secs_f64(interpolate(knots, stream.open())), ());
        }
        run(self, &mut calendar, Time::MAX);
        self.done.as_secs_f64()
    }
}

/// Percentiles of one random leaf, in seconds, from the cases themselves.
fn leaf_percentiles() -> Vec<(f64, f64)> {
    let leaf = |case: &Case| case.id.starts_with("O-tail-") && case.parameters.contains("one random leaf");
    let knot = |case: &Case| {
        let (percentile, _) = case.quantity.split_once(' ')?;
        let share = percentile.strip_prefix('p')?.parse::<f64>().ok()? / 100.0;
        Some((share, case.expected.parse::<f64>().ok()? / 1e3))
    };
    cases().iter().filter(|case| leaf(case)).filter_map(knot).collect()
}

/// The quantile `u` of a law through `knots`, exponential between them and beyond: its logarithm of the tail is made of
/// straight lines.
fn interpolate(knots: &[(f64, f64)], u: f64) -> f64 {
    let depth = |share: f64| -libm::log1p(-share);
    let x = depth(u);
    let (mut low, mut high) = ((0.0, 0.0), (depth(knots[0].0), knots[0].1));
    for &(share, value) in &knots[1..] {
        if x > high.0 {
            (low, high) = (high, (depth(share), value));
        }
    }
    low.1 + (high.1 - low.1) * (x - low.0) / (high.0 - low.0)
}
