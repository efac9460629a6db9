//! Checkpoints: the state of a training in one safetensors file, from which it can be resumed as if it had never been interrupted.
//!
//! The file holds the weights under their names in the model, the buffers of the optimizer as `optimizer.<buffer>.<tensor>`, the states
//! that recurrent layers carry as `carried.states`, an average of the weights as `average.<tensor>`, and everything else as JSON under one
//! key of the metadata. A checkpoint is therefore also a file of the model: `Load::new().allow_unexpected(true)` reads it.

use super::Training;
use super::carried::CarriedOnHost;
use super::optimizer_record::{OptimizerOnHost, OptimizerRecord};
use crate::io::Save;
use crate::io::safetensors::{Reader, Writer};
use crate::ops::Device;
use crate::optim::Optimizer;
use crate::tensor::pod::{flat, flat_mut, reserved, zeroed_box};
use crate::{Error, Passes, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The metadata key whose value is a [`Checkpoint`] as JSON.
const KEY: &str = "checkpoint";
/// The version of the format: of [`Checkpoint`] and of the names of tensors.
const VERSION: u32 = 1;
/// The prefix of the average of the weights.
const AVERAGE: &str = "average.";
/// The prefix of the weights of the best epoch.
const BEST: &str = "best.";
/// The name of the states that recurrent layers carry to the next batch.
const CARRIED: &str = "carried.states";

/// The content of a checkpoint apart from its tensors, with the caller's own state `S`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint<S, O = OptimizerRecord> {
    version: u32,
    /// [`NAME`](crate::Declared::NAME).
    model: String,
    /// The seed of dropout.
    seed: u64,
    /// The number of steps of the training.
    steps: u64,
    /// The optimizer of the last step; `None` before the first step.
    optimizer: Option<O>,
    /// The number of updates of the average of the weights, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    averaged: Option<u64>,
    state: S,
}

/// The part of the JSON that every version has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl<M: Passes, D: Device> Training<M, D> {
    /// Writes the weights, the buffers of the optimizer, the seed and the number of steps to a file, atomically. `state` is whatever the
    /// training loop needs to continue, or `&()`; it is stored as JSON, which can represent neither NaN nor infinities.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model>(net: &Net, path: &std::path::Path) -> dl::Result<()> {
    /// use dl::prelude::*;
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Progress {
    ///     epoch: usize,
    /// }
    ///
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// training.save_checkpoint(path, &Progress { epoch: 3 })?;
    /// let progress: Progress = training.load_checkpoint(&Adam::new(1e-3), path)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Io`], [`Error::Format`] for a state that JSON cannot represent, and the errors of the device.
    pub fn save_checkpoint<S: Serialize>(&self, path: impl AsRef<Path>, state: &S) -> Result<()> {
        let mut net = zeroed_box();
        self.store(&mut net)?;
        write_checkpoint(path.as_ref(), &self.snapshot()?, state, &net, None)
    }
    /// Restores everything from a checkpoint that was written with an optimizer of the same type, and returns the state that was saved
    /// with it.
    ///
    /// # Errors
    /// Returns [`Error::Checkpoint`] if the file belongs to another version, model or optimizer, [`Error::Format`] if it is not a
    /// checkpoint or its state is not an `S`, and the errors of loading a model. After such an error the session is unchanged.
    pub fn load_checkpoint<S: DeserializeOwned, O: Optimizer>(
        &mut self,
        optimizer: &O,
        path: impl AsRef<Path>,
    ) -> Result<S> {
        Ok(self.read_checkpoint(optimizer, path.as_ref(), Carry::Always)?.0)
    }

    /// Returns the state of the session for a checkpoint, without the weights.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<M>> {
        let (seed, steps) = (self.seed_of_passes(), self.steps());
        let (optimizer, carried) = (self.optimizer_on_host()?, self.carried_on_host()?);
        let average = self.average_on_host()?;
        let mut weights = average.is_some().then(zeroed_box);
        weights.as_mut().map_or(Ok(()), |weights| self.store(weights))?;
        Ok(Snapshot { seed, steps, optimizer, carried, average, weights })
    }
    /// [`Training::load_checkpoint`], which also returns the weights of the best epoch if the file contains them.
    pub(crate) fn read_checkpoint<S: DeserializeOwned, O: Optimizer>(
        &mut self,
        optimizer: &O,
        path: &Path,
        carry: Carry,
    ) -> Result<(S, Option<Box<M>>)> {
        let mut reader = Reader::open(path)?;
        let json = reader.metadata().get(KEY);
        let json = json.ok_or_else(|| malformed(path, format!("the key `{KEY}` in the metadata"), "none"))?;
        let fields = |error: serde_json::Error| malformed(path, "the fields of a checkpoint", &error.to_string());
        let Version { version } = serde_json::from_str(json).map_err(fields)?;
        same(path, "version", VERSION, version)?;
        // The state is parsed last, so that a file of another model is reported as such and not as one with a wrong state.
        let checkpoint: Checkpoint<serde_json::Value> = serde_json::from_str(json).map_err(fields)?;
        let Checkpoint { model, seed, steps, optimizer: record, averaged, state, .. } = checkpoint;
        same(path, "model", M::NAME, &*model)?;
        if let Some(record) = &record {
            record.check::<O>(path)?;
        }
        let optimizer_steps = record.as_ref().map_or(0, |record| record.steps);
        // The limit keeps later sums of steps from overflowing.
        if steps > u64::MAX / 2 || optimizer_steps > steps || record.is_none() != (steps == 0) {
            let found = format!("{steps} steps, {optimizer_steps} of them with the optimizer");
            return Err(malformed(path, "steps that a training can have taken", &found));
        }
        let state: S = serde_json::from_value(state)
            .map_err(|error| malformed(path, "the state of such a training", &error.to_string()))?;
        let net = read_tensors::<M>(&mut reader, "")?;
        let of_optimizer = record.map(|record| self.read_optimizer(optimizer, record, &mut reader)).transpose()?;
        let has_best = reader.names().iter().any(|name| name.starts_with(BEST));
        let best = has_best.then(|| read_tensors(&mut reader, BEST)).transpose()?;
        if averaged == Some(0) {
            return Err(malformed(path, "an average of at least one update", "0"));
        }
        let average = match averaged {
            Some(updates) => Some((read_tensors::<M>(&mut reader, AVERAGE)?, updates)),
            None => None,
        };
        let carried = read_carried::<M>(&mut reader, self.batch_size(), carry)?;
        self.reload(&net)?;
        self.restore(seed, steps);
        self.restore_carried(carried)?;
        self.restore_average(average)?;
        if let Some(from) = of_optimizer {
            self.restore_optimizer::<O>(&from)?;
        }
        Ok((state, best))
    }
}

