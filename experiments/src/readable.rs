//! Numbers as people read them: a unit that fits, three or four digits.

/// A value in a unit: `256`, `s`. Several values can share the unit, so that an interval does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What one of it is, in the base unit.
    size: f64,
    /// Its sign, written after the number with a narrow gap; empty for plain numbers.
    sign: &'static str,
    /// Whether the sign follows at once: `12k`.
    joined: bool,
}

/// Minutes are written with their seconds: `4m 16s`.
const MINUTES: &str = "m s";

const fn spaced(size: f64, sign: &'static str) -> Unit {
    Unit { size, sign, joined: false }
}

const fn joined(size: f64, sign: &'static str) -> Unit {
    Unit { size, sign, joined: true }
}

impl Unit {
    /// The unit in which to write a duration of so many seconds.
    pub fn of_seconds(value: f64) -> Unit {
        match value.abs() {
            0.0 => spaced(1.0, "s"),
            v if v < 1e-3 => spaced(1e-6, "µs"),
            v if v < 1.0 => spaced(1e-3, "ms"),
            v if v < 120.0 => spaced(1.0, "s"),
            v if v < 7200.0 => spaced(60.0, MINUTES),
            _ => spaced(3600.0, "h"),
        }
    }

    /// The unit in which to write so many bytes.
    pub fn of_bytes(value: f64) -> Unit {
        match value.abs() {
            v if v < 1024.0 => spaced(1.0, "B"),
            v if v < 1024.0 * 1024.0 => spaced(1024.0, "KiB"),
            v if v < 1024.0 * 1024.0 * 1024.0 => spaced(1024.0 * 1024.0, "MiB"),
            _ => spaced(1024.0 * 1024.0 * 1024.0, "GiB"),
        }
    }

    /// The unit in which to write a count.
    pub fn of_count(value: f64) -> Unit {
        match value.abs() {
            v if v < 1e4 => joined(1.0, ""),
            v if v < 1e6 => joined(1e3, "k"),
            v if v < 1e9 => joined(1e6, "M"),
            _ => joined(1e9, "G"),
        }
    }

    /// Percent, of a share.
    pub fn of_share(_: f64) -> Unit {
        spaced(0.01, "%")
    }

    /// This unit for values whose base unit is `factor` times smaller.
    pub fn times(self, factor: f64) -> Unit {
        Unit { size: self.size * factor, ..self }
    }

    /// The number alone.
    pub fn number(self, value: f64) -> String {
        let value = value / self.size;
        if self.sign == MINUTES {
            let seconds = (value * 60.0).abs().round();
            let sign = if value < 0.0 { "-" } else { "" };
            return format!("{sign}{:.0}m\u{a0}{:02.0}s", (seconds / 60.0).floor(), seconds % 60.0);
        }
        // Of a share it matters what is missing: it is never rounded up to all.
        let value = if self.sign == "%" { (value * 100.0 + 1e-6).floor() / 100.0 } else { value };
        let places = match value.abs() {
            v if self.sign == "%" && v < 100.0 => 2,
            v if v < 9.995 => 2,
            v if v < 99.95 => 1,
            _ => 0,
        };
        let text = format!("{value:.places$}");
        let whole = self.sign.is_empty() || value == 0.0;
        if whole && text.contains('.') && value.fract() == 0.0 {
            format!("{value:.0}")
        } else {
            thousands(&text)
        }
    }

    /// Number and unit; the space between them does not break.
    pub fn write(self, value: f64) -> String {
        if self.sign == MINUTES {
            return self.number(value);
        }
        let gap = if self.joined { "" } else { "\u{a0}" };
        format!("{}{gap}{}", self.number(value), self.sign)
    }
}

/// A duration: `60.2 s`, `17m 24s`.
pub fn seconds(value: f64) -> String {
    Unit::of_seconds(value).write(value).replace('\u{a0}', " ")
}

/// A count: `12.3k`.
pub fn count(value: f64) -> String {
    Unit::of_count(value).write(value)
}

/// A share of all, never rounded up to all of it: `99.98 %`.
pub fn share(value: f64) -> String {
    Unit::of_share(value).write(value)
}

/// A difference of shares, with as many digits as it needs: `0.3 %`, `0.0021 %`.
pub fn share_of(value: f64) -> String {
    let percent = value * 100.0;
    let places =
        if percent >= 0.1 || percent <= 0.0 { 2 } else { (1.0 - libm::log10(percent)).ceil() as usize };
    format!("{percent:.places$}\u{a0}%")
}

/// `1234` → `1,234`.
fn thousands(text: &str) -> String {
    let whole = text.find('.').unwrap_or(text.len());
    let mut out = String::new();
    for (index, digit) in text.chars().enumerate() {
        let left = whole.saturating_sub(index);
        if index > 0 && index < whole && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Unit, count, seconds};

    #[test]
    fn durations_take_the_unit_that_fits() {
        let values = [0.0, 0.00025, 0.0042, 0.9, 60.25, 119.0, 256.0, 7500.0];
        let expected = ["0 s", "250 µs", "4.20 ms", "900 ms", "60.2 s", "119 s", "4m 16s", "2.08 h"];
        assert_eq!(values.map(seconds), expected);
    }

    #[test]
    fn counts_and_bytes_keep_three_or_four_digits() {
        let values = [0.0, 3.0, 2.5, 9999.0, 12_345.0, 1_440_000.0];
        assert_eq!(values.map(count), ["0", "3", "2.50", "9,999", "12.3k", "1.44M"]);
        let bytes = [512.0, 180.0 * 1_048_576.0, 1400.0 * 1_048_576.0].map(|v| Unit::of_bytes(v).write(v));
        assert_eq!(bytes.map(|b| b.replace('\u{a0}', " ")), ["512 B", "180 MiB", "1.37 GiB"]);
    }

    #[test]
    fn an_interval_shares_the_unit_of_its_value() {
        let unit = Unit::of_seconds(256.0);
        assert_eq!([90.0, 300.0].map(|v| unit.number(v).replace('\u{a0}', " ")), ["1m 30s", "5m 00s"]);
    }

    #[test]
    fn shares_show_what_is_missing() {
        assert_eq!(Unit::of_share(0.9998).write(0.9998).replace('\u{a0}', " "), "99.98 %");
        assert_eq!(Unit::of_share(0.999_999).write(0.999_999).replace('\u{a0}', " "), "99.99 %");
        assert_eq!(Unit::of_share(1.0).write(1.0).replace('\u{a0}', " "), "100 %");
    }
}
