//! The training of each tensor in a [`Training`](super::Training) session: its group, whether it is frozen, and the state
//! that the optimizer keeps between the steps.

use crate::ops::Device;
use crate::ops::optimizer::part;
use crate::optim::{Group, Optimizer, OptimizerStep, Segments, TrainedTensor, segments, trained_tensors};
use crate::{Result, Role, TensorInfo};
use std::ops::Range;

/// The groups of a session, and its tensors in spans that are trained alike.
pub(crate) struct OptimizerState<D: Device> {
    /// The tensors of the model.
    pub tensors: Vec<TensorInfo>,
    pub groups: Vec<Group>,
    /// All tensors in memory order; a single span unless there are groups or frozen tensors.
    pub spans: Vec<Span<D>>,
    /// The numbers of all tensors with their roles, if there are several spans or frozen ones; what is frozen counts as [`Role::Statistic`].
    segments: Option<Segments<D>>,
    /// The ranges of frozen numbers.
    pub frozen: Vec<Range<usize>>,
    /// The index of the first number that is trained, if anything is frozen.
    pub first: Option<usize>,
    /// [`Optimizer::workspace`], the largest of all spans.
    workspace: D::Buffer<f32>,
    /// [`Optimizer::NAME`]; empty before the first step.
    pub name: &'static str,
    /// [`Optimizer::buffers`].
    pub names: &'static [&'static str],
}

/// Neighbouring tensors of one group that were always frozen and trained together, with one state of the optimizer.
pub(crate) struct Span<D: Device> {
    /// The indices of its tensors.
    pub tensors: Range<usize>,
    /// The range of its numbers.
    pub range: Range<usize>,
    pub trained: Trained,
    /// The number of steps taken with this optimizer.
    pub steps: u64,
    /// One buffer for each of the optimizer's names, as long as the range; none before the first step.
    pub buffers: Vec<D::Buffer<f32>>,
    /// The segments from the start of the range on.
    segments: Segments<D>,
    /// The trained tensors from the start of the range on, for optimizers that treat whole tensors alike.
    tensors_alike: Vec<TrainedTensor>,
}

/// The group of a tensor, and whether it is frozen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trained {
    /// The index of its group, if it belongs to one.
    pub group: Option<usize>,
    pub frozen: bool,
}

impl<D: Device> Span<D> {
    fn new(device: &D, all: &[TensorInfo], tensors: Range<usize>, trained: Trained) -> Result<Self> {
        let own = &all[tensors.clone()];
        let start = own.first().map_or(0, |tensor| tensor.range().start);
        let end = own.last().map_or(start, |tensor| tensor.range().end);
        let shifted =
            own.iter().map(|tensor| TensorInfo { offset: tensor.offset - start * size_of::<f32>(), ..tensor.clone() });
        let segments = Segments::on(device, &segments(shifted.clone()))?;
        let (tensors_alike, buffers) = (trained_tensors(shifted), Vec::new());
        Ok(Span { tensors, range: start..end, trained, steps: 0, buffers, segments, tensors_alike })
    }
    /// Returns the parts that are trained alike, each with its part of the state; nothing if it is one part.
    fn divided(&self, device: &D, all: &[TensorInfo], of: impl Fn(usize, Trained) -> Trained) -> Result<Vec<Self>> {
        let trained: Vec<Trained> = self.tensors.clone().map(|tensor| of(tensor, self.trained)).collect();
        let (mut first, mut parts) = (self.tensors.start, Vec::new());
        for alike in trained.chunk_by(|a, b| a == b).filter(|alike| alike.len() < trained.len()) {
            let tensors = first..first + alike.len();
            first = tensors.end;
            let mut span = Span { steps: self.steps, ..Span::new(device, all, tensors, alike[0])? };
            let place = span.range.start - self.range.start..span.range.end - self.range.start;
            for buffer in &self.buffers {
                let mut copy = device.zeros(place.len())?;
                device.copy(D::slice(D::whole(buffer), place.clone()), D::whole_mut(&mut copy));
                span.buffers.push(copy);
            }
            parts.push(span);
        }
        Ok(parts)
    }
    /// Returns whether a step changes it.
    pub fn steps(&self) -> bool {
        !self.trained.frozen && !self.tensors_alike.is_empty()
    }
    fn allocate(&mut self, device: &D, names: &[&str]) -> Result<()> {
        while self.buffers.len() < names.len() {
            self.buffers.push(device.zeros(self.range.len())?);
        }
        Ok(())
    }
}

