//! Positions of a sequence.

use crate::Pod;

/// A learned vector of `N` features for each of `T` positions.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LearnedPositions<const T: usize, const N: usize> {
    /// The vector of every position.
    pub weight: [[f32; N]; T],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const T: usize, const N: usize> Pod for LearnedPositions<T, N> {
    type Element = f32;
}
