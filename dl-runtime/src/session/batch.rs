//! Transfers of batches to and from the device: checks their sizes, picks their samples, and lays their parts out one after another.

use crate::network::Row;
use crate::ops::Device;
use crate::tensor::Pack;
use crate::{Error, Passes, Pod, Result};
use std::slice;

/// Checks the size of a batch that is passed to a session.
pub(super) fn check_batch(of: &'static str, found: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    let expected = format!("from 1 to {most}, the samples that the session was made for");
    Err(Error::Setting { setting: "batch size", of, expected, found: found.to_string() })
}

/// Checks the largest batch that a session is made for: the numbers that it needs must fit into the address space, so that no later
/// product overflows.
pub(super) fn check_samples<M: Passes>(of: &'static str, found: usize) -> Result<()> {
    let most = isize::MAX as usize / size_of::<f32>() / per_sample::<M>();
    if (1..=most).contains(&found) {
        return Ok(());
    }
    let expected = format!("from 1 to {most}, and small enough for the memory");
    Err(Error::Setting { setting: "samples", of, expected, found: found.to_string() })
}

/// Returns an upper bound of the numbers that a session keeps for one sample: input, output, their gradients, the terms of a loss, and
/// the memory of all passes.
fn per_sample<M: Passes>() -> usize {
    let passes = M::INFERENCE_FLOATS.saturating_add(M::TRAINING_FLOATS).saturating_add(M::ARENA.floats());
    (Row::<M::Input>::LEN + Row::<M::Output>::LEN + 64).saturating_add(passes).saturating_mul(4)
}

/// Fills the outputs of inputs that the model rejects (such as an unknown token) with NaN, for callers that cannot return an error.
pub(crate) fn nan_for_refused<M: Passes>(inputs: &[M::Input], outputs: &mut [M::Output]) {
    if M::check_inputs(inputs).is_ok() {
        return;
    }
    for (input, output) in inputs.iter().zip(outputs) {
        if M::check_inputs(slice::from_ref(input)).is_err() {
            (0..M::Output::PARTS.len()).for_each(|part| output.part_mut(part).fill(f32::NAN));
        }
    }
}

/// The smallest batch that a layer or a loss accepts.
pub(crate) struct SmallBatch {
    /// The number of samples.
    pub samples: usize,
    /// The layer or loss, such as ``layer `norm` in training`` or ``loss `nt_xent` ``.
    pub of: String,
}

impl SmallBatch {
    /// Checks that a batch of `found` samples is large enough; `batch` and `help` are text for the error.
    pub fn check(&self, found: usize, batch: impl FnOnce() -> String, help: &'static str) -> Result<()> {
        if found >= self.samples {
            return Ok(());
        }
        Err(Error::SmallBatch { batch: batch(), found, of: self.of.clone(), least: self.samples, help })
    }
}

/// Returns the smallest batch that the model can be trained with, and the layer that requires it.
pub(crate) fn min_batch_of_model<M: Passes>() -> SmallBatch {
    let (mut layers, mut path) = (M::LAYERS, Vec::new());
    while let Some(layer) = layers.iter().find(|layer| layer.min_batch == M::MIN_BATCH) {
        path.push(layer.name);
        layers = layer.inside;
    }
    let name = if path.is_empty() { M::NAME.into() } else { path.join(".") };
    SmallBatch { samples: M::MIN_BATCH, of: format!("layer `{name}` in training") }
}

/// Checks that a batch of a session is large enough for training.
pub(super) fn check_min_batch<M: Passes>(found: usize) -> Result<()> {
    // The name of the layer is only built for an error, because a step must not allocate memory.
    if found >= M::MIN_BATCH { Ok(()) } else { min_batch_of_model::<M>().check(found, || "the batch".into(), "") }
}

/// The samples of a batch.
pub(crate) enum Samples<'a, T> {
    /// All values of a slice.
    All(&'a [T]),
    /// The values of a slice with these indices.
    Picked(&'a [T], &'a [usize]),
}

