//! An axis: a path of the scenario and the values it takes.

use halfopen_models::scenario::{Dimension, Quantity};

/// A path and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// As for `--set`; `variant` chooses one of the scenario's variants.
    pub path: String,
    parts: Vec<Part>,
}

/// A value, or several between two ends.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Value(String),
    Range { ends: [Quantity; 2], by_ratio: bool, count: Option<u32> },
}

/// The name of the axis of variants.
pub const VARIANT: &str = "variant";
/// On that axis, the scenario as it is.
pub const AS_IT_IS: &str = "none";

/// More values than these are a slip of the fingers.
const MOST: u32 = 10_000;

impl Axis {
    /// Reads `PATH=VALUES`.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Axis, (String, String)> {
        let right = "write PATH=VALUES, for instance service.api.instances=2,4,8 or horizon=10m..40m/4";
        let (path, values) =
            text.split_once('=').ok_or_else(|| (format!("`{text}` is no axis"), right.to_owned()))?;
        let (path, values) = (path.trim(), values.trim());
        if path.is_empty() || values.is_empty() {
            return Err((format!("`{text}` is no axis"), right.into()));
        }
        let parts = split(values).into_iter().map(|value| Part::parse(path, value.trim()));
        Ok(Axis { path: path.into(), parts: parts.collect::<Result<_, _>>()? })
    }

    /// The value a share `u` of the way through it, from 0 to 1: of a range what lies there, of several values one.
    ///
    /// # Errors
    /// When it cannot be sampled: values and ranges are mixed, or a range counts its values.
    pub fn at(&self, u: f64) -> Result<String, (String, String)> {
        let path = &self.path;
        match self.parts.as_slice() {
            [Part::Range { ends: [low, high], count: Some(_), .. }] => Err((
                format!("{path}={low}..{high} counts its values"),
                "a sample has as many as --points says: leave the count away".into(),
            )),
            [Part::Range { ends, by_ratio, count: None }] => Ok(within(*ends, *by_ratio, u)),
            parts => {
                let part = &parts[((u * parts.len() as f64) as usize).min(parts.len() - 1)];
                match part {
                    Part::Value(value) => Ok(value.clone()),
                    Part::Range { .. } => Err((
                        format!("axis {path} mixes values and ranges"),
                        "sample one range, or several values".into(),
                    )),
                }
            }
        }
    }

    /// Its values in a grid.
    ///
    /// # Errors
    /// When a range does not say how many.
    pub fn values(&self) -> Result<Vec<String>, (String, String)> {
        let mut values: Vec<String> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Value(value) => values.push(value.clone()),
                Part::Range { ends, count: None, .. } => {
                    let [low, high] = ends;
                    return Err((
                        format!("{}={low}..{high} does not say how many values", self.path),
                        format!("write {low}..{high}/5, or {low}..{high}/log/5 for equal ratios"),
                    ));
                }
                Part::Range { ends, by_ratio, count: Some(count) } => {
                    let at = |step: u32| between(*ends, *by_ratio, f64::from(step) / f64::from(count - 1));
                    values.extend((0..*count).map(at));
                }
            }
        }
        // Whole numbers of a range may round to the same.
        let mut seen = Vec::new();
        values.retain(|value| {
            !seen.contains(value) && {
                seen.push(value.clone());
                true
            }
        });
        Ok(values)
    }
}

