//! The gradients of convolutions to weights and bias on CUDA.

use super::{Geometry, by_dnn, conv2d_bias, conv2d_depthwise_weights, conv2d_weights, is_depthwise, tiles_of};
use crate::device::cuda::{Cuda, Dnn, Grid, Mut, Ref, Target};
use crate::ops::conv2d::tiles::{Cut, Tile, fastest};
use crate::ops::conv2d::{Conv2dSizes, Direction};
use crate::tensor::Storage;
use crate::tensor::Write;

/// The smallest number of windows of a part of a sum.
const PART: usize = 256;

/// The gradients to weights and bias, and the library or the kernels that compute them.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Gradient {
    sizes: Conv2dSizes,
    direction: Direction,
    /// cuDNN's plan for the gradient to the weights, if cuDNN computes it.
    dnn: Option<Dnn>,
    tile: &'static Tile,
    weights: Cut,
    bias: Cut,
    /// `true` if the kernel for the weights computes the gradient to the bias as well.
    together: bool,
    /// The sizes of the partial sums of weights and of a bias on its own, which use the same memory one after the other.
    partial: [usize; 2],
    scratch: usize,
}

impl Gradient {
    /// Plans the gradients of the convolution `s` in `direction`, whose bias has `bias` elements.
    pub(in crate::ops) fn new(device: &Cuda, s: &Conv2dSizes, direction: Direction, bias: usize) -> Self {
        let own = Gradient::own(device, s, direction, bias);
        let Some(dnn) = by_dnn(device, s, Target::Weights) else { return own };
        let cut = cut_of_bias(s, direction, bias);
        let partial = [0, partial_of_bias(cut, bias)];
        let scratch = own.scratch.max(dnn.scratch).max(partial[1]);
        Gradient { dnn: Some(dnn), bias: cut, together: false, partial, scratch, ..own }
    }
    /// Plans the gradients for this crate's kernels.
    fn own(device: &Cuda, s: &Conv2dSizes, direction: Direction, bias: usize) -> Self {
        let taps = s.kernel[0] * s.kernel[1];
        let [rows, columns] = [s.outputs / s.groups, s.inputs / s.groups * taps];
        let (numbers, windows) = (s.outputs * columns, s.samples * s.output[0] * s.output[1]);
        let tile = fastest(tiles_of(device), rows, columns, s.groups * windows.div_ceil(2 * PART));
        let depthwise = is_depthwise(s);
        let together = direction == Direction::Forward && !depthwise;
        let (weights, part) = if depthwise {
            let cut = Cut::new(s.samples, numbers, s.outputs, samples_of_part(s.output[0] * s.output[1]));
            (cut, s.outputs * taps.next_multiple_of(4))
        } else {
            let blocks = tile.blocks(rows, columns) * s.groups;
            (Cut::new(windows, numbers + bias, blocks, PART), blocks * tile.sums(together && bias > 0))
        };
        let cut = if together { weights } else { cut_of_bias(s, direction, bias) };
        let of_bias = if together { 0 } else { partial_of_bias(cut, bias) };
        let partial = [weights.partial(part), of_bias];
        let scratch = partial[0].max(partial[1]);
        Gradient { sizes: *s, direction, dnn: None, tile, weights, bias: cut, together, partial, scratch }
    }
    /// Returns the size of the temporary memory that [`Gradient::run`] takes.
    pub(in crate::ops) fn scratch(&self) -> usize {
        self.scratch
    }
    /// Computes the gradients from the input `x` and the gradient `dy` to the output. Without a bias, `d_bias` is
    /// empty.
    pub(in crate::ops) fn run(
        &self,
        device: &Cuda,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        [d_weight, d_bias]: [Mut<'_, f32>; 2],
        write: Write,
        mut scratch: Mut<'_, f32>,
    ) {
        let [images, windows] = self.direction.images_and_windows([x, dy]);
        if let Some(dnn) = &self.dnn {
            if !Dnn::takes([images.address(), windows.address(), d_weight.address()]) {
                let own = Gradient::own(device, &self.sizes, self.direction, d_bias.len());
                return own.run(device, x, dy, [d_weight, d_bias], write, scratch);
            }
            device.dnn(dnn, [images, windows], &d_weight, write, &scratch);
        }
        let (none, d_bias) = Cuda::split_mut(d_bias, 0);
        let (s, geometry) = (&self.sizes, Geometry::of(&self.sizes));
        // The sums of several parts go to temporary memory first, those of a single part straight to the gradient.

        if self.dnn.is_none() {
            let Cut { parts, len } = self.weights;
            if is_depthwise(s) {
                let arguments = conv2d_depthwise_weights {
                    g: geometry,
                    part: len as u32,
                    x: images,
                    dy: windows,
                    to: &d_weight,
                    partial: Cuda::split_mut(Cuda::reborrow(&mut scratch), self.partial[0]).0,
                    counters: device.counters(s.outputs),
                    add: write,
                };
                device.launch(Grid::of([s.outputs, parts, 1], 256), arguments);
            } else {
                let [rows, columns] = [s.outputs / s.groups, d_weight.len() / s.outputs];
                let blocks = self.tile.blocks(rows, columns);
                let arguments = conv2d_weights {
                    kernel: self.tile.weights,
                    g: geometry,
                    part: len,
                    x: images,
                    dy: windows,
                    to: &d_weight,
                    to_bias: if self.together { &d_bias } else { &none },
                    partial: Cuda::split_mut(Cuda::reborrow(&mut scratch), self.partial[0]).0,
                    counters: device.counters(blocks * s.groups),
                    add: write,
                };
                device.launch(Grid::of([blocks, parts, s.groups], self.tile.threads), arguments);
            }
        }

        if !self.together && !d_bias.is_empty() {
            let [channels, spatial_size] = s.computed(self.direction).map(|n| n as u32);
            let Cut { parts, len } = self.bias;
            let arguments = conv2d_bias {
                samples: s.samples as u32,
                channels,
                spatial_size,
                part: len as u32,
                dy,
                to: &d_bias,
                partial: Cuda::split_mut(scratch, self.partial[1]).0,
                counters: device.counters(d_bias.len()),
                add: write,
            };
            device.launch(Grid::of([d_bias.len(), parts, 1], 256), arguments);
        }
    }
}

/// Returns the number of samples of a part of a sum, if a channel of a sample has `spatial_size` pixels.
fn samples_of_part(spatial_size: usize) -> usize {
    PART.div_ceil(spatial_size.max(1))
}

/// Returns the parts in which the gradient to the bias is summed when it is computed separately.
fn cut_of_bias(s: &Conv2dSizes, direction: Direction, bias: usize) -> Cut {
    let [channels, spatial_size] = s.computed(direction);
    Cut::new(s.samples, bias, channels, samples_of_part(spatial_size / 8))
}

/// Returns the size of the partial sums of a bias that is summed separately: each has the room of four numbers.
fn partial_of_bias(cut: Cut, bias: usize) -> usize {
    cut.partial(4 * bias)
}
