//! One row of a sequence, and a value for each of its rows.

use crate::pod::flat;
use crate::tensor::Rows;
use core::slice;

/// The row of a sequence, or of a stream, whose last row is the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverTime {
    /// The first row.
    First,
    /// The last row.
    Last,
}

/// A value for each row of a sequence, of which a step has one.
#[derive(Clone, Copy, Debug)]
pub struct EachRow {}

impl EachRow {
    /// `output = input`, `[N]` → `[N]`.
    #[inline(always)]
    pub fn forward<const N: usize>(self, input: &[f32; N], output: &mut [f32; N]) {
        *output = *input;
    }
}

impl OverTime {
    /// `output` is a row of `input`, `[T, N]` → `[N]`; zeros if there is none.
    #[inline(always)]
    pub fn forward<S: Rows<N>, const N: usize>(self, input: &S, output: &mut [f32; N]) {
        let rows = flat(slice::from_ref(input)).as_chunks::<N>().0;
        let row = match self {
            OverTime::First => rows.first(),
            OverTime::Last => rows.last(),
        };
        *output = row.copied().unwrap_or([0.0; N]);
    }
}
