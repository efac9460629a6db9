//! Transposed convolution: each element of the input adds its multiple of the kernel to the output.

use super::{Conv2dSizes, Kernel};
use crate::ops::{Activation, Image};
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of a transposed convolution. Each pair is [height, width].
#[derive(Clone, Copy, Debug)]
pub struct ConvTranspose2dOp {
    /// The distance in the output between the kernels that neighbouring elements of the input add.
    pub stride: [usize; 2],
    /// The number of rows and columns that are cut off on each side of the output.
    pub padding: [usize; 2],
    /// The distance between neighbouring elements of the kernel.
    pub dilation: [usize; 2],
    /// The number of groups.
    pub groups: usize,
    /// The activation, which is applied to the sums.
    pub activation: Activation,
}

impl ConvTranspose2dOp {
    /// `output = f(W ⊛ input + b)`, `[I, H, W]` → `[O, H', W']` (sequences `[I, L]` → `[O, L']`).
    #[inline(always)]
    pub fn forward<W: Kernel, X: Image, Y: Image>(self, weights: &W, input: &X, output: &mut Y) {
        let ConvTranspose2dOp { stride, padding, dilation, groups, activation } = self;
        let sizes = Conv2dSizes {
            inputs: X::CHANNELS,
            outputs: Y::CHANNELS,
            image: X::SIZE,
            output: Y::SIZE,
            kernel: W::SIZE,
            stride,
            padding,
            dilation,
            groups,
        };
        let (weight, bias) = flat(slice::from_ref(weights)).split_at(W::WEIGHTS);
        let y = flat_mut(slice::from_mut(output));
        convolve_transposed(&sizes, weight, bias, flat(slice::from_ref(input)), y);
        activation.apply(y);
    }
}

/// `y = W ⊛ x + b`; `bias` is empty when the layer has none.
fn convolve_transposed(s: &Conv2dSizes, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
    let ([height, width], [rows, columns], [kh, kw]) = (s.image, s.output, s.kernel);
    let (inputs, outputs) = (s.inputs / s.groups.max(1), s.outputs / s.groups.max(1));
    for (o, y) in y.chunks_exact_mut((rows * columns).max(1)).enumerate() {
        y.fill(bias.get(o).copied().unwrap_or(0.0));
        let (group, of_group) = (o / outputs, o % outputs);
        for i in group * inputs..(group + 1) * inputs {
            let kernel = &weight[(i * outputs + of_group) * kh * kw..][..kh * kw];
            for (at, &x) in x[i * height * width..][..height * width].iter().enumerate() {
                let [r, c] = [(at / width) * s.stride[0], (at % width) * s.stride[1]];
                for (k, &weight) in kernel.iter().enumerate() {
                    let [row, column] = [r + k / kw * s.dilation[0], c + k % kw * s.dilation[1]];
                    let to = row.checked_sub(s.padding[0]).zip(column.checked_sub(s.padding[1]));
                    if let Some((row, column)) = to
                        && row < rows
                        && column < columns
                    {
                        y[row * columns + column] += weight * x;
                    }
                }
            }
        }
    }
}
