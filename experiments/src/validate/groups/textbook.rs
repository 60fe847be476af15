//! What others proved, approximated and published: rows that no laboratory case takes part in.

use rayon::prelude::*;

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Value, error};
use crate::validate::textbook::{Case, Kind, Prediction, cases, hold_together, predict};

/// What follows from stated assumptions.
pub const EXACT: Group = Group {
    name: "exact",
    title: "exact cases of queueing theory, of protocols and of clients (99 % intervals)",
    target: "inside the case's own tolerance; intervals by Holm's procedure over the group",
    takes: |_, _| false,
    compare: |ground| compare(ground, |kind| kind == Kind::Exact),
};

/// Approximations, and what others measured, simulated or reported.
pub const PUBLISHED: Group = Group {
    name: "published",
    title: "published and approximate cases (99 % intervals)",
    target: "inside the case's own tolerance",
    takes: |_, _| false,
    compare: |ground| compare(ground, |kind| kind != Kind::Exact),
};

/// How much wider than asked the intervals of a first look are.
const QUICK: f64 = 5.0;

fn compare(ground: &Ground<'_>, of: fn(Kind) -> bool) -> Vec<Comparison> {
    let cases: Vec<Case> = cases().into_iter().filter(|case| of(case.kind)).collect();
    let width = if ground.quick { QUICK } else { 1.0 };
    // Some take a hundred times as long as others: each is a task of its own.
    let answers: Vec<_> = cases.par_iter().with_max_len(1).map(|case| predict(case, width)).collect();
    let cases: Vec<Case> = cases.into_iter().map(|case| asked(case, ground.quick)).collect();
    let answered =
        cases.iter().zip(&answers).filter_map(|(case, answer)| Some((case, answer.as_ref().ok()?)));
    let answered: Vec<(&Case, &Prediction)> = answered.collect();
    let mut held = hold_together(&answered).into_iter();
    let beside = cases.iter().zip(&answers).map(|(case, answer)| {
        let (predicted, interval) = match answer {
            Ok(Prediction::Number(estimate)) => {
                (Value::Number(estimate.value), Some([Some(estimate.low), Some(estimate.high)]))
            }
            Ok(Prediction::Word(word)) => (Value::Word((*word).into()), None),
            Err(_) => (Value::Nothing, None),
        };
        let expected =
            case.expected.parse().map_or_else(|_| Value::Word(case.expected.clone()), Value::Number);
        Comparison {
            id: case.id.clone(),
            group: ground.group,
            quantity: quantity(case),
            error: error(&predicted, &expected),
            predicted,
            interval,
            expected,
            holds: answer.is_ok() && held.next() == Some(true),
            reason: answer.as_ref().err().map_or_else(String::new, ToString::to_string),
        }
    });
    beside.collect()
}

/// For a first look an interval may be as wide as it comes.
fn asked(case: Case, quick: bool) -> Case {
    let any = quick && case.tolerance.starts_with("ci99");
    Case { tolerance: if any { "ci99".into() } else { case.tolerance.clone() }, ..case }
}

/// `mean wait in queue, s`.
fn quantity(case: &Case) -> String {
    match case.unit.as_str() {
        "1" | "kind" | "direction" => case.quantity.clone(),
        unit => format!("{}, {unit}", case.quantity),
    }
}
