//! Initial weights: the usual distributions, drawn from one seeded generator.

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The seeded generator of initial weights and shuffles: ChaCha8, the same numbers on every machine.
pub type Rng = ChaCha8Rng;

/// The generator of `seed`.
pub fn rng(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

/// How the weights of a layer begin. "In" and "out" are PyTorch's `fan_in` and `fan_out`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// PyTorch's default for dense and convolution layers: uniform in ±1/√in, weights and biases.
    PyTorch,
    /// Every weight the same.
    Constant(f32),
}

impl Init {
    /// Fills `weights`, whose layer sums `fan_in` products into each output and feeds `fan_out` from each input.
    pub fn fill(self, weights: &mut [f32], fan_in: usize, fan_out: usize, rng: &mut Rng) {
        let _ = fan_out;
        match self {
            Init::PyTorch => {
                let bound = 1.0 / (fan_in as f32).sqrt();
                weights.iter_mut().for_each(|w| *w = uniform(rng) * 2.0 * bound - bound);
            }
            Init::Constant(value) => weights.fill(value),
        }
    }
}

/// Uniform in [0, 1), of 24 random bits.
fn uniform(rng: &mut Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1 << 24) as f32
}
