//! A case of the person's own, measured by `halfopen lab run`: the questions of the shipped cases about options.
//!
//! A prediction holds when it is near as there, or when the measurement lies in its 90 % interval: where a process may
//! die in two ways, one measurement is one of them.

use super::options::questions;
use super::{Ground, Group};
use crate::validate::comparison::Comparison;
use crate::validate::question::Rule;

pub(super) const GROUP: Group = Group {
    name: "own",
    title: "Measured on your machine",
    target: "kind right; inside the 90 % interval, or within 10 % or 0.3 s of the median",
    takes: |_, _| true,
    compare,
};

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(|row| questions(row, Rule::Inside))
}
