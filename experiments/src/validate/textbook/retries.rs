//! Retries against a server that fails by chance, and what bounds them.
//!
//! Clients call at random times; an attempt takes two one-way delays and fails with a fixed probability; a failed one is
//! tried again at once if the client's policy allows. Delay, rate and number of clients are those of Brooker's simulator
//! (`retry_sim` of `mbrooker/simulator_example`: exponential with a mean of 10 ms, 100 clients with 10 calls a second each
//! for 60 s); where a case asks for the long run, one client does it. Full rejection is a scenario as a user would write it.

use halfopen_models::protect::breaker::Lifetime;
use halfopen_models::protect::budget::{Throttle, TokenBucket};
use halfopen_models::scenario::{self, Edits};
use halfopen_models::simulate;
use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::{edge, independent, steady};
use super::{Answer, Estimate, Prediction, Question, Unreadable};

const ONE_WAY: f64 = 0.01;
const CLIENTS: usize = 100;
const RATE: f64 = 10.0;
const RUN: Span = Span::from_secs(60);
/// Size of the bucket where only its rates are given, which alone decide the long run.
const BUCKET: f64 = 5.0;

/// What may be retried.
#[derive(Clone, Copy, Debug)]
enum Policy {
    Times(u32),
    Bucket(TokenBucket),
    Breaker(Lifetime, u32),
}

impl Policy {
    fn call(&mut self) {
        match self {
            Policy::Times(_) => {}
            Policy::Bucket(bucket) => bucket.call(),
            Policy::Breaker(breaker, _) => breaker.call(),
        }
    }

