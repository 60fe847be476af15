//! Real clients as data: one file each, every value with its source beside it. What a value does is in `pipeline.rs`
//! and `pool.rs`. A new client is one file and one line in [`PRESETS`].
//!
//! `[range]` in such a file tells the spread of a measured value, with its source; `[assume]` gives a value that nobody has
//! measured a range and a reason: a scenario that leaves the value as it is has the assumption too.

use std::sync::OnceLock;

use crate::scenario::reader::{Cursor, Problems};
use crate::scenario::{Assumption, Bytes, Client, Stage, assumption, client_options, raw};

/// Options that were measured, and where they are.
type Measured = (&'static str, fn(&Client) -> Bytes);
const MEASURED: [Measured; 3] = [
    ("bytes_per_call", |client| client.bytes_per_call),
    ("bytes_per_buffered_call", |client| client.bytes_per_buffered_call),
    ("bytes_per_timed_out_call", |client| client.bytes_per_timed_out_call),
];

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
        let File { summary, assumptions, .. } = self.file();
        let assumed: Vec<&str> = assumptions.iter().map(|assumption| assumption.path.as_str()).collect();
        if assumed.is_empty() {
            summary.clone()
        } else {
            format!("{summary} (assumed: {})", assumed.join(", "))
        }
    }

    /// Where it runs.
    pub fn platform(&self) -> Platform {
        self.file().platform
    }

    /// Its options.
    pub fn client(&self) -> Client {
        self.file().client.clone()
    }

    /// What is not known exactly of its measured values; paths are names of options.
    pub fn ranges(&self) -> &'static [Assumption] {
        &self.file().ranges
    }

    /// Which of its values nobody has measured; paths are names of options.
    pub fn assumptions(&self) -> &'static [Assumption] {
        &self.file().assumptions
    }

    /// Whether `client` has the preset's own value of a measured option, rather than one of the scenario's.
    pub fn gives(&self, option: &str, client: &Client) -> bool {
        MEASURED.iter().any(|(name, of)| *name == option && of(&self.file().client) == of(client))
    }

    /// Read once: a scenario asks for every service, at both ends of every range.
    fn file(&self) -> &'static File {
        static FILES: OnceLock<Vec<File>> = OnceLock::new();
        let files = FILES.get_or_init(|| PRESETS.iter().map(Preset::read).collect());
        let index = PRESETS.iter().position(|preset| preset.name == self.name);
        &files[index.expect("a preset is in the list")]
    }

    fn read(&self) -> File {
        let problems = Problems::default();
        let file = raw::parse(self.text);
        let read = file.as_ref().ok().and_then(|root| {
            let mut fields = Cursor::root(root, &problems).fields()?;
            let summary = fields.need("summary", "\"…\"", |at| at.text().map(str::to_owned));
            let platform = fields.need("runs_on", "\"node\"", |at| at.choice(PLATFORMS));
            let client = client_options(&mut fields, None);
            let measured = |name: &str| MEASURED.iter().any(|(option, _)| *option == name);
            let spread = fields.or("range", Vec::new(), |at| ranges(at, root, measured));
            let assumptions = fields.or("assume", Vec::new(), |at| ranges(at, root, |_| true));
            fields.finish();
            let client = Client { preset: self.name.to_owned(), ..client? };
            let (ranges, assumptions) = (spread?, assumptions?);
            Some(File { summary: summary?, platform: platform?, client, ranges, assumptions })
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
    ranges: Vec<Assumption>,
    assumptions: Vec<Assumption>,
}

/// Ranges of options of this kind, with their reasons.
fn ranges(at: &Cursor<'_>, root: &raw::Raw, is_kind: impl Fn(&str) -> bool) -> Option<Vec<Assumption>> {
    let range = |(entry, at): (&raw::Entry, Cursor<'_>)| {
        let value = root.get(&entry.key).filter(|_| is_kind(&entry.key));
        if value.is_none() {
            at.wrong("a range of no such option", "");
        }
        assumption(&at, &entry.key, Some(std::slice::from_ref(value?)), Stage::Written)
    };
    at.named()?.into_iter().map(range).collect()
}
