//! A right factor that is packed once and multiplied many times: the weights of a recurrent layer, step after step.

use super::tile::{self, Ahead, Inner, LINE, Shape, Start, Strip};
use super::{Matrix, pack};
use crate::device::cpu::Threads;
use crate::device::cpu::threads::chunks_mut;

/// A packed matrix B, `[k, n]`. Every element of a product is one sum over k in order, so it depends neither on the number of rows
/// that are multiplied together nor on threads.
pub(crate) struct PackedRight<'a> {
    strips: &'a [f32],
    k: usize,
    n: usize,
    shape: Shape,
}

impl<'a> PackedRight<'a> {
    /// Returns the number of floats of a packed matrix, `[k, n]`.
    pub fn len(k: usize, n: usize) -> usize {
        n.next_multiple_of(2 * tile::shape_for(n).lanes) * k
    }
    /// Packs `b` into `to`, which has [`PackedRight::len`] floats.
    pub fn pack(threads: &Threads, b: Matrix<'_>, to: &'a mut [f32]) -> Self {
        let (k, n, shape) = (b.rows, b.columns, tile::shape_for(b.columns));
        let width = 2 * shape.lanes;
        threads.split(chunks_mut(to, (width * k).max(1)), &|strip, to| {
            pack::right(b, 0, k, strip * width, width.min(n - strip * width), to, width);
        });
        PackedRight { strips: to, k, n, shape }
    }
    /// Returns the number of floats that [`PackedRight::multiply`] needs for a left factor of at most `rows` rows and `k` columns.
    pub fn left_len(rows: usize, k: usize) -> usize {
        (rows + tile::shape().rows) * k
    }
    /// `C = A·B + bias` for the first `rows` rows of A, `[rows, k]`, and of C, `[rows, n]`; the bias is empty if there is none.
    /// `left` is memory of [`PackedRight::left_len`] floats. While it computes, it asks for `k` lines of the cache for each strip of columns:
    /// those from the number on that `ahead` returns.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn multiply(
        &self,
        a: &[f32],
        rows: usize,
        bias: &[f32],
        c: &mut [f32],
        left: &mut [f32],
        ahead: &dyn Fn(usize) -> Option<*const f32>,
    ) {
        let PackedRight { strips, k, n, shape } = *self;
        if rows == 0 || n == 0 {
            return;
        }
        let (lanes, width) = (shape.lanes, 2 * shape.lanes);
        let tile_rows = rows.div_ceil(rows.div_ceil(shape.rows));
        assert!(c.len() >= rows * n && (bias.is_empty() || bias.len() == n), "elements of a product and of its bias");
        assert!(strips.len() >= n.next_multiple_of(width) * k, "elements of a packed matrix");
        let left = &mut left[..rows.next_multiple_of(tile_rows) * k];
        if k > 0 {
            let a = Matrix::new(a, rows, k);
            pack::left(a, [0, rows], [0, k], left, tile_rows);
        }
        for column in (0..n).step_by(width) {
            let columns = width.min(n - column);
            let strip = Strip {
                level: shape.level,
                k,
                rows,
                tile_rows,
                lanes: [columns.min(lanes), columns.saturating_sub(lanes)],
                a: left.as_ptr(),
                a_tile: tile_rows * k,
                b: strips[column * k..].as_ptr(),
                b_second: lanes,
                inner: Inner::Even { a: tile_rows, b: width },
                c: c[column..].as_mut_ptr(),
                c_row: n,
                c_column: 1,
                c_second: lanes,
                start: if bias.is_empty() { Start::Zero } else { Start::Columns(bias[column..].as_ptr()) },
                add: false,
                summand: std::ptr::null(),
                limits: None,
                ahead: ahead(column / width).map(|first| Ahead { first, step: LINE, next_tile: 0, tiles: 1 }),
            };
            // SAFETY: `left` has whole tiles of `k` columns; the strip of B has `k` rows of `width` numbers, and C `rows` rows of
            // `n`, by the assertions; `c` is borrowed for writing.
            unsafe { strip.run() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Epilogue, matmul};
    use super::*;
    use crate::tensor::Write;
    use crate::testing::{assert_close, numbers, wide};

    #[test]
    fn products_equal_those_of_matmul() {
        let threads = Threads::new(2);
        for (rows, k, n) in [(1, 1, 1), (3, 5, 7), (16, 40, 33), (15, 17, 64), (37, 128, 100), (2, 9, 512)] {
            let (a, b, bias) = (numbers(1, rows * k), numbers(2, n * k), numbers(3, n));
            let b = Matrix::new(&b, n, k).transposed();
            let mut expected = vec![0.0; rows * n];
            matmul(&threads, Matrix::new(&a, rows, k), b, &mut expected, Epilogue::plain(Write::Set));
            let mut packed = vec![f32::NAN; PackedRight::len(k, n)];
            let packed = PackedRight::pack(&threads, b, &mut packed);
            let (mut c, mut left) = (vec![f32::NAN; rows * n], vec![f32::NAN; PackedRight::left_len(rows, k)]);
            packed.multiply(&a, rows, &[], &mut c, &mut left, &|_| None);
            assert_close(&format!("{rows} by {k} by {n}"), &c, &wide(&expected), 1e-6);
            packed.multiply(&a, rows, &bias, &mut c, &mut left, &|_| None);
            for (expected, row) in expected.chunks_mut(n).zip(c.chunks(n)) {
                expected.iter_mut().zip(&bias).for_each(|(y, b)| *y += b);
                assert_close(&format!("{rows} by {k} by {n}, and a bias"), row, &wide(expected), 1e-6);
            }
        }
    }
}
