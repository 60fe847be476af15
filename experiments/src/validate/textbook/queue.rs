//! Open queues with one waiting line: M/M/c, with bounds, with patience, with general service, priorities, batches.

use halfopen_sim::chance::Distribution;
use halfopen_sim::{Calendar, Span, Time, run};

use super::estimate::steady;
use super::parameters::quantity;
use super::station::{Class, Event, Law, Plan, Station, Tally};
use super::{Answer, Estimate, Parameters, Prediction, Question, Unreadable};

/// A batch of the estimator is at first as long as so many mean gaps between arrivals.
const FIRST: u64 = 20_000;
/// Of a quantile: ten thousand independent values even where a hundred neighbours resemble each other.
const FIRST_OF_QUANTILE: u64 = 400_000;

pub fn answer(question: &Question) -> Answer {
    let mut lines = Vec::new();
    for plan in plans(&question.parameters)? {
        lines.push(Line::new(plan, question));
    }
    let figure = Figure::of(question.quantity)?;
    let first = if matches!(figure, Figure::Quantile { .. }) { FIRST_OF_QUANTILE } else { FIRST };
    let servers = question.parameters.get("c").unwrap_or(1.0);
    let estimate: Estimate = steady(question.precision, first, |gaps| {
        let parts = lines.iter_mut().map(|line| figure.read(&line.advance(gaps), servers));
        parts.fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    });
    Ok(Prediction::Number(estimate))
}

/// A station that is running.
struct Line {
    station: Station,
    calendar: Calendar<Event>,
    gap: Span,
    until: Time,
}

impl Line {
    fn new((plan, rate): (Plan, f64), question: &Question) -> Line {
        let mut station = Station::new(plan, question.streams, &question.case.id, None);
        let calendar = station.begin();
        Line { station, calendar, gap: Span::from_secs_f64(1.0 / rate), until: Time::ZERO }
    }

    /// Goes on by so many mean gaps between arrivals.
    fn advance(&mut self, gaps: u64) -> Tally {
        self.until += self.gap * gaps;
        run(&mut self.station, &mut self.calendar, self.until);
        self.station.snapshot(self.until)
    }
}

/// What a case asks about a station.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    Waiting,
    Refused,
    Abandoning,
    Utilization,
    InSystem,
    TimeInSystem,
    Wait { class: Option<usize>, squared: bool },
    Quantile { share: f64, of_wait: bool },
}

impl Figure {
    fn of(text: &str) -> Result<Figure, Unreadable> {
        let wait = |class, squared| Ok(Figure::Wait { class, squared });
        match text {
            "probability of waiting" => Ok(Figure::Waiting),
            "blocking probability" | "rejected share" => Ok(Figure::Refused),
            "share abandoning" => Ok(Figure::Abandoning),
            "utilization" => Ok(Figure::Utilization),
            "mean number in system" => Ok(Figure::InSystem),
            "mean time in system" => Ok(Figure::TimeInSystem),
            "mean wait in queue" | "mean wait of accepted" | "mean wait over all" => wait(None, false),
            "second moment of wait in queue" => wait(None, true),
            "mean wait class 1" => wait(Some(0), false),
            "mean wait class 2" => wait(Some(1), false),
            _ => Figure::quantile(text).ok_or_else(|| Unreadable(format!("no queue has a `{text}`"))),
        }
    }

    /// `p99 time in system`, `p95 wait in queue`.
    fn quantile(text: &str) -> Option<Figure> {
        let (percent, what) = text.strip_prefix('p')?.split_once(' ')?;
        let of_wait = what == "wait in queue";
        (of_wait || what == "time in system")
            .then_some(Figure::Quantile { share: percent.parse::<f64>().ok()? / 100.0, of_wait })
    }

    /// Numerator and denominator of the figure in one stretch.
    fn read(self, tally: &Tally, servers: f64) -> (f64, f64) {
        let classes = |class: Option<usize>| {
            let [one, two] = tally.waits;
            class.map_or((one.0 + two.0, one.1 + two.1, one.2 + two.2), |class| tally.waits[class])
        };
        match self {
            Figure::Waiting => (tally.delayed, classes(None).0),
            Figure::Refused => (tally.refused, tally.arrived),
            Figure::Abandoning => (tally.abandoned, tally.arrived),
            Figure::Utilization => (tally.time.2, tally.time.0 * servers),
            Figure::InSystem => (tally.time.1, tally.time.0),
            Figure::TimeInSystem => (tally.served.1, tally.served.0),
            Figure::Wait { class, squared } => {
                let (count, sum, squares) = classes(class);
                (if squared { squares } else { sum }, count)
            }
            Figure::Quantile { share, of_wait } => {
                let histogram = if of_wait { &tally.wait } else { &tally.sojourn };
                (histogram.quantile(share).unwrap_or(Span::ZERO).as_secs_f64(), 1.0)
            }
        }
    }
}

