//! Real clients as data: one file each, every value with its source beside it. What a value does is in `pipeline.rs`
//! and `pool.rs`. A new client is one file and one line in [`PRESETS`].

use crate::scenario::reader::{Cursor, Problems};
use crate::scenario::{Client, client_options, raw};

/// A client's options as its makers ship them.
#[derive(Debug)]
pub struct Preset {
    /// Its name in a scenario: `ioredis-5`.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

/// What kind of process a client lives in: it decides how requests run and which memory limit kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// One event loop on V8.
    Node,
    /// Threads of `CPython`.
    Python,
    /// Threads of a Java virtual machine.
    Jvm,
    /// Goroutines.
    Go,
    /// Threads of .NET.
    Dotnet,
    /// Threads or tasks of a native program.
    Native,
}

const PLATFORMS: &[(&str, Platform)] = &[
    ("node", Platform::Node),
    ("python", Platform::Python),
    ("jvm", Platform::Jvm),
    ("go", Platform::Go),
    ("dotnet", Platform::Dotnet),
    ("native", Platform::Native),
];

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset { name: "ioredis-5", text: include_str!("ioredis-5.toml") },
    Preset { name: "node-redis-3.1", text: include_str!("node-redis-3.1.toml") },
    Preset { name: "node-redis-4.7", text: include_str!("node-redis-4.7.toml") },
    Preset { name: "node-redis-5", text: include_str!("node-redis-5.toml") },
    Preset { name: "redis-py-3.5", text: include_str!("redis-py-3.5.toml") },
    Preset { name: "redis-py-5", text: include_str!("redis-py-5.toml") },
    Preset { name: "redis-py-8", text: include_str!("redis-py-8.toml") },
];

impl Preset {
    /// One line for people.
    pub fn summary(&self) -> String {
        self.read().0
    }

    /// Where it runs.
    pub fn platform(&self) -> Platform {
        self.read().1
    }

    /// Its options.
    pub fn client(&self) -> Client {
        self.read().2
    }

    fn read(&self) -> (String, Platform, Client) {
        let problems = Problems::default();
        let file = raw::parse(self.text);
        let read = file.as_ref().ok().and_then(|root| {
            let mut fields = Cursor::root(root, &problems).fields()?;
            let summary = fields.need("summary", "\"…\"", |at| at.text().map(str::to_owned));
            let platform = fields.need("runs_on", "\"node\"", |at| at.choice(PLATFORMS));
            let client = client_options(&mut fields, None);
            fields.finish();
            Some((summary?, platform?, Client { preset: self.name.to_owned(), ..client? }))
        });
        let problems = problems.into_vec();
        read.filter(|_| problems.is_empty())
            .unwrap_or_else(|| panic!("preset {}: {:?} {problems:?}", self.name, file.err()))
    }
}
