//! Weights of Winograd's convolution: their transform and the order in which the products read them.

use super::form::{Form, Four, MOST_POINTS, Sizes, Two};
use super::lanes;
use crate::ops::conv2d::Conv2dSizes;

/// The number of weights of a kernel.
const KERNEL: usize = 9;
/// The number of lanes of two of the widest registers.
const MAX_WIDTH: usize = 32;

/// The largest number of numbers of a transformed kernel.
const MOST_POSITIONS: usize = MOST_POINTS * MOST_POINTS;

/// Returns the number of floats of packed weights.
pub(super) fn packed_len(s: &Conv2dSizes, sizes: Sizes) -> usize {
    sizes.positions() * s.inputs * s.outputs.next_multiple_of(lanes())
}

/// Packs weights of shape [outputs, inputs, 3, 3], as [chunks of output channels, positions, inputs, channels of the
/// chunk]. A chunk has the channels of two registers, the last one those of one or two, of which those that do not exist are 0.
///
/// # Panics
/// If a slice has another length.
pub(super) fn pack(s: &Conv2dSizes, sizes: Sizes, weight: &[f32], packed: &mut [f32]) {
    let (inputs, outputs, positions) = (s.inputs, s.outputs, sizes.positions());
    assert_eq!(weight.len(), outputs * inputs * KERNEL, "weights of a convolution");
    assert_eq!(packed.len(), packed_len(s, sizes), "packed weights");
    let channels = outputs.next_multiple_of(lanes());
    for first in (0..channels).step_by(2 * lanes()) {
        let width = (channels - first).min(2 * lanes());
        let chunk = &mut packed[positions * inputs * first..][..positions * inputs * width];
        for input in 0..inputs {
            let mut transformed = [[0.0_f32; MAX_WIDTH]; MOST_POSITIONS];
            for lane in 0..width.min(outputs - first) {
                let output = first + lane;
                let kernel = &weight[(output * inputs + input) * KERNEL..][..KERNEL];
                let values = if sizes == Four::SIZES { transform::<Four>(kernel) } else { transform::<Two>(kernel) };
                for (to, value) in transformed.iter_mut().zip(values) {
                    to[lane] = value as f32;
                }
            }
            for (position, row) in transformed[..positions].iter().enumerate() {
                chunk[(position * inputs + input) * width..][..width].copy_from_slice(&row[..width]);
            }
        }
    }
}

/// Returns `G g Gᵀ`, computed in f64.
fn transform<F: Form>(kernel: &[f32]) -> [f64; MOST_POSITIONS] {
    let Sizes { points, .. } = F::SIZES;
    let mut rows = [[0.0; 3]; MOST_POINTS];
    for (row, g) in rows.iter_mut().zip(F::G) {
        for (column, sum) in row.iter_mut().enumerate() {
            *sum = (0..3).map(|k| g[k] * f64::from(kernel[3 * k + column])).sum();
        }
    }
    let mut values = [0.0; MOST_POSITIONS];
    for (position, value) in values[..points * points].iter_mut().enumerate() {
        *value = (0..3).map(|k| rows[position / points][k] * F::G[position % points][k]).sum();
    }
    values
}
