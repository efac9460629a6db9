//! Optimizers are not exported: a file has what predicts.

use super::{
    AverageKernel, ClipKernel, DecayStep, FiniteCheckKernel, Formula, LambKernel, LambStep, OptimizerStep, Segments,
    StepKernel, TensorStep,
};
use crate::device::recorder::{Place, Recorder, not_recorded};

impl AverageKernel for Recorder {
    not_recorded! { average(f32, Place, Place) }
}

impl ClipKernel for Recorder {
    not_recorded! {
        clip_norm(&Segments<Self>, f64, Place, Place),
        clip_value(&Segments<Self>, f32, Place),
    }
}

impl FiniteCheckKernel for Recorder {
    not_recorded! { finite_check(u64, Place, Place) }
}

impl LambKernel for Recorder {
    not_recorded! { lamb(LambStep, TensorStep<'_, Self>, Place, Place) }
}

impl StepKernel for Recorder {
    fn optimizer_step<F: Formula<KEPT>, const KEPT: usize>(
        &self,
        _: F,
        _: DecayStep,
        _: OptimizerStep<'_, Self>,
        _: [Place; KEPT],
    ) {
        self.not_recorded("optimizer_step");
    }
}
