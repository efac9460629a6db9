//! The transposition of a matrix by blocks, which read and write whole lines of the cache.

use crate::device::cpu::simd::{Simd, Vector, simd};
use crate::ops::parts::accumulate;
use crate::tensor::Write;

/// The rows and columns of a tile: one block of the widest registers, so that the rows are read from end to end.
const TILE: usize = 16;

/// A matrix that is read, and its transpose.
#[derive(Clone, Copy)]
pub(super) struct Matrix {
    /// The number of rows that are read, and the distance between them.
    pub rows: usize,
    pub row_stride: usize,
    /// The number of columns that are read, and the distance between the rows that they become.
    pub columns: usize,
    pub column_stride: usize,
}

simd! {
    /// `y[c·column_stride + r] = x[r·row_stride + c]`, or `+=`.
    pub(super) fn transpose<S>(m: Matrix, x: &[f32], y: &mut [f32], write: Write) {
        let (down, across) = (m.rows.div_ceil(TILE), m.columns.div_ceil(TILE));
        for i in 0..down * across {
            // The shorter side is passed from end to end, so that fewer rows are open at once.
            let (row, column) = if down > across { (i / across, i % across) } else { (i % down, i / down) };
            let (first_row, first_column) = (TILE * row, TILE * column);
            let (rows, columns) = (TILE.min(m.rows - first_row), TILE.min(m.columns - first_column));
            let x = &x[first_row * m.row_stride + first_column..];
            let y = &mut y[first_column * m.column_stride + first_row..];
            tile::<S>(Matrix { rows, columns, ..m }, x, y, write);
        }
    }
}

#[inline(always)]
fn tile<S: Simd>(m: Matrix, x: &[f32], y: &mut [f32], write: Write) {
    let lanes = S::F32::LANES;
    assert!((m.rows - 1) * m.row_stride + m.columns <= x.len());
    assert!((m.columns - 1) * m.column_stride + m.rows <= y.len());
    // What does not fill a block is copied number by number.
    let (whole_rows, whole_columns) = match write {
        Write::Set => (m.rows - m.rows % lanes, m.columns - m.columns % lanes),
        Write::Add => (0, 0),
    };
    for c in (0..whole_columns).step_by(lanes) {
        for r in (0..whole_rows).step_by(lanes) {
            // SAFETY: the block is inside the tile, which is inside of both slices, by the assertions.
            unsafe {
                let from = x.as_ptr().add(r * m.row_stride + c);
                let to = y.as_mut_ptr().add(c * m.column_stride + r);
                S::F32::transpose(from, m.row_stride, lanes, to, m.column_stride, true);
            }
        }
    }
    for c in 0..m.columns {
        let first = if c < whole_columns { whole_rows } else { 0 };
        for r in first..m.rows {
            accumulate(&mut y[c * m.column_stride + r], x[r * m.row_stride + c], write);
        }
    }
}
