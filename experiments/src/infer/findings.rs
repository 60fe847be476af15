//! What follows from which settings fit. Pure: the same replications, the same findings.
//!
//! Settings were drawn independently, so the share that fits is a plain proportion, and of an unknown that the timeline
//! says nothing about the settings that fit are spread over its range as all were: as uniform numbers from 0 to 1, taken as
//! the share of the range at which a value lies. Kolmogorov and Smirnov's distance from that says how much was learnt of
//! an unknown, its p value (Holm's, all unknowns counted) whether chance would do as much.

use halfopen_models::scenario::{ClaimFigure, Drawn, Unknown};
use halfopen_models::statistics::{
    LEVEL, distance, distance_p, holm, quantile, quantile_ranks, rank_correlation, wilson,
};
use halfopen_sim::chance::{Stream, Streams};
use serde::Serialize;

use super::seen::{self, FIGURES, VERDICTS};
use super::task::Task;
use crate::study::Kept;

/// What chance explains more often than this says nothing.
pub const SURE: f64 = 0.05;

/// Resamples for the interval of a width.
const RESAMPLES: usize = 1000;

/// A number of cases out of all, with Wilson's interval of the share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: u32,
    /// Out of how many.
    pub of: u32,
    /// 95 % interval of the share.
    pub ci95: [f64; 2],
}

impl Share {
    /// Of these cases those that hold.
    pub fn of(cases: impl IntoIterator<Item = bool>) -> Share {
        let (mut count, mut of) = (0, 0);
        for case in cases {
            count += u32::from(case);
            of += 1;
        }
        Share { count, of, ci95: wilson(count, of, LEVEL) }
    }
}

/// What was simulated.
pub struct Simulated {
    /// Every setting.
    pub drawn: Drawn,
    /// What each came to.
    pub base: Vec<Kept>,
    /// Of each test its variant, and what those settings came to in it that hold the claims about the scenario as it is.
    pub tests: Vec<(String, Vec<Kept>)>,
    /// Numbers of these settings.
    pub near: Vec<u32>,
    /// Numbers of the settings that hold every claim.
    pub fit: Vec<u32>,
    /// Of each fix its variant, and what the settings that fit came to in it.
    pub fixes: Vec<(String, Vec<Kept>)>,
}

/// How many settings hold one claim.
#[derive(Debug, Serialize)]
pub struct Known {
    /// The sentence in the file.
    pub claim: String,
    /// The variant it is about; absent: the scenario as it is.
    pub variant: Option<String>,
    /// Of all settings; of a variant's claim, of those that hold all claims about the scenario as it is.
    pub holds: Share,
}

/// What is known of an unknown after the fact.
#[derive(Debug, Serialize)]
pub struct Posterior {
    /// Path in the scenario, or `ioredis-5.bytes_per_call` of a preset.
    pub name: String,
    /// Its place among the unknowns.
    #[serde(skip)]
    pub unknown: usize,
    /// Settings that fit and have it.
    pub n: u32,
    /// 5, 25, 50, 75 and 95 % quantiles of the range, before, in its unit.
    pub before: [f64; 5],
    /// The same of the settings that fit.
    pub after: [Option<f64>; 5],
    /// 95 % interval of the median.
    pub median_ci95: [Option<f64>; 2],
    /// Width of the middle half of the settings that fit, in parts of the range's own: 1 where nothing was learnt.
    pub width: Option<f64>,
    /// Bootstrap interval of it.
    pub width_ci95: Option<[f64; 2]>,
    /// Kolmogorov and Smirnov's distance from the range.
    pub distance: Option<f64>,
    /// That chance does as much, all unknowns counted.
    pub p: Option<f64>,
}

impl Posterior {
    /// Whether the timeline tells anything of it.
    pub fn told(&self) -> bool {
        self.p.is_some_and(|p| p <= SURE)
    }
}

/// Two unknowns that go together in the settings that fit, or an unknown and a figure over all settings.
#[derive(Debug, Serialize)]
pub struct Together {
    /// The unknown.
    pub name: String,
    /// The other, or the figure.
    pub with: String,
    /// Spearman's ρ.
    pub rho: f64,
    /// Its 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// That it is chance, all pairs, or all unknowns of the figure, counted.
    pub p: Option<f64>,
}

/// How a service came out in the settings that fit.
#[derive(Debug, Serialize)]
pub struct CameOut {
    /// The service.
    pub service: String,
    /// An instance of it died of memory.
    pub crashed: Share,
    /// Its verdicts, the most frequent first.
    pub verdicts: Vec<(String, Share)>,
}

/// What a variant does in the settings that fit.
#[derive(Debug, Serialize)]
pub struct Fix {
    /// The variant; absent: as it was.
    pub variant: Option<String>,
    /// Nothing crashes, and errors end before they are an outage.
    pub prevents: Share,
    /// Nothing crashes.
    pub no_crash: Share,
    /// Median of how long errors last, in seconds, and 5 and 95 % quantiles.
    pub errors_for_s: [Option<f64>; 3],
}

