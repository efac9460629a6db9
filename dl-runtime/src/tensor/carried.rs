//! The states of recurrent layers: what they remember of each sample of a batch, in one block for all layers of a model.

use super::Storage;

/// The states of recurrent layers, `[samples, stride]`, of which a layer has a part: for every layer of its stack `h`, then `c` if the
/// cell has one. The layer starts from them, and leaves those after the last row of each sample.
pub struct States<'a, D: Storage> {
    all: D::Mut<'a, f32>,
    stride: usize,
    first: usize,
}

impl<'a, D: Storage> States<'a, D> {
    /// Returns states of `stride` numbers for each sample, from the beginning of which a layer has its part.
    pub fn new(all: D::Mut<'a, f32>, stride: usize) -> Self {
        States { all, stride, first: 0 }
    }
    /// Returns the part that begins `offset` numbers later.
    pub fn at(&mut self, offset: usize) -> States<'_, D> {
        States { all: D::reborrow(&mut self.all), stride: self.stride, first: self.first + offset }
    }
    /// Returns all states, the numbers of a sample, and the first of them that belongs to the layer.
    pub fn into_parts(self) -> (D::Mut<'a, f32>, usize, usize) {
        (self.all, self.stride, self.first)
    }
}

/// The states from which [`States`] started, for the backward pass, to which they are constants.
pub struct InitialStates<'a, D: Storage> {
    all: D::Ref<'a, f32>,
    stride: usize,
    first: usize,
}

impl<'a, D: Storage> InitialStates<'a, D> {
    /// Returns states of `stride` numbers for each sample, from the beginning of which a layer has its part.
    pub fn new(all: D::Ref<'a, f32>, stride: usize) -> Self {
        InitialStates { all, stride, first: 0 }
    }
    /// Returns the part that begins `offset` numbers later.
    pub fn at(&self, offset: usize) -> InitialStates<'_, D> {
        InitialStates { all: D::shorten(self.all), stride: self.stride, first: self.first + offset }
    }
    /// Returns the number of floats of all states.
    pub(crate) fn floats(&self) -> usize {
        D::len(self.all)
    }
    /// Copies all states to memory of the same length, for a layer that continues them there.
    pub(crate) fn copied_to<'b>(self, device: &D, mut to: D::Mut<'b, f32>) -> States<'b, D> {
        device.copy(self.all, D::reborrow(&mut to));
        States { all: to, stride: self.stride, first: self.first }
    }
    /// Returns all states, the numbers of a sample, and the first of them that belongs to the layer.
    pub fn into_parts(self) -> (D::Ref<'a, f32>, usize, usize) {
        (self.all, self.stride, self.first)
    }
}
