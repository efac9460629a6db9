//! The trait [`Rows`] of values that consist of rows of equal length.

use super::Pod;

/// Rows of `N` numbers: one row `[f32; N]` of packed sequences, a static sequence of them, `[[f32; N]; T]`, or a deeper array.
#[diagnostic::on_unimplemented(message = "`{Self}` does not consist of rows of {N} numbers")]
pub trait Rows<const N: usize>: Pod<Element = f32> {}
impl<const N: usize> Rows<N> for [f32; N] {}
impl<R: Rows<N>, const N: usize, const T: usize> Rows<N> for [R; T] {}
