//! Steps of optimizers that treat whole tensors alike, such as matrices or norms: one tensor after the other.

use super::{DecayStep, Formula, OptimizerStep, Segment, StepKernel};
use crate::tensor::Storage;
use crate::{Role, TensorInfo};
use std::ops::Range;

/// A trained tensor among the weights of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainedTensor {
    /// The range of its numbers.
    pub range: Range<usize>,
    /// The dimensions as PyTorch has them, outermost first.
    pub shape: &'static [usize],
    /// [`Role::Weight`], or [`Role::Bias`] for everything that is trained without decay.
    pub role: Role,
}

/// Returns the trained ones of these tensors, without empty ones.
pub fn trained_tensors(tensors: impl IntoIterator<Item = TensorInfo>) -> Vec<TrainedTensor> {
    let trained = tensors.into_iter().filter(|tensor| tensor.role != Role::Statistic && !tensor.is_empty());
    let tensor = |tensor: TensorInfo| TrainedTensor {
        range: tensor.range(),
        shape: tensor.shape,
        role: if tensor.role == Role::Weight { Role::Weight } else { Role::Bias },
    };
    trained.map(tensor).collect()
}

/// The memory of one tensor in a step.
pub struct TensorStep<'a, D: Storage> {
    /// The weights.
    pub weights: D::Mut<'a, f32>,
    /// The gradient to each weight.
    pub gradients: D::Ref<'a, f32>,
    /// The words of the [`FiniteCheck`](super::FiniteCheck), as in [`OptimizerStep`].
    pub finite_check: D::Mut<'a, u32>,
}

impl<D: StepKernel> TensorStep<'_, D> {
    /// Performs one step of a formula on the tensor.
    pub fn step<F: Formula<KEPT>, const KEPT: usize>(
        self,
        device: &D,
        formula: F,
        decay: DecayStep,
        role: Role,
        kept: [D::Mut<'_, f32>; KEPT],
    ) {
        let TensorStep { mut weights, gradients, mut finite_check } = self;
        let (segments, roles) = ([Segment { start: 0, end: D::len(gradients), role }], device.empty());
        let weights = OptimizerStep {
            segments: &segments,
            roles: D::whole(&roles),
            tensors: &[],
            weights: D::reborrow(&mut weights),
            gradients: D::shorten(gradients),
            finite_check: D::reborrow(&mut finite_check),
            workspace: None,
        };
        device.optimizer_step(formula, decay, weights, kept);
    }
}

/// Borrows a part of a range to write.
pub fn part<'a, D: Storage>(data: &'a mut D::Mut<'_, f32>, range: &Range<usize>) -> D::Mut<'a, f32> {
    let (_, rest) = D::split_mut(D::reborrow(data), range.start);
    D::split_mut(rest, range.len()).0
}

/// Calls `each` for every trained tensor, with its memory and its part of the `kept` buffers.
pub fn each_tensor<D: Storage, const KEPT: usize>(
    tensors: &[TrainedTensor],
    weights: OptimizerStep<'_, D>,
    kept: [&mut D::Buffer<f32>; KEPT],
    mut each: impl FnMut(&TrainedTensor, TensorStep<'_, D>, [D::Mut<'_, f32>; KEPT]),
) {
    let OptimizerStep { mut weights, gradients, mut finite_check, .. } = weights;
    let mut kept = kept.map(D::whole_mut);
    for tensor in tensors {
        let step = TensorStep {
            weights: part::<D>(&mut weights, &tensor.range),
            gradients: D::shorten(D::slice(gradients, tensor.range.clone())),
            finite_check: D::reborrow(&mut finite_check),
        };
        each(tensor, step, kept.each_mut().map(|kept| part::<D>(kept, &tensor.range)));
    }
}
