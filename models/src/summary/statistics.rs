//! Estimates and their uncertainty.

/// One observation of a time: it happened then, or had not happened by then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lifetime {
    /// It happened after this many seconds.
    Ended(f64),
    /// It had not happened after this many seconds.
    Censored(f64),
}

/// A Kaplan–Meier curve: right-continuous steps, the first at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// Steps in the order of their times.
    pub steps: Vec<Step>,
}

/// The curve from this time to the next step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Seconds.
    pub at: f64,
    /// Share that has not ended.
    pub share: f64,
    /// Lower end of its 95 % log-log band.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How many were at risk just before.
    pub at_risk: u32,
    /// How many ended here.
    pub ended: u32,
    /// How many were censored here.
    pub censored: u32,
}

impl Survival {
    /// The curve of these observations.
    pub fn of(lifetimes: &[Lifetime]) -> Survival {
        let _ = lifetimes;
        unimplemented!()
    }
}
