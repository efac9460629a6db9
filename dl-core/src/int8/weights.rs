//! The weights of a layer as kernels take them, and the way from int32 sums to int8 outputs.

use super::{Multiplier, Quantization};
use core::ops::Range;

/// The range of the outputs of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Output {
    /// The number that means 0.
    pub zero_point: i8,
    /// The least output: that of int8, or what an activation makes of it.
    pub min: i8,
    /// The largest output.
    pub max: i8,
}

impl Output {
    /// Returns the range of outputs that an activation limits to numbers from `min` to `max`, which may be infinite.
    pub fn limited(to: Quantization, [min, max]: [f32; 2]) -> Self {
        Output { zero_point: to.zero_point, min: to.quantize(min), max: to.quantize(max) }
    }
    /// Returns the output for a number that is scaled as outputs are.
    #[inline]
    pub fn of(self, scaled: i32) -> i8 {
        scaled.saturating_add(self.zero_point.into()).clamp(self.min.into(), self.max.into()) as i8
    }
}

/// The parameters of one output channel.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    bias: i32,
    factor: Multiplier,
    output: Output,
}

impl Channel {
    /// Returns the output for the sum of its products.
    #[inline]
    pub fn output(&self, sum: i32) -> i8 {
        self.output.of(self.factor.apply(sum.wrapping_add(self.bias)))
    }
}

/// The weights of a dense layer or a convolution, and the parameters of its output channels.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// One row for each output channel, symmetric around 0, each with a scale of its own.
    pub weight: &'a [i8],
    /// The bias of each channel, in the scale of the sums. The zero point of the inputs times the sum of the weights is already
    /// subtracted, so that sums are those of the plain products.
    pub bias: &'a [i32],
    /// The mantissa of each factor from sums to outputs.
    pub multiplier: &'a [i32],
    /// The exponent of each factor.
    pub exponent: &'a [i8],
    /// The number that means 0 in the input.
    pub input_zero_point: i8,
    /// The range of the outputs.
    pub output: Output,
}

impl<'a> Weights<'a> {
    /// Returns the number of output channels.
    #[inline]
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }
    /// Returns the weights of a channel, of which there are `len`.
    #[inline]
    pub fn row(&self, channel: usize, len: usize) -> &'a [i8] {
        &self.weight[channel * len..][..len]
    }
    /// Returns the parameters of a channel.
    #[inline]
    pub fn channel(&self, channel: usize) -> Channel {
        let (bias, mantissa, exponent) = (self.bias[channel], self.multiplier[channel], self.exponent[channel]);
        Channel { bias, factor: Multiplier { mantissa, exponent }, output: self.output }
    }
    /// Returns the output of a channel for the sum of its products.
    #[inline]
    pub fn output(&self, channel: usize, sum: i32) -> i8 {
        self.channel(channel).output(sum)
    }
    /// Returns a range of the channels, which have `len` weights each.
    #[inline]
    pub fn channels(&self, range: Range<usize>, len: usize) -> Weights<'a> {
        Weights {
            weight: &self.weight[range.start * len..range.end * len],
            bias: &self.bias[range.clone()],
            multiplier: &self.multiplier[range.clone()],
            exponent: &self.exponent[range],
            ..*self
        }
    }
}
