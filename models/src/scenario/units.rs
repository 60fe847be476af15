//! Quantities with their units, exact to the nanosecond and the byte.
//!
//! One number and one unit, nothing between them: `250ms`, `64KiB`, `1200/s`, `2.5%`. Decimal numbers become integers
//! without passing through floating point, so `0.3s` is 300,000,000 ns and what is finer than the unit of counting is
//! refused instead of rounded.

use halfopen_sim::Span;

use super::Bytes;

/// Why a text is not the quantity it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misread {
    pub(crate) wrong: String,
    pub(crate) right: String,
}

/// A unit's name and how many nanoseconds (bytes) it has.
pub(super) type Unit = (&'static str, u64);

pub(super) const TIMES: &[Unit] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
pub(super) const SIZES: &[Unit] = &[
    ("B", 1),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];
/// How many seconds the unit has.
pub(super) const RATES: &[Unit] = &[("/s", 1), ("/min", 60), ("/h", 3_600)];

pub(super) const PERCENT: &[Unit] = &[("%", 1)];

/// A duration: `1.5s`.
pub(crate) fn span(text: &str) -> Result<Span, Misread> {
    whole(text, TIMES, "a duration", "nanosecond", "584 years").map(Span::from_nanos)
}

/// An amount of memory: `64KiB`.
pub(crate) fn bytes(text: &str) -> Result<Bytes, Misread> {
    whole(text, SIZES, "a size", "byte", "16 EiB")
}

/// Events a second: `72/min`.
pub(crate) fn rate(text: &str) -> Result<f64, Misread> {
    let (number, unit) = split(text, "a rate", RATES)?;
    let &(_, seconds) =
        RATES.iter().find(|(name, _)| *name == unit).ok_or_else(|| no_unit("a rate", number, unit, RATES))?;
    // The parser rounds correctly and a division adds at most half a unit in the last place, on every machine.
    let number: f64 = number.parse().map_err(|_| no_number("a rate", text, RATES))?;
    Ok(number / seconds as f64)
}

/// A share: `2.5%`.
pub(crate) fn ratio(text: &str) -> Result<f64, Misread> {
    let (number, unit) = split(text, "a share", PERCENT)?;
    if unit != "%" {
        return Err(no_unit("a share", number, unit, PERCENT));
    }
    // The nearest number to the share itself: 99.9 divided by 100 is more than 0.999, and 999 of 1,000 would miss it.
    format!("{number}e-2").parse().map_err(|_| no_number("a share", text, PERCENT))
}

/// A duration in the largest unit that needs no fraction.
pub(crate) fn span_text(span: Span) -> String {
    let nanos = span.as_nanos();
    if nanos == 0 {
        return "0s".into();
    }
    let (unit, size) =
        TIMES.iter().rev().find(|(_, size)| nanos.is_multiple_of(*size)).expect("1 ns divides everything");
    format!("{}{unit}", nanos / size)
}

/// A size in the largest binary unit that needs no fraction.
pub(crate) fn bytes_text(bytes: Bytes) -> String {
    let binary = SIZES.iter().rev().filter(|(name, _)| name.ends_with("iB"));
    let fitting = binary.into_iter().find(|(_, size)| bytes != 0 && bytes.is_multiple_of(*size));
    fitting.map_or_else(|| format!("{bytes}B"), |(name, size)| format!("{}{name}", bytes / size))
}

/// Nanoseconds as a duration of four digits or more, in the largest unit that has no fraction then.
pub(super) fn coarse_span(nanos: f64) -> String {
    // Minutes and hours read worse than many seconds.
    coarse(nanos, &TIMES[..4])
}

/// Bytes as a size of four digits or more, in the largest binary unit that has no fraction then.
pub(super) fn coarse_bytes(bytes: f64) -> String {
    coarse(bytes, &[SIZES[0], SIZES[2], SIZES[4], SIZES[6]])
}

fn coarse(amount: f64, units: &[Unit]) -> String {
    let fits = |unit: &&Unit| amount >= 1_000.0 * unit.1 as f64;
    let (name, size) = units.iter().rev().find(fits).unwrap_or(&units[0]);
    format!("{}{name}", libm::round(amount / *size as f64) as u64)
}

fn names(units: &[Unit]) -> String {
    units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn no_number(what: &str, text: &str, units: &[Unit]) -> Misread {
    Misread {
        wrong: format!("`{text}` is not {what}"),
        right: format!(
            "write a decimal number and one unit without a space between, like \"{}\" (units: {})",
            example(units),
            names(units)
        ),
    }
}

fn no_unit(what: &str, number: &str, unit: &str, units: &[Unit]) -> Misread {
    let meant = match unit {
        "" => None,
        "min" | "sec" if units == TIMES => Some(&unit[..1]),
        "µs" | "μs" => Some("us"),
        _ => units.iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(unit)),
    };
    Misread {
        wrong: match unit {
            "" => format!("{what} needs a unit"),
            _ => format!("unknown unit `{unit}`"),
        },
        right: match meant {
            Some(meant) => format!("write \"{number}{meant}\" (units: {})", names(units)),
            None if unit.is_empty() => {
                format!("write \"{number}{}\" (units: {})", usual(units), names(units))
            }
            None => format!("units of {what}: {}", names(units)),
        },
    }
}

fn usual(units: &[Unit]) -> &'static str {
    match units.first() {
        Some(("ns", _)) => "s",
        Some(("B", _)) => "MiB",
        Some((name, _)) => name,
        None => "",
    }
}

