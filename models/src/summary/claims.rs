//! When a claim of a scenario holds.

use crate::recording::Recording;
use crate::scenario::Scenario;
use crate::summary::ClaimResult;

/// Holds the claims that are about this run (their variant is the scenario's) against its recordings, in the order of
/// the file.
pub fn hold(scenario: &Scenario, recordings: &[Recording]) -> Vec<ClaimResult> {
    let _ = (scenario, recordings);
    unimplemented!()
}
