//! Convolutions and transposed convolutions on CUDA.

use super::{Geometry, by_dnn, conv2d_bias_activation, conv2d_depthwise, conv2d_gather, is_depthwise, tiles_of};
use crate::device::cuda::{Cuda, Dnn, Grid, Mut, Ref, Target};
use crate::ops::Activation;
use crate::ops::activation::{ActivationKernel, cuda::Code};
use crate::ops::conv2d::tiles::fastest;
use crate::ops::conv2d::{Conv2dSizes, Direction};
use crate::tensor::Write;

/// A convolution in one direction, and the library or the kernels that compute it.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Gather {
    sizes: Conv2dSizes,
    direction: Direction,
    dnn: Option<Dnn>,
}

impl Gather {
    pub(in crate::ops) fn new(device: &Cuda, s: &Conv2dSizes, direction: Direction) -> Self {
        let target = match direction {
            Direction::Forward => Target::Windows,
            Direction::Transposed => Target::Image,
        };
        Gather { sizes: *s, direction, dnn: by_dnn(device, s, target) }
    }
    /// Returns the size of the temporary memory that [`Gather::run`] takes.
    pub(in crate::ops) fn scratch(&self) -> usize {
        self.dnn.map_or(0, |dnn| dnn.scratch)
    }
    /// Computes the convolution. The bias is empty if there is none.
    pub(in crate::ops) fn run(
        &self,
        device: &Cuda,
        f: Activation,
        [weight, bias]: [Ref<'_, f32>; 2],
        from: Ref<'_, f32>,
        (to, write): (Mut<'_, f32>, Write),
        scratch: Mut<'_, f32>,
    ) {
        let plain = bias.is_empty() && f == Activation::Identity;
        match &self.dnn {
            // With `Write::Add`, bias and activation in place would also apply to the sum that is added to.
            Some(dnn)
                if (plain || write == Write::Set) && Dnn::takes([weight.address(), from.address(), to.address()]) =>
            {
                let operands = if self.direction == Direction::Forward { [from, weight] } else { [weight, from] };
                device.dnn(dnn, operands, &to, write, &scratch);
                if !plain {
                    let [channels, spatial_size] = self.sizes.computed(self.direction).map(|n| n as u32);
                    let arguments = conv2d_bias_activation { channels, spatial_size, f: Code::of(f), bias, y: &to };
                    device.launch(Grid::fours(to.len()), arguments);
                }
            }
            _ => self.run_own(device, f, [weight, bias], from, to, write),
        }
    }
    /// Computes the convolution by this crate's kernels.
    fn run_own(
        &self,
        device: &Cuda,
        f: Activation,
        [weight, bias]: [Ref<'_, f32>; 2],
        from: Ref<'_, f32>,
        to: Mut<'_, f32>,
        write: Write,
    ) {
        let s = &self.sizes;
        let relu = u32::from(f == Activation::Relu);
        let transposed = u32::from(self.direction == Direction::Transposed);
        let launch = |kernel| conv2d_gather {
            kernel,
            g: Geometry::of(s),
            transposed,
            relu,
            weight,
            bias,
            source: from,
            target: &to,
            add: write,
        };
        if is_depthwise(s) {
            device.launch(Grid::each(to.len()), launch(&conv2d_depthwise));
        } else {
            let (rows, size, strides) = match self.direction {
                Direction::Forward => (s.outputs / s.groups, s.output, [1, 1]),
                Direction::Transposed => (s.inputs / s.groups, s.image, s.stride),
            };
            // A transposed convolution is one matrix product for each remainder of the position modulo the strides.
            let columns = s.samples * size[0].div_ceil(strides[0]) * size[1].div_ceil(strides[1]);
            let products = s.groups * strides[0] * strides[1];
            let tile = fastest(tiles_of(device), rows, columns, products);
            let grid = Grid::of([tile.blocks(rows, columns), 1, products], tile.threads);
            device.launch(grid, launch(tile.gather));
        }
        if !matches!(f, Activation::Identity | Activation::Relu) {
            device.activation_forward_in_place(f, to);
        }
    }
}
