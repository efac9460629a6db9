//! Convolutions on CUDA: matrix products whose right side is gathered from the image (`implicit.cuh`); with a single input
//! channel to each group, direct sums (`depthwise.cuh`).

use super::tiles::{Cut, Tile, fastest, tiles};
use super::{Conv2dKernel, Sizes};
use crate::device::Storage;
#[cfg(test)]
use crate::device::both;
use crate::device::cuda::{Cuda, Grid, Mut, Precision, Ref, arguments, kernels};
use crate::ops::{Activation, Write, activation::ActivationKernel};

kernels!(
    "conv2d.cu": conv2d_gather_16, conv2d_gather_32, conv2d_gather_64, conv2d_gather_128, conv2d_weights_16,
    conv2d_weights_32, conv2d_weights_64, conv2d_weights_128, conv2d_depthwise, conv2d_depthwise_weights, conv2d_bias, conv2d_sum
);
static F32: [Tile; 4] = tiles(
    [&conv2d_gather_16, &conv2d_gather_32, &conv2d_gather_64, &conv2d_gather_128],
    [&conv2d_weights_16, &conv2d_weights_32, &conv2d_weights_64, &conv2d_weights_128],
);

/// The same with operands rounded to TF32.
pub(crate) mod tf32 {
    use crate::device::cuda::kernels;
    kernels!(
        "conv2d_tf32.cu": conv2d_gather_tf32_16, conv2d_gather_tf32_32, conv2d_gather_tf32_64, conv2d_gather_tf32_128,
        conv2d_weights_tf32_16, conv2d_weights_tf32_32, conv2d_weights_tf32_64, conv2d_weights_tf32_128
    );
    pub(super) static TILES: [super::Tile; 4] = super::tiles(
        [&conv2d_gather_tf32_16, &conv2d_gather_tf32_32, &conv2d_gather_tf32_64, &conv2d_gather_tf32_128],
        [&conv2d_weights_tf32_16, &conv2d_weights_tf32_32, &conv2d_weights_tf32_64, &conv2d_weights_tf32_128],
    );
}

/// The same with operands rounded to bf16.
pub(crate) mod bf16 {
    use crate::device::cuda::kernels;
    kernels!(
        "conv2d_bf16.cu": conv2d_gather_bf16_16, conv2d_gather_bf16_32, conv2d_gather_bf16_64, conv2d_gather_bf16_128,
        conv2d_weights_bf16_16, conv2d_weights_bf16_32, conv2d_weights_bf16_64, conv2d_weights_bf16_128
    );
    pub(super) static TILES: [super::Tile; 4] = super::tiles(
        [&conv2d_gather_bf16_16, &conv2d_gather_bf16_32, &conv2d_gather_bf16_64, &conv2d_gather_bf16_128],
        [&conv2d_weights_bf16_16, &conv2d_weights_bf16_32, &conv2d_weights_bf16_64, &conv2d_weights_bf16_128],
    );
}

arguments! {
    /// [`Sizes`]: the struct of the same name in `implicit.cuh`.
    struct Geometry {
        samples: u32, groups: u32, inputs: u32, outputs: u32,
        image_height: u32, image_width: u32, output_height: u32, output_width: u32,
        kernel_height: u32, kernel_width: u32, stride_height: u32, stride_width: u32,
        padding_height: u32, padding_width: u32, dilation_height: u32, dilation_width: u32,
    }
}

impl Geometry {
    fn of(s: &Sizes) -> Self {
        let size = |n: usize| u32::try_from(n).expect("sizes below 2³²");
        let [[image_height, image_width], [output_height, output_width]] = [s.image, s.output].map(|a| a.map(size));
        let [[kernel_height, kernel_width], [stride_height, stride_width]] = [s.kernel, s.stride].map(|a| a.map(size));
        let [[padding_height, padding_width], [dilation_height, dilation_width]] =
            [s.padding, s.dilation].map(|a| a.map(size));
        let [samples, groups, inputs, outputs] = [s.samples, s.groups, s.inputs, s.outputs].map(size);
        Geometry {
            samples,
            groups,
            inputs,
            outputs,
            image_height,
            image_width,
            output_height,
            output_width,
            kernel_height,
            kernel_width,
            stride_height,
            stride_width,
            padding_height,
            padding_width,
            dilation_height,
            dilation_width,
        }
    }
}