/// Everything in `summary.json` that was found.
#[derive(Debug, Serialize)]
pub struct Findings {
    /// Settings that hold every claim, of all.
    pub fit: Share,
    /// Each claim.
    pub known: Vec<Known>,
    /// Each unknown, the one of which most was learnt first.
    pub posterior: Vec<Posterior>,
    /// Pairs of unknowns that fit together, the strongest first; only those that chance does not explain.
    pub together: Vec<Together>,
    /// Each service.
    pub services: Vec<CameOut>,
    /// As it was, then tests, then fixes.
    pub fixes: Vec<Fix>,
    /// What moves the figures that are known, over all settings, the strongest first.
    pub moves: Vec<Together>,
}

impl Findings {
    /// What follows.
    pub fn of(task: &Task, simulated: &Simulated) -> Findings {
        let Simulated { drawn, base, fit, .. } = simulated;
        let fitting: Vec<&Kept> = fit.iter().map(|&setting| &base[setting as usize]).collect();
        Findings {
            fit: Share::of((0..base.len()).map(|setting| fit.contains(&(setting as u32)))),
            known: known(task, simulated),
            posterior: posterior(drawn, fit, task.definition.seed),
            together: together(drawn, fit),
            services: came_out(task, &fitting),
            fixes: fixes(task, simulated, &fitting),
            moves: moves(task, drawn, base),
        }
    }
}

fn known(task: &Task, simulated: &Simulated) -> Vec<Known> {
    let share = |claim: &_, kept: &[Kept]| Share::of(kept.iter().map(|it| seen::distance(claim, it) <= 0.0));
    let of = |variant: Option<&str>, kept: &[Kept]| -> Vec<Known> {
        let known = |claim: &halfopen_models::scenario::Claim| Known {
            claim: claim.text.clone(),
            variant: claim.variant.clone(),
            holds: share(claim, kept),
        };
        task.claims(variant).map(known).collect()
    };
    let tests = simulated.tests.iter().flat_map(|(variant, kept)| of(Some(variant), kept));
    of(None, &simulated.base).into_iter().chain(tests).collect()
}

fn posterior(drawn: &Drawn, fit: &[u32], seed: u64) -> Vec<Posterior> {
    let mut all: Vec<Posterior> = drawn
        .unknowns
        .iter()
        .enumerate()
        .map(|(index, unknown)| {
            let stream = Streams::new(seed).stream("bootstrap", &unknown.name);
            of_unknown(index, unknown, drawn, fit, stream)
        })
        .collect();
    let adjusted = holm(&all.iter().map(|it| it.p.unwrap_or(1.0)).collect::<Vec<_>>());
    for (posterior, p) in all.iter_mut().zip(adjusted) {
        posterior.p = posterior.p.map(|_| p);
    }
    all.sort_by(|a, b| b.distance.unwrap_or(0.0).total_cmp(&a.distance.unwrap_or(0.0)));
    all
}

const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

fn of_unknown(index: usize, unknown: &Unknown, drawn: &Drawn, fit: &[u32], mut stream: Stream) -> Posterior {
    let of_fit = |all: &[Vec<Option<f64>>]| {
        let mut values: Vec<f64> = fit.iter().filter_map(|&setting| all[setting as usize][index]).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (amounts, shares) = (of_fit(&drawn.amounts), of_fit(&drawn.shares));
    let n = shares.len();
    let distance = (n > 0).then(|| distance(&shares, |share| share));
    let widths = (n > 1).then(|| {
        let mut widths: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let mut again: Vec<f64> = (0..n).map(|_| shares[stream.below(n as u64) as usize]).collect();
                again.sort_by(f64::total_cmp);
                width(&again)
            })
            .collect();
        widths.sort_by(f64::total_cmp);
        [0.025, 0.975].map(|q| quantile(&widths, q).unwrap_or(f64::NAN))
    });
    Posterior {
        name: unknown.name.clone(),
        unknown: index,
        n: n as u32,
        before: QUANTILES.map(|q| unknown.range.at(q).amount),
        after: QUANTILES.map(|q| quantile(&amounts, q)),
        median_ci95: quantile_ranks(n, 0.5).map(|rank| rank.map(|rank| amounts[rank - 1])),
        width: (n > 1).then(|| width(&shares)),
        width_ci95: widths,
        distance,
        p: distance.map(|distance| distance_p(distance, n as u32)),
    }
}

/// Of the middle half of these shares of a range, in parts of that of the range itself.
fn width(sorted: &[f64]) -> f64 {
    let at = |q| quantile(sorted, q).unwrap_or(0.0);
    (at(0.75) - at(0.25)) / 0.5
}

