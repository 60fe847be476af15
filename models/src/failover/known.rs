//! The strategies that a scenario can name, for people.

/// A strategy.
#[derive(Debug)]
pub struct Known {
    /// Its name in a scenario: `managed`.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// How a cache gives it: `{ name_moves = { after = "5s" } }`.
    pub example: &'static str,
    /// Its file, which opens with what it does and where that is written.
    pub source: &'static str,
}

/// Every strategy.
pub const FAILOVERS: &[Known] = &[NONE, MANAGED, NAME_MOVES, SENTINEL];

/// Nobody does anything.
pub(crate) const NONE: Known = Known {
    name: "none",
    summary: "nobody notices and nothing is done",
    example: "\"none\"",
    source: "//! Nobody watches the nodes. A name points to its first node for ever, and a handover is not possible.\n",
};
pub(crate) const MANAGED: Known = Known {
    name: "managed",
    summary: "a managed service notices, promotes the follower and moves the name",
    example: "{ managed = { detect = \"20s\", promote = \"10s\", ttl = \"5s\", closes_connections = false } }",
    source: include_str!("managed.rs"),
};
pub(crate) const NAME_MOVES: Known = Known {
    name: "name_moves",
    summary: "the follower takes over at once and the name follows late",
    example: "{ name_moves = { after = \"5s\" } }",
    source: include_str!("name_moves.rs"),
};
pub(crate) const SENTINEL: Known = Known {
    name: "sentinel",
    summary: "Redis Sentinel: observers agree, elect a leader, promote and announce",
    example: "{ sentinel = { sentinels = 3, quorum = 2, down_after = \"30s\" } }",
    source: include_str!("sentinel/mod.rs"),
};
