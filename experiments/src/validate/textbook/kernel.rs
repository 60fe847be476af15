//! How long the kernel of this model holds on to a peer that fell silent: unacknowledged data, dials, keepalive.
//!
//! The kernel is the one that every instance of a scenario has. What varies is the phase of its timer wheel, since a
//! host's uptime is not known: a prediction is the median over `HOSTS` of them, its interval holds 99 % of them. Rows
//! that state their own first timeout and no probe ("RTO 0.2 s at the first send") are put to the retransmission rules
//! alone, with the same wheel.

use halfopen_models::client::CallKey;
use halfopen_models::component::{Component, Out};
use halfopen_models::event::Event;
use halfopen_models::network::kernel::{Effect, SocketOptions};
use halfopen_models::network::retransmission::{Firing, Patience, Retransmission};
use halfopen_models::network::wheel::HostClock;
use halfopen_models::network::{self, Kernel, Packet, PacketKind, Socket};
use halfopen_models::scenario::{self, Keepalive};
use halfopen_sim::{Calendar, Span, Time};

use super::{Answer, Estimate, Parameters, Prediction, Question, Unreadable};

const HOSTS: usize = 400;
const SOCKET: Socket = Socket { client: 0, number: 0 };
/// Inside a zone; the cases name none. It moves a detection by milliseconds.
const RTT: Span = Span::from_micros(300);
/// `CONFIG_HZ` of common distributions' kernels when the cases were published.
const HZ: u32 = 250;
/// Linux's default of `tcp_retries2`.
const RETRIES2: u32 = 15;

/// How long a neighbour is trusted; the peers here are behind a router that keeps answering.
const REACHABLE_TIME: Span = Span::from_secs(30);

/// What a socket meets.
#[derive(Clone, Copy, Debug)]
struct Setting {
    /// It dials to nowhere, with so many SYN retries; otherwise it is connected.
    dial: Option<u32>,
    /// One write, never acknowledged; otherwise idle.
    busy: bool,
    retries2: u32,
    keepalive: Option<Keepalive>,
    user_timeout: Option<Span>,
}

pub fn answer(question: &Question) -> Answer {
    let p = &question.parameters;
    let mut uptime = question.streams.stream("uptime", &question.case.id);
    let mut clock = || HostClock::new(HZ, Span::from_secs_f64(3_600.0 + 1e6 * uptime.uniform()));
    let first =
        p.get("first RTO").or_else(|| p.mention("at the first send").then(|| p.get("rto_min")).flatten());
    let mut outcomes: Vec<(f64, f64)> = if let Some(rto) = first {
        let patience = Patience { retries: p.number("tcp_retries2")? as u32, user_timeout: None };
        (0..HOSTS).map(|_| give_up(Span::from_secs_f64(rto), patience, clock())).collect()
    } else {
        let setting = setting(p)?;
        let lives: Option<Vec<f64>> = (0..HOSTS).map(|_| life(setting, clock())).collect();
        let lives = lives.ok_or_else(|| Unreadable("nothing ever ends this connection".into()))?;
        lives.into_iter().map(|life| (life, 0.0)).collect()
    };
    outcomes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (low, middle, high) = (outcomes[HOSTS / 200], outcomes[HOSTS / 2], outcomes[HOSTS - 1 - HOSTS / 200]);
    Ok(Prediction::Number(Estimate { value: middle.0, low: low.0, high: high.0, freedom: 0, step: middle.1 }))
}

/// From the first send to giving up, and the wait before the last timer, in seconds.
fn give_up(rto: Span, patience: Patience, clock: HostClock) -> (f64, f64) {
    let mut state = Retransmission::new(rto);
    let (mut before, mut now) = (Time::ZERO, clock.fires(Time::ZERO, rto));
    while let Firing::Resend(after) = state.fire(now, patience) {
        (before, now) = (now, clock.fires(now, after));
    }
    (now.as_secs_f64(), (now - before).as_secs_f64())
}

