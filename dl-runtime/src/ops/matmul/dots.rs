//! Products of a few rows with a matrix whose columns are contiguous (one sample through a dense layer). They are dot
//! products: nothing is packed, and every number of the matrix is read once.

use super::{Bias, Epilogue, Matrix, WORTH_THREADS};
use crate::device::cpu::Threads;
use crate::device::cpu::simd::{Simd, Vector, simd};
use crate::tensor::Write;
use std::ops::Range;

/// Up to so many rows this is faster than tiles.
pub(super) const FEW: usize = 4;
/// The number of columns of one task.
const TASK: usize = 32;

/// `C = A·B` with the epilogue, for at most [`FEW`] rows; both operands are contiguous along k. The caller has checked
/// the sizes.
pub(super) fn few_rows(threads: &Threads, a: Matrix, b: Matrix, c: &mut [f32], epilogue: Epilogue) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    let dots = Dots { a, b, c: c.as_mut_ptr(), epilogue };
    if m * k * n < WORTH_THREADS / 4 {
        dot_products(&dots, 0..n);
    } else {
        threads.run(n.div_ceil(TASK), &|task| dot_products(&dots, task * TASK..n.min((task + 1) * TASK)));
    }
}

struct Dots<'a> {
    a: Matrix<'a>,
    b: Matrix<'a>,
    c: *mut f32,
    epilogue: Epilogue<'a>,
}

// SAFETY: tasks write disjoint columns of C.
unsafe impl Sync for Dots<'_> {}

simd! {
    /// Computes some columns of C, which no other task writes.
    fn dot_products<S>(dots: &Dots, columns: Range<usize>) {
        match (dots.a.rows, S::F32::LANES) {
            (1, 16) => dots.one_row::<S, 16>(columns),
            (1, 8) => dots.one_row::<S, 8>(columns),
            (1, _) => dots.one_row::<S, 4>(columns),
            (2, _) => dots.columns::<S, 2, 4>(columns),
            (3, _) => dots.columns::<S, 3, 4>(columns),
            _ => dots.columns::<S, FEW, 4>(columns),
        }
    }
}

impl Dots<'_> {
    /// Computes the only row, with columns in groups that fill one register of `L` lanes.
    #[inline(always)]
    fn one_row<S: Simd, const L: usize>(&self, columns: Range<usize>) {
        let k = self.a.columns;
        let x = &self.a.data[..k];
        // The bounds of all columns are checked once.
        let stride = self.b.column_stride;
        assert!(k == 0 || (columns.end - 1) * stride + k <= self.b.data.len() && columns.end <= self.b.columns);
        let b = self.b.data.as_ptr();
        let mut column = columns.start;
        while column < columns.end {
            let count = L.min(columns.end - column);
            let mut rows = [b; L];
            for j in 0..L {
                // The last column is repeated in place of missing ones.
                rows[j] = b.wrapping_add((column + j.min(count - 1)) * stride);
            }
            let mut sums = [S::F32::splat(0.0); L];
            let mut p = 0;
            while p < k {
                let n = L.min(k - p);
                // SAFETY: `n` values from p on are inside `x`, and inside each column by the assertion.
                unsafe {
                    let x = first::<S>(x.as_ptr().add(p), n);
                    for j in 0..L {
                        sums[j] = first::<S>(rows[j].add(p), n).mul_add(x, sums[j]);
                    }
                }
                p += L;
            }
            let mut y = S::F32::sums(&sums);
            // SAFETY: the bias has a number for each row or column, as `matmul` checked; `count` columns from `column`
            // on are in the only row of C and belong to this task.
            unsafe {
                let c = self.c.add(column);
                match self.epilogue.bias {
                    Bias::None => {}
                    Bias::Rows(bias) => y = y.add(S::F32::splat(bias[0])),
                    Bias::Columns(bias) => y = y.add(first::<S>(bias.as_ptr().add(column), count)),
                }
                if self.epilogue.write == Write::Add {
                    y = y.add(first::<S>(c, count));
                }
                if self.epilogue.relu {
                    y = S::F32::splat(0.0).max(y);
                }
                if count == L { y.store(c) } else { y.store_first(c, count) }
            }
            column += count;
        }
    }

    /// Computes columns in groups of `G`, for `R` rows.
    #[inline(always)]
    fn columns<S: Simd, const R: usize, const G: usize>(&self, columns: Range<usize>) {
        let whole = columns.start + (columns.len() - columns.len() % G);
        for column in (columns.start..whole).step_by(G) {
            self.group::<S, R, G>(column);
        }
        for column in whole..columns.end {
            self.group::<S, R, 1>(column);
        }
    }

    #[inline(always)]
    fn group<S: Simd, const R: usize, const G: usize>(&self, column: usize) {
        let (k, n, lanes) = (self.a.columns, self.b.columns, S::F32::LANES);
        let a: [&[f32]; R] = std::array::from_fn(|i| &self.a.data[i * self.a.row_stride..][..k]);
        let b: [&[f32]; G] = std::array::from_fn(|j| &self.b.data[(column + j) * self.b.column_stride..][..k]);
        let mut sums = [[S::F32::splat(0.0); G]; R];
        let (mut x, mut y) = ([S::F32::splat(0.0); R], [S::F32::splat(0.0); G]);
        let mut p = 0;
        while p < k {
            let count = lanes.min(k - p);
            // SAFETY: `count` values from p on are inside each slice, which has k values.
            unsafe {
                for i in 0..R {
                    x[i] = first::<S>(a[i].as_ptr().add(p), count);
                }
                for j in 0..G {
                    y[j] = first::<S>(b[j].as_ptr().add(p), count);
                }
            }
            for i in 0..R {
                for j in 0..G {
                    sums[i][j] = x[i].mul_add(y[j], sums[i][j]);
                }
            }
            p += lanes;
        }
        for i in 0..R {
            for j in 0..G {
                let bias = match self.epilogue.bias {
                    Bias::None => 0.0,
                    Bias::Rows(bias) => bias[i],
                    Bias::Columns(bias) => bias[column + j],
                };
                // SAFETY: C has R rows of n columns, and this column belongs to this task.
                let c = unsafe { &mut *self.c.add(i * n + column + j) };
                let old = if self.epilogue.write == Write::Add { *c } else { 0.0 };
                let y = old + (sums[i][j].sum() + bias);
                *c = if self.epilogue.relu && y < 0.0 { 0.0 } else { y };
            }
        }
    }
}

/// Loads `count` values, followed by zeros.
///
/// # Safety
/// `count` values can be read from `from`.
#[inline(always)]
unsafe fn first<S: Simd>(from: *const f32, count: usize) -> S::F32 {
    // SAFETY: the caller's contract.
    unsafe { if count == S::F32::LANES { S::F32::load(from) } else { S::F32::load_first(from, count) } }
}
