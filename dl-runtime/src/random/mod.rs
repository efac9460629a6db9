//! Random numbers by Philox 4×32-10, a counter-based generator: every number has an index, from which any thread or device can compute
//! it independently.
//!
//! Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. It uses neither libm nor fused
//! multiply-adds, so a seed gives the same bits on every machine.

mod normal;
mod rng;
#[cfg(test)]
mod tests;

pub(crate) use normal::normal;
pub use rng::Rng;

/// The number of words that are drawn at a time: 4 of each of 16 counters, so that 16 SIMD lanes work side by side.
pub const GROUP: usize = 64;
const LANES: usize = GROUP / 4;

/// The purpose of a sequence of numbers. It is the last word of the counter, so that two purposes never share numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Initial weights and shuffles, which [`Rng`] draws in sequence.
    Sequence = 0,
    /// The masks of dropout.
    Dropout = 1,
    /// Random normal values.
    RandomNormal = 2,
    /// Noise that is added to a value.
    GaussianNoise = 3,
    /// The samples that stochastic depth leaves out.
    StochasticDepth = 4,
    /// The masks of dropout on the probabilities of attention.
    AttentionDropout = 5,
}

/// Computes the words `group·64..group·64 + 64` of the sequence of `seed`, `stream` and `purpose`.
///
/// Word `i` of the group is output `i / 16` of the counter `[low, high, stream, purpose]`, where `low` and `high` are the
/// halves of `16·group + i % 16`; the key is the seed.
#[inline(always)]
pub fn words(seed: u64, stream: u32, purpose: Purpose, group: u64) -> [u32; GROUP] {
    let first = group.wrapping_mul(LANES as u64);
    let mut counter = [[0; LANES], [0; LANES], [stream; LANES], [purpose as u32; LANES]];
    let [low, high, ..] = &mut counter;
    for (lane, (low, high)) in low.iter_mut().zip(high).enumerate() {
        let index = first.wrapping_add(lane as u64);
        (*low, *high) = (index as u32, (index >> 32) as u32);
    }
    let output = philox(counter, [seed as u32, (seed >> 32) as u32]);
    let mut words = [0; GROUP];
    for (to, from) in words.chunks_exact_mut(LANES).zip(&output) {
        to.copy_from_slice(from);
    }
    words
}

/// Computes ten rounds of Philox for `L` counters in parallel.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "a lane of four arrays")]
fn philox<const L: usize>(mut c: [[u32; L]; 4], mut key: [u32; 2]) -> [[u32; L]; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        for lane in 0..L {
            let p0 = u64::from(c[0][lane]) * 0xD251_1F53;
            let p1 = u64::from(c[2][lane]) * 0xCD9E_8D57;
            c[0][lane] = (p1 >> 32) as u32 ^ c[1][lane] ^ key[0];
            c[1][lane] = p1 as u32;
            c[2][lane] = (p0 >> 32) as u32 ^ c[3][lane] ^ key[1];
            c[3][lane] = p0 as u32;
        }
    }
    c
}

/// Converts the upper 24 bits to a uniform number in [0, 1).
#[inline(always)]
pub(crate) fn uniform(word: u32) -> f32 {
    (word >> 8) as f32 / (1 << 24) as f32
}
