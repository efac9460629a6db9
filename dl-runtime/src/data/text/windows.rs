//! Windows of a list of tokens, each with the tokens that follow, for models that tell the next one.

use crate::data::Dataset;
use crate::tensor::pod::{flat_mut, grow};
use crate::{Error, Pod, Result, range};

/// Cuts `tokens` into windows of `T` tokens, whose targets are the tokens that follow each: target `i` is the input `i + 1`.
///
/// ```text
/// input n  = tokens[n·stride .. n·stride + T]          target n = tokens[n·stride + 1 .. n·stride + T + 1]
/// ```
///
/// A `stride` of `T` uses every token once, and one of 1 makes all windows there are, which takes `2·T` times the memory of the tokens.
/// Tokens at the end that fill no window are left out. The samples fit models with an input of `u32[T]` and a loss whose target is
/// `u32[T]`, such as `cross_entropy` of `[classes, T]`; [`Dataset::map_targets`] leaves the last token for models that tell only that:
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::{Dataset, text::windows};
/// let data = windows::<3>(&[5, 6, 7, 8, 9, 10], 2)?;
/// assert_eq!(data.inputs, [[5, 6, 7], [7, 8, 9]]);
/// assert_eq!(data.targets, [[6, 7, 8], [8, 9, 10]]);
/// let next: Dataset<[u32; 3], u32> = data.map_targets(|window, next| *next = window[2]);
/// assert_eq!(next.targets, [8, 10]);
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::FewTokens`] where there are fewer than `T + 1` tokens, [`Error::Setting`] where `T` or the stride is 0, and
/// [`Error::Memory`].
pub fn windows<const T: usize>(tokens: &[u32], stride: usize) -> Result<Dataset<[u32; T], [u32; T]>> {
    range::at_least_one("windows", "T", T as u64)?;
    range::at_least_one("windows", "stride", stride as u64)?;
    if tokens.len() <= T {
        return Err(Error::FewTokens { found: tokens.len(), length: T });
    }
    let count = (tokens.len() - 1 - T) / stride + 1;
    Ok(Dataset { inputs: cut(&tokens[..tokens.len() - 1], count, stride)?, targets: cut(&tokens[1..], count, stride)? })
}

/// The first `count` windows, on the heap.
fn cut<W: Pod<Element = u32>>(tokens: &[u32], count: usize, stride: usize) -> Result<Vec<W>> {
    let mut windows = Vec::new();
    let wanted = count.saturating_mul(size_of::<W>());
    grow(&mut windows, count).map_err(|_| Error::Memory { wanted })?;
    for (n, window) in flat_mut(&mut windows).chunks_exact_mut(W::LEN).enumerate() {
        window.copy_from_slice(&tokens[n * stride..][..W::LEN]);
    }
    Ok(windows)
}
