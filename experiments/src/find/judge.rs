//! Whether something holds of a point, by its replications, and how surely.

use halfopen_models::scenario::Scenario;
use halfopen_models::statistics::{LEVEL, Lifetime, clopper_pearson};
use halfopen_models::summary::{Figure, Observed, Replication};

use crate::failure::Failure;
use crate::figure::{Condition, Misnamed};

/// What shall hold.
pub enum Asks {
    /// A condition on a figure over replications.
    Condition(Condition),
    /// Something of every single replication.
    Each(Each),
}

/// What every replication shall show.
pub struct Each {
    /// As a sentence.
    pub what: &'static str,
    shows: Box<dyn Fn(&Replication) -> bool + Sync>,
}

/// What replications say of a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Whether it holds.
    pub holds: bool,
    /// Whether the interval says the same as the estimate.
    pub sure: bool,
    /// Whether further replications could still change it.
    pub open: bool,
    /// The number that was judged; absent where it never happened, or none stands for it.
    pub number: Option<f64>,
    /// Its interval.
    pub interval: [Option<f64>; 2],
    /// For a person: `2.35 [2.11, 2.59]`.
    pub shown: String,
    /// Replications.
    pub replications: u32,
}

impl Asks {
    /// Reads a condition on a figure of `scenario`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Asks, Failure> {
        let condition = Condition::parse(text, scenario);
        condition.map(Asks::Condition).map_err(|Misnamed { wrong, right }| Failure::wrong(wrong, right))
    }

    /// Every service meets its objective again before the horizon, and none needs a crash for it.
    pub fn recovers_by_itself() -> Asks {
        let shows =
            |it: &Replication| it.system.crashes == 0 && matches!(it.system.recovery, Lifetime::Ended(_));
        Asks::Each(Each { what: "recovers without a crash before the horizon", shows: Box::new(shows) })
    }

    /// No request fails that does not fail in `calm` with the same random numbers.
    pub fn fails_no_more_than(calm: Vec<Replication>) -> Asks {
        let shows = move |it: &Replication| {
            let before = calm.iter().find(|before| before.seed == it.seed);
            before.is_some_and(|before| it.system.errors <= before.system.errors)
        };
        Asks::Each(Each { what: "in calm no more requests fail than without it", shows: Box::new(shows) })
    }

    /// As a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Asks::Condition(condition) => condition.to_string(),
            Asks::Each(each) => each.what.to_owned(),
        }
    }

    /// Judges a point.
    ///
    /// # Errors
    /// When the figure has no value there.
    pub fn judge(&self, replications: &[Replication]) -> Result<Judged, Failure> {
        match self {
            Asks::Condition(condition) => of_condition(condition, replications),
            Asks::Each(each) => Ok(of_each(each, replications)),
        }
    }
}

fn of_each(each: &Each, replications: &[Replication]) -> Judged {
    let n = replications.len() as u32;
    let good = replications.iter().filter(|it| (each.shows)(it)).count() as u32;
    let [low, high] = clopper_pearson(good, n, LEVEL);
    Judged {
        holds: good == n,
        sure: true,
        // One that fails is enough.
        open: good == n,
        number: Some(f64::from(good) / f64::from(n)),
        interval: [Some(low), Some(high)],
        shown: format!("in {good} of {n}"),
        replications: n,
    }
}

fn of_condition(condition: &Condition, replications: &[Replication]) -> Result<Judged, Failure> {
    let name = &condition.name;
    let observed: Vec<Observed> = replications.iter().map(|it| name.observed(it)).collect();
    let figure = Figure::over(&observed);
    let number = name.number(&figure);
    let of_mean = name.to_string().rsplit('.').next() == Some("mean");
    // What never happens, or not to half of them, comes later than any time.
    let never = number.is_none() && figure.censored > 0 && !of_mean;
    let Some(value) = number.or(never.then_some(f64::INFINITY)) else {
        let what =
            if figure.censored > 0 { "some replications never come to it" } else { "nothing shows it" };
        return Err(Failure::wrong(
            format!("{name} has no value at one of the points: {what}"),
            "ask for another figure, or for the .median of a time",
        ));
    };
    let interval = if never { [None, None] } else { name.interval(&figure) };
    let holds = condition.holds_of(value);
    let ends = interval.iter().flatten().map(|&end| condition.holds_of(end));
    let bounded = interval.iter().all(Option::is_some);
    let same = matches!(interval, [Some(low), Some(high)] if low.to_bits() == high.to_bits());
    let sure = bounded && ends.clone().all(|end| end == holds);
    Ok(Judged {
        holds,
        sure,
        // That all are alike so far is no proof that one more would be, unless it already breaks an equality.
        open: !sure || (same && holds),
        number,
        interval,
        shown: crate::report::figures::shown(number, interval, &figure, |it| name.counts().unit(it))
            .replace('\n', " "),
        replications: replications.len() as u32,
    })
}

#[cfg(test)]
mod tests {
    use halfopen_models::scenario::{self, Edits};
    use halfopen_models::simulate;

    use super::*;

    fn small(seeds: u64) -> (Scenario, Vec<Replication>) {
        let text = include_str!("../../tests/data/small.toml");
        let scenario = scenario::read("small", text, &Edits::default()).unwrap();
        let replications = (1..=seeds).map(|seed| Replication::of(&simulate(&scenario, seed))).collect();
        (scenario, replications)
    }

    #[test]
    fn conditions_are_judged_with_their_interval() {
        let (scenario, replications) = small(6);
        let judged = |text: &str| {
            let judged = Asks::parse(text, &scenario).unwrap().judge(&replications).unwrap();
            (judged.holds, judged.sure, judged.open)
        };
        // Both instances crash in each of them; all services together never recover.
        assert_eq!(judged("crashes == 0"), (false, true, false));
        assert_eq!(judged("crashes == 2"), (true, true, true), "one more could be another");
        assert_eq!(judged("availability >= 50%"), (true, true, false));
        assert_eq!(judged("time_to_recovery_s > 2m"), (true, false, true), "never is later than any time");
        assert!(judged("time_to_recovery_s.censored == 6").0);
        let mean = Asks::parse("time_to_recovery_s.mean > 2m", &scenario).unwrap();
        assert!(mean.judge(&replications).is_err(), "no mean over survivors");
    }

    #[test]
    fn one_replication_that_fails_decides() {
        let (_, replications) = small(2);
        let judged = Asks::recovers_by_itself().judge(&replications).unwrap();
        assert_eq!((judged.holds, judged.open, judged.shown.as_str()), (false, false, "in 0 of 2"));
        let same = Asks::fails_no_more_than(replications.clone()).judge(&replications).unwrap();
        assert_eq!((same.holds, same.open), (true, true));
    }
}
