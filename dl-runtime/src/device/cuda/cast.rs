//! The cast of matrices to bf16, for products on the tensor cores.

use super::{Cuda, Extension, Grid, Ref, kernels};

kernels!(
    "cast.cu" with [crate::device::cuda::headers::CAST]:
    cast_bf16(columns, x, y),
);

/// The length of a bf16 matrix in numbers of four bytes: two bf16 share a number, and rows are padded to a multiple of
/// 16 bytes.
pub(crate) fn bf16_len(rows: usize, columns: usize) -> usize {
    rows * columns.next_multiple_of(8) / 2
}

/// The `form` of [`Cuda::cast`] for a bf16 matrix whose rows are not padded. The length of the rows does not matter then.
pub(super) const UNPADDED: u64 = 0xBF16 << 48;

/// The `form` of [`Cuda::cast`] for a bf16 matrix.
pub(crate) fn bf16_form(columns: usize) -> u64 {
    UNPADDED | if columns.is_multiple_of(8) { 0 } else { columns as u64 }
}

impl Cuda {
    /// Returns a matrix with rows of `columns` numbers as bf16, rounded unless that was done before.
    pub(crate) fn as_bf16<'a>(&self, x: Ref<'a, f32>, columns: usize) -> Ref<'a, f32> {
        let len = bf16_len(x.len() / columns, columns);
        self.cast(x, bf16_form(columns), len, |x, y| {
            // Without padding, what writes the matrix may round it, too.
            let unpadded = bf16_form(columns) == UNPADDED;
            if !(unpadded && self.extend(Extension::Round, (x.address(), x.len()), &y)) {
                self.launch(Grid::each(len / 4), cast_bf16 { columns: columns as u32, x, y });
            }
        })
    }
}
