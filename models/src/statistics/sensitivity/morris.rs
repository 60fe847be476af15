//! Elementary effects (Morris 1991): from a point, one coordinate moves by Δ, then the next, until all have; several such
//! trajectories through the cube. An effect is the change of the output divided by Δ. With k settings and r trajectories
//! that makes r (k + 1) points.

use halfopen_sim::chance::Stream;

use crate::statistics::mean_interval;

/// Levels of the grid, and the step, levels/2 of its spacings, which makes every level equally likely (Morris 1991).
const LEVELS: u64 = 4;
const DELTA: f64 = 2.0 / 3.0;

/// What moving one setting through its range does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Mean effect: which way, and by how much over the whole range if it were a straight line.
    pub mean: f64,
    /// μ*, the mean of the effects' sizes (Campolongo, Cariboni and Saltelli 2007): which matter.
    pub size: f64,
    /// 95 % t interval of μ*; absent with one trajectory.
    pub interval: Option<[f64; 2]>,
    /// Standard deviation of the effects: large beside μ* where the setting acts by a threshold, or together with others.
    pub spread: f64,
}

/// The points to try, `count` trajectories of `axes` + 1 points each, one after the other.
pub fn trajectories(axes: usize, count: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let mut points = Vec::with_capacity(count * (axes + 1));
    for _ in 0..count {
        // A level from the lower half goes up by Δ, one from the upper half down.
        let mut point: Vec<f64> =
            (0..axes).map(|_| stream.below(LEVELS) as f64 / (LEVELS - 1) as f64).collect();
        let mut order: Vec<usize> = (0..axes).collect();
        for end in (1..axes).rev() {
            order.swap(end, stream.below(end as u64 + 1) as usize);
        }
        points.push(point.clone());
        for axis in order {
            point[axis] += if point[axis] < 0.5 { DELTA } else { -DELTA };
            // A third and two thirds are not exact.
            point[axis] = point[axis].clamp(0.0, 1.0);
            points.push(point.clone());
        }
    }
    points
}

/// The effect of each axis, from the values at the points of [`trajectories`].
///
/// # Panics
/// When there is not one value for each point, or the points are not whole trajectories.
pub fn effects(points: &[Vec<f64>], values: &[f64]) -> Vec<Effect> {
    assert_eq!(points.len(), values.len(), "a value for each point");
    let settings = points.first().map_or(0, Vec::len);
    assert!(points.len().is_multiple_of(settings + 1), "whole trajectories");
    let mut found = vec![Vec::new(); settings];
    for (points, values) in points.chunks(settings + 1).zip(values.chunks(settings + 1)) {
        for (step, of) in points.windows(2).zip(values.windows(2)) {
            let moved = |&axis: &usize| (step[1][axis] - step[0][axis]).abs() > DELTA / 2.0;
            let axis = (0..settings).find(moved).expect("each step moves a coordinate");
            found[axis].push((of[1] - of[0]) / (step[1][axis] - step[0][axis]));
        }
    }
    found.iter().map(|effects| Effect::of(effects)).collect()
}

impl Effect {
    fn of(effects: &[f64]) -> Effect {
        let n = effects.len() as f64;
        let mean = effects.iter().sum::<f64>() / n;
        let mut sizes: Vec<f64> = effects.iter().map(|effect| effect.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let (size, interval) =
            mean_interval(&sizes, crate::statistics::LEVEL).expect("an effect in each trajectory");
        let squares: f64 = effects.iter().map(|effect| (effect - mean) * (effect - mean)).sum();
        Effect { mean, size, interval, spread: (squares / (n - 1.0).max(1.0)).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    #[test]
    fn interaction_shows_in_the_spread() {
        let points = trajectories(3, 20, &mut Streams::new(3).stream("morris", "test"));
        assert_eq!(points.len(), 80);
        assert!(points.iter().flatten().all(|x| (0.0..=1.0).contains(x)));
        let values: Vec<f64> = points.iter().map(|x| 4.0 * x[0] + 9.0 * x[1] * x[2]).collect();
        let effects = effects(&points, &values);
        assert!((effects[0].size - 4.0).abs() < 1e-9 && effects[0].spread < 1e-9, "{effects:?}");
        assert!(effects[1].spread > 1.0 && effects[2].spread > 1.0, "{effects:?}");
        let [low, high] = effects[1].interval.unwrap();
        assert!(low < effects[1].size && effects[1].size < high);
    }
}