fn together(drawn: &Drawn, fit: &[u32]) -> Vec<Together> {
    let count = drawn.unknowns.len();
    let mut found = Vec::new();
    for (a, b) in (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))) {
        let pair = |&setting: &u32| {
            let amounts = &drawn.amounts[setting as usize];
            Some((amounts[a]?, amounts[b]?))
        };
        let pairs = fit.iter().filter_map(pair).unzip();
        found.extend(correlation(&drawn.unknowns[a].name, &drawn.unknowns[b].name, &pairs));
    }
    adjust(&mut found);
    found.retain(|it| it.p.is_some_and(|p| p <= SURE));
    strongest_first(&mut found);
    found
}

fn moves(task: &Task, drawn: &Drawn, base: &[Kept]) -> Vec<Together> {
    let mut asked: Vec<(Option<usize>, ClaimFigure)> = Vec::new();
    for claim in task.claims(None) {
        if !asked.contains(&(claim.service, claim.figure)) {
            asked.push((claim.service, claim.figure));
        }
    }
    let mut all = Vec::new();
    for (service, figure) in asked {
        let mut found = Vec::new();
        for (index, unknown) in drawn.unknowns.iter().enumerate() {
            let pair = |(amounts, kept): (&Vec<Option<f64>>, &Kept)| {
                Some((amounts[index]?, seen::number(kept, service, figure)))
            };
            let pairs = drawn.amounts.iter().zip(base).filter_map(pair).unzip();
            found.extend(correlation(&unknown.name, &name(task, service, figure), &pairs));
        }
        adjust(&mut found);
        all.extend(found);
    }
    strongest_first(&mut all);
    all
}

/// `time_to_crash_s`, of a service `api.time_to_crash_s`.
fn name(task: &Task, service: Option<usize>, figure: ClaimFigure) -> String {
    let known = FIGURES.iter().find(|known| known.0 == figure).expect("all are listed").1;
    service.map_or(known.to_owned(), |index| format!("{}.{known}", task.scenario.services[index].name))
}

fn correlation(name: &str, with: &str, (x, y): &(Vec<f64>, Vec<f64>)) -> Option<Together> {
    let it = rank_correlation(x, y, LEVEL)?;
    Some(Together { name: name.into(), with: with.into(), rho: it.rho, ci95: it.interval, p: it.p })
}

fn adjust(found: &mut [Together]) {
    let adjusted = holm(&found.iter().map(|it| it.p.unwrap_or(1.0)).collect::<Vec<_>>());
    for (it, p) in found.iter_mut().zip(adjusted) {
        it.p = it.p.map(|_| p);
    }
}

fn strongest_first(found: &mut [Together]) {
    found.sort_by(|a, b| b.rho.abs().total_cmp(&a.rho.abs()));
}

fn came_out(task: &Task, fitting: &[&Kept]) -> Vec<CameOut> {
    let of = |index: usize| {
        let crashes = |kept: &&Kept| seen::number(kept, Some(index), ClaimFigure::Crashes) > 0.0;
        let verdicts = VERDICTS.iter().map(|verdict| {
            let share = Share::of(fitting.iter().map(|kept| seen::verdict(kept, index) == Some(*verdict)));
            (verdict.to_string(), share)
        });
        let mut verdicts: Vec<(String, Share)> = verdicts.filter(|(_, share)| share.count > 0).collect();
        verdicts.sort_by_key(|(_, share)| std::cmp::Reverse(share.count));
        let service = task.scenario.services[index].name.clone();
        CameOut { service, crashed: Share::of(fitting.iter().map(crashes)), verdicts }
    };
    (0..task.scenario.services.len()).map(of).collect()
}

fn fixes(task: &Task, simulated: &Simulated, fitting: &[&Kept]) -> Vec<Fix> {
    let as_it_was = Fix::of(task, None, fitting);
    let tests = simulated.tests.iter().map(|(variant, kept)| {
        let fits = |(setting, _): &(&u32, &Kept)| simulated.fit.contains(setting);
        let of_fit: Vec<&Kept> = simulated.near.iter().zip(kept).filter(fits).map(|(_, kept)| kept).collect();
        Fix::of(task, Some(variant), &of_fit)
    });
    let fixes = simulated
        .fixes
        .iter()
        .map(|(variant, kept)| Fix::of(task, Some(variant), &kept.iter().collect::<Vec<_>>()));
    [as_it_was].into_iter().chain(tests).chain(fixes).collect()
}

impl Fix {
    fn of(task: &Task, variant: Option<&str>, kept: &[&Kept]) -> Fix {
        let crashes = |kept: &Kept| seen::number(kept, None, ClaimFigure::Crashes) > 0.0;
        let errors_for = |kept: &Kept| seen::number(kept, None, ClaimFigure::ErrorsFor);
        let mut lasting: Vec<f64> = kept.iter().map(|kept| errors_for(kept)).collect();
        lasting.sort_by(f64::total_cmp);
        Fix {
            variant: variant.map(str::to_owned),
            prevents: Share::of(kept.iter().map(|kept| !crashes(kept) && errors_for(kept) <= task.outage)),
            no_crash: Share::of(kept.iter().map(|kept| !crashes(kept))),
            errors_for_s: [0.5, 0.05, 0.95].map(|q| quantile(&lasting, q)),
        }
    }
}