/// The stations that a case describes, each with its rate of arrivals; two where two service laws must agree.
pub fn plans(p: &Parameters) -> Result<Vec<(Plan, f64)>, Unreadable> {
    let servers = p.get("c").unwrap_or(1.0);
    let mut plan = Plan {
        classes: classes(p, servers)?,
        servers: servers as u64,
        room: u64::MAX,
        patience: p.get("theta").map(|rate| exponential(1.0 / rate)),
        last_first: p.mention("LCFS"),
    };
    let rate = rate(p, servers)?;
    if p.mention("M/G/c/c") || p.mention("M/M/c/c") {
        plan.room = plan.servers;
    } else if p.mention("in system") {
        plan.room = p.number("K")? as u64;
    }
    if p.text("service").is_some_and(|text| text.contains("must agree")) {
        let mut fixed = plan.clone();
        fixed.classes[0].service = Law::Of(Distribution::Fixed(Span::from_secs(1)).prepare());
        return Ok(vec![(plan, rate), (fixed, rate)]);
    }
    Ok(vec![(plan, rate)])
}

/// Arrivals (or batches) a second, of all classes.
fn rate(p: &Parameters, servers: f64) -> Result<f64, Unreadable> {
    if let (Some(one), Some(two)) = (p.get("lambda1"), p.get("lambda2")) {
        return Ok(one + two);
    }
    if let Some(beta) = p.text("rho").and_then(|text| text.strip_prefix("1-")).and_then(quantity) {
        return Ok((1.0 - beta / servers.sqrt()) * servers);
    }
    if let (Some(load), Some(service)) = (p.get("rho"), p.get("ES")) {
        return Ok(load * servers / service);
    }
    let given = p.get("lambda").or_else(|| p.get("batch rate")).or_else(|| p.get("offered"));
    given
        .or_else(|| p.after("arrival every").ok().map(|gap| 1.0 / gap))
        .ok_or_else(|| Unreadable("the parameters name no rate of arrivals".into()))
}

fn classes(p: &Parameters, servers: f64) -> Result<Vec<Class>, Unreadable> {
    if let (Some(one), Some(two)) = (p.get("lambda1"), p.get("lambda2")) {
        let class = |rate: f64, mu: f64| Class {
            gap: exponential(1.0 / rate),
            batch: 1,
            service: exponential(1.0 / mu),
        };
        return Ok(vec![class(one, p.number("mu1")?), class(two, p.number("mu2")?)]);
    }
    let mean_gap = 1.0 / rate(p, servers)?;
    let gap = if p.mention("arrival every") {
        Law::Of(Distribution::Fixed(Span::from_secs_f64(mean_gap)).prepare())
    } else if let Some(scv) = p.get("arrival scv") {
        gamma(mean_gap, scv)
    } else {
        exponential(mean_gap)
    };
    let batch = p.after("batch size").map_or(1, |size| size as u32);
    Ok(vec![Class { gap, batch, service: service(p)? }])
}

/// The service law in a case's words.
pub fn service(p: &Parameters) -> Result<Law, Unreadable> {
    let mean = match (p.get("mu"), p.get("ES")) {
        (Some(rate), _) => 1.0 / rate,
        (_, Some(mean)) => mean,
        _ => p.text("service").and_then(super::parameters::first_quantity).unwrap_or(1.0),
    };
    if let Some(scv) = p.get("service scv") {
        return Ok(gamma(mean, scv));
    }
    let Some(text) = p.text("service") else {
        // Of a service known by two moments only, all that the figures here depend on.
        let scv = p.get("ES2").map_or(1.0, |squares| squares / (mean * mean) - 1.0);
        return Ok(if (scv - 1.0).abs() < 1e-9 { exponential(mean) } else { gamma(mean, scv) });
    };
    let scv = || text.split("scv").nth(1).and_then(super::parameters::first_quantity);
    let span = Span::from_secs_f64(mean);
    if text.contains("must agree") || text.starts_with("exp") {
        Ok(exponential(mean))
    } else if text.contains("deterministic") {
        Ok(Law::Of(Distribution::Fixed(span).prepare()))
    } else if let Some(shape) = text.strip_prefix("erlang-").and_then(quantity) {
        Ok(Law::Of(Distribution::Erlang { mean: span, shape: shape as u32 }.prepare()))
    } else if let (true, Some(scv)) = (text.starts_with("hyperexponential"), scv()) {
        // Balanced means: both kinds contribute half of the work.
        let first = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
        let means = [mean / (2.0 * first), mean / (2.0 * (1.0 - first))];
        Ok(Law::Hyperexponential(first, means.map(Span::from_secs_f64)))
    } else if let (true, Some(scv)) = (text.starts_with("lognormal"), scv()) {
        Ok(Law::Of(Distribution::Lognormal { mean: span, cv: scv.sqrt() }.prepare()))
    } else {
        Err(Unreadable(format!("`{text}` is no service law")))
    }
}

/// Memoryless with this mean in seconds.
pub fn exponential(mean: f64) -> Law {
    Law::Of(Distribution::Exponential { mean: Span::from_secs_f64(mean) }.prepare())
}

fn gamma(mean: f64, scv: f64) -> Law {
    Law::Of(Distribution::Gamma { mean: Span::from_secs_f64(mean), cv: scv.sqrt() }.prepare())
}
