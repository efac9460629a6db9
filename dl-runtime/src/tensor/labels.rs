//! The types of class labels: a loss compares an output of `f32` with labels of `u32` in the same shape.

use super::Pod;

/// Numbers in a shape, and class labels in the same shape: `f32` and `u32`, `[f32; N]` and `[u32; N]`, and so on.
pub trait Labels: Pod<Element = f32> {
    /// The labels: `u32` in the same shape.
    type Of: Pod<Element = u32>;
}
impl Labels for f32 {
    type Of = u32;
}
impl<T: Labels, const N: usize> Labels for [T; N] {
    type Of = [T::Of; N];
}
