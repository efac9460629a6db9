//! The gradient to the weights for many output channels, as a matrix product over windows whose registers hold output
//! channels.

use super::Piece;
use crate::ops::matmul::pack::transpose;
use crate::ops::matmul::tile::{self, Inner, Start, Strip};
use std::ops::Range;

/// Computes the gradient of some output channels over one piece of the batch, which replaces `to` or is added to it.
/// `packed` has room for [`width`] floats for each window.
pub(super) fn gradient(piece: &Piece, channels: Range<usize>, packed: &mut [f32], to: &mut [f32], add: bool) {
    let Piece { s, layout, taps, pixels, samples, x, dy, rows } = *piece;
    let (outputs, spatial_size, pixels_of_sample) =
        (s.outputs_of_group(), s.output[0] * s.output[1], rows * s.output[1]);
    let shape = tile::shape_for(outputs);
    let width = 2 * shape.lanes;
    let group_floats = s.inputs_of_group() * layout.plane();
    let farthest = taps.iter().map(|tap| tap.a as usize).max().unwrap_or(0);
    let pixels = &pixels[..samples * pixels_of_sample];
    assert!(pixels.iter().all(|pixel| pixel.b as usize + width <= packed.len()), "packed gradient");
    let last_pixel = pixels.iter().map(|pixel| pixel.a as usize).max().unwrap_or(0);
    assert!((s.groups - 1) * group_floats + farthest + last_pixel < x.len(), "input");
    let mut channel = channels.start;
    while channel < channels.end {
        let group = channel / outputs;
        let count = (((group + 1) * outputs).min(channels.end) - channel).min(width);
        for sample in 0..samples {
            let from = &dy[(sample * s.outputs + channel) * spatial_size..];
            let packed = &mut packed[sample * pixels_of_sample * width..][..pixels_of_sample * width];
            transpose(from, spatial_size, count, pixels_of_sample, packed, width);
        }
        let to = &mut to[(channel - channels.start) * taps.len()..][..count * taps.len()];
        let strip = Strip {
            level: shape.level,
            k: pixels.len(),
            rows: taps.len(),
            tile_rows: taps.len().div_ceil(taps.len().div_ceil(shape.listed_rows)),
            lanes: [count.min(shape.lanes), count.saturating_sub(shape.lanes)],
            a: x[group * group_floats..].as_ptr(),
            a_tile: 0,
            b: packed.as_ptr(),
            b_second: shape.lanes,
            inner: Inner::Listed { stride: 0, rows: taps, steps: pixels },
            c: to.as_mut_ptr(),
            c_row: 1,
            c_column: taps.len(),
            c_second: 0,
            start: Start::Zero,
            add,
            summand: std::ptr::null(),
            limits: None,
            ahead: None,
        };
        // SAFETY: by the assertions, the last tap of the last window is inside of `x`, and every window's channels are
        // inside of `packed`. `to` has a row of taps for each channel, and is borrowed for this call.
        unsafe { strip.run() }
        channel += count;
    }
}

/// Returns the number of floats of one window's packed gradient.
pub(super) fn width(outputs: usize) -> usize {
    2 * tile::shape_for(outputs).lanes
}
