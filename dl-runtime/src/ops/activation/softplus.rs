//! softplus.

use super::Function;

#[derive(Clone, Copy)]
pub(crate) struct Softplus {
    pub beta: f32,
    pub threshold: f32,
}

impl Function for Softplus {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        let z = self.beta * x;
        if z > self.threshold { x } else { z.exp().ln_1p() / self.beta }
    }
    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        let z = self.beta * x;
        if z > self.threshold { 1.0 } else { 1.0 / (1.0 + (-z).exp()) }
    }
}
