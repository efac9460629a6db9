//! From int32 sums to int8: the factor of each output channel, the zero point, and the clamp of a fused activation.

use super::{Multiplier, Quantization};

/// The range of the outputs of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Output {
    /// The number that means 0.
    pub zero_point: i8,
    /// The least output: that of the range, or what `relu` makes of it.
    pub min: i8,
    /// The largest output.
    pub max: i8,
}

impl Output {
    /// Returns the range of outputs that an activation limits to numbers from `min` to `max`, which may be infinite.
    pub fn limited(to: Quantization, min: f32, max: f32) -> Self {
        Output { zero_point: to.zero_point, min: to.quantize(min), max: to.quantize(max) }
    }
    /// Returns the output for a number that is scaled as outputs are.
    #[inline]
    pub fn of(self, scaled: i32) -> i8 {
        scaled.saturating_add(self.zero_point.into()).clamp(self.min.into(), self.max.into()) as i8
    }
}

/// The parameters of the output channels of a layer with weights.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    /// The bias of each channel, in the scale of the sums. The zero point of the inputs times the sum of the weights is already
    /// subtracted, so that sums are those of the plain products.
    pub bias: &'a [i32],
    /// The mantissa of each factor from sums to outputs.
    pub multiplier: &'a [i32],
    /// The exponent of each factor.
    pub exponent: &'a [i8],
    /// The range of the outputs.
    pub output: Output,
}

impl<'a> Channels<'a> {
    /// Returns the output of a channel for the sum of its products.
    #[inline]
    pub fn output(&self, channel: usize, sum: i32) -> i8 {
        let factor = Multiplier { mantissa: self.multiplier[channel], exponent: self.exponent[channel] };
        self.output.of(factor.apply(sum.wrapping_add(self.bias[channel])))
    }
    /// Returns a range of the channels.
    #[inline]
    pub fn slice(&self, range: core::ops::Range<usize>) -> Channels<'a> {
        Channels {
            bias: &self.bias[range.clone()],
            multiplier: &self.multiplier[range.clone()],
            exponent: &self.exponent[range],
            output: self.output,
        }
    }
}
