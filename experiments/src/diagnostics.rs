//! Problems as the compiler would show them: file, line, caret, what is wrong, what would be right.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use halfopen_models::scenario::{Edits, Origin, Problem};

use crate::source::Source;

/// One remark without a place.
pub fn message(wrong: &str, right: &str) -> String {
    let mut report = vec![Group::with_title(Level::ERROR.primary_title(wrong))];
    if !right.is_empty() {
        report.push(Group::with_title(Level::HELP.secondary_title(right)));
    }
    render(&report)
}

/// All problems of a scenario, and how many they are.
pub fn problems(source: &Source, edits: &Edits, problems: &[Problem]) -> String {
    let mut parts: Vec<String> =
        problems.iter().map(|problem| show(source, edits, edits.set.len(), problem)).collect();
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    };
    parts.push(message(&format!("{count} in {}; nothing was run, nothing was written", source.label), ""));
    parts.join("\n\n")
}

/// All problems of the points of a study, each once; `sets` of the edits are `--set`, the others values of axes.
pub fn of_points(source: &Source, sets: usize, refused: &[(Edits, Vec<Problem>)]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (edits, problems) in refused {
        let values = edits.set[sets..].iter().map(|(path, value)| format!("{path}={value}"));
        let point = format!("at the point {}: ", values.collect::<Vec<_>>().join(", "));
        for problem in problems {
            let wrong = problem.wrong.replacen("with --set: ", &point, 1);
            let part = show(source, edits, sets, &Problem { wrong, ..problem.clone() });
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    let more = parts.len().saturating_sub(MOST_SHOWN);
    parts.truncate(MOST_SHOWN);
    let more = if more > 0 { format!(" (and {more} problems more)") } else { String::new() };
    parts.push(message(&format!("{} points are refused{more}; nothing was run", refused.len()), ""));
    parts.join("\n\n")
}

/// Problems of points that are shown; after so many one has understood.
const MOST_SHOWN: usize = 20;

fn show(source: &Source, edits: &Edits, sets: usize, problem: &Problem) -> String {
    let (label, text, span) = match &problem.origin {
        Origin::File(range) => (source.label.as_str(), source.text.clone(), first_line(&source.text, range)),
        Origin::Set(index) if *index >= sets => {
            let (path, value) = &edits.set[*index];
            let text = format!("{path}={value}");
            let span = 0..text.len();
            ("a value of an axis", text, span)
        }
        Origin::Set(index) => {
            let (path, value) = &edits.set[*index];
            let start = "--set ".len();
            let text = format!("--set {path}={value}");
            let span = start..text.len();
            ("command line", text, span)
        }
        Origin::Variant => {
            let name = edits.variant.as_deref().unwrap_or_default();
            let text = format!("--variant {name}");
            let span = text.len() - name.len()..text.len();
            ("command line", text, span)
        }
    };
    let caret = AnnotationKind::Primary.span(span).label(problem.path.as_str());
    let group = Group::with_title(Level::ERROR.primary_title(problem.wrong.as_str()))
        .element(Snippet::source(text).path(label).annotation(caret));
    render(&[if problem.right.is_empty() {
        group
    } else {
        group.element(Level::HELP.message(&problem.right))
    }])
}

/// The part of `range` in its first line: a caret under a whole table says less than one under its name.
fn first_line(text: &str, range: &Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let length = part.find(['\n', '\r']).unwrap_or(part.len());
    let start = range.start.min(text.len());
    start..start + length
}

fn render(report: &[Group<'_>]) -> String {
    let renderer = if console::colors_enabled_stderr() { Renderer::styled() } else { Renderer::plain() };
    renderer.render(report)
}
