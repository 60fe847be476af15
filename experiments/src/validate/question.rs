//! What a group asks of a case: a quantity, what was measured, how it shows in a run, and when a prediction holds.

use halfopen_models::app::Cause;

use super::comparison::{Comparison, Sample, Tolerance, Value, error};
use super::watch::Observation;

/// How a quantity shows in a run; `None`: it does not happen.
pub type Look = Box<dyn Fn(&Observation) -> Option<f64>>;

/// When a prediction holds.
pub enum Rule {
    /// Both never, or the median near what was measured.
    Median(Tolerance),
    /// The median, or what at least one run in twenty shows: a setting on a knife edge may land on either step.
    EitherStep(Tolerance),
    /// Both never, the median near what was measured, or that inside the 90 % interval.
    Inside(Tolerance),
    /// What was measured lies between the least and the largest of the runs.
    Spread,
}

/// One quantity of one case.
pub struct Question {
    /// What is asked, with its unit.
    pub quantity: &'static str,
    /// What was measured; `None`: never.
    pub expected: Option<f64>,
    /// How it shows.
    pub look: Look,
    /// When it holds.
    pub rule: Rule,
    /// The way in which the measured process died first: only runs that die so can be compared with it.
    pub given: Option<Cause>,
}

impl Question {
    /// Asks for a quantity.
    pub fn new(
        quantity: &'static str,
        expected: Option<f64>,
        rule: Rule,
        look: impl Fn(&Observation) -> Option<f64> + 'static,
    ) -> Question {
        Question { quantity, expected, look: Box::new(look), rule, given: None }
    }

    /// The same, about runs that die as the measured process did.
    pub fn given(self, way: Option<Cause>) -> Question {
        Question { given: way, ..self }
    }

    /// The answer of these runs.
    pub fn answer(&self, id: &str, group: &'static str, runs: &[Observation]) -> Comparison {
        let comparable = |run: &&Observation| self.given.is_none_or(|way| run.first_way() == Some(way));
        let mut sample = Sample::new(runs.iter().filter(comparable).map(|run| (self.look)(run)).collect());
        let in_this_way = !sample.values().is_empty();
        if !in_this_way {
            sample = Sample::new(runs.iter().map(|run| (self.look)(run)).collect());
        }
        let (predicted, expected) = (sample.median(), Value::of(self.expected));
        let (holds, mut reason) = self.judge(&sample, &predicted);
        if !holds && !in_this_way {
            reason = "no run dies in this way".into();
        }
        Comparison {
            id: id.to_owned(),
            group,
            quantity: self.quantity.to_owned(),
            error: error(&predicted, &expected),
            predicted,
            interval: sample.interval(),
            expected,
            holds,
            reason,
        }
    }

    /// The answer where the case is no scenario.
    pub fn unanswered(&self, id: &str, group: &'static str, reason: &str) -> Comparison {
        Comparison {
            id: id.to_owned(),
            group,
            quantity: self.quantity.to_owned(),
            predicted: Value::Nothing,
            interval: None,
            expected: Value::of(self.expected),
            error: None,
            holds: false,
            reason: reason.to_owned(),
        }
    }

    fn judge(&self, sample: &Sample, predicted: &Value) -> (bool, String) {
        let near = |tolerance: &Tolerance, value: Option<f64>| match (value, self.expected) {
            (Some(value), Some(expected)) => tolerance.allows(value, expected),
            (value, expected) => value.is_none() && expected.is_none(),
        };
        match &self.rule {
            Rule::Median(tolerance) | Rule::EitherStep(tolerance) => {
                let median = near(tolerance, predicted.number());
                let there = sample.values().iter().filter(|&&value| near(tolerance, value)).count();
                let step = there * 20 >= sample.values().len();
                let remark = if median || !step { "" } else { "some runs come out so" };
                (median || (step && matches!(self.rule, Rule::EitherStep(_))), remark.into())
            }
            Rule::Inside(tolerance) => {
                let inside = self.expected.is_some_and(|expected| sample.covers(expected));
                let beyond =
                    self.expected.is_none() && sample.interval().is_some_and(|[_, high]| high.is_none());
                (near(tolerance, predicted.number()) || inside || beyond, String::new())
            }
            Rule::Spread => {
                let ends = sample.values().first().zip(sample.values().last());
                let inside = ends.zip(self.expected).is_some_and(|((low, high), expected)| {
                    low.is_some_and(|low| low <= expected) && high.is_some_and(|high| expected <= high)
                });
                (inside, String::new())
            }
        }
    }
}
