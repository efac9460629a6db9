//! The kernel of averages of weights: a running mean moves towards the weights.

use crate::device::Cpu;
use crate::device::cpu::elementwise::{Formula, each};
use crate::device::cpu::simd::Simd;
use crate::tensor::Storage;

/// The kernel of [`WeightAverage`](crate::optim::WeightAverage).
pub trait AverageKernel: Storage {
    /// Moves every number of `mean` by the share `part`, from 0 to 1, of the way to its weight: `torch.lerp`. With 1 it becomes the weight.
    fn average(&self, part: f32, weights: Self::Ref<'_, f32>, mean: Self::Mut<'_, f32>);
}

/// `mean + part·(weight - mean)`, in the form whose rounding is smaller.
struct Lerp(f32);

impl Formula<1> for Lerp {
    #[inline(always)]
    fn of<S: Simd>(&self, [weight]: [f32; 1], mean: f32) -> f32 {
        let (part, way) = (self.0, weight - mean);
        if part < 0.5 { mean + part * way } else { weight - (1.0 - part) * way }
    }
}

impl AverageKernel for Cpu {
    fn average(&self, part: f32, weights: &[f32], mean: &mut [f32]) {
        each(self, [weights], mean, Lerp(part));
    }
}
