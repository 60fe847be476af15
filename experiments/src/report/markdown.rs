//! The report as Markdown, for `summary.md`.

use std::fmt::Write as _;

use super::{Section, Table};

/// The whole report; `pictures` are files beside it.
pub fn write(title: &str, sections: &[Section], pictures: &[&str]) -> String {
    let mut out = format!("# {title}\n");
    for picture in pictures {
        let name = picture.split('.').next().unwrap_or(picture);
        let _ = write!(out, "\n![{name}]({picture})\n");
    }
    for section in sections {
        let _ = write!(out, "\n## {}\n\n", section.title);
        if !section.remark.is_empty() {
            let _ = write!(out, "{}.\n\n", section.remark);
        }
        if !section.table.rows.is_empty() {
            table(&mut out, &section.table);
        }
    }
    out
}

fn table(out: &mut String, table: &Table) {
    let columns = table.rows.first().map_or(table.header.len(), Vec::len);
    let empty = vec![String::new(); columns];
    line(out, if table.header.is_empty() { &empty } else { &table.header });
    let rule: Vec<String> =
        (0..columns).map(|column| if table.numeric && column > 0 { "---:" } else { "---" }.into()).collect();
    line(out, &rule);
    for row in &table.rows {
        line(out, row);
    }
}

fn line(out: &mut String, cells: &[String]) {
    for cell in cells {
        let _ = write!(out, "| {} ", cell.replace('|', "\\|").replace('\n', "<br>"));
    }
    out.push_str("|\n");
}
