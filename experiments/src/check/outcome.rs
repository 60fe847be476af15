//! What a check has found of one scenario, and whether that fails it.

use halfopen_models::summary::{ClaimResult, Decision};

use super::baseline::Baseline;
use super::cases::Case;
use super::compare::Changes;

/// What was found of a scenario.
pub struct Outcome<'a> {
    /// Which.
    pub case: &'a Case,
    /// Its claims, in the order of the file.
    pub claims: &'a [ClaimResult],
    /// Against its baseline; absent without one.
    pub changes: Option<Changes>,
    /// What its baseline would be now.
    pub measured: Baseline,
}

impl Outcome<'_> {
    /// Whether it fails the check; what is blessed does not.
    pub fn fails(&self, strict: bool, bless: bool) -> bool {
        self.claims.iter().any(|claim| fails(claim, strict)) || (self.has_changed() && !bless)
    }

    /// Whether the baseline is not what was measured.
    pub fn has_changed(&self) -> bool {
        self.changes.as_ref().is_some_and(Changes::any)
    }

    /// How many claims are decided so.
    pub fn count(&self, decision: Decision) -> usize {
        self.claims.iter().filter(|claim| claim.decision == decision).count()
    }
}

/// Whether a claim fails the check.
pub fn fails(claim: &ClaimResult, strict: bool) -> bool {
    claim.decision == Decision::Broken || (strict && claim.decision == Decision::Undecided)
}
