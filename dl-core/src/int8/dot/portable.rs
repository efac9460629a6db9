//! For every processor, in plain Rust that compilers turn into the vector instructions of the target.

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
