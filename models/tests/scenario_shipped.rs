//! The shipped scenario reads without a problem, as it is and in each variant, and means what its text says.

use halfopen_models::fault::{Lever, Process};
use halfopen_models::scenario::{Client, Edits, Kernel, Origin, Problem, Scenario, read};
use halfopen_sim::{Span, Time};

const KUSTOMER: &str = include_str!("../../experiments/scenarios/kustomer-2019.toml");

fn variant(name: Option<&str>) -> Scenario {
    reads(KUSTOMER, &Edits { variant: name.map(str::to_owned), ..Edits::default() })
}

fn set(edits: &[(&str, &str)]) -> Result<Scenario, Vec<Problem>> {
    let set = edits.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    read("kustomer-2019", KUSTOMER, &Edits { set, ..Edits::default() })
}

fn reads(text: &str, edits: &Edits) -> Scenario {
    read("kustomer-2019", text, edits).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Everything but the document, as text: scenarios have floats in them and no equality of their own.
fn meaning(scenario: &Scenario) -> String {
    format!("{:#?}", Scenario { document: String::new(), variant: None, ..scenario.clone() })
}

#[test]
fn means_what_it_says() {
    let scenario = variant(None);
    let names: Vec<&str> = scenario.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["api", "events", "hooks", "workflow"], "the order of the file");
    let clock = scenario.clock.expect("it tells the time");
    assert_eq!(
        (clock.date, clock.seconds_of_day, clock.offset_minutes),
        ((2019, 11, 25), 14 * 3600 + 40 * 60, -300)
    );
    let [fault] = scenario.faults.as_slice() else { panic!("one fault") };
    assert_eq!((fault.mode, fault.target.as_str()), ("host_dies", "main.a"));
    assert_eq!(fault.at, Time::ZERO + Span::from_secs(480));
    assert_eq!(fault.begin, Lever::Process { cache: 0, node: 0, process: Process::HostGone });
    assert_eq!((fault.until, fault.end), (None, None));
    let linux = Kernel::LINUX;
    assert_eq!(scenario.services[0].kernel, linux, "the defaults of Linux");
    assert_eq!(
        scenario.variants,
        ["manual-failover", "command-timeout", "socket-timeout", "tcp-user-timeout", "bounded-queue"]
    );
    for claim in &scenario.claims {
        let line = KUSTOMER.lines().nth(claim.line as usize - 1).expect("a line of the file");
        assert!(line.contains(&claim.text), "line {}: {line}", claim.line);
    }
    let detect = |a: &&halfopen_models::scenario::Assumption| a.path == "cache.main.failover.managed.detect";
    let detect = scenario.assumptions.iter().find(detect).expect("assumed");
    assert_eq!((detect.range.to_string().as_str(), detect.range.law()), ("5s … 2m", "log-uniform"));
}

#[test]
fn each_variant_changes_what_it_names() {
    let manual = variant(Some("manual-failover"));
    assert_eq!(manual.faults[0].begin, Lever::Handover { cache: 0 });
    let changed = |name: &str, change: &dyn Fn(&mut Client)| {
        let mut expected = variant(None);
        expected.services.iter_mut().for_each(|service| change(&mut service.client));
        assert_eq!(meaning(&variant(Some(name))), meaning(&expected), "{name}");
    };
    changed("command-timeout", &|client| client.command_timeout = Some(Span::from_millis(500)));
    changed("socket-timeout", &|client| client.socket_timeout = Some(Span::from_secs(2)));
    changed("tcp-user-timeout", &|client| client.tcp_user_timeout = Some(Span::from_secs(10)));
    changed("bounded-queue", &|client| client.max_pending = Some(1000));
}

#[test]
fn the_document_reads_as_the_scenario_that_was_run() {
    for name in [None, Some("manual-failover"), Some("bounded-queue")] {
        let scenario = variant(name);
        let again = reads(&scenario.document, &Edits::default());
        // Lines are the document's own.
        let lineless = |scenario: &Scenario| {
            let mut scenario = scenario.clone();
            scenario.claims.iter_mut().for_each(|claim| claim.line = 0);
            meaning(&scenario)
        };
        assert_eq!(lineless(&again), lineless(&scenario));
        assert_eq!(again.document, scenario.document, "writing is a fixed point");
    }
}

