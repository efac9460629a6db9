//! Transfers of batches to and from the device: checks their sizes, picks their samples, and lays their parts out one after another.

use crate::ops::Device;
use crate::tensor::pod::{flat, flat_mut};
use crate::{Error, Passes, Pod, Result, View};
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
    let passes = M::INFERENCE_FLOATS.saturating_add(M::TRAINING_FLOATS);
    (M::Input::LEN + M::Output::LEN + 64).saturating_add(passes).saturating_mul(4)
}

/// Fills the outputs of inputs that the model rejects (such as an unknown token) with NaN, for callers that cannot return an error.
pub(crate) fn nan_for_refused<M: Passes>(inputs: &[M::Input], outputs: &mut [M::Output]) {
    if M::check_inputs(inputs).is_ok() {
        return;
    }
    for (input, output) in inputs.iter().zip(outputs) {
        if M::check_inputs(slice::from_ref(input)).is_err() {
            flat_mut(slice::from_mut(output)).fill(f32::NAN);
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

impl<T: Pod> Samples<'_, T> {
    /// The size of the batch.
    pub fn len(&self) -> usize {
        match self {
            Samples::All(values) => values.len(),
            Samples::Picked(_, indices) => indices.len(),
        }
    }
    /// Writes the samples in the layout of devices: the first parts of all samples, then the second parts, and so on.
    pub fn write(&self, to: &mut [T::Element]) {
        match self {
            Samples::All(values) if T::PARTS.len() == 1 => to.copy_from_slice(flat(values)),
            Samples::All(values) => write_parts(values.len(), |slot| &values[slot], to),
            Samples::Picked(values, indices) => write_parts(indices.len(), |slot| &values[indices[slot]], to),
        }
    }
}

fn write_parts<'v, T: Pod>(n: usize, value: impl Fn(usize) -> &'v T, to: &mut [T::Element]) {
    let (mut start, mut to) = (0, to);
    for &len in T::PARTS {
        let (part, rest) = to.split_at_mut(n * len);
        for (slot, part) in part.chunks_exact_mut(len.max(1)).enumerate() {
            part.copy_from_slice(&flat(slice::from_ref(value(slot)))[start..start + len]);
        }
        (start, to) = (start + len, rest);
    }
}

/// Reads values in the layout of devices, as [`Samples::write`] wrote them.
pub(super) fn unpack<T: Pod>(from: &[T::Element], values: &mut [T]) {
    let (n, mut start, mut from) = (values.len(), 0, from);
    for &len in T::PARTS {
        let (part, rest) = from.split_at(n * len);
        for (value, part) in values.iter_mut().zip(part.chunks_exact(len.max(1))) {
            flat_mut(slice::from_mut(value))[start..start + len].copy_from_slice(part);
        }
        (start, from) = (start + len, rest);
    }
}

/// Copies a batch of values from the device to the host.
pub(super) fn download<D: Device, T: Pod>(device: &D, from: View<'_, D, T>, to: &mut [T]) -> Result<()> {
    if T::PARTS.len() == 1 {
        return device.download(from.data(), flat_mut(to));
    }
    let mut packed = vec![T::Element::default(); to.len() * T::LEN];
    device.download(from.data(), &mut packed)?;
    unpack(&packed, to);
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
        unpack(&packed, &mut back);
        assert_eq!(back, pairs);
        Samples::Picked(&pairs, &[1, 0]).write(&mut packed);
        assert_eq!(packed, [4.0, 5.0, 1.0, 2.0, 6.0, 3.0]);
    }
}
