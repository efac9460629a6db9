//! The weights of a network that a training leaves as they are; operations ask whether theirs are among them.

use super::Storage;
use std::ops::Range;

/// The frozen ranges of the weights of a network in the memory of a device.
#[derive(Clone, Copy, Debug)]
pub struct Frozen<'a> {
    /// The address of the first weight.
    start: usize,
    /// The ranges of frozen weights, in ascending order, with others between them.
    ranges: &'a [Range<usize>],
    /// The index of the first weight to which a gradient is needed; `None` if all gradients are.
    first: Option<usize>,
}

impl<'a> Frozen<'a> {
    /// Nothing is frozen.
    pub const NOTHING: Frozen<'static> = Frozen { start: 0, ranges: &[], first: None };

    /// Returns the frozen ranges of these weights, in ascending order and without neighbours. `first` is the index of the first weight to
    /// which the backward pass needs a gradient, or `None` if it needs all gradients, that to the input too.
    pub fn of<D: Storage>(weights: D::Ref<'_, f32>, ranges: &'a [Range<usize>], first: Option<usize>) -> Self {
        Frozen { start: D::address(weights), ranges, first }
    }
    /// Returns whether all of these weights are frozen.
    pub fn all<D: Storage>(self, weights: D::Ref<'_, f32>) -> bool {
        !self.ranges.is_empty() && {
            let (first, end) = self.place::<D>(weights);
            self.after(first).is_some_and(|range| range.start <= first && end <= range.end)
        }
    }
    /// Returns whether some of these weights are frozen.
    pub fn any<D: Storage>(self, weights: D::Ref<'_, f32>) -> bool {
        !self.ranges.is_empty() && {
            let (first, end) = self.place::<D>(weights);
            self.after(first).is_some_and(|range| range.start < end)
        }
    }
    /// See [`Context::first_trained`](super::Context::first_trained).
    pub(super) fn first_needed<D: Storage>(self, weights: D::Ref<'_, f32>) -> usize {
        let place = |first: usize| self.start + first * size_of::<f32>() + 1;
        self.first.map_or(0, |first| place(first).saturating_sub(D::address(weights)))
    }
    /// Returns the indices of the first weight and of that behind the last.
    fn place<D: Storage>(self, weights: D::Ref<'_, f32>) -> (usize, usize) {
        let first = D::address(weights).wrapping_sub(self.start) / size_of::<f32>();
        (first, first + D::len(weights))
    }
    /// Returns the first range that ends behind the weight `first`.
    fn after(self, first: usize) -> Option<&'a Range<usize>> {
        self.ranges.get(self.ranges.partition_point(|range| range.end <= first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Cpu};

    #[test]
    fn parts_of_the_weights_know_what_is_frozen() {
        let (cpu, weights) = (Cpu::with_threads(1), [0.0f32; 10]);
        let ranges = [1..4, 6..8];
        let frozen = Frozen::of::<Cpu>(&weights, &ranges, Some(4));
        let asked =
            |range: Range<usize>| (frozen.all::<Cpu>(&weights[range.clone()]), frozen.any::<Cpu>(&weights[range]));
        for (range, expected) in [
            (0..1, (false, false)),
            (0..2, (false, true)),
            (1..4, (true, true)),
            (2..3, (true, true)),
            (3..5, (false, true)),
            (4..6, (false, false)),
            (1..8, (false, true)),
            (6..8, (true, true)),
            (7..10, (false, true)),
            (8..10, (false, false)),
        ] {
            assert_eq!(asked(range.clone()), expected, "{range:?}");
        }
        let first =
            |part: Range<usize>| Context { frozen, ..Context::<Cpu>::new(&cpu, 0) }.first_trained(&weights[part]);
        assert_eq!([0..3, 2..9, 4..10, 5..10].map(first), [17, 9, 1, 0]);
        assert_eq!(Context::<Cpu>::new(&cpu, 0).first_trained(&weights[..]), 0);
        assert!(!Frozen::NOTHING.any::<Cpu>(&weights) && !Frozen::NOTHING.all::<Cpu>(&weights));
    }
}
