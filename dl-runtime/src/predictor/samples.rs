//! The numbers of samples of any type: arrays, or rows of sequences.

use crate::tensor::Pack;
use dl_core::pod::as_f32_mut;

/// Returns copies of samples.
pub(super) fn copied<S: Pack>(samples: &[S]) -> Vec<S> {
    let mut copies = S::samples(samples.len());
    for (copy, sample) in copies.iter_mut().zip(samples) {
        for part in 0..S::PARTS.len() {
            if S::PARTS[part].sequence {
                copy.resize(part, sample.rows(part));
            }
            copy.part_mut(part).copy_from_slice(sample.part(part));
        }
    }
    copies
}

/// Calls `f` with the numbers of each sample, which has one part.
pub(super) fn numbers<S: Pack>(samples: &mut [S], f: impl Fn(&mut [f32])) {
    samples.iter_mut().for_each(|sample| f(as_f32_mut(sample.part_mut(0))));
}

/// Returns the numbers of a sample of one part; of a sequence, those of a row.
pub(super) fn row_len<S: Pack>() -> usize {
    S::PARTS.first().map_or(0, |part| part.len)
}
