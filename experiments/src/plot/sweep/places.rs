//! Where the values of an axis stand: to scale where they are numbers, else one beside the other.

use halfopen_models::scenario::Quantity;

use crate::plot::axes::Axis;

/// The widest that a label is, in pixels of a letter.
const LETTER: f64 = 13.5;

/// Positions of an axis's values, from 0 to 1.
pub struct Places {
    /// In the order of the values.
    pub at: Vec<f64>,
    labels: Vec<String>,
}

impl Places {
    /// To scale: by ratio where the values span more than a factor of twenty.
    pub fn to_scale(values: &[&str]) -> Places {
        let labels = values.iter().map(|value| (*value).to_owned()).collect();
        let at = scaled(values).unwrap_or_else(|| evenly(values.len()));
        Places { at, labels }
    }

    /// As an axis of this many pixels.
    pub fn axis(&self, pixels: f64) -> Axis {
        let labels: Vec<(f64, String)> =
            self.labelled(pixels).into_iter().map(|(at, label)| (at, label.to_owned())).collect();
        let ticks = labels.iter().map(|label| label.0).collect();
        let label = move |at: f64| {
            labels
                .iter()
                .find(|label| (label.0 - at).abs() < 1e-9)
                .map_or(String::new(), |label| label.1.clone())
        };
        Axis { range: 0.0..1.0, ticks, label: Box::new(label) }
    }

    /// Which values are labelled so that no label covers another on an axis of this many pixels.
    fn labelled(&self, pixels: f64) -> Vec<(f64, &str)> {
        let mut order: Vec<usize> = (0..self.at.len()).collect();
        order.sort_by(|&a, &b| self.at[a].total_cmp(&self.at[b]));
        let mut shown: Vec<(f64, &str)> = Vec::new();
        let mut free = f64::NEG_INFINITY;
        for index in order {
            let (at, label) = (self.at[index], self.labels[index].as_str());
            let half = (label.chars().count() as f64 + 1.0) * LETTER / 2.0;
            if at * pixels - half >= free {
                shown.push((at, label));
                free = at * pixels + half;
            }
        }
        shown
    }
}

fn evenly(count: usize) -> Vec<f64> {
    (0..count).map(|index| (index as f64 + 0.5) / count as f64).collect()
}

fn scaled(values: &[&str]) -> Option<Vec<f64>> {
    let quantities = values.iter().map(|value| Quantity::parse(value)).collect::<Option<Vec<Quantity>>>()?;
    let first = *quantities.first()?;
    quantities.iter().all(|it| first.toward(*it, 0.5).is_some()).then_some(())?;
    let values: Vec<f64> = quantities.iter().map(|it| it.value).collect();
    let ends = |values: &[f64]| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    let (low, high) = ends(&values);
    let wide = low > 0.0 && high / low > 20.0;
    let values: Vec<f64> = if wide { values.iter().map(|it| libm::log(*it)).collect() } else { values };
    let (low, high) = ends(&values);
    // A margin on both sides, so that no value lies on the frame.
    (high > low).then(|| values.iter().map(|it| 0.04 + 0.92 * (it - low) / (high - low)).collect())
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn numbers_stand_to_scale_and_names_side_by_side() {
        let at = |values: &[&str]| {
            Places::to_scale(values).at.iter().map(|at| (at * 100.0).round()).collect::<Vec<_>>()
        };
        assert_eq!(at(&["1s", "2s", "5s"]), [4.0, 27.0, 96.0]);
        assert_eq!(at(&["100ms", "1s", "10s"]), [4.0, 50.0, 96.0]);
        assert_eq!(at(&["none", "fix"]), [25.0, 75.0]);
        assert_eq!(at(&["1s", "1MiB"]), [25.0, 75.0]);
        assert_eq!(at(&["7"]), [50.0]);
    }

    #[test]
    fn labels_leave_each_other_room() {
        let places = Places::to_scale(&["100ms", "110ms", "2s"]);
        let labels: Vec<&str> = places.labelled(600.0).into_iter().map(|it| it.1).collect();
        assert_eq!(labels, ["100ms", "2s"]);
    }
}
