//! Convolutions on the CPU at inference, of images in blocks of eight channels, `[C / 8, H, W, 8]`: a register holds output channels, whatever
//! the size of the image, and the input channels of a pixel lie next to each other.
//!
//! Weights are packed into the order in which the kernels read them: once for all sessions of the same weights, or at every call without one.

mod copy;
mod depthwise;
mod direct;
#[cfg(test)]
mod kernel_tests;
mod offsets;
#[cfg(test)]
mod tests;
mod tile;
mod weights;
mod winograd;

use super::Conv2dSizes;
use super::correlate::Finish;
use crate::device::cpu::{Prepared, Threads, scratch};
use crate::ops::channel_blocks::BLOCK;

/// The way in which a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    /// By the definition.
    Direct,
    /// Each channel on its own.
    Depthwise,
    /// With fewer multiplications, by weights whose preparation takes long.
    Winograd,
}

impl Algorithm {
    /// Chooses by the sizes, and by whether the packed weights are kept.
    fn of(s: &Conv2dSizes, from_blocks: bool, kept: bool) -> Self {
        if depthwise::is_depthwise(s) {
            Algorithm::Depthwise
        } else if kept && from_blocks && winograd::pays(s) {
            Algorithm::Winograd
        } else {
            Algorithm::Direct
        }
    }
    /// Returns the name of the layout of its weights.
    fn layout(self, s: &Conv2dSizes) -> &'static str {
        match self {
            Algorithm::Direct => "convolution in blocks",
            Algorithm::Depthwise => "depthwise convolution in blocks",
            Algorithm::Winograd => winograd::layout(s),
        }
    }
    /// Returns the size of its packed weights.
    fn packed_len(self, s: &Conv2dSizes) -> usize {
        match self {
            Algorithm::Direct => s.groups * weights::Packed::new(s).group(),
            Algorithm::Depthwise => depthwise::packed_len(s),
            Algorithm::Winograd => winograd::packed_len(s),
        }
    }
    /// Packs weights `[out, in / groups, kh, kw]`.
    fn pack(self, s: &Conv2dSizes, weight: &[f32], packed: &mut [f32]) {
        match self {
            Algorithm::Direct => weights::Packed::new(s).fill(s, weight, packed),
            Algorithm::Depthwise => depthwise::pack(s, weight, packed),
            Algorithm::Winograd => winograd::pack(s, weight, packed),
        }
    }
}

/// Computes the convolution of `from`, which is in blocks of channels or not, and writes it to `to` in blocks. The summand of `finish` is in
/// blocks, too.
///
/// # Panics
/// Unless the number of channels of a group is a multiple of [`BLOCK`], both of what is read and of what is written. Without groups, what is read
/// may have fewer channels than a block; and groups may have a single channel.
#[expect(clippy::too_many_arguments, reason = "the arguments of three operations")]
pub(super) fn convolve(
    threads: &Threads,
    s: &Conv2dSizes,
    from_blocks: bool,
    prepared: Option<&Prepared>,
    weight: &[f32],
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
) {
    let whole = |channels: usize| channels.is_multiple_of(BLOCK);
    let of_groups = whole(s.inputs_of_group()) || (s.groups == 1 && !from_blocks && s.inputs < BLOCK);
    let depthwise = depthwise::is_depthwise(s) && whole(s.outputs);
    assert!(depthwise || of_groups && whole(s.outputs_of_group()), "channels of a convolution in blocks");
    if to.is_empty() {
        return;
    }
    let mut run = |algorithm: Algorithm, packed: &[f32]| match algorithm {
        Algorithm::Direct => direct::convolve(threads, s, from_blocks, packed, finish, from, to),
        Algorithm::Depthwise => depthwise::convolve(threads, s, from_blocks, packed, finish, from, to),
        Algorithm::Winograd => winograd::convolve(threads, s, packed, finish, from, to),
    };
    if let Some(prepared) = prepared {
        let algorithm = Algorithm::of(s, from_blocks, true);
        let pack = |packed: &mut [f32]| algorithm.pack(s, weight, packed);
        if let Some(packed) = prepared.get_or(weight, algorithm.layout(s), algorithm.packed_len(s), pack) {
            return run(algorithm, packed);
        }
    }
    let algorithm = Algorithm::of(s, from_blocks, false);
    scratch::with(algorithm.packed_len(s), |packed| {
        algorithm.pack(s, weight, packed);
        run(algorithm, packed);
    });
}

/// Returns what is done with the sums of a sample of `len` results.
fn of_sample(finish: Finish, sample: usize, len: usize) -> Finish {
    let summand = if finish.summand.is_empty() { finish.summand } else { &finish.summand[sample * len..][..len] };
    Finish { summand, ..finish }
}
