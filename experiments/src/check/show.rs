//! What a check has found, for a person, a program, and whatever reads `JUnit`.

use std::fmt::Write as _;

use halfopen_models::scenario::Claim;
use halfopen_models::summary::{ClaimResult, Decision, claims};
use serde_json::{Value, json};

use super::baseline::digits;
use super::compare::{Change, Changes, of_variant};
use super::looks::Looks;
use super::outcome::{self, Outcome};
use crate::report::{BROKEN, HOLDS, Section, Table, UNDECIDED, text};

/// Why a claim is decided as it is, in one line.
pub fn reason(result: &ClaimResult, claim: &Claim) -> String {
    let about = result.variant.as_deref().map_or(String::new(), of_variant);
    format!("{}{about}: {}; claimed: {}", result.claim, result.measured, claims::claimed(claim))
}

/// What has changed: what, and how.
pub fn changes(changes: &Changes) -> Vec<[String; 2]> {
    let moved = changes.changed.iter().map(|it| {
        let name = it.figure.clone() + &of_variant(&it.variant);
        [name, format!("{} → {}{}", estimate(&it.before), estimate(&it.after), by(it))]
    });
    let listed =
        |names: &[String], how: &str| (!names.is_empty()).then(|| [names.join(", "), how.to_owned()]);
    let new = listed(&changes.new, "not in the baseline");
    let gone = listed(&changes.gone, "in the baseline, and not measured any more");
    moved.chain(new).chain(gone).collect()
}

/// An estimate with its interval, as the baseline has them.
fn estimate([estimate, low, high]: &[String; 3]) -> String {
    match (low.as_str(), high.as_str()) {
        _ if estimate.is_empty() => "no value".to_owned(),
        ("", "") => estimate.clone(),
        (low, high) if low == high => estimate.clone(),
        (low, "") => format!("{estimate} ({low} or later)"),
        (low, high) => format!("{estimate} ({low}–{high})"),
    }
}

/// By how much, pair by pair.
fn by(change: &Change) -> String {
    let signed = |by: f64| if by > 0.0 { format!("+{}", digits(by)) } else { digits(by) };
    match change.difference {
        Some((by, Some([low, high]))) if low < high => {
            format!(", by {} ({} to {})", signed(by), signed(low), signed(high))
        }
        Some((by, _)) => format!(", by {} in every replication", signed(by)),
        None => String::new(),
    }
}

/// For people.
pub fn text(outcomes: &[Outcome<'_>], looks: &Looks) -> String {
    let sections: Vec<Section> = outcomes.iter().map(section).collect();
    let title = format!(
        "{} checked; intervals of {} % at each of up to {} looks",
        match outcomes.len() {
            1 => "1 scenario".to_owned(),
            n => format!("{n} scenarios"),
        },
        readable_level(looks.level),
        looks.sizes.len()
    );
    text::write(&title, &sections)
}

/// `98.75`.
fn readable_level(level: f64) -> f64 {
    (level * 1e4).round() / 1e2
}

fn section(outcome: &Outcome<'_>) -> Section {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (result, claim) in outcome.claims.iter().zip(&outcome.case.scenario.claims) {
        let judgement = match result.decision {
            Decision::Held => HOLDS,
            Decision::Broken => BROKEN,
            Decision::Undecided => UNDECIDED,
        };
        let about = result.variant.as_deref().map_or(String::new(), of_variant);
        let mut cell = format!("{}{about}\n{}", result.claim, result.measured);
        if result.decision != Decision::Held {
            let place = &outcome.case.source.label;
            let _ = write!(cell, "\nclaimed: {} · {place}:{}", claims::claimed(claim), result.line);
        }
        rows.push(vec![judgement.into(), cell]);
    }
    for [what, how] in outcome.changes.iter().flat_map(changes) {
        rows.push(vec!["changed".into(), format!("{what}\n{how}")]);
    }
    Section {
        title: outcome.case.source.label.clone(),
        remark: remark(outcome),
        table: Table { rows, judges: true, ..Table::default() },
    }
}

