//! Separable convolution: depthwise, then pointwise.

use super::conv2d::Conv2d;
use crate::Pod;

/// The weights of a separable convolution with `M` intermediate and `O` output channels and a kernel of `KH` by `KW`;
/// `B` is `O`, or 0 without a bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct SeparableConv2d<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize = O> {
    /// One or more kernels for each input channel.
    pub depthwise: Conv2d<1, M, KH, KW, 0>,
    /// The 1×1 convolution over channels.
    pub pointwise: Conv2d<M, O, 1, 1, B>,
}

// SAFETY: `repr(C)` and plain layers of `f32` only.
unsafe impl<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize> Pod
    for SeparableConv2d<M, O, KH, KW, B>
{
    type Element = f32;
}