/// The state of a session after one step, without its weights.
pub(crate) struct Snapshot<M> {
    /// The seed of dropout.
    seed: u64,
    /// The number of steps of the training.
    steps: u64,
    optimizer: OptimizerOnHost,
    /// The states that recurrent layers carry to the next batch.
    carried: Option<CarriedOnHost>,
    /// The average of the weights, and the number of its updates.
    average: Option<(Box<M>, u64)>,
    /// The weights themselves, if there is an average: the network may then hold that.
    weights: Option<Box<M>>,
}

/// [`Training::save_checkpoint`] for weights that are already on the host, and with the weights of the best epoch.
pub(crate) fn write_checkpoint<M: Passes, S: Serialize>(
    path: &Path,
    snapshot: &Snapshot<M>,
    state: &S,
    net: &M,
    best: Option<&M>,
) -> Result<()> {
    let &Snapshot { seed, steps, .. } = snapshot;
    let optimizer = (steps > 0).then(|| snapshot.optimizer.record());
    let averaged = snapshot.average.as_ref().map(|(_, updates)| *updates);
    let checkpoint = Checkpoint { version: VERSION, model: M::NAME.into(), seed, steps, optimizer, averaged, state };
    let json = serde_json::to_string(&checkpoint)
        .map_err(|error| malformed(path, "a state that fits into JSON", &error.to_string()))?;
    let net = snapshot.weights.as_deref().unwrap_or(net);
    let tensors: Vec<_> = M::TENSORS.iter().collect();
    let mut writer = snapshot.optimizer.write(&tensors, Save::new().metadata(KEY, json).writer(net)?);
    if let Some(CarriedOnHost { shape, states }) = &snapshot.carried {
        writer = writer.tensor(CARRIED, shape, states);
    }
    if let Some((average, _)) = &snapshot.average {
        writer = add_tensors(writer, AVERAGE, &**average);
    }
    if let Some(best) = best {
        writer = add_tensors(writer, BEST, best);
    }
    writer.write(path)
}

/// Adds all tensors of a value with the layout of the model, under names that start with `prefix`.
fn add_tensors<'a, M: Passes>(writer: Writer<'a>, prefix: &str, values: &'a M) -> Writer<'a> {
    let floats = flat(std::slice::from_ref(values));
    M::TENSORS
        .iter()
        .fold(writer, |writer, t| writer.tensor(format!("{prefix}{}", t.name), t.shape, &floats[t.range()]))
}

/// Reads the tensors that [`add_tensors`] wrote.
fn read_tensors<M: Passes>(reader: &mut Reader<'_>, prefix: &str) -> Result<Box<M>> {
    let mut values = zeroed_box::<M>();
    let floats = flat_mut(std::slice::from_mut(&mut *values));
    for tensor in M::TENSORS.iter() {
        let name = format!("{prefix}{}", tensor.name);
        reader.check(&name, tensor.shape)?;
        reader.read(&name, &mut floats[tensor.range()])?;
    }
    Ok(values)
}

/// The treatment of the states that recurrent layers carry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carry {
    /// States of more samples than a batch has are an error.
    Always,
    /// They are left out.
    IfItFits,
}

/// Reads the states that recurrent layers carry, if the file contains them, for a session of at most `most` samples.
fn read_carried<M: Passes>(reader: &mut Reader<'_>, most: usize, carry: Carry) -> Result<Option<CarriedOnHost>> {
    let Some(&[samples, stride]) = reader.shape(CARRIED) else { return Ok(None) };
    if samples > most && stride == M::CARRIED && carry == Carry::IfItFits {
        return Ok(None);
    }
    if !(1..=most).contains(&samples) || stride != M::CARRIED {
        let expected = format!("the states of 1 to {most} samples of {} numbers each", M::CARRIED);
        return Err(malformed(reader.path(), expected, &format!("{samples} samples of {stride}")));
    }
    let mut states = reserved(samples * stride)?;
    states.resize(samples * stride, 0.0);
    reader.read(CARRIED, &mut states)?;
    Ok(Some(CarriedOnHost { shape: [samples, stride], states }))
}

/// Checks that a value in the checkpoint equals that of the training to be resumed.
///
/// # Errors
/// Returns [`Error::Checkpoint`] with both values.
pub(crate) fn same<T: PartialEq + ToString>(path: &Path, what: &'static str, expected: T, found: T) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Checkpoint { path: path.into(), what, expected: expected.to_string(), found: found.to_string() })
}

/// Returns the error for a file that is damaged or not a checkpoint.
pub(crate) fn malformed(path: &Path, expected: impl Into<String>, found: &str) -> Error {
    let found = found.chars().take(200).collect();
    Error::Format { path: path.into(), format: "checkpoint", expected: expected.into(), found }
}
