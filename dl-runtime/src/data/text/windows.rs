//! Windows of a list of tokens, each with the tokens that follow, for models that tell the next one.

use crate::data::Dataset;
use crate::data::series::starts_of_streams;
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
    let starts = (0..count).map(|n| n * stride);
    Ok(Dataset { inputs: cut(tokens, starts.clone())?, targets: cut(&tokens[1..], starts)? })
}

/// Cuts `tokens` into `batch_size` streams of equal length, and these into windows of `T` tokens that follow each other, with the tokens
/// that follow each as targets. The samples are in such an order that each batch of `batch_size` samples continues the batch before,
/// sample by sample, as training with a [carried state](crate::train::Trainer::carry_state) wants.
///
/// Stream `i + 1` begins where stream `i` ends; tokens at the end that fill no window of every stream are left out. This is `batchify` of
/// PyTorch's language models, with samples in the place of columns. [`data::streams`](crate::data::streams) is the same for models
/// whose lengths are known at run time only, and for series of numbers.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::text::streams;
/// // Two streams, 0 to 4 and 4 to 8.
/// let data = streams::<2>(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2)?;
/// assert_eq!(data.inputs[..2], [[0, 1], [4, 5]]);
/// assert_eq!(data.inputs[2..], [[2, 3], [6, 7]]);
/// assert_eq!(data.targets[..2], [[1, 2], [5, 6]]);
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::FewTokens`] where not one window fits, [`Error::Setting`] where `T` or `batch_size` is 0, or there are more streams than
/// windows, and [`Error::Memory`].
pub fn streams<const T: usize>(tokens: &[u32], batch_size: usize) -> Result<Dataset<[u32; T], [u32; T]>> {
    range::at_least_one("streams", "T", T as u64)?;
    if tokens.len() <= T {
        return Err(Error::FewTokens { found: tokens.len(), length: T });
    }
    let starts = starts_of_streams(tokens.len(), batch_size, T)?;
    Ok(Dataset { inputs: cut(tokens, starts.clone())?, targets: cut(&tokens[1..], starts)? })
}

/// The windows that begin at `starts`, on the heap.
fn cut<W: Pod<Element = u32>>(tokens: &[u32], starts: impl ExactSizeIterator<Item = usize>) -> Result<Vec<W>> {
    let (mut windows, count) = (Vec::new(), starts.len());
    let wanted = count.saturating_mul(size_of::<W>());
    grow(&mut windows, count).map_err(|_| Error::Memory { wanted })?;
    for (window, start) in flat_mut(&mut windows).chunks_exact_mut(W::LEN).zip(starts) {
        window.copy_from_slice(&tokens[start..][..W::LEN]);
    }
    Ok(windows)
}
