//! Matrix products: `C = f(A·B + bias)` behind one function, whose implementation is chosen by sizes and processor.
//!
//! On x86-64, on 64-bit Arm and in WebAssembly the kernels are our own, after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication",
//! 2008: a tile of C stays in registers while k runs, and A and B are copied ("packed") into the order in which the
//! tile reads them. The products of networks are often too flat for packing to pay off, so operands that can be read in
//! place are. Other processors use the crate `matrixmultiply`. Every element of C is one sum over k in an order that
//! depends only on the sizes, so results do not depend on the number of threads.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

mod blocks;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod dots;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod op;
pub(crate) mod pack;
pub(crate) mod packed;
mod portable;
pub(crate) mod task;
#[cfg(test)]
mod tests;
pub(crate) mod tile;

pub use op::{MatmulKernel, MatmulOp, Product};

use crate::device::cpu::Threads;
use crate::tensor::Write;

/// A read-only view of a matrix, `rows` by `columns`, with any strides, so that a transpose costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Views `data` as `rows` by `columns` in row-major order.
    ///
    /// # Panics
    /// If `data` is too short.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, [rows, columns], [columns, 1])
    }
    /// Views `data` as `shape` (rows, columns) with the given strides (from row to row, from column to column).
    ///
    /// # Panics
    /// If `data` does not hold all elements.
    pub fn strided(data: &'a [f32], shape: [usize; 2], strides: [usize; 2]) -> Self {
        let ([rows, columns], [row_stride, column_stride]) = (shape, strides);
        if rows > 0 && columns > 0 {
            assert!((rows - 1) * row_stride + (columns - 1) * column_stride < data.len(), "matrix beyond its data");
        }
        Matrix { data, rows, columns, row_stride, column_stride }
    }
    /// Returns the transpose, without copying.
    pub fn transposed(self) -> Self {
        let Matrix { data, rows, columns, row_stride, column_stride } = self;
        Matrix { data, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }
}

/// The bias that is added to the sums.
#[derive(Clone, Copy, Debug)]
pub enum Bias<'a> {
    /// No bias.
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

/// The operations on the sums before they are written to C.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// The bias, which is added first.
    pub bias: Bias<'a>,
    /// True if ReLU is applied to the result; with [`Write::Add`], after adding the old C.
    pub relu: bool,
    /// [`Write::Set`] replaces C, and [`Write::Add`] adds to it.
    pub write: Write,
}

impl Epilogue<'_> {
    /// Replaces C by the plain product, or adds the product to C.
    pub fn plain(write: Write) -> Self {
        Epilogue { bias: Bias::None, relu: false, write }
    }
}

/// Below so many multiply-adds, waking threads costs more than it gains.
pub(crate) const WORTH_THREADS: usize = 400_000;

/// `C = A·B` with an [`Epilogue`]; A is [m, k], B is [k, n], and `c` is [m, n], row-major and contiguous.
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
/// If the sizes do not match.
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
    } else if cfg!(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))) {
        portable::matmul(a, b, c, epilogue);
    } else if inner_contiguous && m <= n && blocks::reads_rows(b.transposed(), m) {
        // Only the smaller operand is packed, and the larger one is read in place: this computes Cᵀ = Bᵀ·Aᵀ.
        let epilogue = Epilogue { bias: epilogue.bias.transposed(), ..epilogue };
        blocks::matmul(threads, b.transposed(), a.transposed(), c, blocks::Order::Columns, epilogue);
    } else {
        blocks::matmul(threads, a, b, c, blocks::Order::Rows, epilogue);
    }
}
