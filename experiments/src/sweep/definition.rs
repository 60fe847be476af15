//! What a sweep is: everything that decides its result. Equal definitions give equal bytes.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::args::{self, Sample};
use crate::failure::Failure;
use crate::source::{self, Source};
use crate::study::journal;

/// A sweep as asked for; also the manifest of its result, and the head of its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Version of this shape: 1.
    pub format: u32,
    /// `halfopen`.
    pub tool: String,
    /// The program's version.
    pub version: String,
    /// Name of the sweep: of its file, or of the scenario.
    pub name: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Variant that all points start from.
    pub variant: Option<String>,
    /// `path=value` that all points start from.
    pub set: Vec<String>,
    /// Axes as typed.
    pub over: Vec<String>,
    /// How points are chosen.
    pub sample: Sample,
    /// How many; of a sample only.
    pub points: Option<u32>,
    /// Figures as typed; empty: the usual ones.
    pub figures: Vec<String>,
    /// Where the cliff is, as typed.
    pub cliff: String,
    /// Seed of the first replication of each point.
    pub seed: u64,
    /// Replications of each point.
    pub replications: u32,
    /// The scenario's text before all edits.
    pub text: String,
}

/// A sweep file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: String,
    variant: Option<String>,
    #[serde(default)]
    set: Vec<String>,
    over: Vec<String>,
    sample: Option<Sample>,
    points: Option<u32>,
    #[serde(default)]
    figures: Vec<String>,
    cliff: Option<String>,
}

impl Definition {
    /// What the command line, or the file that it names, asks for. What the command line says besides comes first, or
    /// after a file's own axes and values.
    ///
    /// # Errors
    /// When there is no such scenario or file, or the file is not one of a sweep.
    pub fn of(args: &args::Sweep) -> Result<Definition, Failure> {
        let source = source::find(&args.input.scenario)?;
        let (name, file, source) = match file(&source)? {
            Some(file) => {
                let scenario = beside(Path::new(&args.input.scenario), &file.scenario);
                (source.name, file, source::find(&scenario)?)
            }
            None => (source.name.clone(), File::empty(), source),
        };
        let set = args.input.set.iter().map(|(path, value)| format!("{path}={value}"));
        let join = |mut of_file: Vec<String>, typed: &[String]| {
            of_file.extend_from_slice(typed);
            of_file
        };
        Ok(Definition {
            format: 1,
            tool: "halfopen".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            name,
            scenario: source.name,
            variant: args.input.variant.clone().or(file.variant),
            set: file.set.into_iter().chain(set).collect(),
            over: join(file.over, &args.over),
            sample: args.sample.or(file.sample).unwrap_or(Sample::Grid),
            points: args.points.or(file.points),
            figures: if args.figure.is_empty() { file.figures } else { args.figure.clone() },
            cliff: args.cliff.clone().or(file.cliff).unwrap_or_else(|| "crashes == 0".into()),
            seed: args.sampling.seed,
            replications: args.sampling.reps,
            text: source.text,
        })
    }

    /// Where the scenario comes from.
    pub fn source(&self) -> Source {
        let shipped = source::SHIPPED.iter().any(|(name, text)| *name == self.scenario && *text == self.text);
        let label = if shipped {
            format!("{}.toml (shipped)", self.scenario)
        } else {
            format!("{}.toml", self.scenario)
        };
        Source { name: self.scenario.clone(), label, text: self.text.clone() }
    }

    /// In what this one and `other` differ, one sentence each; they are `there` and `here`.
    pub fn differences(&self, other: &Definition) -> Vec<String> {
        journal::differences(self, other)
    }
}

impl File {
    fn empty() -> File {
        let (scenario, variant) = (String::new(), None);
        let (set, over, figures) = (Vec::new(), Vec::new(), Vec::new());
        File { scenario, variant, set, over, sample: None, points: None, figures, cliff: None }
    }
}

/// The text as a sweep file; nothing where it is a scenario, or meant to be one.
fn file(source: &Source) -> Result<Option<File>, Failure> {
    let table: Option<toml::Table> = source.text.parse().ok();
    let names_scenario = |table: &toml::Table| table.get("scenario").is_some_and(toml::Value::is_str);
    if !table.as_ref().is_some_and(names_scenario) {
        return Ok(None);
    }
    toml::from_str(&source.text).map(Some).map_err(|error| {
        let right = "a sweep file has scenario = \"NAME\" and over = [\"PATH=VALUES\", …]; it may have variant, set, \
                     sample, points, figures, cliff";
        Failure::wrong(format!("{} is no sweep file: {}", source.label, error.to_string().trim_end()), right)
    })
}

/// A shipped name stays one; a file is looked for beside the sweep's own.
fn beside(sweep: &Path, scenario: &str) -> String {
    let path = sweep.parent().map(|folder| folder.join(scenario));
    let path = path.filter(|path| fs::metadata(path).is_ok());
    path.map_or_else(|| scenario.to_owned(), |path| path.to_string_lossy().into_owned())
}
