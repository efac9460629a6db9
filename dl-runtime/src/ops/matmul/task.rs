//! Products inside one task: both operands and the result are in memory of the task, and nothing is packed. Attention computes its tiles
//! with them.

use super::tile::{self, Inner, Shape, Start, Step, Strip};
use crate::tensor::Write;

/// The first element of a matrix and the distance between its rows; between its columns for a matrix that is stored by columns.
pub(crate) type From<'a> = (&'a [f32], usize);

/// Returns the number of floats in a register, which the number of columns of every product here is a multiple of.
pub(crate) fn lanes() -> usize {
    tile::shape().lanes
}

/// `C = A·B` or `C += A·B` with `[m, k, n]` rows, products for each sum, and columns; A is stored by columns.
///
/// # Panics
/// If an operand is too short, or `n` is not a multiple of [`lanes`].
pub(crate) fn by_columns(sizes: [usize; 3], a: From, b: From, c: (&mut [f32], usize), write: Write) {
    let [m, k, _] = sizes;
    assert!(m == 0 || k == 0 || (k - 1) * a.1 + m <= a.0.len(), "A of a product");
    let shape = tile::shape();
    run(sizes, shape, shape.rows, (a.0, 1), Inner::Even { a: a.1, b: b.1 }, b, c, write);
}

/// Does the same as [`by_columns`] where A is stored by rows; `steps` are those of [`steps`] for at least `k` and for the distance
/// between the rows of B.
pub(crate) fn by_rows(sizes: [usize; 3], a: From, b: From, steps: &[Step], c: (&mut [f32], usize), write: Write) {
    let [m, k, _] = sizes;
    assert!(m == 0 || k == 0 || (m - 1) * a.1 + k <= a.0.len(), "A of a product");
    let far = steps[..k].last().is_none_or(|last| last.a as usize == k - 1 && last.b as usize == (k - 1) * b.1);
    assert!(far, "steps for other rows");
    let shape = tile::shape();
    run(sizes, shape, shape.listed_rows, a, Inner::Listed { stride: a.1, rows: &[], steps }, b, c, write);
}

/// Calls `body` with the steps of [`by_rows`] for products of up to `k`, where the rows of B are `b_step` apart.
pub(crate) fn with_steps<R>(k: usize, b_step: usize, body: impl FnOnce(&[Step]) -> R) -> R {
    tile::with_steps((0..k).map(|p| Step { a: p as u32, b: (p * b_step) as u32 }), body)
}

/// Runs the strips of a product whose A has been checked; its rows are `a.1` apart.
#[allow(clippy::too_many_arguments, reason = "the two kinds of products share it")]
fn run(
    [m, k, n]: [usize; 3],
    shape: Shape,
    most_rows: usize,
    a: From,
    inner: Inner,
    b: From,
    (c, c_step): (&mut [f32], usize),
    write: Write,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!(n.is_multiple_of(shape.lanes), "columns of whole registers");
    assert!(k == 0 || (k - 1) * b.1 + n <= b.0.len(), "B of a product");
    assert!((m - 1) * c_step + n <= c.len(), "C of a product");
    let tile_rows = m.div_ceil(m.div_ceil(most_rows));
    for column in (0..n).step_by(2 * shape.lanes) {
        let strip = Strip {
            level: shape.level,
            k,
            rows: m,
            tile_rows,
            lanes: [shape.lanes, (n - column - shape.lanes).min(shape.lanes)],
            a: a.0.as_ptr(),
            a_tile: tile_rows * a.1,
            b: b.0.as_ptr().wrapping_add(column),
            b_second: shape.lanes,
            inner,
            c: c.as_mut_ptr().wrapping_add(column),
            c_row: c_step,
            c_column: 1,
            c_second: shape.lanes,
            start: Start::Zero,
            add: write == Write::Add,
            summand: std::ptr::null(),
            limits: None,
            ahead: None,
        };
        // SAFETY: the assertions here and in the callers: all of A, B and C that the fields describe are inside their slices, the
        // columns are whole registers, and C is borrowed mutably.
        unsafe { strip.run() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_close, numbers};

    #[test]
    fn both_layouts_of_a_give_the_product() {
        for [m, k] in [[1, 1], [13, 5], [32, 40], [31, 0]] {
            let n = 3 * lanes();
            let (a, b, start) = (numbers(1, m * k), numbers(2, k * n), numbers(3, m * n));
            let by_columns_of_a: Vec<f32> = (0..m * k).map(|i| a[i % m * k + i / m]).collect();
            let expected: Vec<f64> = (0..m * n)
                .map(|at| (0..k).map(|p| f64::from(a[at / n * k + p]) * f64::from(b[p * n + at % n])).sum())
                .collect();
            let added: Vec<f64> = expected.iter().zip(&start).map(|(sum, start)| sum + f64::from(*start)).collect();
            for (write, expected) in [(Write::Set, &expected), (Write::Add, &added)] {
                let mut c = start.clone();
                by_columns([m, k, n], (&by_columns_of_a, m), (&b, n), (&mut c, n), write);
                assert_close("by columns", &c, expected, 1e-6);
                let mut c = start.clone();
                with_steps(k, n, |steps| by_rows([m, k, n], (&a, k), (&b, n), steps, (&mut c, n), write));
                assert_close("by rows", &c, expected, 1e-6);
            }
        }
    }
}
