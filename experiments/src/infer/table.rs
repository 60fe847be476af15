//! What was inferred, for a person.

use halfopen_models::scenario::{Range, Unit as Counted};

use super::findings::{CameOut, Findings, Fix, Known, Posterior, SURE, Share, Simulated, Together};
use super::task::Task;
use crate::readable::{self, Unit};
use crate::report::{Section, Table};

/// Rows of a list of correlations; summary.json has all.
const MOST: usize = 12;

/// The heading.
pub fn title(task: &Task, findings: &Findings) -> String {
    let Share { count, of, .. } = findings.fit;
    let set = if task.definition.set.is_empty() {
        String::new()
    } else {
        format!(" with {}", task.definition.set.join(", "))
    };
    format!(
        "What is known of {}{set}: {count} of {of} settings from seed {} reproduce it",
        task.definition.scenario, task.definition.seed
    )
}

/// All that is told.
pub fn describe(task: &Task, simulated: &Simulated, findings: &Findings) -> Vec<Section> {
    let mut sections = vec![known(findings)];
    if findings.fit.count > 0 {
        sections.extend([told(simulated, findings), untold(simulated, findings), together(findings)]);
        sections.extend([services(findings), fixes(task, findings)]);
    }
    sections.push(moves(findings));
    sections
}

fn section(title: &str, remark: String, header: &[&str], rows: Vec<Vec<String>>) -> Section {
    let header = header.iter().map(|&name| name.to_owned()).collect();
    Section { title: title.into(), remark, table: Table { header, rows, ..Table::default() } }
}

fn known(findings: &Findings) -> Section {
    let row = |it: &Known| {
        let who = it.variant.as_ref().map_or("as it was".to_owned(), |name| format!("variant {name}"));
        vec![it.claim.clone(), who, share(&it.holds)]
    };
    let mut rows: Vec<Vec<String>> = findings.known.iter().map(row).collect();
    rows.push(vec!["all of it".into(), String::new(), share(&findings.fit)]);
    let none = if findings.fit.count == 0 {
        "; no setting holds all of it: try more --points, or look which claim and which range do not go together"
    } else {
        ""
    };
    let remark = format!(
        "share of the settings drawn from the ranges whose one replication holds it, with Wilson's 95 % interval; \
         variants were tried with what fits until there{none}"
    );
    section("What is known, and how much of the ranges fits", remark, &["claim", "of", "holds"], rows)
}

fn told(simulated: &Simulated, findings: &Findings) -> Section {
    let of = |it: &&Posterior| it.told();
    let rows: Vec<Vec<String>> = findings.posterior.iter().filter(of).map(|it| row(simulated, it)).collect();
    let remark = if rows.is_empty() {
        format!("nothing that chance does not explain, with {} settings that fit", findings.fit.count)
    } else {
        "median and nine of ten settings, before and after; width of the middle half, 100 % where nothing was learnt; \
         p of chance, all unknowns counted"
            .into()
    };
    section("What the timeline tells", remark, &HEADER, rows)
}

const HEADER: [&str; 6] = ["unknown", "before", "after", "median between", "width left", "p"];

fn row(simulated: &Simulated, it: &Posterior) -> Vec<String> {
    let range = &simulated.drawn.unknowns[it.unknown].range;
    let write = |value: Option<f64>| value.map_or("–".into(), |value| amount(range, value));
    let [low, _, median, _, high] = it.before.map(|value| amount(range, value));
    let [after_low, _, after, _, after_high] = it.after.map(write);
    let [from, to] = it.median_ci95.map(write);
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    let width = match (it.width, it.width_ci95) {
        (Some(width), Some(ends)) => {
            format!("{} % [{}, {}]", percent(width), percent(ends[0]), percent(ends[1]))
        }
        _ => "–".into(),
    };
    vec![
        it.name.clone(),
        format!("{median} [{low}, {high}]"),
        format!("{after} [{after_low}, {after_high}]"),
        format!("{from} and {to}"),
        width,
        it.p.map_or("–".into(), chance),
    ]
}

fn untold(simulated: &Simulated, findings: &Findings) -> Section {
    let of = |it: &&Posterior| !it.told();
    let rows = findings.posterior.iter().filter(of).map(|it| row(simulated, it)).collect();
    section(
        "What the timeline cannot tell",
        format!(
            "after it as before, as far as {} settings show: chance alone moves them as much (p > {SURE})",
            findings.fit.count
        ),
        &HEADER,
        rows,
    )
}

