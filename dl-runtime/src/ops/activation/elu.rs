//! elu.

use super::Function;

#[derive(Clone, Copy)]
pub(crate) struct Elu {
    pub alpha: f32,
}

impl Function for Elu {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        if x > 0.0 { x } else { self.alpha * x.exp_m1() }
    }
    #[inline(always)]
    fn slope(self, y: f32) -> f32 {
        // α·eˣ = α·(eˣ - 1) + α.
        if y > 0.0 { 1.0 } else { y + self.alpha }
    }
}