fn remark(outcome: &Outcome<'_>) -> String {
    let counts = [(Decision::Held, "held"), (Decision::Broken, "broken"), (Decision::Undecided, "undecided")];
    let counts = counts.map(|(decision, word)| (outcome.count(decision), word));
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let claims =
        if counts.is_empty() { "no claims".into() } else { format!("claims: {}", counts.join(", ")) };
    let baseline = match &outcome.changes {
        None => "no baseline".to_owned(),
        Some(it) if !it.any() && it.noise == 0 && it.events_same => "every event as blessed".to_owned(),
        Some(it) => format!(
            "baseline: {} figures changed, {} within their noise, {} as blessed",
            it.changed.len() + it.new.len() + it.gone.len(),
            it.noise,
            it.same
        ),
    };
    format!("{claims}; {baseline}")
}

/// For programs.
pub fn json(outcomes: &[Outcome<'_>], looks: &Looks) -> String {
    let scenario = |outcome: &Outcome<'_>| {
        let claim = |(result, claim): (&ClaimResult, &Claim)| {
            let mut it = serde_json::to_value(result).expect("plain data");
            it["claimed"] = Value::from(claims::claimed(claim));
            it
        };
        let changed = |changes: &Changes| {
            let moved_by = changes.changed.iter().map(|it| {
                json!({
                    "variant": it.variant, "figure": it.figure, "before": it.before, "after": it.after,
                    "difference": it.difference.map(|it| it.0), "ci95": it.difference.and_then(|it| it.1),
                })
            });
            json!({
                "changed": moved_by.collect::<Vec<_>>(), "new": changes.new, "gone": changes.gone,
                "within_noise": changes.noise, "as_blessed": changes.same, "every_event_as_blessed": changes.events_same,
            })
        };
        json!({
            "scenario": outcome.case.source.name,
            "file": outcome.case.is_file.then_some(&outcome.case.source.label),
            "claims": outcome.claims.iter().zip(&outcome.case.scenario.claims).map(claim).collect::<Vec<_>>(),
            "baseline": outcome.changes.as_ref().map(changed),
        })
    };
    let all = json!({
        "format": 1,
        "level": looks.level,
        "looks": looks.sizes,
        "scenarios": outcomes.iter().map(scenario).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&all).expect("plain data") + "\n"
}

/// A suite a scenario, a case a claim, and one for the baseline.
pub fn junit(outcomes: &[Outcome<'_>], strict: bool) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"halfopen check\">\n".to_owned();
    for outcome in outcomes {
        let mut cases = String::new();
        let (mut failures, mut skipped) = (0, 0);
        let (name, file) = (escaped(&outcome.case.source.name), escaped(&outcome.case.source.label));
        for (result, claim) in outcome.claims.iter().zip(&outcome.case.scenario.claims) {
            let (title, line) = (escaped(&result.claim), result.line);
            let why = escaped(&reason(result, claim));
            let body = match (outcome::fails(result, strict), result.decision) {
                (true, _) => format!("<failure message=\"{why}\">{file}:{line}</failure>"),
                (false, Decision::Undecided) => format!("<skipped message=\"undecided: {why}\"/>"),
                (false, _) => format!("<system-out>{why}</system-out>"),
            };
            failures += u32::from(outcome::fails(result, strict));
            skipped += u32::from(body.starts_with("<skipped"));
            let _ = writeln!(
                cases,
                "    <testcase classname=\"{name}\" name=\"{title}\" file=\"{file}\" line=\"{line}\">{body}</testcase>"
            );
        }
        if let Some(found) = &outcome.changes {
            let lines =
                changes(found).into_iter().map(|[what, how]| format!("{what}: {how}")).collect::<Vec<_>>();
            let body = if found.any() {
                format!("<failure message=\"figures changed\">{}</failure>", escaped(&lines.join("\n")))
            } else {
                String::new()
            };
            failures += u32::from(found.any());
            let _ = writeln!(
                cases,
                "    <testcase classname=\"{name}\" name=\"baseline\" file=\"{file}\">{body}</testcase>"
            );
        }
        let tests = outcome.claims.len() + usize::from(outcome.changes.is_some());
        let _ = write!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\">\n{cases}  </testsuite>\n"
        );
    }
    out + "</testsuites>\n"
}

/// For an attribute or a text of XML, which cannot hold control characters at all.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            it if it.is_control() => out.push('\u{fffd}'),
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(escaped("a<b> & \"c\"\n\u{7}"), "a&lt;b&gt; &amp; &quot;c&quot;&#10;\u{fffd}");
    }
}