fn correlations(all: &[Together]) -> Vec<Vec<String>> {
    let row = |it: &Together| {
        let interval = it.ci95.map_or(String::new(), |[low, high]| format!("[{low:+.2}, {high:+.2}]"));
        let p = it.p.map_or("–".into(), chance);
        vec![it.name.clone(), it.with.clone(), format!("{:+.2}", it.rho), interval, p]
    };
    all.iter().filter(|it| it.p.is_some_and(|p| p <= SURE)).take(MOST).map(row).collect()
}

fn together(findings: &Findings) -> Section {
    let rows = correlations(&findings.together);
    let remark = if rows.is_empty() {
        "no two unknowns trade off against each other more than chance explains"
    } else {
        "pairs that trade off against each other in what fits: one can be large where the other is small (−) or large (+)"
    };
    let header = ["unknown", "with", "rank correlation", "95 % interval", "p, all pairs counted"];
    section("What goes together", remark.into(), &header, rows)
}

fn services(findings: &Findings) -> Section {
    let mut rows = Vec::new();
    for CameOut { service, crashed, verdicts } in &findings.services {
        for (index, (verdict, count)) in verdicts.iter().enumerate() {
            let (who, died) = if index == 0 { (service.clone(), share(crashed)) } else { <_>::default() };
            rows.push(vec![who, died, verdict.clone(), share(count)]);
        }
    }
    section(
        "Who died, and who was freed",
        "over the settings that fit: those in which an instance died of memory, and by what the last dead connection of \
         the service ended"
            .into(),
        &["service", "died of memory", "came out", "in"],
        rows,
    )
}

fn fixes(task: &Task, findings: &Findings) -> Section {
    let row = |it: &Fix| {
        let write = |value: Option<f64>| value.map_or("–".into(), readable::seconds);
        let [median, low, high] = it.errors_for_s.map(write);
        let name = it.variant.clone().unwrap_or_else(|| "as it was".into());
        vec![name, share(&it.prevents), share(&it.no_crash), format!("{median} [{low}, {high}]")]
    };
    let rows = findings.fixes.iter().map(row).collect();
    section(
        "What would have prevented it",
        format!(
            "each variant with every setting that fits and the same random numbers; prevented: nothing crashes and errors \
             last at most {}",
            readable::seconds(task.outage)
        ),
        &["variant", "prevented", "nothing crashes", "errors for, nine of ten"],
        rows,
    )
}

fn moves(findings: &Findings) -> Section {
    let rows = correlations(&findings.moves);
    let remark = if rows.is_empty() {
        "no unknown moves what is known more than chance explains"
    } else {
        "the unknowns that go most clearly with a figure that is known, over all settings drawn"
    };
    let header = ["unknown", "moves", "rank correlation", "95 % interval", "p, all unknowns counted"];
    section("Which unknown matters", remark.into(), &header, rows)
}

/// `12 of 40 · 30 % [18, 45]`.
fn share(Share { count, of, ci95: [low, high] }: &Share) -> String {
    if *of == 0 {
        return "none to tell".into();
    }
    let percent = |share: f64| {
        let value = share * 100.0;
        if value > 0.0 && value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") }
    };
    let all = f64::from(*count) / f64::from(*of);
    format!("{count} of {of}, {} % [{}, {}]", percent(all), percent(*low), percent(*high))
}

fn chance(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

/// A value of a range, in the words of its unit.
pub fn amount(range: &Range, value: f64) -> String {
    let written = match range {
        Range::OneOf(texts) => texts[(value.round() as usize).min(texts.len() - 1)].clone(),
        Range::Between { unit, .. } => match unit {
            Counted::Duration => Unit::of_seconds(value / 1e9).write(value / 1e9),
            Counted::Size => Unit::of_bytes(value).write(value),
            Counted::Rate => format!("{}/s", Unit::of_count(value).write(value)),
            Counted::Share => Unit::of_share(value).write(value),
            Counted::Count | Counted::Number => Unit::of_count(value).write(value),
        },
    };
    written.replace('\u{a0}', " ")
}
