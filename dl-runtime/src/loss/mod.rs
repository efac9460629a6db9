//! Losses: what training makes small. One file each, with its kernel trait.

mod mse;

pub use mse::{Mse, MseKernel};

use crate::device::Device;
use crate::{Pass, Plain, View, ViewMut};

/// A loss over outputs `Y`: a number for each sample, averaged over the batch.
pub trait Loss<Y: Plain<Element = f32>> {
    /// What one output is compared with: `u32` for a class, `Y` for numbers.
    type Target: Plain;
    /// Writes the loss of every sample to `losses`, and to `d_output` the gradient of their mean.
    fn loss<D: Device>(
        &self,
        pass: &Pass<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Self::Target>,
        losses: ViewMut<'_, D, f32>,
        d_output: ViewMut<'_, D, Y>,
    );
}
