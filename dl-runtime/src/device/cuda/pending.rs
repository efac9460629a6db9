//! Kernels that are not there yet.
#![allow(unused_variables, unused_imports, clippy::all, reason = "to be written")]

mod cuda_adamkernel {
    // AdamKernel for Cuda
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl AdamKernel for Cuda {
        fn adam(
            &self,
            step: AdamStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            m: Self::Mut<'_, f32>,
            v: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("AdamKernel for Cuda")
        }
    }
}
#[cfg(test)]
mod twin_adamkernel {
    // AdamKernel for Twin
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl AdamKernel for Twin {
        fn adam(
            &self,
            step: AdamStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            m: Self::Mut<'_, f32>,
            v: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("AdamKernel for Twin")
        }
    }
}
mod cuda_clipkernel {
    // ClipKernel for Cuda
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl ClipKernel for Cuda {
        fn sum_of_squares(&self, segments: &[Segment], g: Self::Ref<'_, f32>) -> f64 {
            todo!("ClipKernel for Cuda")
        }
        fn scale_gradients(&self, segments: &[Segment], factor: f32, g: Self::Mut<'_, f32>) {
            todo!("ClipKernel for Cuda")
        }
        fn clamp_gradients(&self, segments: &[Segment], limit: f32, g: Self::Mut<'_, f32>) {
            todo!("ClipKernel for Cuda")
        }
    }
}
#[cfg(test)]
mod twin_clipkernel {
    // ClipKernel for Twin
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl ClipKernel for Twin {
        fn sum_of_squares(&self, segments: &[Segment], g: Self::Ref<'_, f32>) -> f64 {
            todo!("ClipKernel for Twin")
        }
        fn scale_gradients(&self, segments: &[Segment], factor: f32, g: Self::Mut<'_, f32>) {
            todo!("ClipKernel for Twin")
        }
        fn clamp_gradients(&self, segments: &[Segment], limit: f32, g: Self::Mut<'_, f32>) {
            todo!("ClipKernel for Twin")
        }
    }
}
mod cuda_rmspropkernel {
    // RmsPropKernel for Cuda
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl RmsPropKernel for Cuda {
        fn rms_prop(
            &self,
            step: RmsPropStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            v: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("RmsPropKernel for Cuda")
        }
        fn rms_prop_full(
            &self,
            step: RmsPropStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            v: Self::Mut<'_, f32>,
            b: Self::Mut<'_, f32>,
            a: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("RmsPropKernel for Cuda")
        }
    }
}
#[cfg(test)]
mod twin_rmspropkernel {
    // RmsPropKernel for Twin
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl RmsPropKernel for Twin {
        fn rms_prop(
            &self,
            step: RmsPropStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            v: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("RmsPropKernel for Twin")
        }
        fn rms_prop_full(
            &self,
            step: RmsPropStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            v: Self::Mut<'_, f32>,
            b: Self::Mut<'_, f32>,
            a: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("RmsPropKernel for Twin")
        }
    }
}
mod cuda_sgdkernel {
    // SgdKernel for Cuda
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl SgdKernel for Cuda {
        fn sgd(&self, step: SgdStep, segments: &[Segment], w: Self::Mut<'_, f32>, g: Self::Ref<'_, f32>) -> bool {
            todo!("SgdKernel for Cuda")
        }
        fn sgd_momentum(
            &self,
            step: SgdStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            b: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("SgdKernel for Cuda")
        }
    }
}
#[cfg(test)]
mod twin_sgdkernel {
    // SgdKernel for Twin
    use crate::device::*;
    use crate::ops::{Activation, Write};
    use crate::optim::*;
    impl SgdKernel for Twin {
        fn sgd(&self, step: SgdStep, segments: &[Segment], w: Self::Mut<'_, f32>, g: Self::Ref<'_, f32>) -> bool {
            todo!("SgdKernel for Twin")
        }
        fn sgd_momentum(
            &self,
            step: SgdStep,
            segments: &[Segment],
            w: Self::Mut<'_, f32>,
            g: Self::Ref<'_, f32>,
            b: Self::Mut<'_, f32>,
        ) -> bool {
            todo!("SgdKernel for Twin")
        }
    }
}
