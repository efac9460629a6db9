//! Weights of Winograd's convolution: their transform and the order in which the products read them.

#![allow(clippy::needless_range_loop, reason = "loops without closures become code for registers")]

use super::form::{Form, Four, MOST_POINTS, Sizes, Two};
use super::lanes;
use crate::device::cpu::Threads;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::chunks_mut;
use crate::ops::channel_blocks::BLOCK;
use crate::ops::conv2d::Conv2dSizes;

/// The number of weights of a kernel.
const KERNEL: usize = 9;

/// The kernels of a block of output channels: for each element, that of each channel.
type Kernels = [[f64; BLOCK]; KERNEL];

/// Returns the number of floats of packed weights.
pub(super) fn packed_len(s: &Conv2dSizes, sizes: Sizes) -> usize {
    sizes.positions() * s.inputs * s.outputs.next_multiple_of(lanes())
}

/// Packs weights of shape [outputs, inputs, 3, 3], as [chunks of output channels, positions, inputs, channels of the
/// chunk]. A chunk has the channels of two registers, the last one those of one or two, of which those that do not exist are 0. With threads,
/// each chunk is a task.
///
/// # Panics
/// If a slice has another length.
pub(super) fn pack(threads: Option<&Threads>, s: &Conv2dSizes, sizes: Sizes, weight: &[f32], packed: &mut [f32]) {
    let (inputs, outputs, positions) = (s.inputs, s.outputs, sizes.positions());
    assert_eq!(weight.len(), outputs * inputs * KERNEL, "weights of a convolution");
    assert_eq!(packed.len(), packed_len(s, sizes), "packed weights");
    assert!(outputs.is_multiple_of(BLOCK), "blocks of channels");
    let pack_chunk = |number: usize, chunk: &mut [f32]| {
        let (first, width) = (number * 2 * lanes(), chunk.len() / (positions * inputs));
        for block in (0..width).step_by(BLOCK) {
            // The channels of a last register that do not exist.
            if first + block >= outputs {
                chunk.chunks_exact_mut(width).for_each(|row| row[block..].fill(0.0));
                break;
            }
            let weight = &weight[(first + block) * inputs * KERNEL..][..BLOCK * inputs * KERNEL];
            if sizes == Four::SIZES {
                pack_block(Four, inputs, weight, width, &mut chunk[block..]);
            } else {
                pack_block(Two, inputs, weight, width, &mut chunk[block..]);
            }
        }
    };
    let of_chunk = positions * inputs * 2 * lanes();
    match threads {
        Some(threads) => threads.split(chunks_mut(packed, of_chunk), &pack_chunk),
        None => packed.chunks_mut(of_chunk).enumerate().for_each(|(number, chunk)| pack_chunk(number, chunk)),
    }
}

simd! {
    /// Packs `G g Gᵀ`, computed in f64, of the kernels of a block of output channels into rows of `width` numbers.
    fn pack_block<S, F>(_form: F, inputs: usize, weight: &[f32], width: usize, to: &mut [f32]) where [F: Form] {
        let Sizes { points, .. } = F::SIZES;
        for input in 0..inputs {
            let mut g: Kernels = [[0.0; BLOCK]; KERNEL];
            for channel in 0..BLOCK {
                let kernel = &weight[(channel * inputs + input) * KERNEL..][..KERNEL];
                for element in 0..KERNEL {
                    g[element][channel] = f64::from(kernel[element]);
                }
            }
            let mut rows = [[[0.0; BLOCK]; 3]; MOST_POINTS];
            for i in 0..points {
                for column in 0..3 {
                    rows[i][column] = weighted(&F::G[i], [&g[column], &g[3 + column], &g[6 + column]]);
                }
            }
            for i in 0..points {
                for j in 0..points {
                    let values = weighted(&F::G[j], [&rows[i][0], &rows[i][1], &rows[i][2]]);
                    let to = &mut to[((i * points + j) * inputs + input) * width..][..BLOCK];
                    for lane in 0..BLOCK {
                        to[lane] = values[lane] as f32;
                    }
                }
            }
        }
    }
}

/// Returns the sum of three vectors with weights.
#[inline(always)]
fn weighted(by: &[f64; 3], of: [&[f64; BLOCK]; 3]) -> [f64; BLOCK] {
    let mut sum = [0.0; BLOCK];
    for lane in 0..BLOCK {
        sum[lane] = by[0] * of[0][lane] + by[1] * of[1][lane] + by[2] * of[2][lane];
    }
    sum
}