#[test]
fn sections_may_stand_in_any_order() {
    let (before, after) = KUSTOMER.split_once("[service.events]").expect("it has this section");
    let (events, rest) = after.split_once("[service.hooks]").expect("and this one");
    let moved = reads(&format!("{before}[service.hooks]{rest}\n[service.events]{events}"), &Edits::default());
    let mut expected = variant(None);
    expected.services.swap(1, 2);
    expected.services.swap(2, 3);
    expected.loads.swap(1, 2);
    expected.loads.swap(2, 3);
    // References follow their names: api, hooks, workflow, events.
    for (load, service) in expected.loads.iter_mut().zip([0, 1, 2, 3]) {
        load.service = service;
    }
    for (claim, moved) in expected.claims.iter_mut().zip(&moved.claims) {
        claim.line = moved.line;
    }
    assert_eq!(meaning(&moved), meaning(&expected));
}

#[test]
fn a_new_name_changes_the_name_only() {
    let renamed = KUSTOMER.replace("service.hooks", "service.forms").replace("\"hooks\"", "\"forms\"");
    let mut expected = variant(None);
    expected.services[2].name = "forms".into();
    for assumption in &mut expected.assumptions {
        assumption.path = assumption.path.replace("service.hooks", "service.forms");
    }
    assert_eq!(meaning(&reads(&renamed, &Edits::default())), meaning(&expected));
}

#[test]
fn values_are_set_in_every_kind_of_place() {
    let good = |edits: &[(&str, &str)]| set(edits).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let scenario = good(&[
        ("service.api.client.command_timeout", "500ms"),
        ("service.*.instances", "3"),
        ("fault.0.at", "\"7m\""),
        ("fault.*.host_dies.for", "30s"),
        ("service.events.concurrency", "{ workers = { threads = 64, cpu = \"1ms\" } }"),
        ("load.audit.arrivals.poisson", "[{ at = \"0s\", rate = \"1/s\" }, { at = \"1m\", rate = \"2/s\" }]"),
        ("service.hooks.client.keepalive", "none"),
        ("horizon", "39m"),
        ("horizon", "38m"),
    ]);
    assert_eq!(scenario.services[0].client.command_timeout, Some(Span::from_millis(500)));
    assert!(scenario.services.iter().all(|service| service.instances == 3));
    assert_eq!(scenario.faults[0].at, Time::ZERO + Span::from_secs(420));
    assert_eq!(scenario.faults[0].until, Some(Time::ZERO + Span::from_secs(450)));
    assert_eq!(scenario.faults[0].end, Some(Lever::Process { cache: 0, node: 0, process: Process::Running }));
    assert_eq!(scenario.loads[1].rate, [(Time::ZERO, 1.0), (Time::ZERO + Span::from_secs(60), 2.0)]);
    assert_eq!(scenario.services[2].client.keepalive, None);
    assert_eq!(scenario.horizon, Span::from_secs(38 * 60), "the last one stands");
    assert!(scenario.document.contains("command_timeout = \"500ms\""), "{}", scenario.document);
}

#[test]
fn an_assumed_value_may_be_set_outside_its_range() {
    let scenario = set(&[("cache.main.path.rtt", "9ms")]).expect("whoever sets it knows");
    let rtt = scenario.assumptions.iter().find(|a| a.path == "cache.main.path.rtt").expect("assumed");
    assert_eq!(rtt.value, "9ms");
}

#[test]
fn a_fault_of_size_zero_is_none() {
    let scenario = set(&[("fault.0.host_dies.for", "0s")]).expect("reads");
    assert!(scenario.faults.is_empty());
    let problems =
        set(&[("fault.0.host_dies", "{ node = \"main.z\", for = \"0s\" }")]).expect_err("no such node");
    assert_eq!(problems[0].origin, Origin::Set(0), "checked all the same");
}
