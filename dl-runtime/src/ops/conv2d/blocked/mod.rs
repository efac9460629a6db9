//! Convolutions on the CPU of images in blocks of eight channels, `[C / 8, H, W, 8]`: a register holds output channels, whatever
//! the size of the image, and the input channels of a pixel lie next to each other. At inference images lie so; others are packed group by
//! group (see `groups`).
//!
//! Weights are packed into the order in which the kernels read them: once for all sessions of the same weights, or at every call without one.

mod copy;
mod depthwise;
mod direct;
pub(super) mod gradient;
mod groups;
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
use groups::Kernel;
pub(super) use weights::Order;

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
    /// Packs weights `[out, in / groups, kh, kw]`, in tasks if there are threads.
    fn pack(self, threads: Option<&Threads>, s: &Conv2dSizes, weight: &[f32], packed: &mut [f32]) {
        match self {
            Algorithm::Direct => weights::Packed::new(s).fill(threads, s, Order::Forward, weight, packed),
            Algorithm::Depthwise => depthwise::pack(s, weight, packed),
            Algorithm::Winograd => winograd::pack(threads, s, weight, packed),
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
        Algorithm::Direct => direct::with_direct(s, from_blocks, packed, |direct| {
            groups::convolve(threads, Kernel::Direct(direct), Images::Blocks, finish, from, to);
        }),
        Algorithm::Depthwise => depthwise::convolve(threads, s, from_blocks, packed, finish, from, to),
        Algorithm::Winograd => winograd::convolve(threads, s, packed, finish, from, to),
    };
    if let Some(prepared) = prepared {
        let algorithm = Algorithm::of(s, from_blocks, true);
        // While they are prepared, other threads may wait: so these tasks are not left to any.
        let pack = |packed: &mut [f32]| algorithm.pack(None, s, weight, packed);
        if let Some(packed) = prepared.get_or(weight, algorithm.layout(s), algorithm.packed_len(s), pack) {
            return run(algorithm, packed);
        }
    }
    let algorithm = Algorithm::of(s, from_blocks, false);
    scratch::with(algorithm.packed_len(s), |packed| {
        algorithm.pack(Some(threads), s, weight, packed);
        run(algorithm, packed);
    });
}

/// The layout of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Images {
    /// In blocks of channels, or, if only so few are read, up to [`BLOCK`] channels one after the other.
    Blocks,
    /// Channel by channel; the results may be some of the rows and columns of larger images.
    Planes(Option<Spread>),
}

/// The place of results in larger images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    /// The rows and columns of the larger image.
    pub image: [usize; 2],
    /// The row and column of the first result.
    pub first: [usize; 2],
    /// The distances between rows and between columns of results.
    pub step: [usize; 2],
}

/// The least number of multiply-adds for each number that is packed or unpacked.
const WORTH_PACKING: usize = 90;

/// Says whether [`convolve_planes`] computes convolutions with these channels, and in less time than kernels whose registers hold pixels, if there
/// are so many multiply-adds for so many numbers that are read and written.
pub(super) fn takes_planes([inputs, outputs]: [usize; 2], groups: usize, work: usize, numbers: usize) -> bool {
    let (of_group, lanes) = (outputs / groups, tile::shape().lanes);
    let whole = (inputs / groups).is_multiple_of(BLOCK) || (groups == 1 && inputs < BLOCK);
    let filled = of_group.is_multiple_of(BLOCK) && 4 * of_group.next_multiple_of(lanes) <= 5 * of_group;
    whole && filled && work >= WORTH_PACKING * numbers
}

/// Computes a convolution of images in planes, if [`takes_planes`] says so, to images in planes or to some of their rows and columns.
#[expect(clippy::too_many_arguments, reason = "the order of the weights and the place of the results come on top")]
pub(super) fn convolve_planes(
    threads: &Threads,
    s: &Conv2dSizes,
    order: Order,
    spread: Option<Spread>,
    weight: &[f32],
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
) {
    if to.is_empty() {
        return;
    }
    let images = Images::Planes(spread);
    // A sample has the same output in every batch, so that its size does not count in the order of the weights of a forward pass.
    let samples = if order == Order::Forward { 1 } else { s.samples };
    let whole = match order {
        Order::Forward => true,
        Order::Reversed { kernel, .. } => kernel == s.kernel,
    };
    if whole && winograd::pays_once(s, samples) {
        let [forward, packed] = [if order == Order::Forward { 0 } else { weight.len() }, winograd::packed_len(s)];
        return scratch::with(forward + packed, |memory| {
            let (forward, packed) = memory.split_at_mut(forward);
            if order != Order::Forward {
                weights::reverse(s, weight, forward);
            }
            winograd::pack(Some(threads), s, if forward.is_empty() { weight } else { forward }, packed);
            groups::convolve(threads, Kernel::Winograd(s, packed), images, finish, from, to);
        });
    }
    let layout = weights::Packed::new(s);
    scratch::with(s.groups * layout.group(), |packed| {
        layout.fill(Some(threads), s, order, weight, packed);
        direct::with_direct(s, s.inputs.is_multiple_of(BLOCK), packed, |direct| {
            groups::convolve(threads, Kernel::Direct(direct), images, finish, from, to);
        });
    });
}

/// Returns what is done with the sums of `len` results, from some one on, of whole samples or blocks of channels.
fn of_group(finish: Finish, first: usize, len: usize) -> Finish {
    let summand = if finish.summand.is_empty() { finish.summand } else { &finish.summand[first..][..len] };
    Finish { summand, ..finish }
}
