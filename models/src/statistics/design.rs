//! Which settings to try: points that fill the unit cube more evenly than chance does.

use halfopen_sim::chance::Stream;

/// The longest Sobol sequence there is.
pub const SOBOL_POINTS: u32 = 1 << 16;

/// One axis of a Latin hypercube (`McKay`, Beckman and Conover 1979): of `points` values in [0, 1), one in each of as many
/// equal strata, in an order by chance. Axes that draw from streams of their own are independent, and another axis more
/// moves none of them.
pub fn latin_column(points: usize, stream: &mut Stream) -> Vec<f64> {
    let mut column: Vec<f64> =
        (0..points).map(|stratum| (stratum as f64 + stream.uniform()) / points as f64).collect();
    for end in (1..points).rev() {
        column.swap(end, stream.below(end as u64 + 1) as usize);
    }
    // A stratum's upper end rounds up where the uniform is close to one.
    column.into_iter().map(|x| x.min(1.0_f64.next_down())).collect()
}

/// Coordinate `axis` of point `index` of a Sobol sequence (direction numbers of Joe and Kuo 2008), scrambled as Owen does
/// by `seed`: in [0, 1), with 24 bits. Every first 2^k points are even; a prefix of other length is less so.
///
/// # Panics
/// From [`SOBOL_POINTS`] points on, or with more than 256 axes.
pub fn sobol(index: u32, axis: u32, seed: u32) -> f64 {
    assert!(index < SOBOL_POINTS, "a Sobol sequence has {SOBOL_POINTS} points");
    f64::from(sobol_burley::sample(index, axis, seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    #[test]
    fn a_latin_column_has_one_value_in_each_stratum() {
        for points in [0, 1, 2, 20, 1_000] {
            let mut column = latin_column(points, &mut Streams::new(7).stream("design", "x"));
            assert!(points < 20 || !column.is_sorted(), "the order is by chance");
            column.sort_by(f64::total_cmp);
            for (stratum, x) in column.iter().enumerate() {
                let [low, high] = [stratum, stratum + 1].map(|end| end as f64 / points as f64);
                assert!((low..high).contains(x), "{x} in {low}..{high}");
            }
        }
    }

    #[test]
    fn sobol_points_are_even_on_every_axis_and_in_pairs() {
        for (a, b) in [(0, 1), (3, 11), (20, 39)] {
            let mut cells = [0; 64];
            for index in 0..64 {
                let [x, y] = [a, b].map(|axis| sobol(index, axis, 5));
                assert!((0.0..1.0).contains(&x));
                cells[(x * 8.0) as usize * 8 + (y * 8.0) as usize] += 1;
            }
            let most = if a == 0 { 1 } else { 8 };
            assert!(cells.iter().all(|&count| count <= most), "axes {a} and {b}: {cells:?}");
            let mut strata: Vec<usize> = (0..64).map(|index| (sobol(index, a, 5) * 64.0) as usize).collect();
            strata.sort_unstable();
            assert_eq!(strata, (0..64).collect::<Vec<_>>(), "axis {a}");
        }
        assert!(
            (0..64).any(|index| (sobol(index, 0, 1) - sobol(index, 0, 2)).abs() > 0.1),
            "another seed, other points"
        );
    }
}
