//! Copies the operands of a matrix product into the order in which tiles read them.

use super::Matrix;
use crate::device::cpu::simd::{Vector, simd};

/// Packs rows of A, from the first and so many, and columns, for tiles of `height` rows: `to` gets tile after tile, each column after
/// column. If the last tile has fewer rows, the rest of each of its columns has any numbers.
pub(super) fn left(a: Matrix, [first_row, rows]: [usize; 2], [first_k, k]: [usize; 2], to: &mut [f32], height: usize) {
    let from = &a.data[first_row * a.row_stride + first_k * a.column_stride..];
    if a.row_stride == 1 && a.column_stride != 1 {
        return columns(from, a.column_stride, rows, k, &mut to[..rows.next_multiple_of(height) * k], height);
    }
    for (row, to) in (0..rows).step_by(height).zip(to.chunks_exact_mut(height * k)) {
        let (from, rows) = (&from[row * a.row_stride..], height.min(rows - row));
        if a.column_stride == 1 {
            transpose(from, a.row_stride, rows, k, to, height);
        } else {
            for (p, to) in to.chunks_exact_mut(height).enumerate() {
                to[..rows]
                    .iter_mut()
                    .enumerate()
                    .for_each(|(i, to)| *to = from[i * a.row_stride + p * a.column_stride]);
            }
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
        copy(from, b.row_stride, k, columns, to, width);
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
    /// Copies `rows` rows of `columns` numbers, `stride` apart, to rows that are `to_stride` apart. A call of `memcpy` for each short row
    /// would cost several times as much.
    fn copy<S>(from: &[f32], stride: usize, rows: usize, columns: usize, to: &mut [f32], to_stride: usize) {
        let lanes = S::F32::LANES;
        if rows == 0 || columns == 0 {
            return;
        }
        assert!((rows - 1) * stride + columns <= from.len() && (rows - 1) * to_stride + columns <= to.len());
        for p in 0..rows {
            // SAFETY: a row's `columns` numbers are inside both slices, by the assertion.
            unsafe {
                let (from, to) = (from.as_ptr().add(p * stride), to.as_mut_ptr().add(p * to_stride));
                for j in (0..columns).step_by(lanes) {
                    let count = (columns - j).min(lanes);
                    if count == lanes {
                        S::F32::load(from.add(j)).store(to.add(j));
                    } else {
                        S::F32::load_first(from.add(j), count).store_first(to.add(j), count);
                    }
                }
            }
        }
    }

    /// Packs columns of `rows` numbers, `stride` apart, for tiles of `height` rows.
    fn columns<S>(from: &[f32], stride: usize, rows: usize, k: usize, to: &mut [f32], height: usize) {
        let lanes = S::F32::LANES;
        assert!(k == 0 || (k - 1) * stride + rows <= from.len() && rows.next_multiple_of(height) * k <= to.len());
        for p in 0..k {
            // What a whole register writes too much is the beginning of the tile's next column.
            let whole = p + 1 < k && height <= lanes && lanes <= 2 * height;
            for row in (0..rows).step_by(height) {
                let (at, count) = (row * k + p * height, height.min(rows - row));
                let in_from = p * stride + row;
                if whole && in_from + lanes <= from.len() {
                    // SAFETY: `lanes` numbers are inside `from`, and inside the tile's next column at the most.
                    unsafe { S::F32::load(from.as_ptr().add(in_from)).store(to.as_mut_ptr().add(at)) }
                } else {
                    to[at..at + count].iter_mut().zip(&from[in_from..]).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }

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
