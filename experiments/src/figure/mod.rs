//! A figure by its name: the path of a number in `summary.json`, and what it counts.
//!
//! `services.api.crashes.mean` in full; `api.crashes` and `crashes` (of the system) in short, where the statistic is the
//! mean, or the median of a time that some replications never reach. The lists here are held against the real file by
//! a test.

mod condition;
mod known;

pub use condition::Condition;

use std::fmt;

use halfopen_models::scenario::{Scenario, suggest};
use halfopen_models::summary::{Figure, Observed, Replication};

use crate::readable::Unit;
use known::{About, CACHE, DATABASE, Known, SERVICE};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Bytes.
    Bytes,
    /// A share of one.
    Share,
    /// Things, or a ratio of them.
    Things,
}

impl Counts {
    /// The unit in which to show `value`.
    pub fn unit(self, value: f64) -> Unit {
        match self {
            Counts::Seconds => Unit::of_seconds(value),
            Counts::Millis => Unit::of_seconds(value / 1e3).times(1e3),
            Counts::Bytes => Unit::of_bytes(value),
            Counts::Share => Unit::of_share(value),
            Counts::Things => Unit::of_count(value),
        }
    }
}

/// A number of a figure, and whether it counts what the figure counts.
type Statistic = (&'static str, fn(&Figure) -> Option<f64>, bool);

const STATISTICS: &[Statistic] = &[
    ("mean", |f| f.mean, true),
    ("ci95.0", |f| f.ci95.map(|[low, _]| low), true),
    ("ci95.1", |f| f.ci95.map(|[_, high]| high), true),
    ("median", |f| f.median, true),
    ("median_ci95.0", |f| f.median_ci95[0], true),
    ("median_ci95.1", |f| f.median_ci95[1], true),
    ("p5", |f| f.p5, true),
    ("p95", |f| f.p95, true),
    ("n", |f| Some(f64::from(f.n)), false),
    ("censored", |f| Some(f64::from(f.censored)), false),
];

/// Why a text names no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misnamed {
    /// What is wrong.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    System,
    Service(usize),
    Cache(usize),
    Database(usize),
}

impl Owner {
    fn figures(self) -> Vec<About> {
        match self {
            Owner::System | Owner::Service(_) => SERVICE.iter().map(Known::about).collect(),
            Owner::Cache(_) => CACHE.iter().map(Known::about).collect(),
            Owner::Database(_) => DATABASE.iter().map(Known::about).collect(),
        }
    }
}

/// Where a number stands in a summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    text: String,
    owner: Owner,
    figure: usize,
    about: About,
    statistic: usize,
}

impl Name {
    /// Reads a name, whole or in short, of a figure that summaries of `scenario` have.
    ///
    /// # Errors
    /// When they have none of this name.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Name, Misnamed> {
        let text = text.trim();
        let (owner, holder, rest) = owner(text, scenario)?;
        let figures = owner.figures();
        let known: Vec<&str> = figures.iter().map(|about| about.name).collect();
        let whole =
            |name: &str| rest.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let Some(figure) = known.iter().position(|name| whole(name)) else {
            return Err(no_figure(text, rest, &holder, &known, scenario));
        };
        let about = figures[figure];
        let statistic = match rest[about.name.len()..].strip_prefix('.') {
            Some(typed) => statistic(typed, about.name)?,
            None => statistic(if about.median { "median" } else { "mean" }, about.name)?,
        };
        let text = format!("{holder}.{}.{}", about.name, STATISTICS[statistic].0);
        Ok(Name { text, owner, figure, about, statistic })
    }

    /// The number in a figure; absent where the figure leaves it out.
    pub fn number(&self, figure: &Figure) -> Option<f64> {
        STATISTICS[self.statistic].1(figure)
    }

    /// What one replication shows of the figure.
    pub fn observed(&self, replication: &Replication) -> Observed {
        match self.owner {
            Owner::System => SERVICE[self.figure].1.of(&replication.system),
            Owner::Service(index) => SERVICE[self.figure].1.of(&replication.services[index]),
            Owner::Cache(index) => CACHE[self.figure].1.of(&replication.caches[index]),
            Owner::Database(index) => DATABASE[self.figure].1.of(&replication.databases[index]),
        }
    }

    /// Interval of the number, where it is a mean or a median.
    pub fn interval(&self, figure: &Figure) -> [Option<f64>; 2] {
        match STATISTICS[self.statistic].0 {
            "mean" => figure.ci95.map_or([None, None], |[low, high]| [Some(low), Some(high)]),
            "median" => figure.median_ci95,
            _ => [None, None],
        }
    }

    /// What the number counts.
    pub fn counts(&self) -> Counts {
        if STATISTICS[self.statistic].2 { self.about.counts } else { Counts::Things }
    }

    /// Whether it is a quantile.
    pub fn is_quantile(&self) -> bool {
        matches!(STATISTICS[self.statistic].0, "median" | "p5" | "p95")
    }

    /// Whether some replications may never come to it: then a median stands for it, and there may be none.
    pub fn may_be_censored(&self) -> bool {
        self.about.time
    }

    /// `api.crashes`, or of the system `crashes`: short, for headings. The statistic that stands for the figure goes
    /// without saying.
    pub fn short(&self) -> String {
        let figure = self.about.name;
        let (holder, rest) = self.text.split_once(figure).expect("the text holds the figure's name");
        let holder = SECTIONS.iter().find_map(|section| holder.strip_prefix(section)?.strip_prefix('.'));
        let holder = holder.unwrap_or_default();
        let said = matches!(rest, ".mean" | ".median");
        format!("{holder}{figure}{}", if said { "" } else { rest })
    }
}

