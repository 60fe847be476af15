//! Which points: a grid, or a sample of as many points as asked for.

use halfopen_models::statistics::{SOBOL_POINTS, latin_column, sobol};
use halfopen_sim::chance::Streams;

use super::axis::Axis;
use super::definition::Definition;
use crate::args::Sample;

/// A sweep of more points is a slip of the fingers.
const MOST_POINTS: usize = SOBOL_POINTS as usize;

/// What is wrong, and what would be right.
type Wrong = (String, String);

/// Of each point its values on all axes.
///
/// # Errors
/// All that is wrong with the axes and the number of points.
pub fn places(definition: &Definition, axes: &[Axis]) -> Result<Vec<Vec<String>>, Vec<Wrong>> {
    match (definition.sample, definition.points) {
        (Sample::Grid, None) => grid(axes),
        (Sample::Grid, Some(_)) => Err(vec![(
            "a grid has as many points as its axes make".into(),
            "leave --points away, or take --sample latin or --sample sobol".into(),
        )]),
        (_, None) => {
            Err(vec![("a sample needs a number of points".into(), "say how many with --points N".into())])
        }
        (Sample::Latin, Some(points)) => {
            let streams = Streams::new(definition.seed);
            let column =
                |axis: &Axis| latin_column(points as usize, &mut streams.stream("sweep", &axis.path));
            sample(axes, &axes.iter().map(column).collect::<Vec<_>>())
        }
        (Sample::Sobol, Some(points)) => {
            // The seed of a sweep has 32 bits.
            let seed = definition.seed as u32;
            let column = |axis: usize| (0..points).map(|point| sobol(point, axis as u32, seed)).collect();
            sample(axes, &(0..axes.len()).map(column).collect::<Vec<_>>())
        }
    }
}

/// Every value with every value of the others; the last axis runs fastest.
fn grid(axes: &[Axis]) -> Result<Vec<Vec<String>>, Vec<Wrong>> {
    let values = all(axes.iter().map(Axis::values))?;
    let count = values.iter().try_fold(1_usize, |count, axis| count.checked_mul(axis.len()));
    if count.is_none_or(|count| count > MOST_POINTS) {
        let sizes: Vec<String> = values.iter().map(|axis| axis.len().to_string()).collect();
        let wrong = format!("{} points are too many", sizes.join(" × "));
        return Err(vec![(wrong, format!("at most {MOST_POINTS}: take fewer values"))]);
    }
    let mut places = vec![Vec::new()];
    for axis in values {
        let longer =
            |place: &Vec<String>, value: &String| [place.as_slice(), std::slice::from_ref(value)].concat();
        places = places.iter().flat_map(|place| axis.iter().map(move |value| longer(place, value))).collect();
    }
    Ok(places)
}

/// What lies on each axis where its column says.
fn sample(axes: &[Axis], columns: &[Vec<f64>]) -> Result<Vec<Vec<String>>, Vec<Wrong>> {
    all(axes.iter().map(|axis| axis.at(0.0)))?;
    let point =
        |index: usize| axes.iter().zip(columns).map(|(axis, column)| axis.at(column[index])).collect();
    let points = columns.first().map_or(0, Vec::len);
    (0..points).map(point).collect::<Result<_, Wrong>>().map_err(|wrong| vec![wrong])
}

/// All results, or all that is wrong.
fn all<T>(results: impl Iterator<Item = Result<T, Wrong>>) -> Result<Vec<T>, Vec<Wrong>> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(it) => good.push(it),
            Err(it) => wrong.push(it),
        }
    }
    if wrong.is_empty() { Ok(good) } else { Err(wrong) }
}
