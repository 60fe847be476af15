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
    let mut parts: Vec<String> = problems.iter().map(|problem| show(source, edits, problem)).collect();
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    };
    parts.push(message(&format!("{count} in {}; nothing was run, nothing was written", source.label), ""));
    parts.join("\n\n")
}

fn show(source: &Source, edits: &Edits, problem: &Problem) -> String {
    let (label, text, span) = match &problem.origin {
        Origin::File(range) => (source.label.as_str(), source.text.clone(), first_line(&source.text, range)),
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