impl Part {
    fn parse(path: &str, text: &str) -> Result<Part, (String, String)> {
        let wrong = |wrong: &str, right: &str| Err((format!("{path}={text}: {wrong}"), right.to_owned()));
        if text.is_empty() {
            return wrong("an empty value", "write values with one comma between them");
        }
        let Some((low, rest)) = text.split_once("..").filter(|_| !text.starts_with(['"', '\'', '[', '{']))
        else {
            return Ok(Part::Value(text.into()));
        };
        // A rate has a slash of its own: the count is a number, and what stands before it the upper end.
        let (rest, count) = match rest.rsplit_once('/') {
            Some((before, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => (before, Some(count)),
            _ => (rest, None),
        };
        let (high, by_ratio) = rest.strip_suffix("/log").map_or((rest, false), |high| (high, true));
        let count = match count.map(str::parse::<u32>) {
            None => None,
            Some(Ok(count)) if (2..=MOST).contains(&count) => Some(count),
            Some(_) => return wrong("a range has from 2 to 10,000 values", "write 100ms..2s/5 for five"),
        };
        let (Some(from), Some(to)) = (Quantity::parse(low), Quantity::parse(high)) else {
            let end = if Quantity::parse(low).is_none() { low } else { high };
            return wrong(
                &format!("`{end}` is no number with a unit"),
                "write LOW..HIGH/COUNT, like 100ms..2s/5, 300/s..900/s/4, 1..8/8 or 100ms..10s/log/7",
            );
        };
        if from.toward(to, 0.5).is_none() {
            return wrong("the ends have different units", "write both as durations, as sizes, as rates, …");
        }
        if by_ratio && from.by_ratio_toward(to, 0.5).is_none() {
            return wrong("equal ratios need ends above zero", "leave /log away for equal steps");
        }
        Ok(Part::Range { ends: [from, to], by_ratio, count })
    }
}

/// A share of the way between the ends. The ends themselves stay as they are.
fn between([low, high]: [Quantity; 2], by_ratio: bool, share: f64) -> String {
    if share <= 0.0 {
        return low.to_string();
    }
    if share >= 1.0 {
        return high.to_string();
    }
    let at = if by_ratio { low.by_ratio_toward(high, share) } else { low.toward(high, share) };
    at.expect("the ends were checked").rounded().to_string()
}

/// As [`between`] for a sample: each whole number has the same share of the way.
fn within([low, high]: [Quantity; 2], by_ratio: bool, share: f64) -> String {
    if by_ratio || low.dimension != Dimension::Whole {
        return between([low, high], by_ratio, share);
    }
    let count = (high.value - low.value).abs() + 1.0;
    let step = (share * count).floor().min(count - 1.0);
    Quantity { value: low.value + step * (high.value - low.value).signum(), ..low }.to_string()
}

/// Splits at commas that are in no bracket and no quotes.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut quote, mut start) = (0_i32, None, 0);
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(sign),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Axis::parse(text).and_then(|axis| axis.values()).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
    }

    #[test]
    fn lists_ranges_and_both() {
        assert_eq!(values("a.b=100ms, 2s"), ["100ms", "2s"]);
        assert_eq!(values("a=100ms..2s/5"), ["100ms", "575ms", "1.05s", "1.525s", "2s"]);
        assert_eq!(values("a=100ms..10s/log/3"), ["100ms", "1s", "10s"]);
        assert_eq!(values("a=300/s..900/s/3"), ["300/s", "600/s", "900/s"]);
        assert_eq!(values("a=36/h..1/s/log/3"), ["0.01/s", "0.1/s", "1/s"]);
        assert_eq!(values("a=1..4/9"), ["1", "2", "3", "4"], "each whole number once");
        assert_eq!(values("a=10s..1s/2"), ["10s", "1s"], "downward too");
        assert_eq!(values("a=0s,1s..3s/3,1m"), ["0s", "1s", "2s", "3s", "60s".replace("60s", "1m").as_str()]);
        assert_eq!(values("fault.0={ at = \"8m\", host_dies = { node = \"a\" } },[1, 2],\"x,y\"").len(), 3);
        assert_eq!(values("variant=none,fix"), ["none", "fix"]);
    }

    #[test]
    fn samples_lie_between_the_ends() {
        let at = |text: &str, u: f64| Axis::parse(text).unwrap().at(u);
        let rows = [
            ("a=100ms..10s/log", 0.5, "1s"),
            ("a=100ms..2s", 0.25, "575ms"),
            ("a=2..4", 0.0, "2"),
            ("a=2..4", 0.34, "3"),
            ("a=2..4", 0.999, "4"),
            ("a=x,y", 0.4, "x"),
            ("a=x,y", 0.999, "y"),
        ];
        for (text, u, expected) in rows {
            assert_eq!(at(text, u).as_deref(), Ok(expected), "{text} at {u}");
        }
        assert!(at("a=1s..2s/5", 0.5).is_err() && at("a=1s..2s,5s", 0.1).is_err());
    }

    #[test]
    fn what_is_no_axis_is_told() {
        let rows = [
            ("service.api.instances", "is no axis"),
            ("=1,2", "is no axis"),
            ("a=", "is no axis"),
            ("a=1,,2", "an empty value"),
            ("a=100ms..2s", "does not say how many"),
            ("a=300/s..900/s", "does not say how many"),
            ("a=100ms..2s/1", "from 2 to 10,000"),
            ("a=100ms..soon/3", "`soon` is no number with a unit"),
            ("a=..2s/3", "`` is no number with a unit"),
            ("a=100ms..2MiB/3", "different units"),
            ("a=0s..2s/log/3", "ends above zero"),
        ];
        for (text, expected) in rows {
            let Err((wrong, right)) = Axis::parse(text).and_then(|axis| axis.values()) else {
                panic!("{text}")
            };
            assert!(wrong.contains(expected) && !right.is_empty(), "{text}: {wrong}");
        }
    }
}