fn example(units: &[Unit]) -> &'static str {
    match units.first() {
        Some(("ns", _)) => "250ms",
        Some(("B", _)) => "64KiB",
        Some(("/s", _)) => "1200/s",
        _ => "2.5%",
    }
}

/// The decimal number at the beginning, and the rest.
fn split<'a>(text: &'a str, what: &str, units: &[Unit]) -> Result<(&'a str, &'a str), Misread> {
    if let Some(positive) = text.strip_prefix('-') {
        return Err(Misread {
            wrong: format!("{what} cannot be negative"),
            right: format!("write \"{positive}\", or \"0{}\"", usual(units)),
        });
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    };
    let another_number = unit.bytes().any(|byte| byte.is_ascii_digit());
    if !plain || another_number || unit.starts_with(char::is_whitespace) {
        return Err(no_number(what, text, units));
    }
    Ok((number, unit))
}

/// A whole number of the smallest unit.
fn whole(text: &str, units: &'static [Unit], what: &str, smallest: &str, most: &str) -> Result<u64, Misread> {
    let (number, unit) = split(text, what, units)?;
    let found = units.iter().find(|(name, _)| *name == unit);
    let &(_, size) = found.ok_or_else(|| no_unit(what, number, unit, units))?;
    let (before, after) = number.split_once('.').unwrap_or((number, ""));
    let after = after.trim_end_matches('0');
    let too_much = || Misread { wrong: format!("`{text}` is too much"), right: format!("less than {most}") };
    let too_fine = || Misread {
        wrong: format!("`{text}` is finer than a {smallest}"),
        right: format!("a whole number of {smallest}s"),
    };
    // The smallest part of the largest unit that is still whole has less than this many decimals.
    if after.len() > 18 {
        return Err(too_fine());
    }
    let parse = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u128>().ok() };
    let whole = parse(before).and_then(|n| n.checked_mul(u128::from(size))).ok_or_else(too_much)?;
    let scale = 10_u128.pow(after.len() as u32);
    let part = parse(after).ok_or_else(too_much)? * u128::from(size);
    if !part.is_multiple_of(scale) {
        return Err(too_fine());
    }
    whole.checked_add(part / scale).and_then(|n| u64::try_from(n).ok()).ok_or_else(too_much)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exact_values() {
        for (text, nanos) in [
            ("250ms", 250_000_000),
            ("1.5s", 1_500_000_000),
            ("2m", 120_000_000_000),
            ("1h", 3_600_000_000_000),
            ("90us", 90_000),
            ("100ns", 100),
            ("0.3s", 300_000_000),
            ("0.000000001s", 1),
            ("007.50us", 7_500),
            ("0.0000000000025h", 9),
            ("18446744073709551615ns", u64::MAX),
        ] {
            assert_eq!(span(text), Ok(Span::from_nanos(nanos)), "{text}");
        }
        for (text, expected) in [
            ("64KiB", 65_536),
            ("1.5MiB", 1_572_864),
            ("2GiB", 2_147_483_648),
            ("512B", 512),
            ("2MB", 2_000_000),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        assert_eq!((rate("1200/s"), rate("72/min"), rate("36/h")), (Ok(1200.0), Ok(1.2), Ok(0.01)));
        assert_eq!((ratio("2.5%"), ratio("0%"), ratio("99.9%")), (Ok(0.025), Ok(0.0), Ok(0.999)));
    }

    #[test]
    fn what_is_no_quantity() {
        for text in
            ["", "s", ".5s", "5.s", "1..5s", "1e3s", "5 s", " 5s", "5s ", "1h30m", "+5s", "0x5s", "5S5", "٥s"]
        {
            assert!(span(text).is_err(), "{text}");
        }
        for text in ["18446744073709551616ns", "99999999999999999999999999999999999999999h", "5124096h"] {
            assert!(span(text).is_err_and(|misread| misread.wrong.ends_with("is too much")), "{text}");
        }
        for text in ["0.1ns", "0.0000000001s", "1.0000000000000000000000000000001h"] {
            assert!(span(text).is_err_and(|misread| misread.wrong.contains("finer")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn spans_come_back(nanos: u64) {
            let it = Span::from_nanos(nanos);
            prop_assert_eq!(span(&span_text(it)), Ok(it));
        }

        #[test]
        fn sizes_come_back(size: u64) {
            prop_assert_eq!(bytes(&bytes_text(size)), Ok(size));
        }

        #[test]
        fn decimals_are_exact(whole in 0_u64..1_000_000_000, nanos in 0_u64..1_000_000_000) {
            let expected = Span::from_nanos(whole * 1_000_000_000 + nanos);
            prop_assert_eq!(span(&format!("{whole}.{nanos:09}s")), Ok(expected));
        }

        #[test]
        fn nothing_panics(text in ".{0,40}|[0-9.]{0,60}(ns|us|ms|s|m|h|B|KiB|TiB|/s|%)?") {
            let _ = (span(&text), bytes(&text), rate(&text), ratio(&text));
        }
    }
}
