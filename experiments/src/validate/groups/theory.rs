//! Cases that others proved, approximated or published: each by its own tolerance. Of many 99 % intervals some miss by
//! chance, so those of a group are held together (Holm).

use rayon::prelude::*;

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Value, error};
use crate::validate::textbook::{self, Case, Effort, Kind, Prediction, Unreadable};

pub(super) const EXACT: Group = Group {
    name: "exact",
    title: "Exact cases",
    target: "inside the stated tolerance, every one; intervals held together (Holm)",
    takes: |_, _| false,
    compare: |ground| compare(ground, |kind| kind == Kind::Exact),
};

pub(super) const PUBLISHED: Group = Group {
    name: "published",
    title: "Published and approximate cases",
    target: "inside the stated tolerance, or the reason why not",
    takes: |_, _| false,
    compare: |ground| compare(ground, |kind| kind != Kind::Exact),
};

fn compare(ground: &Ground<'_>, mine: fn(Kind) -> bool) -> Vec<Comparison> {
    let effort = if ground.quick { Effort::Quick } else { Effort::Full };
    let cases: Vec<Case> = textbook::cases().into_iter().filter(|case| mine(case.kind)).collect();
    let answer = |case: &Case| textbook::predict(&in_short(case, effort), effort);
    let answers: Vec<Result<Prediction, Unreadable>> = cases.par_iter().map(answer).collect();
    let short: Vec<Case> = cases.iter().map(|case| in_short(case, effort)).collect();
    let good = || short.iter().zip(&answers).filter_map(|(case, answer)| Some((case, answer.as_ref().ok()?)));
    let mut held = textbook::hold_together(&good().collect::<Vec<_>>()).into_iter();
    let mut comparisons = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let holds = answer.is_ok() && held.next().unwrap_or(false);
        comparisons.push(comparison(ground.group, case, answer, holds));
    }
    comparisons
}

/// Quickly made intervals are wider than a case asks: their width does not count.
fn in_short(case: &Case, effort: Effort) -> Case {
    let wide = effort == Effort::Quick && case.tolerance.starts_with("ci99");
    Case { tolerance: if wide { "ci99".into() } else { case.tolerance.clone() }, ..case.clone() }
}

fn comparison(
    group: &'static str,
    case: &Case,
    answer: &Result<Prediction, Unreadable>,
    holds: bool,
) -> Comparison {
    let expected = case.expected.parse().map_or_else(|_| Value::Word(case.expected.clone()), Value::Number);
    let (predicted, interval, reason) = match answer {
        Ok(Prediction::Number(of)) => {
            (Value::Number(of.value), Some([Some(of.low), Some(of.high)]), String::new())
        }
        Ok(Prediction::Word(word)) => (Value::Word((*word).to_owned()), None, String::new()),
        Err(problem) => (Value::Nothing, None, format!("not expressible: {problem}")),
    };
    let unit = if case.unit == "1" { String::new() } else { format!(", {}", case.unit) };
    Comparison {
        id: case.id.clone(),
        group,
        quantity: format!("{} ({}){unit}", case.quantity, case.model),
        error: error(&predicted, &expected),
        predicted,
        interval,
        expected,
        holds,
        reason,
    }
}
