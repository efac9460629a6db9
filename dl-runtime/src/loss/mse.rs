//! Mean squared error: `mean((y - t)²)` over the elements, PyTorch's `MSELoss`.

use super::Loss;
use crate::device::{Cpu, Device, Storage};
use crate::{Pass, Plain, View, ViewMut};

/// Mean squared error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mse;

/// The kernel of [`Mse`].
pub trait MseKernel: Storage {
    /// Per-sample losses, and `dy` of their mean; a sample has `features` numbers.
    fn mse(
        &self,
        features: usize,
        y: Self::Ref<'_, f32>,
        t: Self::Ref<'_, f32>,
        losses: Self::Mut<'_, f32>,
        dy: Self::Mut<'_, f32>,
    );
}

impl MseKernel for Cpu {
    fn mse(&self, features: usize, y: &[f32], t: &[f32], losses: &mut [f32], dy: &mut [f32]) {
        let scale = 2.0 / y.len() as f32;
        for (i, loss) in losses.iter_mut().enumerate() {
            let range = i * features..(i + 1) * features;
            *loss = 0.0;
            for ((y, t), dy) in y[range.clone()].iter().zip(&t[range.clone()]).zip(&mut dy[range]) {
                *loss += (y - t) * (y - t) / features as f32;
                *dy = scale * (y - t);
            }
        }
    }
}

impl<Y: Plain<Element = f32>> Loss<Y> for Mse {
    type Target = Y;
    fn loss<D: Device>(
        &self,
        pass: &Pass<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, Y>,
        losses: ViewMut<'_, D, f32>,
        d_output: ViewMut<'_, D, Y>,
    ) {
        pass.device.mse(Y::LEN, output.data(), target.data(), losses.into_data(), d_output.into_data());
    }
}