/// The whole path: `services.api.crashes.mean`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Sections of `summary.json` that hold figures.
const SECTIONS: [&str; 4] = ["services", "caches", "databases", "system"];

/// Everything that has figures of its own: its section, its name, who it is.
fn holders(scenario: &Scenario) -> Vec<(&'static str, &str, Owner)> {
    let services = scenario.services.iter().enumerate();
    let services = services.map(|(index, it)| ("services", it.name.as_str(), Owner::Service(index)));
    let caches = scenario.caches.iter().enumerate();
    let caches = caches.map(|(index, it)| ("caches", it.name.as_str(), Owner::Cache(index)));
    let databases = scenario.databases.iter().enumerate();
    let databases = databases.map(|(index, it)| ("databases", it.name.as_str(), Owner::Database(index)));
    services.chain(caches).chain(databases).collect()
}

/// Whose figure, the beginning of its path, and what is left of the text.
fn owner<'a>(text: &'a str, scenario: &Scenario) -> Result<(Owner, String, &'a str), Misnamed> {
    let holders = holders(scenario);
    let (first, rest) = text.split_once('.').unwrap_or((text, ""));
    if first == "system" {
        return Ok((Owner::System, "system".into(), rest));
    }
    if SECTIONS.contains(&first) {
        let (name, after) = rest.split_once('.').unwrap_or((rest, ""));
        let here = || holders.iter().filter(|holder| holder.0 == first);
        let Some((_, _, owner)) = here().find(|holder| holder.1 == name) else {
            let names: Vec<&str> = here().map(|holder| holder.1).collect();
            let wrong = format!("`{text}`: no {} is named `{name}`", first.trim_end_matches('s'));
            return Err(Misnamed { wrong, right: suggest(name, &names, "there is") });
        };
        return Ok((*owner, format!("{first}.{name}"), after));
    }
    // A cache may be called as a service is: then the one that has such a figure is meant.
    let has = |owner: Owner| owner.figures().iter().any(|about| rest.starts_with(about.name));
    let mut named = holders.iter().filter(|holder| holder.1 == first);
    let found = named.clone().find(|holder| has(holder.2)).or_else(|| named.next());
    match found {
        Some((section, name, owner)) => Ok((*owner, format!("{section}.{name}"), rest)),
        None => Ok((Owner::System, "system".into(), text)),
    }
}

fn statistic(typed: &str, figure: &str) -> Result<usize, Misnamed> {
    let names: Vec<&str> = STATISTICS.iter().map(|known| known.0).collect();
    names.iter().position(|name| *name == typed).ok_or_else(|| Misnamed {
        wrong: format!("`{figure}` has no `{typed}`"),
        right: suggest(typed, &names, "there is"),
    })
}

