//! Optimizers, gradient clipping and the watch on CUDA.

pub(crate) mod clip;

use super::{
    AdamKernel, AdamStep, DecayStep, Moved, RmsPropKernel, RmsPropStep, SgdKernel, SgdStep, Watch, WatchKernel,
};
use crate::Role;
use crate::device::Storage;
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, kernels};

kernels!(
    "optim.cu": optim_watch, optim_sgd, optim_sgd_momentum, optim_adam, optim_rms_prop, optim_rms_prop_full
);

arguments! {
    /// Weight decay: `Decay` of `optim.cuh`.
    struct Decay { added: f32, factor: f32, added_to_rest: f32, factor_of_rest: f32 }
}
arguments! {
    /// [`AdamStep`] without its decay: `Adam` of `optim.cu`.
    struct AdamFactors { first: f32, second: f32, second_rest: f32, size: f32, root: f32, epsilon: f32 }
}
arguments! {
    /// [`RmsPropStep`] without its decay: `RmsProp` of `optim.cu`.
    struct RmsPropFactors { rate: f32, alpha: f32, alpha_rest: f32, epsilon: f32, momentum: f32, centered: f32 }
}

impl Decay {
    fn of(step: DecayStep) -> Self {
        let ((added, factor), (added_to_rest, factor_of_rest)) = (step.of(Role::Weight), step.of(Role::Bias));
        Decay { added, factor, added_to_rest, factor_of_rest }
    }
}

impl WatchKernel for Cuda {
    fn watch(&self, step: u64, losses: Ref<'_, f32>, watch: Mut<'_, u32>) {
        self.launch(&optim_watch, Grid::new(1, 256), (Watch::number(step), losses, watch));
    }
}

impl SgdKernel for Cuda {
    fn sgd(&self, s: SgdStep, moved: Moved<'_, Cuda>) {
        let Moved { segments, weights: w, gradients: g, watch } = moved;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        self.launch(&optim_sgd, grid, (s.rate, Decay::of(s.decay), roles, w, g, watch));
    }
    fn sgd_momentum(&self, s: SgdStep, moved: Moved<'_, Cuda>, b: Mut<'_, f32>) {
        let Moved { segments, weights: w, gradients: g, watch } = moved;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let (now, then) = if s.nesterov { (1.0f32, s.momentum) } else { (0.0, 1.0) };
        let arguments = (s.rate, s.momentum, now, then, Decay::of(s.decay), roles, w, g, watch, b);
        self.launch(&optim_sgd_momentum, grid, arguments);
    }
}

impl AdamKernel for Cuda {
    fn adam(&self, s: AdamStep, moved: Moved<'_, Cuda>, m: Mut<'_, f32>, v: Mut<'_, f32>) {
        let Moved { segments, weights: w, gradients: g, watch } = moved;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let (second, second_rest) = s.second;
        let AdamStep { first, size, root, epsilon, .. } = s;
        let factors = AdamFactors { first, second, second_rest, size, root, epsilon };
        self.launch(&optim_adam, grid, (factors, Decay::of(s.decay), roles, w, g, watch, m, v));
    }
}

impl RmsPropFactors {
    fn of(s: RmsPropStep) -> Self {
        let RmsPropStep { rate, alpha: (alpha, alpha_rest), epsilon, momentum, centered, .. } = s;
        RmsPropFactors { rate, alpha, alpha_rest, epsilon, momentum, centered }
    }
}

impl RmsPropKernel for Cuda {
    fn rms_prop(&self, s: RmsPropStep, moved: Moved<'_, Cuda>, v: Mut<'_, f32>) {
        let Moved { segments, weights: w, gradients: g, watch } = moved;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let arguments = (RmsPropFactors::of(s), Decay::of(s.decay), roles, w, g, watch, v);
        self.launch(&optim_rms_prop, grid, arguments);
    }
    fn rms_prop_full(&self, s: RmsPropStep, moved: Moved<'_, Cuda>, v: Mut<'_, f32>, b: Mut<'_, f32>, a: Mut<'_, f32>) {
        let Moved { segments, weights: w, gradients: g, watch } = moved;
        let (grid, roles) = (Grid::fours(w.len()), Cuda::whole(&segments.roles));
        let arguments = (RmsPropFactors::of(s), Decay::of(s.decay), roles, w, g, watch, v, b, a);
        self.launch(&optim_rms_prop_full, grid, arguments);
    }
}

#[cfg(test)]
mod twin {
    use super::*;
    use crate::device::{Twin, both};
    use crate::optim::Segments;

    /// `both!` with what optimizers work on: `both_moved!(twin, moved, [kept], |device, moved| call)`.
    macro_rules! both_moved {
        ($twin:expr, $moved:expr, [$($kept:ident),*], |$device:ident, $of:ident| $call:expr) => {{
            let Moved { segments, weights, gradients, watch } = $moved;
            both!($twin, [gradients], [weights, watch $(, $kept)*], |$device| {
                let segments = Segments::on($device, &segments.list).expect("memory");
                let $of = Moved { segments: &segments, weights, gradients, watch };
                $call
            });
        }};
    }

    impl WatchKernel for Twin {
        fn watch(&self, step: u64, losses: &[f32], watch: &mut [u32]) {
            both!(self, [losses], [watch], |device| device.watch(step, losses, watch));
        }
    }
    impl SgdKernel for Twin {
        fn sgd(&self, s: SgdStep, moved: Moved<'_, Twin>) {
            both_moved!(self, moved, [], |device, moved| device.sgd(s, moved));
        }
        fn sgd_momentum(&self, s: SgdStep, moved: Moved<'_, Twin>, b: &mut [f32]) {
            both_moved!(self, moved, [b], |device, moved| device.sgd_momentum(s, moved, b));
        }
    }
    impl AdamKernel for Twin {
        fn adam(&self, s: AdamStep, moved: Moved<'_, Twin>, m: &mut [f32], v: &mut [f32]) {
            both_moved!(self, moved, [m, v], |device, moved| device.adam(s, moved, m, v));
        }
    }
    impl RmsPropKernel for Twin {
        fn rms_prop(&self, s: RmsPropStep, moved: Moved<'_, Twin>, v: &mut [f32]) {
            both_moved!(self, moved, [v], |device, moved| device.rms_prop(s, moved, v));
        }
        fn rms_prop_full(&self, s: RmsPropStep, moved: Moved<'_, Twin>, v: &mut [f32], b: &mut [f32], a: &mut [f32]) {
            both_moved!(self, moved, [v, b, a], |device, moved| device.rms_prop_full(s, moved, v, b, a));
        }
    }
}
