//! What an inference is: everything that decides its result, and what the scenario says is known.

use halfopen_models::scenario::{Claim, ClaimMust, Drawn, Edits, Problem, Scenario, draw_settings};
use serde::{Deserialize, Serialize};

use crate::args;
use crate::diagnostics;
use crate::failure::Failure;
use crate::source::{self, Source};
use crate::study::journal;

/// What decides each replication; also the head of the journal. How many settings are asked for does not: more of them
/// go on where fewer ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Version of this shape: 1.
    pub format: u32,
    /// `halfopen`.
    pub tool: String,
    /// The program's version.
    pub version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// `path=value` that is known.
    pub set: Vec<String>,
    /// Seed of the settings.
    pub seed: u64,
    /// The scenario's text before all edits.
    pub text: String,
}

impl journal::Head for Definition {
    const OF: &'static str = "an inference";

    fn differences(&self, here: &Definition) -> Vec<String> {
        journal::differences(self, here)
    }
}

/// An inference, checked.
pub struct Task {
    /// What decides each replication.
    pub definition: Definition,
    /// The scenario with what is known set.
    pub scenario: Scenario,
    /// How many settings are drawn.
    pub points: u32,
    /// Errors that last longer than these seconds are an outage.
    pub outage: f64,
    /// Threads; absent: all cores.
    pub jobs: Option<u16>,
    source: Source,
    set: Vec<(String, String)>,
}

impl Task {
    /// Checks what was asked for.
    ///
    /// # Errors
    /// When there is no such scenario, or something is wrong with it, or nothing is claimed of it as it is.
    pub fn of(args: &args::Infer) -> Result<Task, Failure> {
        let source = source::find(&args.scenario)?;
        let scenario = source::read(&source, &Edits { set: args.set.clone(), ..Edits::default() })?;
        if !scenario.claims.iter().any(|claim| claim.variant.is_none() && observes(claim)) {
            return Err(Failure::wrong(
                format!(
                    "{} says of nothing how it was: [expect] has no claim about it as it is",
                    source.label
                ),
                "write the published times there, for instance \
                 \"all recovered\" = { recovery = { after = \"17m\", before = \"21m\" } }",
            ));
        }
        let definition = Definition {
            format: 1,
            tool: "halfopen".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            scenario: source.name.clone(),
            set: args.set.iter().map(|(path, value)| format!("{path}={value}")).collect(),
            seed: args.seed,
            text: source.text.clone(),
        };
        let (points, outage, jobs, set) = (args.points, args.outage, args.jobs, args.set.clone());
        Ok(Task { definition, scenario, points, outage, jobs, source, set })
    }

    /// The settings with these numbers, of the scenario or of one of its variants.
    ///
    /// # Errors
    /// When the values of one do not go together.
    pub fn draw(&self, variant: Option<&str>, which: &[u32]) -> Result<Drawn, Failure> {
        let edits = self.edits(variant);
        let Source { name, text, .. } = &self.source;
        let refused =
            |problems: Vec<Problem>| Failure::Wrong(diagnostics::problems(&self.source, &edits, &problems));
        draw_settings(name, text, &edits, which, self.definition.seed).map_err(refused)
    }

    /// What is changed of every setting.
    pub fn edits(&self, variant: Option<&str>) -> Edits {
        Edits { variant: variant.map(str::to_owned), set: self.set.clone(), ..Edits::default() }
    }

    /// What is known of the scenario as it is, or of a variant: claims about one history. A claim about a share of all
    /// runs, or about a ratio to another variant, is none.
    pub fn claims(&self, variant: Option<&str>) -> impl Iterator<Item = &Claim> {
        self.scenario.claims.iter().filter(move |it| it.variant.as_deref() == variant && observes(it))
    }

    /// Variants of which something is known: tests that were made.
    pub fn tests(&self) -> impl Iterator<Item = &str> {
        self.variants(true)
    }

    /// Variants of which nothing is known: what might have helped.
    pub fn fixes(&self) -> impl Iterator<Item = &str> {
        self.variants(false)
    }

    fn variants(&self, known: bool) -> impl Iterator<Item = &str> {
        let names = self.scenario.variants.iter().map(String::as_str);
        names.filter(move |name| self.claims(Some(name)).next().is_some() == known)
    }

    /// A number for each variant, zero for the scenario as it is.
    pub fn number(&self, variant: Option<&str>) -> u32 {
        let place = self.scenario.variants.iter().position(|name| Some(name.as_str()) == variant);
        place.map_or(0, |place| place as u32 + 1)
    }
}

/// Whether a claim says what was seen in one history.
fn observes(claim: &Claim) -> bool {
    claim.must == ClaimMust::Usual
}
