//! Mechanisms with clocks and counts of their own: crash loops, elections, reconnecting, pools, `CoDel`, breakers.

use std::ops::ControlFlow;

use halfopen_models::app::restart::Supervisor;
use halfopen_models::client::backoff;
use halfopen_models::failover::cluster::election_delay;
use halfopen_models::protect::breaker::Window;
use halfopen_models::protect::codel::CoDel;
use halfopen_models::scenario::{Backoff, Restart};
use halfopen_sim::{Span, Time};

use super::estimate::independent;
use super::parameters::{first_quantity, quantity};
use super::{Answer, Estimate, Parameters, Prediction, Question, Unreadable};

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let number = |value: f64| Ok(Prediction::Number(Estimate::exact(value)));
    if p.mention("crash immediately") {
        let restart = question.quantity.rsplit(' ').next().and_then(quantity);
        let restart = restart.ok_or_else(|| Unreadable(format!("`{}` names no start", question.quantity)))?;
        let seconds = crash_loop(restart as u32);
        return Ok(Prediction::Number(Estimate::exact(seconds).with_step(restart)));
    }
    if let Some(rank) = p.get("rank") {
        let mut stream = question.streams.stream("election", &question.case.id);
        let delay = independent(question.precision, 1_000, |n| {
            ((0..n).map(|_| election_delay(rank as u32, &mut stream).as_secs_f64()).sum(), n as f64)
        });
        return Ok(Prediction::Number(delay));
    }
    if let Some(attempts) = p.get("attempts") {
        return number(reconnecting(question, attempts as u32));
    }
    if let (Some(threads), Some(each)) = (p.get("threads"), p.get("connections each holds at once")) {
        let safe =
            (1..=threads as u32 * each as u32).find(|&pool| !deadlocks(pool, threads as usize, each as u32));
        return number(safe.map_or(0.0, f64::from));
    }
    if let (Some(interval), Some(target)) = (p.get("interval"), p.get("target")) {
        let last = question.quantity.rsplit(' ').next().and_then(quantity);
        let last = last.ok_or_else(|| Unreadable(format!("`{}` names no drop", question.quantity)))?;
        return number(drops(Span::from_secs_f64(target), Span::from_secs_f64(interval), last as u32));
    }
    breaker(p)
}

/// From the first crash to the start with this number after it, of a container that dies as soon as it starts. The
/// first restart is immediate (kubelet.go), so the back-offs before restart n are those of crashes 1 to n: 0 s, 10 s, …
fn crash_loop(restart: u32) -> f64 {
    let mut supervisor = Supervisor::new(Restart::Kubernetes { boot: Span::ZERO, warm_up: Span::ZERO });
    let mut now = Time::ZERO;
    for _ in 0..restart {
        now += supervisor.ready_after(now).unwrap_or(Span::MAX);
    }
    now.as_secs_f64()
}

/// ioredis' waits before so many attempts, by the formula of its preset.
fn reconnecting(question: &Question, attempts: u32) -> f64 {
    let ioredis = Backoff::Linear { step: Span::from_millis(50), cap: Span::from_millis(2_000) };
    let mut stream = question.streams.stream("reconnect", &question.case.id);
    (1..=attempts).map(|attempt| backoff::wait(ioredis, attempt, &mut stream).as_secs_f64()).sum()
}

/// Whether threads that each take so many connections of a pool, one after the other, can all wait for ever: in the
/// worst order they take turns.
fn deadlocks(pool: u32, threads: usize, each: u32) -> bool {
    let (mut free, mut holds) = (pool, vec![0; threads]);
    let turn = |free: &mut u32, holds: &mut Vec<u32>| {
        let before = *free;
        for held in holds.iter_mut().filter(|held| **held < each) {
            if *free == 0 {
                break;
            }
            *free -= 1;
            *held += 1;
            if *held == each {
                return ControlFlow::Break(false);
            }
        }
        if *free == before { ControlFlow::Break(true) } else { ControlFlow::Continue(()) }
    };
    // Once somebody has all, they give them back and nobody waits for ever.
    loop {
        if let ControlFlow::Break(stuck) = turn(&mut free, &mut holds) {
            return stuck;
        }
    }
}

/// From the first drop to the `last` one while every call has waited for twice the target; asked a hundred thousand
/// times a second.
fn drops(target: Span, interval: Span, last: u32) -> f64 {
    let mut codel = CoDel::new(target, interval);
    let mut now = Time::ZERO;
    let (mut seen, mut first) = (0, Time::ZERO);
    loop {
        if codel.drops(now, target * 2) {
            seen += 1;
            if seen == 1 {
                first = now;
            }
            if seen == last {
                return (now - first).as_secs_f64();
            }
        }
        now += Span::from_micros(10);
    }
}

/// From the first failure to the open breaker, after a window full of successes.
fn breaker(p: &Parameters) -> Answer {
    let (window, threshold) = (p.number("window")? as usize, p.number("threshold")?);
    let rate =
        p.text("calls").and_then(first_quantity).ok_or_else(|| Unreadable("no rate of calls".into()))?;
    let mut breaker = Window::new(window, threshold);
    for _ in 0..window {
        breaker.record(false);
    }
    let closed = (0..window).take_while(|_| !breaker.record(true)).count();
    Ok(Prediction::Number(Estimate::exact(closed as f64 / rate).with_step(1.0 / rate)))
}
