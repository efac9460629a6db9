//! The usual distributions of initial weights, drawn from a seeded random number generator.

mod layers;
#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use layers::InitLayer;

pub use crate::random::Rng;

/// Returns the random number generator with this seed.
pub fn rng(seed: u64) -> Rng {
    Rng::new(seed)
}

/// The distribution of the initial weights of a layer. In the formulas, "in" and "out" are PyTorch's `fan_in` and `fan_out`: the
/// number of products that are summed into one output, and the number of outputs that one input contributes to.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::init::{Init, rng};
/// let mut weights = [0.0; 8];
/// Init::XavierUniform.fill(&mut weights, 4, 2, &mut rng(42));
/// assert!(weights.iter().all(|w| w.abs() <= 1.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// PyTorch's default for dense and convolution layers: uniform in ±1/√in, weights and biases
    /// (`kaiming_uniform_` with `a = √5`).
    PyTorch,
    /// Normal with standard deviation √(2/in), for ReLU: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015, eq. 10.
    HeNormal,
    /// Uniform in ±√(6/in), with the standard deviation of [`Init::HeNormal`].
    HeUniform,
    /// Normal with standard deviation √(2/(in + out)), for tanh: Glorot, Bengio, "Understanding the difficulty of training deep
    /// feedforward neural networks", AISTATS 2010, eq. 12.
    XavierNormal,
    /// Uniform in ±√(6/(in + out)), for tanh: eq. 16 of the same paper.
    XavierUniform,
    /// Every weight is 0.
    Zeros,
    /// Every weight is 1.
    Ones,
    /// Every weight is this value.
    Constant(f32),
    /// Normal with mean 0 and standard deviation `std`.
    Normal {
        /// The standard deviation.
        std: f32,
    },
    /// Uniform in ±`bound`.
    Uniform {
        /// The largest magnitude.
        bound: f32,
    },
}

impl Init {
    /// Returns the distribution for a part of a layer that has these fans as a whole.
    #[doc(hidden)]
    #[must_use]
    pub fn of_part(self, fan_in: usize, fan_out: usize) -> Self {
        let (fan_in, fan_out) = (fan_in as f32, fan_out as f32);
        match self {
            Init::XavierNormal => Init::Normal { std: (2.0 / (fan_in + fan_out)).sqrt() },
            Init::XavierUniform => Init::Uniform { bound: (6.0 / (fan_in + fan_out)).sqrt() },
            init => init,
        }
    }
    /// Fills `weights` with random numbers. The layer sums `fan_in` products for each output, and each input contributes to `fan_out`
    /// outputs.
    pub fn fill(self, weights: &mut [f32], fan_in: usize, fan_out: usize, rng: &mut Rng) {
        let (fan_in, fan_out) = (fan_in as f32, fan_out as f32);
        match self {
            Init::PyTorch => uniform(weights, 1.0 / fan_in.sqrt(), rng),
            Init::HeNormal => normal(weights, (2.0 / fan_in).sqrt(), rng),
            Init::HeUniform => uniform(weights, (6.0 / fan_in).sqrt(), rng),
            Init::XavierNormal => normal(weights, (2.0 / (fan_in + fan_out)).sqrt(), rng),
            Init::XavierUniform => uniform(weights, (6.0 / (fan_in + fan_out)).sqrt(), rng),
            Init::Zeros => weights.fill(0.0),
            Init::Ones => weights.fill(1.0),
            Init::Constant(value) => weights.fill(value),
            Init::Normal { std } => normal(weights, std, rng),
            Init::Uniform { bound } => uniform(weights, bound, rng),
        }
    }
}

fn uniform(weights: &mut [f32], bound: f32, rng: &mut Rng) {
    rng.fill(weights, |word| (crate::random::uniform(word) * 2.0 - 1.0) * bound);
}

fn normal(weights: &mut [f32], std: f32, rng: &mut Rng) {
    rng.fill(weights, |word| crate::random::normal(word) * std);
}
