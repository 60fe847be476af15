//! As many replications as the claims need.
//!
//! After `--reps` replications every claim is judged; of those that are undecided the variants are simulated until there
//! are twice as many, and so on up to `--max-reps`. Who looks K times may be fooled K times: each look uses intervals of
//! level 1 − 5 % ÷ K (Bonferroni), so that over all looks a claim is decided wrongly in at most 5 % of checks, whenever one
//! stops. A decision stands: only a claim about every replication, which one counterexample breaks, is held against
//! replications that were made for others. Figures for baselines always come from the first `--reps`, so that stopping
//! early cannot bias them.

use std::sync::Mutex;

use halfopen_models::summary::claims::{self, Runs};
use halfopen_models::summary::{ClaimResult, Decision, Replication};

use crate::args;
use crate::failure::Failure;
use crate::progress::Speed;
use crate::study::{Study, Unit};

use super::cases::{Case, Cases};

/// After how many replications claims are judged, and by which intervals.
pub struct Looks {
    /// Rising.
    pub sizes: Vec<u32>,
    /// Level of every interval.
    pub level: f64,
}

/// What a check has found out.
pub struct Judged {
    /// Per case, per claim in the order of the file.
    pub claims: Vec<Vec<ClaimResult>>,
    /// Per point, in the order of the seeds.
    pub replications: Vec<Vec<Replication>>,
}

impl Looks {
    /// The looks that were asked for.
    pub fn of(args: &args::Check) -> Looks {
        let most = args.max_reps.unwrap_or(args.reps * 8).max(args.reps);
        let mut sizes = vec![args.reps];
        while let Some(&last) = sizes.last().filter(|last| **last < most) {
            sizes.push((last * 2).min(most));
        }
        let level = 1.0 - 0.05 / sizes.len() as f64;
        Looks { sizes, level }
    }

    /// Simulates and judges until everything is decided, or nobody wants more.
    ///
    /// # Errors
    /// When somebody asked to stop before the end.
    pub fn take(&self, cases: &Cases, args: &args::Check) -> Result<(Judged, Speed), Failure> {
        let mut found = Judged {
            claims: vec![Vec::new(); cases.all.len()],
            replications: vec![Vec::new(); cases.points.len()],
        };
        let mut speed = Speed { requests: 0, seconds: 0.0 };
        let mut wanted: Vec<usize> = (0..cases.points.len()).collect();
        for &size in &self.sizes {
            let study = Study { points: &cases.points, seed: args.seed, reps: size, jobs: args.jobs };
            let mut units: Vec<Unit> = study.units();
            units.retain(|unit| {
                wanted.contains(&unit.point) && unit.rep as usize >= found.replications[unit.point].len()
            });
            let progress = study.progress(&units, args.shown.quiet);
            let done: Mutex<Vec<(Unit, Replication)>> = Mutex::new(Vec::new());
            study.simulate(&units, &progress, &|unit, replication| {
                done.lock().expect("nobody panics with it").push((unit, replication.clone()));
                Ok(())
            })?;
            let now = progress.speed();
            speed = Speed { requests: speed.requests + now.requests, seconds: speed.seconds + now.seconds };
            let mut done = done.into_inner().expect("nobody panics with it");
            done.sort_by_key(|(unit, _)| *unit);
            for (unit, replication) in done {
                found.replications[unit.point].push(replication);
            }
            wanted = self.judge(cases, &mut found);
            if wanted.is_empty() {
                break;
            }
        }
        Ok((found, speed))
    }

    /// Judges what is not decided; the points of what still is not.
    fn judge(&self, cases: &Cases, found: &mut Judged) -> Vec<usize> {
        let mut wanted = Vec::new();
        for (case, results) in cases.all.iter().zip(&mut found.claims) {
            let runs = case.variants.iter().map(|(variant, point)| Runs {
                variant: variant.as_deref(),
                replications: &found.replications[*point],
            });
            let runs: Vec<Runs<'_>> = runs.collect();
            for (index, claim) in case.scenario.claims.iter().enumerate() {
                let open = results.get(index).is_none_or(|it| it.decision == Decision::Undecided);
                if open || claims::about_every_replication(claim) {
                    let result = claims::judge(claim, &runs, self.level).expect("its variants are points");
                    if index < results.len() { results[index] = result } else { results.push(result) }
                }
                if results[index].decision == Decision::Undecided {
                    wanted.extend(claim.variants().filter_map(|variant| point(case, variant)));
                }
            }
        }
        wanted
    }
}

fn point(case: &Case, variant: Option<&str>) -> Option<usize> {
    case.variants.iter().find(|(name, _)| name.as_deref() == variant).map(|(_, point)| *point)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Looks;
    use crate::args::{Arguments, Command};

    fn looks(arguments: &[&str]) -> Looks {
        let arguments = Arguments::parse_from([&["halfopen", "check"], arguments].concat());
        let Command::Check(args) = arguments.command else { panic!("it is a check") };
        Looks::of(&args)
    }

    #[test]
    fn every_look_takes_its_share_of_the_error() {
        let usual = looks(&[]);
        assert_eq!(usual.sizes, [10, 20, 40, 80]);
        assert!((usual.level - 0.9875).abs() < 1e-12);
        assert_eq!(looks(&["--reps", "30", "--max-reps", "100"]).sizes, [30, 60, 100]);
        let one = looks(&["--reps", "30", "--max-reps", "5"]);
        assert_eq!((one.sizes.as_slice(), one.level), (&[30][..], 0.95));
    }
}
