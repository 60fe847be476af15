//! How long until a queue first reaches a bound (a memory budget in calls), and what it holds at a moment after its
//! start: queues that never get to a steady state.

use halfopen_sim::chance::Stream;
use halfopen_sim::{Calendar, Model, Span, Time, run};

use super::estimate::independent;
use super::queue::plans;
use super::station::Station;
use super::{Answer, Prediction, Question, Unreadable};

pub fn answer(question: &Question) -> Answer {
    if question.parameters.mention("nothing answers") {
        return growth(question);
    }
    let (mut plan, _) = plans(&question.parameters)?.swap_remove(0);
    plan.room = u64::MAX;
    let name = &question.case.id;
    let estimate = if let Some(bound) = question.parameters.get("K") {
        let mut station = Station::new(plan, question.streams, name, Some(bound as u64));
        independent(question.precision, 1, |n| ((0..n).map(|_| passage(&mut station)).sum(), n as f64))
    } else {
        let at = Time::ZERO + Span::from_secs_f64(question.parameters.number("t")?);
        let mut station = Station::new(plan, question.streams, name, None);
        independent(question.precision, 100, |n| {
            let numbers = (0..n).map(|_| {
                let mut calendar = station.begin();
                run(&mut station, &mut calendar, at);
                station.in_system() as f64
            });
            (numbers.sum(), n as f64)
        })
    };
    Ok(Prediction::Number(estimate))
}

/// From empty to the bound, in seconds.
fn passage(station: &mut Station) -> f64 {
    let mut calendar = station.begin();
    run(station, &mut calendar, Time::MAX);
    station.reached.map_or(f64::INFINITY, Time::as_secs_f64)
}

/// Instances whose calls pile up until each dies at its bound.
struct Growth {
    gap: f64,
    bound: u32,
    pending: Vec<u32>,
    died: Vec<Time>,
    arrivals: Stream,
}

impl Model for Growth {
    type Event = u32;

    /// A call arrives at this instance.
    fn handle(&mut self, now: Time, instance: u32, calendar: &mut Calendar<u32>) {
        let pending = &mut self.pending[instance as usize];
        *pending += 1;
        if *pending == self.bound {
            self.died.push(now);
        } else {
            calendar.schedule(now + Span::from_secs_f64(self.gap * self.arrivals.exponential()), instance);
        }
    }
}

impl Growth {
    /// Lets all instances die; their times of death in order.
    fn fleet(&mut self) -> Vec<f64> {
        let mut calendar = Calendar::new();
        self.pending.fill(0);
        self.died.clear();
        for instance in 0..self.pending.len() as u32 {
            let first = Span::from_secs_f64(self.gap * self.arrivals.exponential());
            calendar.schedule(Time::ZERO + first, instance);
        }
        run(self, &mut calendar, Time::MAX);
        self.died.iter().map(|died| died.as_secs_f64()).collect()
    }
}

fn growth(question: &Question) -> Answer {
    let p = &question.parameters;
    let instances = p.number("instances")? as usize;
    let mut growth = Growth {
        gap: 1.0 / p.after("Poisson")?,
        bound: p.after("dies at the")? as u32,
        pending: vec![0; instances],
        died: Vec::new(),
        arrivals: question.streams.stream("arrivals", &question.case.id),
    };
    let share = match question.quantity.split_once(" time to ") {
        Some(("mean", "first crash of the fleet")) => None,
        Some(("median", _)) => Some(0.5),
        Some((percentile, _)) if percentile.starts_with('p') => {
            Some(percentile[1..].parse::<f64>().map_err(|_| Unreadable(percentile.into()))? / 100.0)
        }
        _ => return Err(Unreadable(format!("growth has no `{}`", question.quantity))),
    };
    let estimate = match share {
        None => independent(question.precision, 4, |n| ((0..n).map(|_| growth.fleet()[0]).sum(), n as f64)),
        // A quantile of each batch: fifty fleets are six hundred deaths.
        Some(share) => independent(question.precision, 50, |n| {
            let mut deaths: Vec<f64> = (0..n).flat_map(|_| growth.fleet()).collect();
            deaths.sort_by(f64::total_cmp);
            let rank = (share * deaths.len() as f64).ceil() as usize;
            (deaths[rank - 1], 1.0)
        }),
    };
    Ok(Prediction::Number(estimate))
}
