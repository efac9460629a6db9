//! For every processor, in plain Rust that compilers turn into the vector instructions of the target.

use super::bytes;

/// Returns the sums of products of each row of weights with each column. All have the length of the first row.
#[inline]
pub fn products<const R: usize, const C: usize>(rows: [&[i8]; R], columns: [&[i8]; C]) -> [[i32; C]; R] {
    let n = rows[0].len();
    let (rows, columns) = (rows.map(|row| &row[..n]), columns.map(|column| &column[..n]));
    let mut sums = [[0_i32; C]; R];
    for i in 0..n {
        let (w, x) = (rows.map(|row| i32::from(row[i])), columns.map(|column| i32::from(column[i])));
        for (sums, w) in sums.iter_mut().zip(w) {
            sums.iter_mut().zip(x).for_each(|(sum, x)| *sum = sum.wrapping_add(w * x));
        }
    }
    sums
}

/// Writes the column of a window, in whole words, at position 0 or 1 to the memory of two columns.
#[inline]
pub fn pack(column: &[u32], position: usize, columns: &mut [u32]) {
    let n = column.len();
    columns[position * n..][..n].copy_from_slice(column);
}

/// Returns the sums of products of two rows of weights with two packed columns of `n` numbers. The rows may go on behind.
#[inline]
pub fn packed_products(rows: [&[i8]; 2], n: usize, columns: &[u32]) -> [[i32; 2]; 2] {
    let columns = bytes(columns);
    products(rows.map(|row| &row[..n]), [columns, &columns[4 * n.div_ceil(4)..]])
}
