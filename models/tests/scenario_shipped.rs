//! The shipped scenario reads without a problem, as it is and in each variant, and means what its text says.

use halfopen_models::fault::{Lever, Process};
use halfopen_models::scenario::{Edits, Problem, Scenario, read};
use halfopen_sim::{Span, Time};

const KUSTOMER: &str = include_str!("../../experiments/scenarios/kustomer-2019.toml");

fn good(edits: &Edits) -> Scenario {
    read("kustomer-2019", KUSTOMER, edits).unwrap_or_else(|problems: Vec<Problem>| panic!("{problems:#?}"))
}

#[test]
fn reads_as_it_is() {
    let scenario = good(&Edits::default());
    assert_eq!(scenario.caches.len(), 1);
    let names: Vec<&str> = scenario.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["api", "events", "hooks", "workflow"]);
    println!("{}", scenario.document);
}
