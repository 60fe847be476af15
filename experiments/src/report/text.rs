//! The report for a terminal, or for a pipe: then without colour and as wide as it needs.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, TableStyle};
use console::{Term, style};

use super::{BROKEN, HOLDS, Section, Table, UNDECIDED};

/// Columns are held apart by space, the header by a rule.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new(' ', '─', '─', ' '));

/// What the style puts left of the first column.
const EDGE: &str = "  ";

/// The whole report.
pub fn write(title: &str, sections: &[Section]) -> String {
    let mut out = format!("{}\n", bold(title));
    for section in sections {
        let _ = write!(out, "\n{}", bold(&section.title));
        if !section.remark.is_empty() {
            let _ = write!(out, " · {}", section.remark);
        }
        out.push('\n');
        if !section.table.rows.is_empty() {
            out.push_str(&table(&section.table));
        }
    }
    out
}

/// Bold on a terminal that has colours.
pub fn bold(text: &str) -> String {
    style(text).bold().to_string()
}

fn table(table: &Table) -> String {
    let mut shown = comfy_table::Table::new();
    shown.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some((_, width)) = Term::stdout().size_checked() {
        shown.set_width(width);
    }
    let cell = |(column, text): (usize, &String)| {
        let right = table.numeric && column > 0;
        Cell::new(text).set_alignment(if right { CellAlignment::Right } else { CellAlignment::Left })
    };
    if !table.header.is_empty() {
        shown.set_header(table.header.iter().enumerate().map(cell));
    }
    for row in &table.rows {
        shown.add_row(row.iter().enumerate().map(cell));
    }
    let mut out = String::new();
    for line in shown.lines() {
        // The spaces that must not break have done their work: in a pipe people search for plain ones.
        let line = line.trim_end().replace('\u{a0}', " ");
        let _ = writeln!(out, "{}", if table.judges { coloured(line) } else { line });
    }
    out
}

/// The judgement at the head of a row in its colour, on a terminal that has colours. Done to the finished line: the
/// table would count the codes as width.
fn coloured(line: String) -> String {
    let judged = |judgement| line.strip_prefix(EDGE).and_then(|line| line.strip_prefix(judgement));
    if let Some(rest) = judged(HOLDS) {
        return format!("{EDGE}{}{rest}", style(HOLDS).green());
    }
    if let Some(rest) = judged(UNDECIDED) {
        return format!("{EDGE}{}{rest}", style(UNDECIDED).yellow());
    }
    match judged(BROKEN) {
        Some(rest) => format!("{EDGE}{}{rest}", style(BROKEN).red().bold()),
        None => line,
    }
}
