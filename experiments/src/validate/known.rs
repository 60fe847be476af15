//! Misses that are known: a list with the reason of each. They are counted as misses, and only others are news.

use serde::Deserialize;

use super::comparison::Comparison;
use super::row;
use crate::failure::Failure;

const SHIPPED: &str = include_str!("../../cases/known_misses.csv");

/// A known miss, or several: `*` at the end of a name stands for any ending.
#[derive(Clone, Debug, Deserialize)]
pub struct Known {
    group: String,
    case: String,
    quantity: String,
    /// Why it misses.
    pub reason: String,
}

/// The misses that are known of the shipped cases; other cases have none.
///
/// # Errors
/// When the list is no table.
pub fn list(shipped: bool) -> Result<Vec<Known>, Failure> {
    row::records("cases/known_misses.csv", if shipped { SHIPPED } else { "" })
}

impl Known {
    /// What it is about.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.group, self.case, self.quantity)
    }

    /// Whether this is about a comparison.
    pub fn is_about(&self, comparison: &Comparison) -> bool {
        fits(&self.group, comparison.group)
            && fits(&self.case, &comparison.id)
            && fits(&self.quantity, &comparison.quantity)
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_ending() {
        assert!(fits("c_redis4_*", "c_redis4_blackhole") && fits("*", "any") && fits("all", "all"));
        assert!(!fits("c_redis4", "c_redis4_blackhole") && !fits("d_*", "c_redis4"));
    }
}
