//! Optimizers, gradient clipping and the check for finite numbers on CUDA.

pub(crate) mod average;
pub(crate) mod clip;

use super::{
    AdamKernel, AdamStep, DecayStep, FiniteCheck, FiniteCheckKernel, OptimizerStep, RmsPropKernel, RmsPropStep,
    SgdKernel, SgdStep,
};
use crate::Role;
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, header, kernels};
use crate::tensor::Storage;

header!(HEADER = "optimizer.cuh" with [crate::device::cuda::headers::ELEMENTWISE]);
kernels!(
    "optimizer.cu" with [HEADER]: optim_finite_check, optim_sgd, optim_sgd_momentum, optim_adam, optim_rms_prop,
    optim_rms_prop_full
);

arguments! {
    /// The weight decay of a step, `Decay` of `optimizer.cuh`.
    struct Decay { added: f32, factor: f32, added_to_rest: f32, factor_of_rest: f32 }
}
arguments! {
    /// The factors of an [`AdamStep`] without its decay, `Adam` of `optimizer.cu`.
    struct AdamFactors { first: f32, second: f32, second_rest: f32, size: f32, root: f32, epsilon: f32 }
}
arguments! {
    /// The factors of an [`RmsPropStep`] without its decay, `RmsProp` of `optimizer.cu`.
    struct RmsPropFactors { learning_rate: f32, alpha: f32, alpha_rest: f32, epsilon: f32, momentum: f32, centered: f32 }
}

impl Decay {
    fn of(step: DecayStep) -> Self {
        let ((added, factor), (added_to_rest, factor_of_rest)) = (step.of(Role::Weight), step.of(Role::Bias));
        Decay { added, factor, added_to_rest, factor_of_rest }
    }
}

impl FiniteCheckKernel for Cuda {
    fn finite_check(&self, step: u64, losses: Ref<'_, f32>, words: Mut<'_, u32>) {
        self.launch(&optim_finite_check, Grid::new(1, 256), (FiniteCheck::step_word(step), losses, words));
    }
}

impl SgdKernel for Cuda {
    fn sgd(&self, s: SgdStep, weights: OptimizerStep<'_, Cuda>) {
        let OptimizerStep { segments, weights: w, gradients: g, finite_check } = weights;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        self.launch(&optim_sgd, grid, (s.learning_rate, Decay::of(s.decay), roles, w, g, finite_check));
    }
    fn sgd_momentum(&self, s: SgdStep, weights: OptimizerStep<'_, Cuda>, b: Mut<'_, f32>) {
        let OptimizerStep { segments, weights: w, gradients: g, finite_check } = weights;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let (g_factor, b_factor) = if s.nesterov { (1.0f32, s.momentum) } else { (0.0, 1.0) };
        let decay = Decay::of(s.decay);
        let arguments = (s.learning_rate, s.momentum, g_factor, b_factor, decay, roles, w, g, finite_check, b);
        self.launch(&optim_sgd_momentum, grid, arguments);
    }
}

impl AdamKernel for Cuda {
    fn adam(&self, s: AdamStep, weights: OptimizerStep<'_, Cuda>, m: Mut<'_, f32>, v: Mut<'_, f32>) {
        let OptimizerStep { segments, weights: w, gradients: g, finite_check } = weights;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let (second, second_rest) = s.second;
        let AdamStep { first, size, root, epsilon, .. } = s;
        let factors = AdamFactors { first, second, second_rest, size, root, epsilon };
        self.launch(&optim_adam, grid, (factors, Decay::of(s.decay), roles, w, g, finite_check, m, v));
    }
}

impl RmsPropFactors {
    fn of(s: RmsPropStep) -> Self {
        let RmsPropStep { learning_rate, alpha: (alpha, alpha_rest), epsilon, momentum, centered, .. } = s;
        RmsPropFactors { learning_rate, alpha, alpha_rest, epsilon, momentum, centered }
    }
}

impl RmsPropKernel for Cuda {
    fn rms_prop(&self, s: RmsPropStep, weights: OptimizerStep<'_, Cuda>, v: Mut<'_, f32>) {
        let OptimizerStep { segments, weights: w, gradients: g, finite_check } = weights;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let arguments = (RmsPropFactors::of(s), Decay::of(s.decay), roles, w, g, finite_check, v);
        self.launch(&optim_rms_prop, grid, arguments);
    }
    fn rms_prop_full(
        &self,
        s: RmsPropStep,
        weights: OptimizerStep<'_, Cuda>,
        v: Mut<'_, f32>,
        b: Mut<'_, f32>,
        a: Mut<'_, f32>,
    ) {
        let OptimizerStep { segments, weights: w, gradients: g, finite_check } = weights;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let arguments = (RmsPropFactors::of(s), Decay::of(s.decay), roles, w, g, finite_check, v, b, a);
        self.launch(&optim_rms_prop_full, grid, arguments);
    }
}
