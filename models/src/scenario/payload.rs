//! What a call keeps and what its command carries, as meant.

use super::Bytes;

/// What the application keeps for one call, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// On the runtime's heap.
    pub heap: Bytes,
    /// The largest single object of that: a string lies there whole.
    pub object: Bytes,
    /// Beside it, in buffers.
    pub buffers: Bytes,
    /// What of it the command carries to the cache as its value; none for a GET.
    pub carried: Bytes,
}

/// Measured on Node 20.20: live heap a pending call with a string of 4, 8 and 16 KiB, less the same without and the
/// string's characters: 25–29 B, 16 of them V8's header of a string.
pub(crate) const STRING_OBJECT: Bytes = 27;

/// A GET of a key of five bytes, as RESP has it.
const GET: Bytes = 24;

impl Payload {
    /// Characters of the string that it is.
    pub fn characters(&self) -> Bytes {
        self.object.saturating_sub(STRING_OBJECT)
    }

    /// Size of the command on the wire, in RESP: a value adds itself, its length in digits and five more characters.
    pub fn command_bytes(&self) -> Bytes {
        match self.carried {
            0 => GET,
            value => GET + value + u64::from(value.ilog10()) + 6,
        }
    }
}
