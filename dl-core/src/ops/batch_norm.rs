//! Batch normalisation by the running statistics.

use crate::Pod;

/// The weights and running statistics of batch normalisation over `C` channels.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct BatchNorm<const C: usize> {
    /// The scale of every channel, initially 1.
    pub weight: [f32; C],
    /// The shift of every channel, initially 0.
    pub bias: [f32; C],
    /// The running mean of every channel, initially 0.
    pub running_mean: [f32; C],
    /// The running unbiased variance of every channel, initially 1.
    pub running_var: [f32; C],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const C: usize> Pod for BatchNorm<C> {
    type Element = f32;
}
