//! Optimizers, gradient clipping and the check for finite numbers on CUDA.

pub(crate) mod average;
pub(crate) mod clip;
pub(crate) mod lamb;

use super::{DecayStep, FiniteCheck, FiniteCheckKernel, Formula, OptimizerStep, Segment, StepKernel};
use crate::Role;
use crate::device::cuda::{Cuda, Extension, Grid, Mut, Ref, arguments, header, kernels};

header!(
    HEADER = "optimizer.cuh" with [
        crate::device::cuda::headers::CAST,
        crate::device::cuda::headers::ELEMENTWISE,
        crate::device::cuda::headers::EXTENSION
    ]
);
kernels!(
    "optimizer.cu" with [HEADER]:
    optim_finite_check(step, losses, check),
    optim_step(s, decay, roles, w, g, check, kept; Round(w)) for [],
);

arguments! {
    /// The weight decay of a step, `Decay` of `optimizer.cuh`.
    struct Decay { added: f32, factor: f32, added_to_rest: f32, factor_of_rest: f32 }
}
impl Decay {
    fn of(step: DecayStep) -> Self {
        let ((added, factor), (added_to_rest, factor_of_rest)) = (step.of(Role::Weight), step.of(Role::Bias));
        Decay { added, factor, added_to_rest, factor_of_rest }
    }
}

impl FiniteCheckKernel for Cuda {
    fn finite_check(&self, step: u64, losses: Ref<'_, f32>, words: Mut<'_, u32>) {
        let step = FiniteCheck::step_word(step);
        if !self.extend(Extension::FiniteCheck, (losses.address(), losses.len()), (step, &words)) {
            self.launch(Grid::new(1, 256), optim_finite_check { step, losses, check: words });
        }
    }
}

impl StepKernel for Cuda {
    fn optimizer_step<F: Formula<KEPT>, const KEPT: usize>(
        &self,
        formula: F,
        decay: DecayStep,
        weights: OptimizerStep<'_, Cuda>,
        kept: [Mut<'_, f32>; KEPT],
    ) {
        let OptimizerStep { segments, roles, weights: w, gradients: g, finite_check, .. } = weights;
        let (grid, mut decay) = (Grid::fours(w.len()), Decay::of(decay));
        // A single tensor has no words: the kernel takes it for weights.
        if let ([Segment { role: Role::Bias, .. }], 0) = (segments, roles.len()) {
            (decay.added, decay.factor) = (decay.added_to_rest, decay.factor_of_rest);
        }
        let kernel = F::kernel();
        self.launch(grid, optim_step { kernel, s: formula, decay, roles, w: &w, g, check: finite_check, kept });
        self.round_written(&w);
    }
}
