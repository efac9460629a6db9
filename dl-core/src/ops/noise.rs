//! Noise, which is zero in prediction.

use crate::Pod;
use crate::pod::flat_mut;
use core::slice;

/// Noise with the shape of its operand.
#[derive(Clone, Copy, Debug)]
pub struct RandomNormal {
    /// The number of this operation in the network, for its random numbers in training.
    pub id: u32,
}

impl RandomNormal {
    /// `output = 0`.
    #[inline(always)]
    pub fn infer<S: Pod<Element = f32>>(self, _: &S, output: &mut S) {
        flat_mut(slice::from_mut(output)).fill(0.0);
    }
}
