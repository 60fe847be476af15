//! A digest: one number that tells whether two runs did the same things in the same order.
//!
//! Each value is folded in by a step that loses nothing: for a fixed state different values give different states,
//! and for a fixed value different states do. Two runs that differ in exactly one value therefore never share a
//! digest; otherwise the chance of a collision is that of 64 random bits. It is no defence against somebody who
//! wants a collision.

/// An order-sensitive 64-bit digest of a sequence of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// The digest of nothing.
    pub const fn new() -> Self {
        // First 64 fractional bits of pi: any value does that is not zero.
        Digest(0x243f_6a88_85a3_08d3)
    }

    /// Folds `value` in.
    #[inline]
    pub const fn mix(&mut self, value: u64) {
        // Multiplication by an odd number carries low bits upward, the shift brings them down again.
        let product = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }

    /// The digest of all values so far.
    pub const fn value(&self) -> u64 {
        self.0
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    fn of(values: &[u64]) -> u64 {
        let mut digest = Digest::new();
        for &value in values {
            digest.mix(value);
        }
        digest.value()
    }

    #[test]
    fn order_and_number_of_values_count() {
        let all = [of(&[]), of(&[0]), of(&[0, 0]), of(&[1, 2]), of(&[2, 1]), of(&[3]), of(&[1 << 63])];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b), "{all:x?}");
        }
    }

    #[test]
    fn one_changed_bit_moves_about_half_of_the_digest() {
        let base = of(&[7; 100]);
        for bit in 0..64 {
            let mut values = [7; 100];
            values[50] ^= 1 << bit;
            let moved = (of(&values) ^ base).count_ones();
            assert!((12..=52).contains(&moved), "bit {bit} moved {moved} bits");
        }
    }

    #[test]
    fn values_are_fixed_for_good() {
        assert_eq!(of(&[1, 2, 3]), 0x3a74_0d73_36b9_1e8f);
    }
}
