//! Convolutions on the CPU of images in blocks of channels.

#[cfg(test)]
mod tests;
mod winograd;

use super::correlate::Finish;
use super::cpu::correlate;
use super::{Conv2dSizes, Direction};
use crate::device::cpu::{Prepared, Threads, scratch};
use crate::ops::channel_blocks::{pack, unpack};

/// Computes the convolution of `from`, which is in blocks of channels or not, and writes it to `to` in blocks. The summand of
/// `finish` is in blocks, too.
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
    // Without a place for its weights, they would be transformed in each call.
    if let Some(prepared) = prepared.filter(|_| from_blocks && winograd::pays(s)) {
        let pack = |packed: &mut [f32]| winograd::pack(s, weight, packed);
        if let Some(packed) = prepared.get_or(weight, winograd::layout(s), winograd::packed_len(s), pack) {
            return winograd::convolve(threads, s, packed, finish, from, to);
        }
    }
    let ([_, pixels], image) = (s.computed(Direction::Forward), s.image[0] * s.image[1]);
    let input = if from_blocks { from.len() } else { 0 };
    scratch::with(input + finish.summand.len() + to.len(), |memory| {
        let (input, memory) = memory.split_at_mut(input);
        let (summand, output) = memory.split_at_mut(finish.summand.len());
        if from_blocks {
            unpack(threads, image, from, input);
        }
        if !summand.is_empty() {
            unpack(threads, pixels, finish.summand, summand);
        }
        let from = if from_blocks { input } else { from };
        correlate(threads, s, weight, Finish { summand, ..finish }, from, output);
        pack(threads, pixels, output, to);
    });
}
