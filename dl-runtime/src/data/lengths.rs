//! Batches of sequences of similar lengths: they take less time than mixed ones where a layer waits for the longest sequence of a batch.

use super::Dataset;
use crate::random::Rng;

/// The number of batches whose samples are drawn together and sorted. More make batches of more similar lengths, fewer mix samples better.
const POOL: usize = 100;

/// Returns a random order of samples in which every batch of `size` has samples of similar lengths: `order[0..size]` is the first.
///
/// All samples are shuffled, those of 100 batches at a time are sorted by length, and their batches are shuffled again. So the batches
/// differ from seed to seed, and short ones come as late as long ones. The order depends on nothing but the lengths, the size and the
/// seed. If the last batch is smaller, it is the last of the order.
///
/// ```
/// use dl_runtime::data::similar_lengths;
/// let lengths = [1, 9, 2, 8, 1, 9, 2];
/// let order = similar_lengths(&lengths, 2, 42);
/// let batches: Vec<Vec<usize>> = order.chunks(2).map(|batch| batch.iter().map(|i| lengths[*i]).collect()).collect();
/// assert_eq!(batches, [[8, 9].to_vec(), [1, 1].to_vec(), [2, 2].to_vec(), [9].to_vec()]);
/// ```
pub fn similar_lengths(lengths: &[usize], size: usize, seed: u64) -> Vec<usize> {
    let size = size.max(1);
    let mut rng = Rng::new(seed);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    rng.shuffle(&mut order);
    for pool in order.chunks_mut(size.saturating_mul(POOL)) {
        // Stable: samples of one length keep their random order.
        pool.sort_by_key(|sample| lengths[*sample]);
    }
    let whole = order.len() / size;
    let mut batches: Vec<usize> = (0..whole).collect();
    rng.shuffle(&mut batches);
    let sorted = batches.into_iter().flat_map(|batch| &order[batch * size..][..size]);
    sorted.chain(&order[whole * size..]).copied().collect()
}

impl<I, T> Dataset<I, T> {
    /// Puts the samples into a random order in which every batch of `size` has samples of similar lengths, as [`similar_lengths`] says.
    /// `length` returns the length of a sample.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::Dataset;
    /// let texts = vec![vec![7], vec![1, 2, 3], vec![8], vec![4, 5, 6]];
    /// let mut data = Dataset::new(texts, vec![0, 1, 0, 1])?;
    /// data.group_lengths(2, 42, |text, _| text.len());
    /// for (texts, labels) in data.batches(2) {
    ///     assert_eq!(texts[0].len(), texts[1].len());
    ///     assert_eq!(labels[0], labels[1]);
    /// }
    /// # Ok::<(), dl::Error>(())
    /// ```
    pub fn group_lengths(&mut self, size: usize, seed: u64, length: impl Fn(&I, &T) -> usize) {
        let lengths: Vec<usize> = self.iter().map(|(input, target)| length(input, target)).collect();
        let order = similar_lengths(&lengths, size, seed);
        arrange(&mut self.inputs, order.clone());
        arrange(&mut self.targets, order);
    }
}

/// Puts `items[order[i]]` into the place of `items[i]`, for all `i` of the order.
fn arrange<V>(items: &mut [V], mut order: Vec<usize>) {
    for start in 0..order.len() {
        // Every cycle of the order is done when its first item is met.
        let mut at = start;
        while order[at] != start && order[at] != at {
            let from = order[at];
            exchange(items, at, from);
            order[at] = at;
            at = from;
        }
        order[at] = at;
    }
}

/// Exchanges two items. Unlike `swap`, it never has one on the stack, however large it is.
fn exchange<V>(items: &mut [V], a: usize, b: usize) {
    let (before, after) = items.split_at_mut(a.max(b));
    before[a.min(b)..][..1].swap_with_slice(&mut after[..1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths from 1 to 60, in no order.
    fn lengths(count: usize) -> Vec<usize> {
        (0..count).map(|sample| sample * 7919 % 60 + 1).collect()
    }

    #[test]
    fn every_sample_comes_once() {
        for (count, size) in [(0, 4), (1, 4), (4, 4), (1003, 4), (1003, 1), (10, 0), (10, 1000), (10, usize::MAX)] {
            let mut order = similar_lengths(&lengths(count), size, 3);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..count), "{count} samples, {size} at a time");
        }
    }

    #[test]
    fn batches_have_similar_lengths_in_random_order() {
        let lengths = lengths(6400);
        let order = similar_lengths(&lengths, 32, 3);
        let of = |batch: &[usize]| batch.iter().map(|sample| lengths[*sample]).collect::<Vec<_>>();
        let batches: Vec<Vec<usize>> = order.chunks(32).map(of).collect();
        let padding: usize = batches.iter().map(|batch| 32 * batch[31] - batch.iter().sum::<usize>()).sum();
        let rows: usize = lengths.iter().sum();
        assert!(padding * 50 < rows, "{padding} rows are missing to {rows}");
        assert!(!batches.is_sorted() && !batches.chunks(100).all(|pool| pool.is_sorted()));
        // Another seed makes other batches, the same one the same.
        let sorted = |seed| {
            let mut first = similar_lengths(&lengths, 32, seed)[..32].to_vec();
            first.sort_unstable();
            first
        };
        assert_ne!(sorted(3), sorted(4));
        assert_eq!(similar_lengths(&lengths, 32, 3), order);
    }

    #[test]
    fn a_short_batch_is_the_last() {
        for seed in 0..20 {
            let order = similar_lengths(&[5, 5, 5, 5, 5, 90, 90, 90], 3, seed);
            assert_eq!(order.len(), 8);
            let batches: Vec<Vec<usize>> = order.chunks(3).map(<[usize]>::to_vec).collect();
            // The longest are sorted to the end, where two are left over.
            assert!(batches[2].iter().all(|sample| *sample >= 5));
        }
    }

    #[test]
    fn inputs_stay_with_their_targets() {
        let lengths = lengths(500);
        let mut set = Dataset::new(lengths.iter().map(|len| vec![*len; *len]).collect(), lengths.clone()).unwrap();
        set.group_lengths(16, 9, |input, target| {
            assert_eq!(input.len(), *target);
            input.len()
        });
        assert!(set.iter().all(|(input, target)| input.len() == *target));
        let expected: Vec<usize> = similar_lengths(&lengths, 16, 9).into_iter().map(|sample| lengths[sample]).collect();
        assert_eq!(set.targets, expected);
        // Fields that were changed to unequal lengths are arranged as far as they are samples.
        set.targets.truncate(3);
        set.group_lengths(2, 1, |_, target| *target);
        assert_eq!((set.inputs.len(), set.targets.len()), (500, 3));
    }
}
