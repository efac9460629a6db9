//! The trait [`Element`] of single numbers.

use super::Pod;

/// Numbers that are looked at together.
const BLOCK: usize = 1024;

/// The type of one element of a tensor: `f32`, or `u32` for tokens and class labels.
pub trait Element: sealed::Sealed + Pod<Element = Self> + Copy + Default + PartialEq + core::fmt::Debug {
    /// Returns the first number that is NaN or infinite, and its index; no `u32` is.
    fn first_not_finite(numbers: &[Self]) -> Option<(usize, f32)>;
}
mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for u32 {}
}
impl Element for f32 {
    // Not generic: a debug build of an application has it optimised.
    fn first_not_finite(numbers: &[f32]) -> Option<(usize, f32)> {
        // Without a way out of each block it is vectorised.
        let finite = |block: &[f32]| block.iter().fold(true, |all, x| all & x.is_finite());
        let block = numbers.chunks(BLOCK).position(|block| !finite(block))?;
        let numbers = numbers.iter().enumerate().skip(block * BLOCK);
        numbers.map(|(i, x)| (i, *x)).find(|(_, x)| !x.is_finite())
    }
}
impl Element for u32 {
    fn first_not_finite(_: &[u32]) -> Option<(usize, f32)> {
        None
    }
}
