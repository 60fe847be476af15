//! Which scenarios are checked, with which of their variants. All of them are read before the first one runs, and all
//! their problems told at once.

use std::fs;
use std::path::{Path, PathBuf};

use halfopen_models::scenario::{Claim, Edits, Scenario};

use crate::args;
use crate::failure::Failure;
use crate::source::{self, SHIPPED, Source};
use crate::study::{self, Change, Point};

/// A scenario to be checked.
pub struct Case {
    /// Its text.
    pub source: Source,
    /// What its text means as it is.
    pub scenario: Scenario,
    /// Whether it is a file, which can be pointed at.
    pub is_file: bool,
    /// Where its baseline is or would be.
    pub baseline: Option<PathBuf>,
    /// The variants that its claims need and their points, the scenario as it is first.
    pub variants: Vec<(Option<String>, usize)>,
}

/// All scenarios.
pub struct Cases {
    /// In the order of their names.
    pub all: Vec<Case>,
    /// The points of all of them.
    pub points: Vec<Point>,
}

/// Where scenarios are looked for when nobody says where.
const USUAL: [&str; 2] = ["experiments/scenarios", "scenarios"];
/// Folders below folders; more is not a folder of scenarios, or a link that leads back.
const DEEPEST: u32 = 8;

impl Cases {
    /// The scenarios that were asked for.
    ///
    /// # Errors
    /// All problems of all of them.
    pub fn of(args: &args::Check) -> Result<Cases, Failure> {
        let mut cases = Cases { all: Vec::new(), points: Vec::new() };
        let mut problems: Vec<String> = Vec::new();
        for path in paths(&args.paths)? {
            match cases.add(&path, args.baselines.as_deref()) {
                Err(Failure::Wrong(text)) => problems.push(text),
                done => done?,
            }
        }
        if problems.is_empty() { Ok(cases) } else { Err(Failure::Wrong(problems.join("\n\n"))) }
    }

    fn add(&mut self, path: &str, baselines: Option<&Path>) -> Result<(), Failure> {
        let is_file = SHIPPED.iter().all(|(name, _)| *name != path);
        let source = source::find(path)?;
        let scenario = source::read(&source, &Edits::default())?;
        let mut variants: Vec<Option<String>> = vec![None];
        for variant in scenario.claims.iter().flat_map(Claim::variants) {
            if !variants.iter().any(|known| known.as_deref() == variant) {
                variants.push(variant.map(str::to_owned));
            }
        }
        let changes: Vec<Change> =
            variants.iter().map(|variant| Change { variant: variant.clone(), set: Vec::new() }).collect();
        let first = self.points.len();
        self.points.extend(study::check(&source, &Edits::default(), &changes)?);
        let folder =
            baselines.map(Path::to_owned).or_else(|| is_file.then(|| usual_baselines(Path::new(path))));
        let baseline = folder.map(|folder| folder.join(format!("{}.csv", source.name)));
        self.all.push(Case {
            source,
            scenario,
            is_file,
            baseline,
            variants: variants.into_iter().zip(first..).collect(),
        });
        Ok(())
    }
}

impl Case {
    /// The line of its title, where what is said of the whole scenario is pointed at.
    pub fn title_line(&self) -> u32 {
        let before =
            self.source.text.lines().take_while(|line| !line.trim_start().starts_with("title")).count();
        before as u32 + 1
    }
}

/// Folders are searched for files that end in `.toml`.
fn paths(asked: &[String]) -> Result<Vec<String>, Failure> {
    let usual = || USUAL.iter().find(|folder| Path::new(folder).is_dir()).map(|folder| (*folder).to_owned());
    let asked = match usual().filter(|_| asked.is_empty()) {
        Some(folder) => vec![folder],
        None if asked.is_empty() => {
            return Err(Failure::wrong(
                format!("there is no folder {} here", USUAL.join(" and no folder ")),
                "name scenarios, or the folder that they are in",
            ));
        }
        None => asked.to_owned(),
    };
    let mut all: Vec<String> = Vec::new();
    for path in asked {
        if Path::new(&path).is_dir() {
            let found = below(Path::new(&path), DEEPEST)?;
            if found.is_empty() {
                return Err(Failure::wrong(
                    format!("{path} holds no scenario"),
                    "a scenario is a file that ends in .toml",
                ));
            }
            all.extend(found);
        } else {
            all.push(path);
        }
    }
    let mut once: Vec<String> = Vec::new();
    for path in all {
        if !once.contains(&path) {
            once.push(path);
        }
    }
    Ok(once)
}

fn below(folder: &Path, depth: u32) -> Result<Vec<String>, Failure> {
    let failed = |error| Failure::wrong(format!("{} cannot be read: {error}", folder.display()), "");
    let entries: Vec<fs::DirEntry> = fs::read_dir(folder).and_then(Iterator::collect).map_err(failed)?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden && depth > 0 {
            found.extend(below(&path, depth - 1)?);
        } else if path.extension().is_some_and(|it| it == "toml") {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

/// `experiments/baselines` for `experiments/scenarios/x.toml`, `ours/baselines` for `ours/x.toml`.
fn usual_baselines(scenario: &Path) -> PathBuf {
    let folder = scenario.parent().unwrap_or(Path::new(""));
    let whole = fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let among_scenarios = whole.is_ok_and(|whole| whole.file_name().is_some_and(|name| name == "scenarios"));
    match folder.file_name() {
        Some(_) if among_scenarios => folder.with_file_name("baselines"),
        None if among_scenarios => folder.join("..").join("baselines"),
        _ => folder.join("baselines"),
    }
}
