//! Real clients as data: one file each, every value with its source beside it. What a value does is in `pipeline.rs`
//! and `pool.rs`. A new client is one file and one line in [`PRESETS`].
//!
//! `[assume]` in such a file gives a value that nobody has measured a range and a reason; a scenario that leaves the
//! value as it is has the assumption too.

use crate::scenario::reader::{Cursor, Problems};
use crate::scenario::{Assumption, Client, Stage, assumption, client_options, raw};

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
    Preset { name: "go-redis-9", text: include_str!("go-redis-9.toml") },
    Preset { name: "jedis-5", text: include_str!("jedis-5.toml") },
    Preset { name: "lettuce-6", text: include_str!("lettuce-6.toml") },
    Preset { name: "lettuce-7", text: include_str!("lettuce-7.toml") },
    Preset { name: "node-redis-3.1", text: include_str!("node-redis-3.1.toml") },
    Preset { name: "node-redis-4.7", text: include_str!("node-redis-4.7.toml") },
    Preset { name: "node-redis-5", text: include_str!("node-redis-5.toml") },
    Preset { name: "pymemcache-4", text: include_str!("pymemcache-4.toml") },
    Preset { name: "redis-py-3.5", text: include_str!("redis-py-3.5.toml") },
    Preset { name: "redis-py-5", text: include_str!("redis-py-5.toml") },
    Preset { name: "redis-py-8", text: include_str!("redis-py-8.toml") },
    Preset { name: "redis-rs-1", text: include_str!("redis-rs-1.toml") },
    Preset { name: "stackexchange-redis-2", text: include_str!("stackexchange-redis-2.toml") },
    Preset { name: "valkey-glide-2", text: include_str!("valkey-glide-2.toml") },
];

impl Preset {
    /// One line for people; it says what is assumed.
    pub fn summary(&self) -> String {
        let File { summary, assumptions, .. } = self.read();
        let assumed: Vec<String> = assumptions.into_iter().map(|assumption| assumption.path).collect();
        if assumed.is_empty() { summary } else { format!("{summary} (assumed: {})", assumed.join(", ")) }
    }

    /// Where it runs.
    pub fn platform(&self) -> Platform {
        self.read().platform
    }

    /// Its options.
    pub fn client(&self) -> Client {
        self.read().client
    }

    /// Which of its values nobody has measured; paths are names of options.
    pub fn assumptions(&self) -> Vec<Assumption> {
        self.read().assumptions
    }

    fn read(&self) -> File {
        let problems = Problems::default();
        let file = raw::parse(self.text);
        let read = file.as_ref().ok().and_then(|root| {
            let mut fields = Cursor::root(root, &problems).fields()?;
            let summary = fields.need("summary", "\"…\"", |at| at.text().map(str::to_owned));
            let platform = fields.need("runs_on", "\"node\"", |at| at.choice(PLATFORMS));
            let client = client_options(&mut fields, None);
            let assumptions = fields.or("assume", Vec::new(), |at| assumptions(at, root));
            fields.finish();
            let client = Client { preset: self.name.to_owned(), ..client? };
            Some(File { summary: summary?, platform: platform?, client, assumptions: assumptions? })
        });
        let problems = problems.into_vec();
        read.filter(|_| problems.is_empty())
            .unwrap_or_else(|| panic!("preset {}: {:?} {problems:?}", self.name, file.err()))
    }
}

/// What a preset's file says.
struct File {
    summary: String,
    platform: Platform,
    client: Client,
    assumptions: Vec<Assumption>,
}

fn assumptions(at: &Cursor<'_>, root: &raw::Raw) -> Option<Vec<Assumption>> {
    let one = |(entry, at): (&raw::Entry, Cursor<'_>)| {
        let Some(value) = root.get(&entry.key) else {
            at.wrong("an assumption about no option", "");
            return None;
        };
        assumption(&at, &entry.key, Some(std::slice::from_ref(value)), Stage::Written)
    };
    at.named()?.into_iter().map(one).collect()
}