fn setting(p: &Parameters) -> Result<Setting, Unreadable> {
    let secs = |key: &str| p.get(key).map(Span::from_secs_f64);
    let user_timeout = secs("user_timeout");
    let idle = Setting { dial: None, busy: false, retries2: RETRIES2, keepalive: keepalive(p), user_timeout };
    if let Some(retries) = p.get("tcp_syn_retries") {
        return Ok(Setting { dial: Some(retries as u32), ..idle });
    }
    if idle.keepalive.is_some() {
        return Ok(idle);
    }
    if let Some(retries) = p.get("tcp_retries2") {
        return Ok(Setting { busy: true, retries2: retries as u32, ..idle });
    }
    // Users' reports from production: calls in flight on a default Linux.
    if p.mention("half-open connection in production") {
        return Ok(Setting { busy: true, ..idle });
    }
    Err(Unreadable("the parameters say nothing about a socket".into()))
}

/// `keepidle=13 s;keepintvl=13 s;keepcnt=3`, or "keepalive 13/13/3".
fn keepalive(p: &Parameters) -> Option<Keepalive> {
    let secs = |key: &str| p.get(key).map(Span::from_secs_f64);
    if let (Some(idle), Some(interval), Some(probes)) =
        (secs("keepidle"), secs("keepintvl"), p.get("keepcnt"))
    {
        return Some(Keepalive { idle, interval, probes: probes as u32 });
    }
    let text = p.following("keepalive ")?;
    let mut numbers = text.split(['/', ' ']).map_while(|number| number.parse::<u64>().ok());
    let (idle, interval, probes) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Keepalive {
        idle: Span::from_secs(idle),
        interval: Span::from_secs(interval),
        probes: probes as u32,
    })
}

/// From the last packet of the peer (or the first SYN) to the socket's end, in seconds; `None`: it never ends.
fn life(setting: Setting, clock: HostClock) -> Option<f64> {
    let settings = scenario::Kernel {
        tcp_retries2: setting.retries2,
        tcp_syn_retries: setting.dial.unwrap_or(6),
        // The cases' kernels are older than 6.5, which brought linear SYN timeouts.
        tcp_syn_linear_timeouts: 0,
        hz: HZ,
        ..scenario::Kernel::LINUX
    };
    let mut kernel = Kernel::new(clock, settings, REACHABLE_TIME);
    let mut calendar: Calendar<Event> = Calendar::new();
    let mut effects: Vec<Effect> = Vec::new();
    let options = SocketOptions { keepalive: setting.keepalive, user_timeout: setting.user_timeout };
    let mut out = Out::new(Time::ZERO, 0, &mut calendar, &mut effects);
    kernel.dial(&mut out, SOCKET, 0, RTT, options);
    if setting.dial.is_none() {
        kernel.on(Time::ZERO, network::Event::SynAnswered(SOCKET, 0), &mut out);
    }
    if setting.busy {
        kernel.send(&mut out, SOCKET, CallKey::default(), 14);
    }
    let one_way = Span::from_nanos(RTT.as_nanos() / 2);
    let mut now = Time::ZERO;
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Send(node, socket, kind) => {
                    calendar.schedule(now + one_way, Event::Packet(node, Packet { from: 0, socket, kind }));
                }
                Effect::Closed(..) | Effect::DialFailed(..) => return Some(now.as_secs_f64()),
                Effect::Connected(..) => {}
            }
        }
        let (at, event) = calendar.pop()?;
        now = at;
        let mut out = Out::new(now, 0, &mut calendar, &mut effects);
        match event {
            Event::Kernel(_, event) => kernel.on(now, event, &mut out),
            // The path drops everything; only of a call's first packet does the kernel hear.
            Event::Packet(_, Packet { socket, kind: PacketKind::Call(call, _), .. }) => {
                kernel.on(now, network::Event::Unacknowledged(socket, call), &mut out);
            }
            _ => {}
        }
    }
}