/// The tiles of a device's precision.
fn tiles_of(device: &Cuda) -> &'static [Tile; 4] {
    match device.computes_in() {
        Precision::F32 => &F32,
        Precision::Tf32 => &tf32::TILES,
        Precision::Bf16 => &bf16::TILES,
    }
}

/// Whether each group has a single input channel, and there are several.
fn is_depthwise(s: &Sizes) -> bool {
    s.groups > 1 && s.groups == s.inputs
}

/// Which way numbers go through a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Direction {
    /// From images to windows.
    Forward,
    /// From windows to images: the gradient to the image, and the transposed convolution.
    Back,
}

/// `to = f(b + W * from)` in one of the directions, set or added; `bias` is empty when there is none.
#[expect(clippy::too_many_arguments, reason = "kernels take sizes and slices")]
pub(in crate::ops) fn gather(
    device: &Cuda,
    s: &Sizes,
    direction: Direction,
    f: Activation,
    weight: Ref<'_, f32>,
    bias: Ref<'_, f32>,
    from: Ref<'_, f32>,
    to: Mut<'_, f32>,
    write: Write,
) {
    let relu = u32::from(f == Activation::Relu);
    let back = u32::from(direction == Direction::Back);
    let arguments = (Geometry::of(s), back, relu, weight, bias, from, &to, write);
    if is_depthwise(s) {
        device.launch(&conv2d_depthwise, Grid::each(to.len()), arguments);
    } else {
        let (rows, size, strides) = match direction {
            Direction::Forward => (s.outputs / s.groups, s.output, [1, 1]),
            Direction::Back => (s.inputs / s.groups, s.image, s.stride),
        };
        // Against the direction of the convolution, the places with one remainder by the strides are a product of their own.
        let columns = s.samples * size[0].div_ceil(strides[0]) * size[1].div_ceil(strides[1]);
        let products = s.groups * strides[0] * strides[1];
        let tile = fastest(tiles_of(device), rows, columns, products);
        let grid = Grid::of([tile.blocks(rows, columns), 1, products], tile.threads);
        device.launch(tile.gather, grid, arguments);
    }
    if !matches!(f, Activation::Identity | Activation::Relu) {
        device.activation_forward_in_place(f, to);
    }
}

/// The gradients to weights and bias, and how they are computed.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Gradient {
    sizes: Sizes,
    direction: Direction,
    tile: &'static Tile,
    weights: Cut,
    bias: Cut,
    /// Whether the kernel of the weights sums the bias too.
    together: bool,
    /// Numbers of temporary memory: for the weights and for the bias.
    partial: [usize; 2],
}