    /// Whether a call that failed for the `tries`th time is tried again.
    fn again(&mut self, tries: u32) -> bool {
        match self {
            Policy::Times(most) => tries <= *most,
            Policy::Bucket(bucket) => bucket.retry(),
            Policy::Breaker(breaker, most) => breaker.failure() && tries <= *most,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Call(u32),
    Answer { client: u32, tries: u32 },
}

struct Clients {
    policies: Vec<Policy>,
    fails: f64,
    /// No new calls after this.
    until: Time,
    stream: Stream,
    calls: f64,
    attempts: f64,
    successes: f64,
}

impl Clients {
    fn send(&mut self, now: Time, client: u32, tries: u32, calendar: &mut Calendar<Event>) {
        self.attempts += 1.0;
        let there_and_back = self.stream.exponential() + self.stream.exponential();
        let at = now + Span::from_secs_f64(ONE_WAY * there_and_back);
        calendar.schedule(at, Event::Answer { client, tries });
    }

    fn next_call(&mut self, now: Time, client: u32, calendar: &mut Calendar<Event>) {
        let at = now + Span::from_secs_f64(self.stream.exponential() / RATE);
        if at <= self.until {
            calendar.schedule(at, Event::Call(client));
        }
    }

    /// Lets the clients call for a while and all calls end; calls, attempts and successes.
    fn serve(&mut self, span: Span) -> [f64; 3] {
        let mut calendar = Calendar::new();
        self.until = Time::ZERO + span;
        for client in 0..self.policies.len() as u32 {
            self.next_call(Time::ZERO, client, &mut calendar);
        }
        run(self, &mut calendar, Time::MAX);
        [&mut self.calls, &mut self.attempts, &mut self.successes].map(std::mem::take)
    }
}

impl Model for Clients {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, calendar: &mut Calendar<Event>) {
        match event {
            Event::Call(client) => {
                self.calls += 1.0;
                self.policies[client as usize].call();
                self.next_call(now, client, calendar);
                self.send(now, client, 1, calendar);
            }
            Event::Answer { client, tries } => {
                if self.stream.uniform() >= self.fails {
                    self.successes += 1.0;
                } else if self.policies[client as usize].again(tries) {
                    self.send(now, client, tries + 1, calendar);
                }
            }
        }
    }
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    if let (Some(attempts), Some(layers)) = (p.get("attempts per layer"), p.get("layers")) {
        let attempts = bottom_attempts(attempts as u32, layers as u32);
        return Ok(Prediction::Number(Estimate::exact(attempts as f64)));
    }
    if let Some(size) = p.get("maxTokens") {
        return balance(question, size);
    }
    if let Some(share) = p.get("client budget") {
        return rejected(question, p.after("attempts per request up to")?, share);
    }
    let (policy, published) = policy(question)?;
    let fails = p.get("failure share").or_else(|| p.get("p"));
    let mut clients = Clients {
        policies: vec![policy],
        fails: fails.ok_or_else(|| Unreadable("the parameters name no share of failures".into()))?,
        until: Time::ZERO,
        stream: question.streams.stream("retries", &question.case.id),
        calls: 0.0,
        attempts: 0.0,
        successes: 0.0,
    };
    let figure = |[calls, attempts, successes]: [f64; 3]| match question.quantity {
        "success share" => (successes, calls),
        _ => (attempts, calls),
    };
    let estimate = if published {
        // The bucket starts full and the breaker without a past, so each run begins anew.
        independent(question.precision, 1, |runs| {
            (0..runs).fold((0.0, 0.0), |sum, _| {
                clients.policies = vec![policy; CLIENTS];
                let (numerator, denominator) = figure(clients.serve(RUN));
                (sum.0 + numerator, sum.1 + denominator)
            })
        })
    } else {
        steady(question.precision, 100, |units| figure(clients.serve(Span::from_secs(units))))
    };
    Ok(Prediction::Number(estimate))
}

/// The policy, and whether the case is a run of the published simulator.
fn policy(question: &Question) -> Result<(Policy, bool), Unreadable> {
    let p = &question.parameters;
    if let Some(text) = p.text("policy") {
        let number = |text: &str| super::parameters::first_quantity(text);
        let missing = || Unreadable(format!("the policy `{text}` lacks a number"));
        let policy = if text.starts_with("adaptive") {
            let size = number(text).ok_or_else(missing)?;
            Policy::Bucket(TokenBucket::new(size, p.after("+")?))
        } else if text.starts_with("breaker") {
            Policy::Breaker(Lifetime::new(number(text).ok_or_else(missing)?), 3)
        } else if text.starts_with("no retries") {
            Policy::Times(0)
        } else {
            Policy::Times(3)
        };
        return Ok((policy, true));
    }
    if let Ok(credit) = p.after("token bucket +") {
        return Ok((Policy::Bucket(TokenBucket::new(BUCKET, credit)), false));
    }
    Ok((Policy::Times(p.after("at most")? as u32), false))
}

/// How much the load of a service grows whose cache is gone, so that it answers every request with an error.
fn rejected(question: &Question, attempts: f64, share: f64) -> Answer {
    let read = |retries: &str| {
        let text = REJECTS.replace("RETRIES", retries);
        scenario::read("full rejection", &text, &Edits::default()).map_err(|problems| {
            Unreadable(format!("the scenario of full rejection has {} problems", problems.len()))
        })
    };
    let budget = format!(
        "retries = {}\nretry_delay = \"0s\"\ncallers = {CLIENTS}\nretry_budget = {{ ratio = {share} }}",
        attempts - 1.0
    );
    let (once, again) = (read("")?, read(&budget)?);
    let mut seed = 0;
    let estimate = independent(question.precision, 1, |runs| {
        (0..runs).fold((0.0, 0.0), |sum, _| {
            seed += 1;
            let requests = [&again, &once].map(|scenario| simulate(scenario, seed).requests as f64);
            (sum.0 + requests[0], sum.1 + requests[1])
        })
    });
    Ok(Prediction::Number(estimate))
}

/// As many clients, calls and seconds as in the simulator that the other cases come from.
const REJECTS: &str = r#"
format = 1
title = "Every request is rejected"
horizon = "60s"
[cache.gone]
nodes = ["a"]
service = { fixed = "100us" }
path = { rtt = "300us" }
failover = "none"
[service.backend]
instances = 1
concurrency = { event_loop = { cpu = "10us" } }
memory = { limit = "1GiB", baseline = "10MiB", per_request = "1KiB", runtime = "native" }
restart = "never"
calls = [{ cache = "gone", times = 1, payload = "100B" }]
client = { preset = "redis-py-5" }
objective = { errors = "1%", p99 = "1s" }
[load.clients]
to = "backend"
arrivals = { poisson = "1000/s" }
RETRIES
[[fault]]
at = "0s"
process_killed = { node = "gone.a" }
"#;

/// Attempts that reach the bottom when each layer tries so often and all fail.
fn bottom_attempts(attempts: u32, layers: u32) -> u64 {
    let mut policy = Policy::Times(attempts - 1);
    if layers == 0 {
        return 1;
    }
    let mut reached = 0;
    let mut tries = 0;
    loop {
        reached += bottom_attempts(attempts, layers - 1);
        tries += 1;
        if !policy.again(tries) {
            return reached;
        }
    }
}

/// The share of failures at which gRPC's throttle neither fills nor empties, by bisection: the same calls fail or
/// succeed in a bucket that is far from both ends.
fn balance(question: &Question, size: f64) -> Answer {
    let ratio = question.parameters.number("tokenRatio")?;
    let stream = question.streams.stream("failures", &question.case.id);
    let drift = |share: f64| {
        let mut stream = stream.clone();
        let net = (0..200_000).map(|_| {
            let mut throttle = Throttle::new(size, ratio);
            // One token away from full, so that a success shows.
            throttle.failure();
            let before = throttle.tokens();
            if stream.uniform() < share {
                throttle.failure();
            } else {
                throttle.success();
            }
            throttle.tokens() - before
        });
        net.sum::<f64>()
    };
    let [low, high] = edge(0.0, 1.0, 40, |share| drift(share) > 0.0);
    Ok(Prediction::Number(Estimate::exact(f64::midpoint(low, high))))
}
