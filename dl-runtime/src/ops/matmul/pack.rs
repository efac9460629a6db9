//! Copies the operands of a matrix product into the order in which tiles read them.

use super::Matrix;
use crate::device::cpu::simd::{Vector, simd};

/// Packs some rows of A for a tile of `height` rows: `to` gets column after column. If there are fewer rows, the rest
/// of each column is left as it is.
pub(super) fn left(a: Matrix, first_row: usize, rows: usize, to: &mut [f32], height: usize) {
    let from = &a.data[first_row * a.row_stride..];
    if a.column_stride == 1 {
        transpose(from, a.row_stride, rows, a.columns, to, height);
    } else {
        for (p, to) in to.chunks_exact_mut(height).enumerate() {
            to[..rows].iter_mut().enumerate().for_each(|(i, to)| *to = from[i * a.row_stride + p * a.column_stride]);
        }
    }
}

/// Packs a range of k and of columns of B for a strip: `to` gets row after row, padded with zeros to `width`.
pub(super) fn right(
    b: Matrix,
    first_k: usize,
    k: usize,
    first_column: usize,
    columns: usize,
    to: &mut [f32],
    width: usize,
) {
    let to = &mut to[..width * k];
    let from = &b.data[(first_k * b.row_stride + first_column * b.column_stride).min(b.data.len())..];
    if columns < width {
        to.fill(0.0);
    }
    if b.column_stride == 1 {
        for (p, to) in to.chunks_exact_mut(width).enumerate() {
            to[..columns].copy_from_slice(&from[p * b.row_stride..][..columns]);
        }
    } else if b.row_stride == 1 {
        transpose(from, b.column_stride, columns, k, to, width);
    } else {
        for (p, to) in to.chunks_exact_mut(width).enumerate() {
            for (j, to) in to[..columns].iter_mut().enumerate() {
                *to = from[p * b.row_stride + j * b.column_stride];
            }
        }
    }
}

simd! {
    /// Transposes: `rows` rows of `columns` values, `stride` apart, become `columns` rows of `rows` values, `to_stride`
    /// apart. The gaps between the latter may be overwritten.
    pub(crate) fn transpose<S>(from: &[f32], stride: usize, rows: usize, columns: usize, to: &mut [f32], to_stride: usize) {
        let lanes = S::F32::LANES;
        if rows == 0 || columns == 0 {
            return;
        }
        assert!((rows - 1) * stride + columns <= from.len() && (columns - 1) * to_stride + rows <= to.len());
        let whole = columns - columns % lanes;
        for i in (0..rows).step_by(lanes) {
            let count = (rows - i).min(lanes);
            for p in (0..whole).step_by(lanes) {
                // Writing whole registers is faster. It is allowed where the excess lies in the gaps between rows, or
                // in rows that are written later.
                let end = (p + lanes - 1) * to_stride + i + lanes;
                let between = i + lanes <= to_stride && end <= to.len();
                let later = i == 0 && end <= (columns - 1) * to_stride + rows;
                // SAFETY: rows from i on and columns p..p + lanes are inside both slices, by the assertion.
                unsafe {
                    let from = from.as_ptr().add(i * stride + p);
                    let to = to.as_mut_ptr().add(p * to_stride + i);
                    S::F32::transpose(from, stride, count, to, to_stride, count == lanes || between || later);
                }
            }
        }
        for p in whole..columns {
            for i in 0..rows {
                to[p * to_stride + i] = from[i * stride + p];
            }
        }
    }
}