impl Gradient {
    /// For the convolution `s` with a bias of `bias` numbers: on its windows, or, with [`Direction::Back`], on its images.
    pub(in crate::ops) fn new(device: &Cuda, s: &Sizes, direction: Direction, bias: usize) -> Self {
        let [rows, columns] = [s.outputs / s.groups, s.inputs / s.groups * s.kernel[0] * s.kernel[1]];
        let (numbers, windows) = (s.outputs * columns, s.samples * s.output[0] * s.output[1]);
        // Windows that a part has at least.
        const PART: usize = 256;
        let tile = fastest(tiles_of(device), rows, columns, s.groups * windows.div_ceil(2 * PART));
        let depthwise = is_depthwise(s);
        let samples_of = |area: usize| PART.div_ceil(area.max(1));
        let weights = if depthwise {
            Cut::new(s.samples, numbers, s.outputs, samples_of(s.output[0] * s.output[1]))
        } else {
            Cut::new(windows, numbers + bias, tile.blocks(rows, columns) * s.groups, PART)
        };
        let together = direction == Direction::Forward && !depthwise;
        let [channels, area] = bias_of(s, direction);
        let bias_cut = if together { weights } else { Cut::new(s.samples, bias, channels, samples_of(area / 8)) };
        let partial = [weights.partial(numbers), bias_cut.partial(bias)];
        Gradient { sizes: *s, direction, tile, weights, bias: bias_cut, together, partial }
    }
    /// Numbers of temporary memory that [`Gradient::run`] takes.
    pub(in crate::ops) fn scratch(&self) -> usize {
        self.partial.iter().sum()
    }
    /// Computes them from the images `x` and the gradient `dy` to the windows; without a bias, `d_bias` is empty.
    #[expect(clippy::too_many_arguments, reason = "kernels take slices")]
    pub(in crate::ops) fn run(
        &self,
        device: &Cuda,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_weight: Mut<'_, f32>,
        d_bias: Mut<'_, f32>,
        write: Write,
        scratch: Mut<'_, f32>,
    ) {
        let (s, geometry) = (&self.sizes, Geometry::of(&self.sizes));
        let (part_weight, part_bias) = Cuda::split_mut(scratch, self.partial[0]);
        let (none, d_bias) = Cuda::split_mut(d_bias, 0);
        let sum = |parts: usize, to_weight: &Mut<'_, f32>, to_bias: &Mut<'_, f32>| {
            let grid = Grid::new((to_weight.len() + to_bias.len()).div_ceil(32), 512);
            device.launch(&conv2d_sum, grid, (parts as u32, &part_weight, &part_bias, to_weight, to_bias, write));
        };

        // Sums in parts go to temporary memory first; in one part, where they belong.
        let with_bias = if self.together { &d_bias } else { &none };
        let (to, to_bias, first) = match self.weights.parts {
            1 => (&d_weight, with_bias, write),
            _ => (&part_weight, if self.together { &part_bias } else { &none }, Write::Set),
        };
        let Cut { parts, len } = self.weights;
        if is_depthwise(s) {
            let grid = Grid::of([s.outputs, parts, 1], 256);
            device.launch(&conv2d_depthwise_weights, grid, (geometry, len as u32, x, dy, to, first));
        } else {
            let [rows, columns] = [s.outputs / s.groups, d_weight.len() / s.outputs];
            let grid = Grid::of([self.tile.blocks(rows, columns), parts, s.groups], self.tile.threads);
            device.launch(self.tile.weights, grid, (geometry, len, x, dy, to, to_bias, first));
        }
        if parts > 1 {
            sum(parts, &d_weight, with_bias);
        }

        if !self.together && !d_bias.is_empty() {
            let from = if self.direction == Direction::Forward { dy } else { x };
            let [channels, area] = bias_of(s, self.direction).map(|n| n as u32);
            let Cut { parts, len } = self.bias;
            let (to, first) = if parts == 1 { (&d_bias, write) } else { (&part_bias, Write::Set) };
            let grid = Grid::of([d_bias.len(), parts, 1], 256);
            device.launch(&conv2d_bias, grid, (s.samples as u32, channels, area, len as u32, from, to, first));
            if parts > 1 {
                sum(parts, &none, &d_bias);
            }
        }
    }
}

/// Channels and places that the bias is of.
fn bias_of(s: &Sizes, direction: Direction) -> [usize; 2] {
    match direction {
        Direction::Forward => [s.outputs, s.output[0] * s.output[1]],
        Direction::Back => [s.inputs, s.image[0] * s.image[1]],
    }
}

impl Conv2dKernel for Cuda {
    fn conv2d_forward(
        &self,
        s: &Sizes,
        f: Activation,
        weight: Ref<'_, f32>,
        bias: Ref<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        gather(self, s, Direction::Forward, f, weight, bias, x, y, Write::Set);
    }
    fn conv2d_backward_input(&self, s: &Sizes, weight: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        let none = Cuda::slice(weight, 0..0);
        gather(self, s, Direction::Back, Activation::Identity, weight, none, dy, dx, write);
    }
    fn conv2d_backward_weights(
        &self,
        s: &Sizes,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_weight: Mut<'_, f32>,
        d_bias: Mut<'_, f32>,
        write: Write,
    ) {
        let gradient = Gradient::new(self, s, Direction::Forward, d_bias.len());
        gradient.run(self, x, dy, d_weight, d_bias, write, self.scratch(gradient.scratch()));
    }
}

#[cfg(test)]
impl Conv2dKernel for crate::device::Twin {
    fn conv2d_forward(&self, s: &Sizes, f: Activation, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        both!(self, [weight, bias, x], [y], |device| device.conv2d_forward(s, f, weight, bias, x, y));
    }
    fn conv2d_backward_input(&self, s: &Sizes, weight: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        both!(self, [weight, dy], [dx], |device| device.conv2d_backward_input(s, weight, dy, dx, write));
    }
    fn conv2d_backward_weights(
        &self,
        s: &Sizes,
        x: &[f32],
        dy: &[f32],
        d_weight: &mut [f32],
        d_bias: &mut [f32],
        write: Write,
    ) {
        both!(self, [x, dy], [d_weight, d_bias], |device| {
            device.conv2d_backward_weights(s, x, dy, d_weight, d_bias, write)
        });
    }
}
