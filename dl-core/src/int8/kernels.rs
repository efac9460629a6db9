//! The inner loops of dense layers and convolutions, which deserve code for the processor.

use super::dot;

/// A set of inner loops. All sets return the same bits.
pub trait Kernels: Copy + Default {
    /// Returns the sums of products of two rows of weights with a column of the same length.
    fn products(self, rows: [&[i8]; 2], column: &[i8]) -> [i32; 2];
    /// Writes the column of a window, in whole words, at position 0 or 1 to the memory of two columns, which has four times as many words.
    fn pack(self, column: &[u32], position: usize, columns: &mut [u32]);
    /// Returns the sums of products of two rows of weights with two packed columns of `n` numbers, behind which the last word of a column
    /// has zeros. The rows may go on behind.
    fn packed_products(self, rows: [&[i8]; 2], n: usize, columns: &[u32]) -> [[i32; 2]; 2];
}

/// The kernels of this crate: plain Rust, and the DSP instructions of Cortex-M where it is built for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Portable;

impl Kernels for Portable {
    #[inline]
    fn products(self, rows: [&[i8]; 2], column: &[i8]) -> [i32; 2] {
        dot::products(rows, [column]).map(|[sum]| sum)
    }
    #[inline]
    fn pack(self, column: &[u32], position: usize, columns: &mut [u32]) {
        dot::pack(column, position, columns);
    }
    #[inline]
    fn packed_products(self, rows: [&[i8]; 2], n: usize, columns: &[u32]) -> [[i32; 2]; 2] {
        dot::packed_products(rows, n, columns)
    }
}
