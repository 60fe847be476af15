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

    /// Its options.
    pub fn client(&self) -> Client {
        self.read().1
    }

    fn read(&self) -> (String, Client) {
        let problems = Problems::default();
        let file = raw::parse(self.text);
        let read = file.as_ref().ok().and_then(|root| {
            let mut fields = Cursor::root(root, &problems).fields()?;
            let summary = fields.need("summary", "\"…\"", |at| at.text().map(str::to_owned));
            let client = client_options(&mut fields, None);
            fields.finish();
            Some((summary?, Client { preset: self.name.to_owned(), ..client? }))
        });
        let problems = problems.into_vec();
        read.filter(|_| problems.is_empty())
            .unwrap_or_else(|| panic!("preset {}: {:?} {problems:?}", self.name, file.err()))
    }
}
