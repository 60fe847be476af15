//! Containers, payloads, callers' retries, sentinels.

use super::hold;

const FAILOVER: &str =
    "{ managed = { detect = \"20s\", promote = \"10s\", ttl = \"5s\", closes_connections = false } }";

#[test]
fn containers_and_payloads() {
    hold(&[
        (
            "runtime = \"v8\"",
            "runtime = \"native\", container = \"1GiB\"",
            &["13 service.api.memory.container: a native process has no limit but its container's"],
        ),
        (
            "runtime = \"v8\"",
            "runtime = \"v8\", container = \"98MiB\"",
            &["13 service.api.memory.container: baseline and outside are not below the container's limit"],
        ),
        ("runtime = \"v8\"", "runtime = \"v8\", container = \"98MiB\", outside = \"17MiB\"", &[]),
        ("payload = \"1KiB\"", "payload = { json = \"1KiB\" }", &[]),
        (
            "payload = \"1KiB\"",
            "payload = { xml = \"1KiB\" }",
            &["15 service.api.calls.0.payload.xml: unknown kind \"xml\""],
        ),
        (
            "payload = \"1KiB\"",
            "payload = { buffer = 7 }",
            &["15 service.api.calls.0.payload.buffer: a size needs a unit"],
        ),
    ]);
}

#[test]
fn retries_of_callers() {
    hold(&[
        ("deadline = \"60s\"", "retries = 2\nretry_delay = \"100ms\"", &[]),
        ("deadline = \"60s\"", "retries = 2", &["18 load.users.retry_delay: missing field `retry_delay`"]),
        (
            "deadline = \"60s\"",
            "retries = -1\nretry_delay = \"1s\"",
            &["21 load.users.retries: -1 is out of range"],
        ),
        (
            "deadline = \"60s\"",
            "retry_delay = \"1 s s\"",
            &["21 load.users.retry_delay: `1 s s` is not a duration"],
        ),
    ]);
}

#[test]
fn sentinels() {
    hold(&[
        (FAILOVER, "{ sentinel = { sentinels = 3, quorum = 2, down_after = \"5s\" } }", &[]),
        (
            FAILOVER,
            "{ sentinel = { sentinels = 3, quorum = 4, down_after = \"5s\" } }",
            &["9 cache.main.failover.sentinel.quorum: 4 is out of range"],
        ),
        (
            FAILOVER,
            "{ sentinel = { sentinels = 0, quorum = 1, down_after = \"0s\" } }",
            &[
                "9 cache.main.failover.sentinel.sentinels: 0 is out of range",
                "9 cache.main.failover.sentinel.down_after: \"0s\" is out of range",
            ],
        ),
        (
            "preset = \"ioredis-5\"",
            "preset = \"ioredis-5\", failover_detector = 1",
            &["16 service.api.client.failover_detector: expected true or false, found the number 1"],
        ),
    ]);
}

#[test]
fn what_is_written_and_on_which_kernel() {
    const CLIENT: &str = "client = { preset = \"ioredis-5\" }";
    let kernel = |text: &str| format!("client = {{ preset = \"ioredis-5\" }}\nkernel = {text}");
    hold(&[
        ("payload = \"1KiB\"", "payload = \"1KiB\", command = \"set\"", &[]),
        (CLIENT, &kernel("{ os = \"macos\" }"), &[]),
        (CLIENT, &kernel("{ congestion = \"bbr\" }"), &[]),
        (
            CLIENT,
            &kernel("{ os = \"windows\", tcp_retries2 = 5 }"),
            &["17 service.api.kernel: these settings are Linux's"],
        ),
        (
            CLIENT,
            "client = { preset = \"redis-py-5\", auto_pipelining = true }",
            &["16 service.api.client.auto_pipelining: calls of a pool are never together on a connection"],
        ),
    ]);
}
