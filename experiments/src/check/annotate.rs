//! Remarks that GitHub shows at lines of a pull request: workflow commands on the standard error, which its runner reads
//! as well as the standard output.
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use halfopen_models::summary::Decision;

use super::outcome::{self, Outcome};
use super::show;

/// Changes of figures in one remark; the log of the check has all of them.
const MOST_SHOWN: usize = 8;

/// One line a remark. What comes with the program has no file to point at.
pub fn github(outcome: &Outcome<'_>, strict: bool) -> Vec<String> {
    let remark = |error: bool, line: u32, title: &str, text: &str| {
        let kind = if error { "error" } else { "warning" };
        let (title, text) = (property(title), data(text));
        if outcome.case.is_file {
            format!(
                "::{kind} file={},line={line},title={title}::{text}",
                property(&outcome.case.source.label)
            )
        } else {
            format!("::{kind} title={title}::{text}")
        }
    };
    let mut lines: Vec<String> = outcome
        .claims
        .iter()
        .zip(&outcome.case.scenario.claims)
        .filter(|(result, _)| result.decision != Decision::Held)
        .map(|(result, claim)| {
            let title = if result.decision == Decision::Broken { "claim broken" } else { "claim undecided" };
            remark(outcome::fails(result, strict), result.line, title, &show::reason(result, claim))
        })
        .collect();
    if let Some(changes) = outcome.changes.as_ref().filter(|changes| changes.any()) {
        let mut list: Vec<String> =
            show::changes(changes).into_iter().map(|[what, how]| format!("{what}: {how}")).collect();
        let more = list.len().saturating_sub(MOST_SHOWN);
        list.truncate(MOST_SHOWN);
        if more > 0 {
            list.push(format!("and {more} more"));
        }
        list.push("halfopen check --bless accepts them".into());
        let text = list.join("\n");
        lines.push(remark(true, outcome.case.title_line(), "figures changed", &text));
    }
    lines
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("99 %\nnext: a, b"), "99 %25%0Anext: a, b");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
