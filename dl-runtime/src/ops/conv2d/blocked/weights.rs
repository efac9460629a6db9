//! Weights of convolutions in blocks of channels, packed into the order in which the tiles read them.

use super::tile::shape;
use super::{BLOCK, Conv2dSizes};

/// The layout of packed weights: for each group `[panels, blocks, kernel elements, channels of a block, lanes]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// The number of output channels of a panel.
    pub lanes: usize,
    /// The number of panels of a group.
    pub panels: usize,
    /// The number of weights of an output channel.
    pub sums: usize,
    /// The number of input channels of a block.
    pub channels: usize,
}

impl Packed {
    /// Returns the layout for weights whose input channels lie in blocks, or are few.
    pub fn new(s: &Conv2dSizes) -> Self {
        let (lanes, inputs) = (shape().lanes, s.inputs_of_group());
        let (panels, sums) = (s.outputs_of_group().div_ceil(lanes), inputs * s.spatial_size());
        Packed { lanes, panels, sums, channels: inputs.min(BLOCK) }
    }
    /// Returns the size of a panel.
    pub fn panel(&self) -> usize {
        self.sums * self.lanes
    }
    /// Returns the size of a group.
    pub fn group(&self) -> usize {
        self.panels * self.panel()
    }
    /// Packs weights `[out, in / groups, kh, kw]`. Lanes without a channel are zeros.
    pub fn fill(&self, s: &Conv2dSizes, weight: &[f32], to: &mut [f32]) {
        let (outputs, taps) = (s.outputs_of_group(), s.spatial_size());
        let of_block = self.channels * taps;
        for (group, to) in to.chunks_exact_mut(self.group()).enumerate() {
            for (panel, to) in to.chunks_exact_mut(self.panel()).enumerate() {
                let first = panel * self.lanes;
                let rows = &weight[(group * outputs + first) * self.sums..];
                let lanes = self.lanes.min(outputs - first);
                // Each number of a row is read once, while its block of channels is in the cache.
                for (number, to) in to.chunks_exact_mut(self.lanes).enumerate() {
                    let (block, tap, channel) =
                        (number / of_block, number % of_block / self.channels, number % self.channels);
                    let column = block * of_block + channel * taps + tap;
                    let (channels, rest) = to.split_at_mut(lanes);
                    let of_column = rows[column..].iter().step_by(self.sums);
                    channels.iter_mut().zip(of_column).for_each(|(to, weight)| *to = *weight);
                    rest.fill(0.0);
                }
            }
        }
    }
}
