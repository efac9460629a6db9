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
        for (group, to) in to.chunks_exact_mut(self.group()).enumerate() {
            for (panel, to) in to.chunks_exact_mut(self.panel()).enumerate() {
                for lane in 0..self.lanes {
                    let channel = panel * self.lanes + lane;
                    let mut to = to[lane..].iter_mut().step_by(self.lanes);
                    if channel >= outputs {
                        to.for_each(|to| *to = 0.0);
                        continue;
                    }
                    let weight = &weight[(group * outputs + channel) * self.sums..][..self.sums];
                    for block in weight.chunks_exact(self.channels * taps) {
                        for tap in 0..taps {
                            block[tap..].iter().step_by(taps).zip(&mut to).for_each(|(weight, to)| *to = *weight);
                        }
                    }
                }
            }
        }
    }
}
