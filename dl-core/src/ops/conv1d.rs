//! Convolution along the time of streams, which sees a row and those before it.

use crate::ops::Activation;
use crate::ops::conv2d::Kernel;
use crate::pod::flat;
use core::slice;

/// The settings of a convolution along time; the rest follows from the type of its weights.
#[derive(Clone, Copy, Debug)]
pub struct Conv1dOp {
    /// True if a row sees only itself and those before it.
    pub causal: bool,
    /// The distance between neighbouring elements of the kernel.
    pub dilation: usize,
    /// The number of groups. Each connects its share of the input features with its share of the output features.
    pub groups: usize,
    /// The activation, which is applied to the sums.
    pub activation: Activation,
}

/// The last `R` rows of a stream, that at position `t` in row `t % R`.
pub type State<const R: usize, const I: usize> = [[f32; I]; R];

impl Conv1dOp {
    /// `output = f(W * input + b)` with a kernel of one element, `[I]` → `[O]`.
    #[inline(always)]
    pub fn forward<W: Kernel, const I: usize, const O: usize>(
        self,
        weights: &W,
        input: &[f32; I],
        output: &mut [f32; O],
    ) {
        self.step(0, weights, input, &mut [], output);
    }
    /// Continues a stream by the row at position `t`, `[I]` → `[O]`.
    #[inline(always)]
    pub fn step<W: Kernel, const R: usize, const I: usize, const O: usize>(
        self,
        t: u64,
        weights: &W,
        input: &[f32; I],
        state: &mut State<R, I>,
        output: &mut [f32; O],
    ) {
        assert!(R == (W::SIZE[1] - 1) * self.dilation && I == W::COLUMNS * self.groups, "the rows that a kernel sees");
        let (weight, bias) = flat(slice::from_ref(weights)).split_at(W::WEIGHTS);
        let place = (t % (R as u64).max(1)) as usize;
        let sizes = Sizes { kernel: W::SIZE[1], dilation: self.dilation, groups: self.groups };
        let past = flat(&state[..]);
        sizes.convolve([weight, bias, input, past], place, output);
        if let Some(oldest) = state.get_mut(place) {
            *oldest = *input;
        }
        self.activation.apply(output);
    }
}

struct Sizes {
    kernel: usize,
    dilation: usize,
    groups: usize,
}

impl Sizes {
    /// Computes the sums for the row `x`; the oldest row of `past` is number `place`.
    fn convolve(&self, [weight, bias, x, past]: [&[f32]; 4], place: usize, y: &mut [f32]) {
        let (inputs, of_group) = (x.len(), x.len() / self.groups);
        let (rows, of_output) = ((self.kernel - 1) * self.dilation, of_group * self.kernel);
        let outputs_of_group = (y.len() / self.groups).max(1);
        for (o, y) in y.iter_mut().enumerate() {
            *y = bias.get(o).copied().unwrap_or(0.0);
        }
        for tap in 0..self.kernel {
            let row = match tap + 1 == self.kernel {
                true => x,
                false => &past[(place + tap * self.dilation) % rows * inputs..][..inputs],
            };
            for (o, y) in y.iter_mut().enumerate() {
                let row = &row[o / outputs_of_group * of_group..][..of_group];
                let weights = weight[o * of_output + tap..].iter().step_by(self.kernel);
                *y += row.iter().zip(weights).map(|(x, weight)| weight * x).sum::<f32>();
            }
        }
    }
}