impl<D: Device> OptimizerState<D> {
    pub fn new(device: &D, tensors: Vec<TensorInfo>) -> Result<Self> {
        let mut state = OptimizerState {
            groups: Vec::new(),
            spans: Vec::new(),
            segments: None,
            frozen: Vec::new(),
            first: None,
            workspace: device.empty(),
            name: "",
            names: &[],
            tensors,
        };
        state.set_spans(device, [(state.tensors.len(), Trained::default(), 0)])?;
        Ok(state)
    }
    /// Makes spans of these numbers of tensors, each with its number of steps, and with zeros where an optimizer has taken steps.
    pub fn set_spans(&mut self, device: &D, spans: impl IntoIterator<Item = (usize, Trained, u64)>) -> Result<()> {
        let (mut start, names) = (0, self.names);
        let new = spans.into_iter().map(|(tensors, trained, steps)| {
            let own = start..start + tensors;
            start = own.end;
            let mut span = Span { steps, ..Span::new(device, &self.tensors, own, trained)? };
            span.allocate(device, if steps > 0 { names } else { &[] })?;
            Ok(span)
        });
        self.spans = new.collect::<Result<_>>()?;
        self.note_frozen(device)
    }
    /// Sets how each tensor is trained. A span whose tensors are no longer trained alike is divided, with its state.
    pub fn set_trained(&mut self, device: &D, of: impl Fn(usize, Trained) -> Trained) -> Result<()> {
        // What may fail comes first, so that an error leaves all spans as they are.
        let divided = self.spans.iter().map(|span| span.divided(device, &self.tensors, &of));
        let divided: Vec<Vec<Span<D>>> = divided.collect::<Result<_>>()?;
        for (mut span, parts) in std::mem::take(&mut self.spans).into_iter().zip(divided) {
            if parts.is_empty() {
                span.trained = span.tensors.clone().next().map_or(span.trained, |tensor| of(tensor, span.trained));
                self.spans.push(span);
            } else {
                self.spans.extend(parts);
            }
        }
        self.note_frozen(device)
    }
    /// Derives from the spans what is frozen.
    fn note_frozen(&mut self, device: &D) -> Result<()> {
        self.frozen.clear();
        for span in self.spans.iter().filter(|span| span.trained.frozen) {
            match self.frozen.last_mut() {
                Some(last) if last.end == span.range.start => last.end = span.range.end,
                _ => self.frozen.push(span.range.clone()),
            }
        }
        let roles = self.trained().zip(&self.tensors).map(|(trained, tensor)| TensorInfo {
            role: if trained.frozen { Role::Statistic } else { tensor.role },
            ..tensor.clone()
        });
        let segments = segments(roles);
        let trained = segments.iter().find(|segment| segment.role != Role::Statistic && segment.start < segment.end);
        self.first = trained.filter(|_| !self.frozen.is_empty()).map(|segment| segment.start);
        let own = matches!(self.spans.as_slice(), [span] if !span.trained.frozen);
        self.segments = if own { None } else { Some(Segments::on(device, &segments)?) };
        Ok(())
    }
    /// Returns the numbers of all tensors with their roles, for clipping: those of the only span, if nothing is frozen.
    pub fn segments(&self) -> &Segments<D> {
        self.segments.as_ref().unwrap_or(&self.spans[0].segments)
    }
    /// Returns how each tensor is trained.
    pub fn trained(&self) -> impl Iterator<Item = Trained> {
        self.spans.iter().flat_map(|span| span.tensors.clone().map(|_| span.trained))
    }
    /// Returns whether nothing is left to train because all of it is frozen.
    pub fn all_frozen(&self) -> bool {
        !self.frozen.is_empty() && !self.spans.iter().any(Span::steps)
    }
    /// Returns the number of steps taken with this optimizer.
    pub fn steps(&self) -> u64 {
        self.spans.iter().map(|span| span.steps).max().unwrap_or(0)
    }
    /// Prepares the state for `optimizer`: keeps that of the same type of optimizer, and otherwise starts with zeros.
    pub fn prepare<O: Optimizer>(&mut self, device: &D, optimizer: &O) -> Result<()> {
        if self.name != O::NAME || self.names != optimizer.buffers() {
            (self.name, self.names) = (O::NAME, optimizer.buffers());
            self.workspace = device.empty();
            self.spans.iter_mut().for_each(|span| (span.steps, span.buffers) = (0, Vec::new()));
        }
        for span in self.spans.iter_mut().filter(|span| span.steps()) {
            span.allocate(device, self.names)?;
            let workspace = optimizer.workspace(&span.tensors_alike);
            if workspace > D::len(D::whole(&self.workspace)) {
                self.workspace = device.zeros(workspace)?;
            }
        }
        Ok(())
    }
    /// Performs one step with the optimizer of each group, and with `optimizer` on all other tensors.
    pub fn update<O: Optimizer>(
        &mut self,
        device: &D,
        optimizer: &O,
        of_group: impl Fn(&Group) -> Result<O>,
        mut weights: D::Mut<'_, f32>,
        gradients: D::Ref<'_, f32>,
        mut finite_check: D::Mut<'_, u32>,
    ) -> Result<()> {
        for span in self.spans.iter_mut().filter(|span| span.steps()) {
            let own = span.trained.group.map(|group| of_group(&self.groups[group])).transpose()?;
            let step = OptimizerStep {
                segments: &span.segments.list,
                roles: D::whole(&span.segments.roles),
                tensors: &span.tensors_alike,
                workspace: Some(D::whole_mut(&mut self.workspace)),
                weights: part::<D>(&mut weights, &span.range),
                gradients: D::shorten(D::slice(gradients, span.range.clone())),
                finite_check: D::reborrow(&mut finite_check),
            };
            own.as_ref().unwrap_or(optimizer).update(device, span.steps + 1, step, &mut span.buffers);
            span.steps += 1;
        }
        Ok(())
    }
    /// Undoes the count of the last steps.
    pub fn rewind(&mut self, steps: u64) {
        self.spans.iter_mut().filter(|span| span.steps()).for_each(|span| span.steps -= steps.min(span.steps));
    }
}
