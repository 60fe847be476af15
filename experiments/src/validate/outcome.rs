//! All comparisons with their totals, and what of them is news.

use halfopen_models::statistics::{LEVEL, wilson};
use serde::Serialize;

use super::comparison::Comparison;
use super::groups::Group;
use super::known::Known;

/// Totals of a group.
#[derive(Clone, Debug, Serialize)]
pub struct Total {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// When a case holds.
    pub target: &'static str,
    /// Cases that it compared.
    pub cases: usize,
    /// Quantities that it compared.
    pub compared: usize,
    /// Those that hold.
    pub holds: usize,
    /// Misses that are known.
    pub known_misses: usize,
    /// Misses that are not.
    pub new_misses: usize,
    /// How often what was measured lies in its 90 % prediction interval; absent of textbook cases, whose intervals are
    /// of another kind.
    pub coverage: Option<Coverage>,
}

/// A share of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Inside their interval.
    pub inside: u32,
    /// Of so many that have one.
    pub of: u32,
    /// Wilson's 95 % interval of the share. Quantities of one case go together, so it is a little too narrow.
    pub ci95: [f64; 2],
}

impl Coverage {
    fn of<'a>(comparisons: impl Iterator<Item = &'a Comparison>) -> Option<Coverage> {
        let told: Vec<bool> = comparisons.filter_map(Comparison::covered).collect();
        let (inside, of) = (told.iter().filter(|&&inside| inside).count() as u32, told.len() as u32);
        (of > 0).then(|| Coverage { inside, of, ci95: wilson(inside, of, LEVEL) })
    }
}

/// What came out.
#[derive(Debug, Serialize)]
pub struct Outcome<'a> {
    /// In the order of the table.
    pub groups: Vec<Total>,
    /// Every comparison, in the order of groups and cases.
    #[serde(rename = "cases")]
    pub comparisons: Vec<Comparison>,
    /// Which comparisons miss and were not known to.
    #[serde(skip)]
    news: Vec<bool>,
    /// Known misses that hold: the list is out of date.
    #[serde(skip)]
    pub mended: Vec<&'a Known>,
}

impl<'a> Outcome<'a> {
    /// Counts, and gives known misses their reasons.
    pub fn new(groups: &[&Group], mut comparisons: Vec<Comparison>, known: &'a [Known]) -> Outcome<'a> {
        let mut news = Vec::new();
        for comparison in &mut comparisons {
            let about = known.iter().find(|known| known.is_about(comparison));
            news.push(!comparison.holds && about.is_none());
            // A known reason says more than what the comparison alone shows.
            if let (false, Some(known)) = (comparison.holds, about) {
                comparison.reason.clone_from(&known.reason);
            }
        }
        let mended = known.iter().filter(|known| {
            let mut about = comparisons.iter().filter(|comparison| known.is_about(comparison)).peekable();
            about.peek().is_some() && about.all(|comparison| comparison.holds)
        });
        let mended = mended.collect();
        let groups = groups.iter().map(|group| total(group, &comparisons, &news)).collect();
        Outcome { groups, comparisons, news, mended }
    }

    /// Whether something misses that was not known to.
    pub fn has_news(&self) -> bool {
        self.news.contains(&true)
    }

    /// Whether this comparison misses and was not known to.
    pub fn is_news(&self, index: usize) -> bool {
        self.news[index]
    }

    /// `{groups: […], cases: […]}`.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("comparisons have string keys");
        text.push('\n');
        text
    }
}

fn total(group: &Group, comparisons: &[Comparison], news: &[bool]) -> Total {
    let mine = || comparisons.iter().zip(news).filter(|(comparison, _)| comparison.group == group.name);
    let mut ids: Vec<&str> = mine().map(|(comparison, _)| comparison.id.as_str()).collect();
    ids.dedup();
    let compared = mine().count();
    let holds = mine().filter(|(comparison, _)| comparison.holds).count();
    let new_misses = mine().filter(|(_, news)| **news).count();
    Total {
        name: group.name,
        title: group.title,
        target: group.target,
        cases: ids.len(),
        compared,
        holds,
        known_misses: compared - holds - new_misses,
        new_misses,
        coverage: Coverage::of(
            mine().map(|(comparison, _)| comparison).filter(|it| group.covers() && it.id != "all"),
        ),
    }
}
