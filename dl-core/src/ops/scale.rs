//! Layer scale: a learned factor for every feature or channel.

use crate::Pod;

/// The factors of `N` features or channels.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Scale<const N: usize> {
    /// The factor of every feature or channel.
    pub weight: [f32; N],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const N: usize> Pod for Scale<N> {
    type Element = f32;
}
