//! What callers, balancers and servers do to protect themselves and each other: one mechanism a file.
//!
//! All of them are pieces: plain structs whose methods return answers and who know neither events nor the network. Each
//! file also reads the field of a scenario that sets it, and is a line in [`PROTECTIONS`].

pub mod lru;
pub mod ttl;

use crate::scenario::fields::Fields;

/// Fields of a scenario: table, field, value.
type Example = &'static [(&'static str, &'static str, &'static str)];

/// Declares each mechanism's file and lists it.
macro_rules! protections {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*
        /// Every mechanism that a scenario can have.
        pub const PROTECTIONS: &[Protection] = &[$(Protection {
            name: stringify!($name),
            summary: $name::SUMMARY,
            example: $name::EXAMPLE,
            source: include_str!(concat!(stringify!($name), ".rs")),
        }),*];
    };
}

protections![backoff, breaker, budget, bulkhead, choices, codel, hedge, limit];

/// A mechanism that a scenario can have.
#[derive(Debug)]
pub struct Protection {
    /// The name of its file.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// How a scenario gives it: table, field and value of each line.
    pub example: &'static [(&'static str, &'static str, &'static str)],
    /// Its file, which opens with what it does and where that is written.
    pub source: &'static str,
}

/// How the instances of a service, and the balancer before them, are protected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Protections {
    /// How the balancer picks.
    pub balancer: choices::Policy,
    /// Before the calls of each cache; absent: every call is made.
    pub breaker: Option<breaker::Plan>,
    /// On the requests of an instance; absent: no bound.
    pub bulkhead: Option<bulkhead::Bulkhead>,
    /// On the requests of an instance, too; absent: none adapts.
    pub adaptive_limit: Option<limit::Limit>,
    /// On the requests that wait in an instance; absent: all wait.
    pub shedding: Option<codel::CoDel>,
    /// Of cache calls; absent: none is copied.
    pub hedge: Option<hedge::Hedge>,
}

impl Protections {
    /// Whether an instance lets one more request in beside so many that are `held`.
    pub(crate) fn admit(&self, held: usize) -> bool {
        self.bulkhead.is_none_or(|bulkhead| bulkhead.admits(held))
            && self.adaptive_limit.is_none_or(|limit| limit.admits(held))
    }
}

/// Reads what a service's table says of them.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Protections> {
    let balancer = fields.or("balancer", choices::Policy::Random, choices::read);
    let breaker = fields.may("breaker", breaker::read);
    let bulkhead = fields.may("bulkhead", bulkhead::read);
    let adaptive_limit = fields.may("adaptive_limit", limit::read);
    let shedding = fields.may("shedding", codel::read);
    let hedge = fields.may("hedge", hedge::read);
    Some(Protections {
        balancer: balancer?,
        breaker: breaker?,
        bulkhead: bulkhead?,
        adaptive_limit: adaptive_limit?,
        shedding: shedding?,
        hedge: hedge?,
    })
}
