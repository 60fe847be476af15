//! Settings drawn from the ranges of a scenario: inside them, reproducible, the same for every variant.

use halfopen_models::scenario::{Edits, Prior, Problem, Scenario, read};

const KUSTOMER: &str = include_str!("../../experiments/scenarios/kustomer-2019.toml");

fn reads(text: &str, edits: &Edits) -> Result<Scenario, Vec<Problem>> {
    read("test", text, edits)
}

fn whole() -> Scenario {
    reads(KUSTOMER, &Edits::default()).expect("the shipped scenario is right")
}

fn drawn(point: &[f64], variant: Option<&str>, set: &[(&str, &str)]) -> Scenario {
    let set = set.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    let drawn = Prior::assumed(&whole()).at(point).edits;
    reads(KUSTOMER, &Edits { variant: variant.map(str::to_owned), set, drawn }).expect("a setting reads")
}

#[test]
fn every_setting_of_the_shipped_scenario_reads() {
    let prior = Prior::assumed(&whole());
    assert_eq!(prior.unknowns.len(), 28, "30 assumptions, two of them with one value");
    let n = prior.unknowns.len();
    for point in [vec![0.0; n], vec![1.0; n]].into_iter().chain(prior.points(40, 3)) {
        let scenario = drawn(&point, None, &[]);
        // What was drawn is what the scenario holds.
        for (unknown, amount) in prior.unknowns.iter().zip(prior.at(&point).amounts) {
            let held = scenario.assumptions.iter().find(|it| it.path == unknown.name).expect("assumed");
            let share = unknown.range.at(point[prior.unknowns.iter().position(|it| it == unknown).unwrap()]);
            assert_eq!(share.literal.trim_matches('"'), held.value, "{}", unknown.name);
            assert!((share.amount - amount).abs() < 1e-9);
        }
        assert!((2..=16).contains(&scenario.services[0].instances));
    }
}

#[test]
fn variants_meet_the_same_settings_and_what_is_set_is_known() {
    let point = Prior::assumed(&whole()).points(8, 1).swap_remove(3);
    let (plain, fixed) = (drawn(&point, None, &[]), drawn(&point, Some("command-timeout"), &[]));
    for (plain, fixed) in plain.services.iter().zip(&fixed.services) {
        assert_eq!((plain.instances, &plain.memory), (fixed.instances, &fixed.memory));
        assert!(plain.client.command_timeout.is_none() && fixed.client.command_timeout.is_some());
    }
    let set = drawn(&point, None, &[("service.api.instances", "7")]);
    assert_eq!(set.services[0].instances, 7, "whoever sets it knows");
    assert_eq!(set.services[1].instances, plain.services[1].instances);
}

#[test]
fn a_range_of_clients_is_one_of_them_and_brings_its_own_ranges() {
    let several = KUSTOMER.replace(
        r#"range = ["ioredis-5", "ioredis-5"]"#,
        r#"range = ["ioredis-5", "node-redis-4.7", "node-redis-5"]"#,
    );
    let scenario = reads(&several, &Edits::default()).expect("all three are presets");
    let prior = Prior::assumed(&scenario);
    let axis = prior.unknowns.iter().position(|it| it.name == "service.*.client.preset").unwrap();
    for (share, preset) in [(0.1, "ioredis-5"), (0.5, "node-redis-4.7"), (0.9, "node-redis-5")] {
        let mut point = vec![0.5; prior.unknowns.len()];
        point[axis] = share;
        let edits = Edits { drawn: prior.at(&point).edits, ..Edits::default() };
        let scenario = reads(&several, &edits).expect("a preset");
        assert_eq!(scenario.services[0].client.preset, preset);
        let of_presets = Prior::of_presets(&scenario);
        assert_eq!(of_presets.unknowns[0].name, format!("{preset}.bytes_per_call"));
        assert_eq!(of_presets.unknowns[0].paths.len(), 4, "one value for all services");
    }
}

#[test]
fn a_value_of_the_scenarios_own_is_known() {
    let edits =
        Edits { set: vec![("service.api.client.bytes_per_call".into(), "1400B".into())], ..Edits::default() };
    let prior = Prior::of_presets(&reads(KUSTOMER, &edits).unwrap());
    let calls = prior.unknowns.iter().find(|it| it.name == "ioredis-5.bytes_per_call").unwrap();
    assert!(!calls.paths.contains(&"service.api.client.bytes_per_call".to_owned()), "{calls:?}");
    assert!(calls.paths.contains(&"service.events.client.bytes_per_call".to_owned()), "{calls:?}");
}

#[test]
fn settings_that_do_not_go_together_are_told_at_a_range() {
    // Each end goes with everything else as it is written, and not with the other's.
    let text = KUSTOMER.replace(r#"range = ["512MiB", "2GiB"]"#, r#"range = ["250MiB", "2GiB"]"#);
    let scenario = reads(&text, &Edits::default()).expect("each range for itself is right");
    let prior = Prior::assumed(&scenario);
    let point: Vec<f64> =
        prior.unknowns.iter().map(|it| f64::from(u8::from(it.name.ends_with("baseline")))).collect();
    let edits = Edits { drawn: prior.at(&point).edits, ..Edits::default() };
    let problems = reads(&text, &edits).expect_err("300 MiB in a limit of 250");
    assert!(problems[0].wrong.starts_with("with values from their ranges: "), "{problems:?}");
}
