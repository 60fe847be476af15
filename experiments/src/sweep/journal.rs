//! The journal of a sweep, or of a shard of one.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::args::Shard;
use crate::failure::Failure;
use crate::study::{Journal, Kept, Unit, journal};

/// First line of a journal.
#[derive(Serialize, Deserialize)]
struct Head {
    shard: Shard,
    sweep: Definition,
}

impl journal::Head for Head {
    const OF: &'static str = "a sweep";

    fn differences(&self, here: &Head) -> Vec<String> {
        let mut differences = self.sweep.differences(&here.sweep);
        if self.shard != here.shard {
            let name = |shard: &Shard| format!("{}/{}", shard.number, shard.of);
            differences.push(format!("shard: {} there, {} here", name(&self.shard), name(&here.shard)));
        }
        differences
    }
}

fn head(definition: &Definition, shard: Shard) -> Head {
    Head { shard, sweep: definition.clone() }
}

/// As [`Journal::open`].
///
/// # Errors
/// When the file there is of another sweep, or cannot be read or written.
pub fn open(
    path: &Path,
    definition: &Definition,
    shard: Shard,
    sink: &mut dyn FnMut(Unit, Kept),
) -> Result<Journal, Failure> {
    Journal::open(path, &head(definition, shard), sink)
}

/// As [`journal::replay`].
///
/// # Errors
/// When it is of another sweep or cannot be read.
pub fn replay(
    path: &Path,
    definition: &Definition,
    shard: Shard,
    sink: &mut dyn FnMut(Unit, Kept),
) -> Result<(), Failure> {
    journal::replay(path, &head(definition, shard), sink)
}

/// As [`journal::sorted`].
pub fn sorted(definition: &Definition, shard: Shard, kept: Vec<(Unit, Kept)>) -> Vec<u8> {
    journal::sorted(&head(definition, shard), kept)
}
