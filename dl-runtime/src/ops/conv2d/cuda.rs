//! Convolutions on CUDA. Large ones use cuDNN if it is installed. The others are matrix products whose right operand is
//! gathered from the image (implicit im2col, `implicit.cuh`), or direct sums if each group has a single input channel
//! (`depthwise.cuh`).

mod gather;
mod gradient;

pub(in crate::ops) use gather::Gather;
pub(in crate::ops) use gradient::Gradient;

use super::tiles::{Tile, tiles};
use super::{Conv2dKernel, Conv2dSizes, Direction, output_size};
use crate::device::cuda::{Convolution, Cuda, Dnn, Mut, Precision, Ref, Target, arguments, header, kernels};
use crate::ops::Activation;
use crate::tensor::Write;

header!(TILES = "tiles.cuh" with [crate::device::cuda::headers::MMA]);
header!(IMPLICIT = "implicit.cuh" with [crate::device::cuda::headers::EXTENSION, TILES, crate::device::cuda::headers::LAST_BLOCK]);
header!(DEPTHWISE = "depthwise.cuh" with [IMPLICIT]);
kernels!(
    "conv2d.cu" with [crate::ops::activation::cuda::HEADER, DEPTHWISE]:
    conv2d_gather(g, transposed, relu, weight, bias, source, target, add; Slope(target))
        for [conv2d_gather_16, conv2d_gather_32, conv2d_gather_64, conv2d_gather_128, conv2d_depthwise],
    conv2d_weights(g, part, x, dy, to, to_bias, partial, counters, add)
        for [conv2d_weights_16, conv2d_weights_32, conv2d_weights_64, conv2d_weights_128],
    conv2d_depthwise_weights(g, part, x, dy, to, partial, counters, add),
    conv2d_bias(samples, channels, spatial_size, part, dy, to, partial, counters, add),
    conv2d_bias_activation(channels, spatial_size, f, bias, y),
);
static F32: [Tile; 4] = tiles(
    [&conv2d_gather_16, &conv2d_gather_32, &conv2d_gather_64, &conv2d_gather_128],
    [&conv2d_weights_16, &conv2d_weights_32, &conv2d_weights_64, &conv2d_weights_128],
);

/// The same kernels with operands rounded to TF32.
pub(crate) mod tf32 {
    use crate::device::cuda::kernels;
    kernels!(
        "conv2d_tf32.cu" with [super::IMPLICIT]:
        [conv2d_gather_tf32_16, conv2d_gather_tf32_32, conv2d_gather_tf32_64, conv2d_gather_tf32_128] as super::conv2d_gather,
        [conv2d_weights_tf32_16, conv2d_weights_tf32_32, conv2d_weights_tf32_64, conv2d_weights_tf32_128] as super::conv2d_weights,
    );
    pub(super) static TILES: [super::Tile; 4] = super::tiles(
        [&conv2d_gather_tf32_16, &conv2d_gather_tf32_32, &conv2d_gather_tf32_64, &conv2d_gather_tf32_128],
        [&conv2d_weights_tf32_16, &conv2d_weights_tf32_32, &conv2d_weights_tf32_64, &conv2d_weights_tf32_128],
    );
}

/// The same kernels with operands rounded to bf16.
pub(crate) mod bf16 {
    use crate::device::cuda::kernels;
    kernels!(
        "conv2d_bf16.cu" with [super::IMPLICIT]:
        [conv2d_gather_bf16_16, conv2d_gather_bf16_32, conv2d_gather_bf16_64, conv2d_gather_bf16_128] as super::conv2d_gather,
        [conv2d_weights_bf16_16, conv2d_weights_bf16_32, conv2d_weights_bf16_64, conv2d_weights_bf16_128] as super::conv2d_weights,
    );
    pub(super) static TILES: [super::Tile; 4] = super::tiles(
        [&conv2d_gather_bf16_16, &conv2d_gather_bf16_32, &conv2d_gather_bf16_64, &conv2d_gather_bf16_128],
        [&conv2d_weights_bf16_16, &conv2d_weights_bf16_32, &conv2d_weights_bf16_64, &conv2d_weights_bf16_128],
    );
}

arguments! {
    /// The [`Conv2dSizes`] of a call, as `Geometry` of `implicit.cuh`.
    struct Geometry {
        samples: u32, groups: u32, inputs: u32, outputs: u32,
        image_height: u32, image_width: u32, output_height: u32, output_width: u32,
        kernel_height: u32, kernel_width: u32, stride_height: u32, stride_width: u32,
        padding_height: u32, padding_width: u32, dilation_height: u32, dilation_width: u32,
    }
}

impl Geometry {
    fn of(s: &Conv2dSizes) -> Self {
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

/// Returns the tiles for the device's precision.
fn tiles_of(device: &Cuda) -> &'static [Tile] {
    let tiles = match device.computes_in() {
        Precision::F32 => &F32,
        Precision::Tf32 => &tf32::TILES,
        Precision::Bf16 => &bf16::TILES,
    };
    #[cfg(test)]
    if let Some(only) = device.only_tile {
        return &tiles[only..=only];
    }
    tiles
}

/// Returns `true` if there are several groups, each with a single input channel.
fn is_depthwise(s: &Conv2dSizes) -> bool {
    s.groups > 1 && s.groups == s.inputs
}

/// Returns the convolution's plan for cuDNN, or `None` if this crate's kernels should compute it.
fn by_dnn(device: &Cuda, s: &Conv2dSizes, target: Target) -> Option<Dnn> {
    // cuDNN has as many windows as fit; a causal convolution has fewer.
    let size = |i: usize| output_size(s.image[i], s.kernel[i], s.stride[i], s.padding[i], s.dilation[i]);
    let all = s.output == [size(0), size(1)];
    if is_depthwise(s) || !all { None } else { device.by_dnn(&s.convolution(), target) }
}

impl Conv2dSizes {
    /// Converts the sizes to those that cuDNN is called with.
    pub(crate) fn convolution(&self) -> Convolution {
        let Conv2dSizes { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups } = *self;
        Convolution { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups }
    }
}

impl Conv2dKernel for Cuda {
    fn conv2d(
        &self,
        s: &Conv2dSizes,
        direction: Direction,
        f: Activation,
        weight_and_bias: [Ref<'_, f32>; 2],
        from: Ref<'_, f32>,
        to: (Mut<'_, f32>, Write),
    ) {
        let gather = Gather::new(self, s, direction);
        gather.run(self, f, weight_and_bias, from, to, self.scratch(gather.scratch()));
    }
    fn conv2d_weight_gradient(
        &self,
        s: &Conv2dSizes,
        direction: Direction,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        weight_and_bias: [Mut<'_, f32>; 2],
        write: Write,
    ) {
        let gradient = Gradient::new(self, s, direction, weight_and_bias[1].len());
        gradient.run(self, x, dy, weight_and_bias, write, self.scratch(gradient.scratch()));
    }
}
