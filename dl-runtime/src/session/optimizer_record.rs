//! The optimizer in a checkpoint: its buffers as tensors `optimizer.<buffer>.<tensor>`, and a record of groups and frozen tensors.

use super::Training;
use super::checkpoint::{malformed, same};
use super::optimizer_state::{OptimizerState, Span, Trained};
use crate::io::safetensors::{Reader, Writer};
use crate::ops::Device;
use crate::optim::{Group, Optimizer};
use crate::tensor::pod::reserved;
use crate::{Passes, Result, TensorInfo};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The description of the optimizer in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptimizerRecord {
    /// [`Optimizer::NAME`].
    name: String,
    /// The number of steps taken with this optimizer.
    pub steps: u64,
    /// The patterns of the groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    /// All tensors in order; without groups and frozen tensors, it is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spans: Vec<SpanRecord>,
}

/// Neighbouring tensors that are trained alike.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpanRecord {
    /// The number of tensors.
    tensors: usize,
    group: Option<usize>,
    frozen: bool,
    steps: u64,
}

/// The state of an optimizer on the host.
pub(crate) struct OptimizerOnHost {
    record: OptimizerRecord,
    /// [`Optimizer::buffers`].
    names: &'static [&'static str],
    /// The buffers of each span.
    buffers: Vec<Vec<Vec<f32>>>,
}

impl OptimizerOnHost {
    pub(super) fn record(&self) -> &OptimizerRecord {
        &self.record
    }
    /// Adds all buffers to a file.
    pub(super) fn write<'a>(&'a self, tensors: &'a [TensorInfo], mut writer: Writer<'a>) -> Writer<'a> {
        let mut rest = tensors;
        for (buffers, count) in self.buffers.iter().zip(self.counts(tensors.len())) {
            let own = rest.split_off(..count).unwrap_or_default();
            for (name, buffer) in self.names.iter().zip(buffers) {
                let mut numbers = buffer.as_slice();
                for tensor in own {
                    let part = numbers.split_off(..tensor.len()).unwrap_or_default();
                    writer = writer.tensor(format!("optimizer.{name}.{}", tensor.name), tensor.shape, part);
                }
            }
        }
        writer
    }
    /// Returns the number of tensors of each span.
    fn counts(&self, all: usize) -> Vec<usize> {
        match self.record.spans.as_slice() {
            [] => vec![all],
            spans => spans.iter().map(|span| span.tensors).collect(),
        }
    }
}

impl<M: Passes, D: Device> Training<M, D> {
    /// Returns the state of the optimizer.
    pub(super) fn optimizer_on_host(&self) -> Result<OptimizerOnHost> {
        let state = &self.optimizing;
        let record = |span: &Span<D>| SpanRecord {
            tensors: span.tensors.len(),
            group: span.trained.group,
            frozen: span.trained.frozen,
            steps: span.steps,
        };
        let plain = matches!(state.spans.as_slice(), [span] if span.trained == Trained::default());
        let spans = if plain { Vec::new() } else { state.spans.iter().map(record).collect() };
        let groups = patterns(state);
        let download = |buffer: &D::Buffer<f32>| {
            let mut values = reserved(D::len(D::whole(buffer)))?;
            values.resize(D::len(D::whole(buffer)), 0.0);
            self.device.download(D::whole(buffer), &mut values)?;
            Ok(values)
        };
        let buffers = state.spans.iter().map(|span| span.buffers.iter().map(download).collect());
        Ok(OptimizerOnHost {
            buffers: buffers.collect::<Result<_>>()?,
            record: OptimizerRecord { name: state.name.into(), steps: state.steps(), groups, spans },
            names: state.names,
        })
    }
    /// Reads the state of an optimizer from a checkpoint of a training with the same groups.
    pub(super) fn read_optimizer<O: Optimizer>(
        &self,
        optimizer: &O,
        mut record: OptimizerRecord,
        reader: &mut Reader<'_>,
    ) -> Result<OptimizerOnHost> {
        let (state, path) = (&self.optimizing, reader.path().to_owned());
        let text = |patterns: &[String]| if patterns.is_empty() { "none".into() } else { patterns.join(", ") };
        same(&path, "groups of tensors", text(&patterns(state)), text(&record.groups))?;
        if record.spans.is_empty() {
            let (tensors, steps) = (state.tensors.len(), record.steps);
            record.spans.push(SpanRecord { tensors, group: None, frozen: false, steps });
        }
        let counted = record.spans.iter().try_fold(0usize, |sum, span| sum.checked_add(span.tensors));
        let complete = |span: &SpanRecord| span.steps <= record.steps && (span.tensors > 0 || state.tensors.is_empty());
        let fits = counted == Some(state.tensors.len()) && record.spans.iter().all(complete);
        let groups = record.spans.iter().flat_map(|span| std::iter::repeat_n(span.group, span.tensors));
        if !fits || !groups.eq(state.trained().map(|trained| trained.group)) {
            let found = format!("{} spans of other tensors", record.spans.len());
            return Err(malformed(&path, "spans of the tensors of each group", &found));
        }
        let (mut rest, mut buffers) = (state.tensors.as_slice(), Vec::new());
        for span in &record.spans {
            let own = rest.split_off(..span.tensors).unwrap_or_default();
            let names = if span.steps > 0 { optimizer.buffers() } else { &[] };
            let buffer = |name: &&str| read_buffer(reader, name, own);
            buffers.push(names.iter().map(buffer).collect::<Result<_>>()?);
        }
        Ok(OptimizerOnHost { record, names: optimizer.buffers(), buffers })
    }
    /// Restores the state of an optimizer.
    pub(super) fn restore_optimizer<O: Optimizer>(&mut self, from: &OptimizerOnHost) -> Result<()> {
        let (device, state) = (&self.device, &mut self.optimizing);
        (state.name, state.names) = (O::NAME, from.names);
        let trained = |span: &SpanRecord| Trained { group: span.group, frozen: span.frozen };
        state.set_spans(device, from.record.spans.iter().map(|span| (span.tensors, trained(span), span.steps)))?;
        for (span, buffers) in state.spans.iter_mut().zip(&from.buffers) {
            for (to, numbers) in span.buffers.iter_mut().zip(buffers) {
                device.upload(numbers, D::whole_mut(to))?;
            }
        }
        Ok(())
    }
}

impl OptimizerRecord {
    /// Checks that the optimizer is one of type `O`.
    pub fn check<O: Optimizer>(&self, path: &Path) -> Result<()> {
        same(path, "optimizer", O::NAME, &*self.name)
    }
}

/// Returns the patterns of all groups.
fn patterns<D: Device>(state: &OptimizerState<D>) -> Vec<String> {
    state.groups.iter().map(Group::pattern).map(String::from).collect()
}

/// Reads a buffer of the optimizer for these tensors.
fn read_buffer(reader: &mut Reader<'_>, name: &str, tensors: &[TensorInfo]) -> Result<Vec<f32>> {
    let (mut numbers, prefix) = (Vec::new(), format!("optimizer.{name}."));
    // A buffer of a setting that was off begins as in the first step.
    if !reader.names().iter().any(|name| name.starts_with(&prefix)) {
        numbers.resize(tensors.iter().map(TensorInfo::len).sum(), 0.0);
        return Ok(numbers);
    }
    for tensor in tensors {
        let (name, start) = (format!("{prefix}{}", tensor.name), numbers.len());
        reader.check(&name, tensor.shape)?;
        numbers.resize(start + tensor.len(), 0.0);
        reader.read(&name, &mut numbers[start..])?;
    }
    Ok(numbers)
}
