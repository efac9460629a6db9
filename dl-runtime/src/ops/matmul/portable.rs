//! Matrix products with the crate `matrixmultiply`, for processors without kernels of our own.

use super::{Bias, Epilogue, Matrix};
use crate::tensor::Write;

/// `C = A·B` with the epilogue; the caller has checked the sizes.
pub(super) fn matmul(a: Matrix, b: Matrix, c: &mut [f32], epilogue: Epilogue) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    let beta = if epilogue.write == Write::Add { 1.0 } else { 0.0 };
    // SAFETY: a `Matrix` lies within its data, `c` has m·n elements, and only `c` is written.
    unsafe {
        matrixmultiply::sgemm(
            m,
            k,
            n,
            1.0,
            a.data.as_ptr(),
            a.row_stride as isize,
            a.column_stride as isize,
            b.data.as_ptr(),
            b.row_stride as isize,
            b.column_stride as isize,
            beta,
            c.as_mut_ptr(),
            n as isize,
            1,
        );
    }
    for (i, row) in c.chunks_exact_mut(n).enumerate() {
        match epilogue.bias {
            Bias::None => {}
            Bias::Rows(bias) => row.iter_mut().for_each(|c| *c += bias[i]),
            Bias::Columns(bias) => row.iter_mut().zip(bias).for_each(|(c, b)| *c += b),
        }
        if epilogue.relu {
            row.iter_mut().for_each(|c| *c = if *c < 0.0 { 0.0 } else { *c });
        }
    }
}
