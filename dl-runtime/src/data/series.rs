//! Windows of a long series of numbers, with what comes after them, for models that forecast.

use super::Dataset;
use crate::tensor::pod::{flat_mut, grow, reserved};
use crate::{Error, Pod, Result, range};

/// Cuts a series into windows of `T` values, each with the value that comes `ahead` steps after the last of its values as the target.
///
/// ```text
/// input n  = series[n·step .. n·step + T]          target n = series[n·step + T - 1 + ahead]
/// ```
///
/// A value is a number, or a row of numbers such as `[f32; 3]`. A `step` of 1 makes all windows there are, and one of `T` uses every
/// value once; values at the end that fill no window are left out. The samples fit models with an input of `[T]`, or `[T, n]` for
/// rows of `n` numbers.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::{Dataset, forecasts};
/// let series = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
/// let data: Dataset<[f32; 3], f32> = forecasts(&series, 1, 2)?;
/// assert_eq!(data.inputs, [[1.0, 2.0, 4.0], [4.0, 8.0, 16.0]]);
/// assert_eq!(data.targets, [8.0, 32.0]);
/// // Values of a series are nearer to each other than to those long ago: test a model with the last ones.
/// let (train, test) = data.split(0.5);
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::ShortSeries`] where not one window fits, [`Error::Setting`] where `T`, `ahead` or `step` is 0, and [`Error::Memory`].
pub fn forecasts<V: Pod + Copy, const T: usize>(series: &[V], ahead: usize, step: usize) -> Result<Dataset<[V; T], V>> {
    let count = count("forecasts", series.len(), T, ahead, step)?;
    let mut inputs: Vec<[V; T]> = Vec::new();
    let wanted = count.saturating_mul(size_of::<[V; T]>());
    grow(&mut inputs, count).map_err(|_| Error::Memory { wanted })?;
    let values = inputs.iter_mut().enumerate();
    values.for_each(|(n, window)| flat_mut(window).copy_from_slice(crate::pod::flat(&series[n * step..][..T])));
    let mut targets = reserved(count)?;
    targets.extend((0..count).map(|n| series[n * step + T - 1 + ahead]));
    Ok(Dataset { inputs, targets })
}

/// Cuts a series into windows of `len` values, each with the values one step later as targets, one for each value.
///
/// ```text
/// input n  = series[n·step .. n·step + len]        target n = series[n·step + 1 .. n·step + len + 1]
/// ```
///
/// The samples are sequences, for models whose lengths are known at run time only, and that tell something about every row. A `step`
/// below `len` makes windows that overlap; values at the end that fill no window are left out.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::windows;
/// let data = windows(&[[1.0, 0.5], [2.0, 0.5], [3.0, 0.0], [4.0, 0.0], [5.0, 0.0]], 2, 2)?;
/// assert_eq!(data.inputs, [[[1.0, 0.5], [2.0, 0.5]], [[3.0, 0.0], [4.0, 0.0]]]);
/// assert_eq!(data.targets, [[[2.0, 0.5], [3.0, 0.0]], [[4.0, 0.0], [5.0, 0.0]]]);
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::ShortSeries`] where not one window fits, [`Error::Setting`] where `len` or `step` is 0, and [`Error::Memory`].
pub fn windows<V: Copy>(series: &[V], len: usize, step: usize) -> Result<Dataset<Vec<V>, Vec<V>>> {
    let count = count("windows", series.len(), len, 1, step)?;
    let cut = |first: usize| {
        let mut windows = reserved(count)?;
        for n in 0..count {
            let mut window = reserved(len)?;
            window.extend_from_slice(&series[first + n * step..][..len]);
            windows.push(window);
        }
        Ok::<_, Error>(windows)
    };
    Ok(Dataset { inputs: cut(0)?, targets: cut(1)? })
}

/// Cuts a series into `batch_size` streams of equal length, and these into windows of `len` values that follow each other, each with the
/// values one step later as targets. The samples are in such an order that each batch of `batch_size` samples continues the batch before,
/// sample by sample, as training with a [carried state](crate::train::Trainer::carry_state) wants:
///
/// ```text
/// batch 0    start of stream 0     start of stream 1     …
/// batch 1    its next window       its next window       …
/// ```
///
/// Stream `i + 1` begins where stream `i` ends; values at the end of the series that fill no window of every stream are left out.
/// The samples are sequences, for models whose lengths are known at run time only; for tokens and models with an input of `u32[T]`, see
/// [`text::streams`](super::text::streams).
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::streams;
/// // Two streams, 0 to 4 and 4 to 8.
/// let data = streams(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2, 2)?;
/// assert_eq!(data.inputs[..2], [[0, 1], [4, 5]]);
/// assert_eq!(data.inputs[2..], [[2, 3], [6, 7]]);
/// assert_eq!(data.targets[..2], [[1, 2], [5, 6]]);
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::ShortSeries`] where not one window fits, [`Error::Setting`] where `len` or `batch_size` is 0, or there are more streams than
/// windows, and [`Error::Memory`].
pub fn streams<V: Copy>(series: &[V], batch_size: usize, len: usize) -> Result<Dataset<Vec<V>, Vec<V>>> {
    count("streams", series.len(), len, 1, 1)?;
    let starts = starts_of_streams(series.len(), batch_size, len)?;
    let cut = |later: usize| {
        let mut windows = reserved(starts.len())?;
        for start in starts.clone() {
            let mut window = reserved(len)?;
            window.extend_from_slice(&series[start + later..][..len]);
            windows.push(window);
        }
        Ok::<_, Error>(windows)
    };
    Ok(Dataset { inputs: cut(0)?, targets: cut(1)? })
}

/// Returns where the windows of [`streams`] begin, in the order of the samples; at least one window fits.
///
/// # Errors
/// [`Error::Setting`] unless there is a window for every stream.
pub(super) fn starts_of_streams(
    values: usize,
    batch_size: usize,
    len: usize,
) -> Result<impl ExactSizeIterator<Item = usize> + Clone> {
    let most = (values - 1) / len;
    if !(1..=most).contains(&batch_size) {
        let expected = format!("from 1 to {most}, the windows of {len} that fit");
        return Err(Error::Setting { setting: "batch_size", of: "streams", expected, found: batch_size.to_string() });
    }
    let windows = most / batch_size;
    Ok((0..windows * batch_size).map(move |k| (k % batch_size * windows + k / batch_size) * len))
}

/// Returns the number of windows.
fn count(of: &'static str, found: usize, length: usize, ahead: usize, step: usize) -> Result<usize> {
    range::at_least_one(of, "length", length as u64)?;
    range::at_least_one(of, "ahead", ahead as u64)?;
    range::at_least_one(of, "step", step as u64)?;
    let needed = length.saturating_add(ahead);
    match found.checked_sub(needed) {
        Some(more) => Ok(more / step + 1),
        None => Err(Error::ShortSeries { found, length, ahead }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_is_followed_by_its_target() {
        let series: Vec<f32> = (0_u8..50).map(f32::from).collect();
        for (ahead, step) in [(1, 1), (1, 7), (3, 2), (43, 1), (43, 100)] {
            let data: Dataset<[f32; 7], f32> = forecasts(&series, ahead, step).unwrap();
            // One more window would not fit.
            assert!((data.len() - 1) * step + 7 + ahead <= 50 && data.len() * step + 7 + ahead > 50);
            for (n, (window, target)) in data.iter().enumerate() {
                let first = (n * step) as f32;
                assert!(window.iter().enumerate().all(|(at, value)| *value == first + at as f32));
                assert_eq!(*target, first + 6.0 + ahead as f32);
            }
        }
        let data = windows(&series, 7, 7).unwrap();
        assert_eq!(data.len(), 7);
        assert_eq!(data.inputs.concat(), series[..49]);
        assert_eq!(data.targets.concat(), series[1..]);
    }

    #[test]
    fn each_batch_of_streams_continues_the_one_before() {
        for (values, batch_size, len) in [(50, 4, 3), (50, 1, 49), (50, 7, 7), (51, 5, 2), (13, 12, 1)] {
            let series: Vec<usize> = (0..values).collect();
            let data = streams(&series, batch_size, len).unwrap();
            let windows = data.len() / batch_size;
            // Not one window more fits into every stream.
            assert!(data.len() % batch_size == 0 && batch_size * len * (windows + 1) > values - 1);
            for (input, target) in data.iter() {
                assert!(input.len() == len && input.iter().zip(target).all(|(value, next)| value + 1 == *next));
            }
            for (k, later) in data.inputs.iter().enumerate().skip(batch_size) {
                assert_eq!(data.inputs[k - batch_size][len - 1] + 1, later[0]);
            }
            // Every value is in one window at most, and those of the streams follow each other.
            let mut used = data.inputs.concat();
            used.sort_unstable();
            assert_eq!(used, series[..data.len() * len]);
        }
    }

    #[test]
    fn mistakes_are_told() {
        let text = |error: Error| error.to_string();
        let short = forecasts::<f32, 7>(&[0.0; 9], 3, 1).unwrap_err();
        assert_eq!(text(short), "a window of 7 values and the 3 after it do not fit into 9 values");
        let short = windows::<f32>(&[], 1, 1).unwrap_err();
        assert_eq!(text(short), "a window of 1 value and the one after it do not fit into 0 values");
        assert!(matches!(windows(&[0.0; 9], usize::MAX, 1), Err(Error::ShortSeries { .. })));
        let short = streams::<f32>(&[0.0; 3], 1, 3).unwrap_err();
        assert_eq!(text(short), "a window of 3 values and the one after it do not fit into 3 values");
        let narrow = streams::<f32>(&[0.0; 12], 4, 3).unwrap_err();
        assert_eq!(text(narrow), "`batch_size` of `streams` is 4; it must be from 1 to 3, the windows of 3 that fit");
        for error in [
            streams(&[0.0; 9], 0, 1).unwrap_err(),
            streams(&[0.0; 9], 1, 0).unwrap_err(),
            streams(&[0.0; 9], usize::MAX, 2).unwrap_err(),
            windows(&[0.0; 9], 0, 1).unwrap_err(),
            windows(&[0.0; 9], 1, 0).unwrap_err(),
            forecasts::<f32, 0>(&[0.0; 9], 1, 1).unwrap_err(),
            forecasts::<f32, 2>(&[0.0; 9], 0, 1).unwrap_err(),
        ] {
            assert!(matches!(error, Error::Setting { .. }), "{error}");
        }
    }
}