impl<'a, T: Pack> Samples<'a, T> {
    /// The size of the batch.
    pub fn len(&self) -> usize {
        match self {
            Samples::All(values) => values.len(),
            Samples::Picked(_, indices) => indices.len(),
        }
    }
    /// Returns the sample of the batch with this index.
    pub fn get(&self, slot: usize) -> &'a T {
        match self {
            Samples::All(values) => &values[slot],
            Samples::Picked(values, indices) => &values[indices[slot]],
        }
    }
    /// Returns the number of elements of the packed batch.
    pub fn elements(&self) -> usize {
        if T::PARTS.iter().all(|part| !part.sequence) {
            return self.len() * T::PARTS.iter().map(|part| part.len).sum::<usize>();
        }
        let parts = T::PARTS.iter().enumerate();
        parts.map(|(k, part)| part.len * (0..self.len()).map(|slot| self.get(slot).rows(k)).sum::<usize>()).sum()
    }
    /// Writes the samples in the layout of devices: the first parts of all samples, then the second parts, and so on.
    pub fn write(&self, to: &mut [T::Element]) {
        if let Samples::All(values) = self
            && let Some(packed) = T::packed(values)
        {
            return to.copy_from_slice(packed);
        }
        let mut to = to;
        for part in 0..T::PARTS.len() {
            for slot in 0..self.len() {
                let from = self.get(slot).part(part);
                let (place, rest) = to.split_at_mut(from.len());
                place.copy_from_slice(from);
                to = rest;
            }
        }
    }
}

/// Reads values in the layout of devices, as [`Samples::write`] wrote them; `ends` are those of their sequences, in order.
pub(super) fn unpack<T: Pack>(from: &[T::Element], ends: &[impl AsRef<[u32]>], values: &mut [T]) {
    let (mut from, mut ends) = (from, ends.iter());
    for (k, part) in T::PARTS.iter().enumerate() {
        let (ends, mut start) = (if part.sequence { ends.next() } else { None }, 0);
        for (sample, value) in values.iter_mut().enumerate() {
            let rows =
                ends.map_or(1, |ends| ends.as_ref()[sample] - std::mem::replace(&mut start, ends.as_ref()[sample]));
            value.resize(k, rows as usize);
            let (part, rest) = from.split_at(rows as usize * part.len);
            value.part_mut(k).copy_from_slice(part);
            from = rest;
        }
    }
}

/// Copies a packed batch of values from the device to the host.
pub(super) fn download<D: Device, T: Pack>(
    device: &D,
    from: D::Ref<'_, T::Element>,
    ends: &[impl AsRef<[u32]>],
    to: &mut [T],
) -> Result<()> {
    if let Some(to) = T::packed_mut(to) {
        return device.download(from, to);
    }
    let mut packed = vec![T::Element::default(); D::len(from)];
    device.download(from, &mut packed)?;
    unpack(&packed, ends, to);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Pair {
        a: [f32; 2],
        b: f32,
    }
    // SAFETY: `repr(C)`, three `f32`.
    unsafe impl Pod for Pair {
        type Element = f32;
        const PARTS: &'static [usize] = &[2, 1];
    }

    #[test]
    fn parts_lie_apart_and_come_back() {
        let pairs = [Pair { a: [1.0, 2.0], b: 3.0 }, Pair { a: [4.0, 5.0], b: 6.0 }];
        let mut packed = [0.0; 6];
        Samples::All(&pairs).write(&mut packed);
        assert_eq!(packed, [1.0, 2.0, 4.0, 5.0, 3.0, 6.0]);
        let mut back = [Pair { a: [0.0; 2], b: 0.0 }; 2];
        unpack::<Pair>(&packed, &[[0; 0]; 0], &mut back);
        assert_eq!(back, pairs);
        Samples::Picked(&pairs, &[1, 0]).write(&mut packed);
        assert_eq!(packed, [4.0, 5.0, 1.0, 2.0, 6.0, 3.0]);
    }

    #[test]
    fn sequences_are_packed_without_padding() {
        let texts = [vec![1, 2, 3], vec![4], vec![5, 6]];
        let batch = Samples::Picked(&texts, &[2, 0]);
        let mut packed = [0; 5];
        assert_eq!(batch.elements(), packed.len());
        batch.write(&mut packed);
        assert_eq!(packed, [5, 6, 1, 2, 3]);
        let mut back = [vec![9; 7], Vec::new()];
        unpack(&packed, &[[2, 5]], &mut back);
        assert_eq!(back, [vec![5, 6], vec![1, 2, 3]]);
    }
}
