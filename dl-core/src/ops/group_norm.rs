//! Group normalisation.

use super::layer_norm::moments;
use crate::Pod;
use crate::pod::{flat, flat_mut};

/// The weights of group normalisation of `C` channels.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct GroupNorm<const C: usize> {
    /// The scale of every channel, initially 1.
    pub weight: [f32; C],
    /// The shift of every channel, initially 0.
    pub bias: [f32; C],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const C: usize> Pod for GroupNorm<C> {
    type Element = f32;
}

/// The settings of group normalisation.
#[derive(Clone, Copy, Debug)]
pub struct GroupNormOp {
    /// The number of groups, which must divide the number of channels.
    pub groups: usize,
    /// The number that is added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
}

/// Group normalisation without weights, which is the default of instance normalisation.
#[derive(Clone, Copy, Debug)]
pub struct Unweighted {
    /// The number of groups, which must divide the number of channels.
    pub groups: usize,
    /// The number that is added to the variance.
    pub epsilon: f32,
}

impl GroupNormOp {
    /// Normalises every group of `input`: `[C, ..]` → `[C, ..]`.
    #[inline(always)]
    pub fn forward<T: Pod<Element = f32>, const C: usize>(
        self,
        weights: &GroupNorm<C>,
        input: &[T; C],
        output: &mut [T; C],
    ) {
        normalise(self, C, &weights.weight, &weights.bias, flat(input), flat_mut(output));
    }
}

impl Unweighted {
    /// Normalises every group of `input`: `[C, ..]` → `[C, ..]`.
    #[inline(always)]
    pub fn forward<T: Pod<Element = f32>, const C: usize>(self, input: &[T; C], output: &mut [T; C]) {
        let op = GroupNormOp { groups: self.groups, epsilon: self.epsilon };
        normalise(op, C, &[], &[], flat(input), flat_mut(output));
    }
}

/// `y = weight·x̂ + bias`; the weights may be empty.
fn normalise(op: GroupNormOp, channels: usize, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
    let (group, channel) = ((x.len() / op.groups.max(1)).max(1), (x.len() / channels.max(1)).max(1));
    for (g, (x, y)) in x.chunks_exact(group).zip(y.chunks_exact_mut(group)).enumerate() {
        let (mean, inverse) = moments(x, op.epsilon);
        for (c, (x, y)) in x.chunks_exact(channel).zip(y.chunks_exact_mut(channel)).enumerate() {
            let c = g * group / channel + c;
            let scale = weight.get(c).copied().unwrap_or(1.0) * inverse;
            let bias = bias.get(c).copied().unwrap_or(0.0);
            x.iter().zip(y).for_each(|(x, y)| *y = (x - mean) * scale + bias);
        }
    }
}