fn no_figure(text: &str, rest: &str, holder: &str, known: &[&str], scenario: &Scenario) -> Misnamed {
    let (first, _) = text.split_once('.').unwrap_or((text, ""));
    let of_system = holder == "system" && first != "system";
    // Without the statistic a slip is nearer to what was meant.
    let typed = STATISTICS.iter().find_map(|it| rest.strip_suffix(it.0)?.strip_suffix('.')).unwrap_or(rest);
    let owners = || holders(scenario).iter().map(|holder| holder.1).collect::<Vec<_>>().join(", ");
    let wrong = if of_system && text.contains('.') && !first.starts_with("latency") {
        format!("`{text}`: `{first}` is neither a figure nor one of {}", owners())
    } else if typed.is_empty() {
        format!("`{text}` names no figure")
    } else {
        format!("`{text}`: no figure is named `{typed}`")
    };
    // The beginning of a name is as good as a slip: `time_to_crash`.
    let begun = known.iter().find(|name| !typed.is_empty() && name.starts_with(typed));
    Misnamed { wrong, right: suggest(begun.unwrap_or(&typed), known, "there is") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use halfopen_models::scenario::{self, Edits, Scenario};
    use halfopen_models::simulate;
    use halfopen_models::summary::Summary;
    use serde_json::Value;

    use super::*;

    pub(super) fn small() -> Scenario {
        scenario::read("small", include_str!("../../tests/data/small.toml"), &Edits::default()).unwrap()
    }

    fn with_database() -> Scenario {
        let set = [
            (
                "database",
                "{ db = { connections = 4, query = { fixed = \"1ms\" }, path = { rtt = \"300us\" } } }",
            ),
            ("service.web.calls.0.misses_to", "db"),
            ("service.web.calls.0.hits", "95%"),
        ];
        let set = set.map(|(path, value)| (path.to_owned(), value.to_owned())).to_vec();
        let edits = Edits { set, ..Edits::default() };
        scenario::read("small", include_str!("../../tests/data/small.toml"), &edits).unwrap()
    }

    fn numbers(path: &str, value: &Value, to: &mut BTreeSet<String>) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| numbers(&below(key), value, to)),
            Value::Array(list) if path.ends_with("ci95") => {
                list.iter().enumerate().for_each(|(i, value)| numbers(&below(&i.to_string()), value, to));
            }
            Value::Array(_) => {}
            _ => drop(to.insert(path.to_owned())),
        }
    }

    #[test]
    fn every_number_of_the_file_has_a_name_and_every_name_is_in_the_file() {
        let scenario = with_database();
        let recordings: Vec<_> = (1..=6).map(|seed| simulate(&scenario, seed)).collect();
        let replications: Vec<Replication> = recordings.iter().map(Replication::of).collect();
        let summary = Summary::of(&scenario, &recordings);
        let json: Value = serde_json::from_str(&crate::export::json(&summary)).unwrap();
        let mut in_file = BTreeSet::new();
        for section in SECTIONS {
            numbers(section, &json[section], &mut in_file);
        }
        let at = |path: &str| {
            path.split('.').fold(&json, |at, key| match at {
                Value::Array(list) => &list[key.parse::<usize>().unwrap()],
                at => &at[key],
            })
        };
        let mut named = BTreeSet::new();
        let services = ["system", "services.web", "services.jobs"]
            .map(|it| (it, SERVICE.iter().map(|k| k.0).collect::<Vec<_>>()));
        let caches = ["caches.main"].map(|it| (it, CACHE.iter().map(|k| k.0).collect::<Vec<_>>()));
        let databases = ["databases.db"].map(|it| (it, DATABASE.iter().map(|k| k.0).collect::<Vec<_>>()));
        for (holder, figures) in services.into_iter().chain(caches).chain(databases) {
            for (figure, statistic) in figures.iter().flat_map(|f| STATISTICS.iter().map(move |s| (f, s.0))) {
                let path = format!("{holder}.{figure}.{statistic}");
                let name = Name::parse(&path, &scenario).unwrap();
                assert_eq!(name.to_string(), path);
                let over = Figure::over(&replications.iter().map(|it| name.observed(it)).collect::<Vec<_>>());
                match (name.number(&over), at(&path).as_f64()) {
                    (Some(here), Some(there)) => assert_eq!(here.to_bits(), there.to_bits(), "{path}"),
                    (here, there) => assert_eq!(here, there, "{path}"),
                }
                named.insert(path);
            }
        }
        // An absent interval stands there as one null.
        let absent: BTreeSet<String> =
            in_file.iter().filter(|path| path.rsplit('.').next() == Some("ci95")).cloned().collect();
        let ends = absent.iter().flat_map(|path| [format!("{path}.0"), format!("{path}.1")]);
        let in_file: BTreeSet<String> = in_file.difference(&absent).cloned().chain(ends).collect();
        assert_eq!(in_file, named);
    }

    #[test]
    fn short_names_mean_the_system_and_the_statistic_that_stands_for_the_figure() {
        let scenario = small();
        let whole = |text: &str| Name::parse(text, &scenario).unwrap().to_string();
        assert_eq!(whole("availability"), "system.availability.mean");
        assert_eq!(whole("web.crashes"), "services.web.crashes.mean");
        assert_eq!(whole("web.time_to_crash_s"), "services.web.time_to_crash_s.median");
        assert_eq!(whole("latency_ms.p99.p95"), "system.latency_ms.p99.p95");
        assert_eq!(whole("main.peak_queue"), "caches.main.peak_queue.mean");
        let short = |text: &str| Name::parse(text, &scenario).unwrap().short();
        assert_eq!(short("services.web.time_to_crash_s.median"), "web.time_to_crash_s");
        assert_eq!(short("crashes.p95"), "crashes.p95");
        assert_eq!(short("system.availability.mean"), "availability");
    }

    #[test]
    fn what_names_nothing_is_told_with_what_was_meant() {
        let scenario = small();
        let rows = [
            ("services.wep.crashes", "no service is named `wep`", "did you mean \"web\"?"),
            ("web.crash", "no figure is named `crash`", "did you mean \"crashes\"?"),
            ("web.crashs.mean", "no figure is named `crashs`", "did you mean \"crashes\"?"),
            ("availabilty", "no figure is named `availabilty`", "did you mean \"availability\"?"),
            ("system.crashes.avg", "`crashes` has no `avg`", "there is: mean, "),
            ("caches.main.crashes", "no figure is named `crashes`", "there is: utilization, "),
            ("api.crashes", "`api` is neither a figure nor one of web, jobs, main", "there is: "),
            ("", "names no figure", "there is: requests, "),
        ];
        for (text, wrong, right) in rows {
            let Err(found) = Name::parse(text, &scenario) else { panic!("{text} names nothing") };
            assert!(found.wrong.contains(wrong) && found.right.contains(right), "{text}: {found:?}");
        }
    }
}
