//! Reads what a case is about from its own words: `c=2;lambda=1.6/s;service=erlang-4 mean 1 ms`.
//!
//! Cases are written for readers, so a value may stand anywhere after its key and carries its unit. Everything comes
//! back in seconds, per second, bytes or as a plain number. A part that is missing is an error that names it, never a
//! default.

use super::Unreadable;

/// The words of a case: its model, then its parameters.
#[derive(Clone, Debug)]
pub struct Parameters {
    parts: Vec<String>,
}

impl Parameters {
    /// The parts of `model` and `parameters`, split at semicolons and commas.
    pub fn new(model: &str, parameters: &str) -> Parameters {
        let parts = [parameters, model].into_iter().flat_map(|text| text.split([';', ',']));
        Parameters { parts: parts.map(|part| part.trim().to_owned()).collect() }
    }

    /// What follows `key=`, up to the next separator; `None` where no part has it.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| {
            let at = find_word(part, key)?;
            part[at + key.len()..].trim_start().strip_prefix('=').map(str::trim)
        })
    }

    /// The number that follows `key=`, in base units; `None` where no part has it.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.text(key).and_then(quantity)
    }

    /// The number that follows `key=`.
    pub fn number(&self, key: &str) -> Result<f64, Unreadable> {
        self.get(key).ok_or_else(|| Unreadable(format!("the parameters have no number `{key}=`")))
    }

    /// The first number after `words` in any part: "server silent for 30 s".
    pub fn after(&self, words: &str) -> Result<f64, Unreadable> {
        let found = self.parts.iter().find_map(|part| {
            let at = part.find(words)?;
            first_quantity(&part[at + words.len()..])
        });
        found.ok_or_else(|| Unreadable(format!("the parameters have no number after `{words}`")))
    }

    /// What follows `words` in the first part that has them.
    pub fn following(&self, words: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| part.split_once(words).map(|(_, rest)| rest))
    }

    /// The number right before `words` in any part: "10 s network outage".
    pub fn before(&self, words: &str) -> Result<f64, Unreadable> {
        let found = self.parts.iter().find_map(|part| {
            let head = part[..part.find(words)?].trim_end();
            let from =
                head.rfind(|c: char| !(c.is_ascii_digit() || ". smhu".contains(c))).map_or(0, |at| at + 1);
            first_quantity(&head[from..])
        });
        found.ok_or_else(|| Unreadable(format!("the parameters have no number before `{words}`")))
    }

    /// Whether any part contains `words`.
    pub fn mention(&self, words: &str) -> bool {
        self.parts.iter().any(|part| part.contains(words))
    }
}

/// Where `word` stands in `text` with nothing of a word right before it.
fn find_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].trim_start().starts_with('=');
        after && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The first number in `text`, with its unit.
pub fn first_quantity(text: &str) -> Option<f64> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    quantity(&text[at..])
}

/// A number at the beginning of `text` with its unit, in base units: "1/60/s" is a rate, "10 ms" a time, "5%" a share.
pub fn quantity(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(['>', '<', '~', ' ']);
    let (mut value, mut rest) = leading_number(text)?;
    while let Some((divisor, after)) = rest.strip_prefix('/').and_then(leading_number) {
        value /= divisor;
        rest = after;
    }
    let rest = rest.trim_start();
    let unit: String = rest.chars().take_while(|c| c.is_alphabetic() || *c == '%').collect();
    Some(match unit.as_str() {
        "ms" => value * 1e-3,
        "us" => value * 1e-6,
        "min" => value * 60.0,
        "%" => value / 100.0,
        "KB" => value * 1024.0,
        _ => value,
    })
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
    let mut end = 0;
    let bytes = text.as_bytes();
    while end < bytes.len() {
        let c = bytes[end];
        let exponent = (c == b'e' || c == b'E')
            && end > 0
            && bytes.get(end + 1).is_some_and(|next| next.is_ascii_digit() || *next == b'-');
        let sign = c == b'-' && end > 0 && bytes[end - 1].eq_ignore_ascii_case(&b'e');
        if !(c.is_ascii_digit() || c == b'.' || exponent || sign) {
            break;
        }
        end += 1;
    }
    text[..end].trim_end_matches('.').parse().ok().map(|value| (value, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp)] // the same divisions give the same bits
    fn values_stand_where_readers_put_them() {
        let p = Parameters::new(
            "power of d choices, N=1000 FIFO servers",
            "c=50;lambda=0.8/s;mu=1/60/s;patience rate theta=1/120/s (48 calls/min, 2 min patience);ES2=1e-6 s^2;\
             service=deterministic 1 ms;failure share=0.5 >> budget;server silent for 30 s;K=12 in system;max queue=1000;\
             object=10 KB;10 s network outage as trigger",
        );
        for (key, value) in [
            ("c", 50.0),
            ("lambda", 0.8),
            ("mu", 1.0 / 60.0),
            ("theta", 1.0 / 120.0),
            ("ES2", 1e-6),
            ("failure share", 0.5),
            ("K", 12.0),
            ("N", 1000.0),
            ("object", 10_240.0),
        ] {
            assert_eq!(p.number(key), Ok(value), "{key}");
        }
        assert_eq!(p.text("service"), Some("deterministic 1 ms"));
        assert_eq!(p.after("silent for"), Ok(30.0));
        assert_eq!(p.before("network outage"), Ok(10.0));
        assert!(p.number("d").is_err(), "the end of another word is no key");
    }
}
