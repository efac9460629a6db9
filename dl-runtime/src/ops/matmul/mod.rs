//! Matrix products: the one function behind which implementations are exchanged, `C = f(A·B + bias)`.
//!
//! On x86-64 the kernels are our own, after Goto and van de Geijn, Anatomy of high-performance matrix multiplication
//! (2008): a tile of C stays in registers while k runs, A and B are copied ("packed") into the order in which the tile
//! reads them. What a network multiplies is often too flat for that to pay, so operands that can be read in place are.
//! Elsewhere it is the crate `matrixmultiply`. Every element of C is one sum over k in an order that depends on the
//! sizes alone: results do not depend on the number of threads.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

mod blocks;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod dots;
mod op;
pub(crate) mod pack;
mod portable;
#[cfg(test)]
mod tests;
pub(crate) mod tile;

pub use op::{MatmulKernel, MatmulOp, Product};

use crate::device::cpu::Threads;
use crate::device::cpu::simd::{self, Level};
use crate::tensor::Write;

/// A matrix to read: `rows` by `columns` with any strides, so that a transpose costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `rows` by `columns` in row-major order.
    ///
    /// # Panics
    /// When `data` is too short, as with [`Matrix::strided`].
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, [rows, columns], [columns, 1])
    }
    /// `shape` rows and columns, with the distances between neighbours in a column and in a row.
    ///
    /// # Panics
    /// When `data` does not hold all elements.
    pub fn strided(data: &'a [f32], shape: [usize; 2], strides: [usize; 2]) -> Self {
        let ([rows, columns], [row_stride, column_stride]) = (shape, strides);
        if rows > 0 && columns > 0 {
            assert!((rows - 1) * row_stride + (columns - 1) * column_stride < data.len(), "matrix beyond its data");
        }
        Matrix { data, rows, columns, row_stride, column_stride }
    }
    /// Rows and columns exchanged.
    pub fn transposed(self) -> Self {
        let Matrix { data, rows, columns, row_stride, column_stride } = self;
        Matrix { data, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }
}

/// What is added to the sums.
#[derive(Clone, Copy, Debug)]
pub enum Bias<'a> {
    /// Nothing.
    None,
    /// One number for each row of C.
    Rows(&'a [f32]),
    /// One number for each column of C.
    Columns(&'a [f32]),
}

impl Bias<'_> {
    fn transposed(self) -> Self {
        match self {
            Bias::None => Bias::None,
            Bias::Rows(bias) => Bias::Columns(bias),
            Bias::Columns(bias) => Bias::Rows(bias),
        }
    }
    fn is_for(self, rows: usize, columns: usize) -> bool {
        match self {
            Bias::None => true,
            Bias::Rows(bias) => bias.len() == rows,
            Bias::Columns(bias) => bias.len() == columns,
        }
    }
}

/// What happens to the sums before they are written.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// Added first.
    pub bias: Bias<'a>,
    /// Whether negative sums (with what C held, for [`Write::Add`]) become 0.
    pub relu: bool,
    /// Whether C is replaced or added to.
    pub write: Write,
}

impl Epilogue<'_> {
    /// C is replaced by the plain product, or the product added to it.
    pub fn plain(write: Write) -> Self {
        Epilogue { bias: Bias::None, relu: false, write }
    }
}

/// Multiply-adds below which waking threads costs more than it brings.
pub(crate) const WORTH_THREADS: usize = 400_000;

/// `C = A·B` with an [`Epilogue`]; `c` is row-major without gaps.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::ops::matmul::{Epilogue, Matrix, matmul};
/// use dl::{Cpu, tensor::Write};
/// let (a, b, mut c) = ([1.0, 2.0], [3.0, 4.0], [0.0; 4]);
/// matmul(Cpu::new().threads(), Matrix::new(&a, 2, 1), Matrix::new(&b, 1, 2), &mut c, Epilogue::plain(Write::Set));
/// assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
/// ```
///
/// # Panics
/// When the sizes do not fit each other.
pub fn matmul(threads: &Threads, a: Matrix, b: Matrix, c: &mut [f32], epilogue: Epilogue) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "columns of A and rows of B");
    assert_eq!(m * n, c.len(), "elements of C");
    assert!(epilogue.bias.is_for(m, n), "bias of a matrix product");
    if m == 0 || n == 0 {
        return;
    }
    let inner_contiguous = k == 1 || (a.column_stride == 1 && b.row_stride == 1);
    if inner_contiguous && m <= dots::FEW {
        dots::few_rows(threads, a, b, c, epilogue);
    } else if simd::level() == Level::Baseline {
        portable::matmul(a, b, c, epilogue);
    } else if inner_contiguous && m <= n {
        // The smaller operand is the one to be transposed, so the product is taken transposed.
        let epilogue = Epilogue { bias: epilogue.bias.transposed(), ..epilogue };
        blocks::matmul(threads, b.transposed(), a.transposed(), c, blocks::Order::Columns, epilogue);
    } else {
        blocks::matmul(threads, a, b, c, blocks::Order::Rows, epilogue);
    }
}
