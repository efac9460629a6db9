//! Convolution along the time of sequences whose rows are features: PyTorch's `Conv1d` of the transposed sequence, with its weights,
//! `W` of shape [out, in / groups, k].
//!
//! `y[t, o] = f(b[o] + Σ W[o, i, j] · x[t + j·dilation - before, i])`, summed over the input features `i` of `o`'s group and the
//! elements `j` of the kernel. Rows before the first and after the last one of a sample are zero, and those of other samples are never
//! read. So the length stays. A *causal* convolution has `before = (k - 1)·dilation`: a row sees itself and those before it (van den
//! Oord et al., "WaveNet: a generative model for raw audio", 2016). The other has half of that, and looks ahead.
//!
//! **How it is computed.** The *window* of a row, `[in, k]`, is what the kernel sees from it. The windows of all rows are gathered, so
//! that the rest is matrix products over the rows of all samples, with the weights as they are: `Y = windows·Wᵀ`, `dW = dYᵀ·windows`
//! and `d windows = dY·W`, whose parts each row adds up. With groups, the products are smaller than is worth a call of their own, and
//! kernels of this room compute them.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::conv2d::{self, Kernel};
use crate::ops::dense::DenseSizes;
use crate::ops::{Activation, Device};
use crate::tensor::{Grad, Sequences, Storage, Streams, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of a convolution along time; the rest follows from the type of its weights.
#[derive(Clone, Copy, Debug)]
pub struct Conv1dOp {
    /// True if a row sees only itself and those before it, false if it sees as many rows on both sides.
    pub causal: bool,
    /// The distance between neighbouring elements of the kernel.
    pub dilation: usize,
    /// The number of groups. Each connects its share of the input features with its share of the output features.
    pub groups: usize,
    /// The activation, which is applied to the sums in the same pass.
    pub activation: Activation,
}

/// The sizes and settings of one call.
#[derive(Clone, Copy, Debug)]
pub struct Conv1dSizes {
    /// The number of features of an input row, of all groups.
    pub inputs: usize,
    /// The number of features of an output row, of all groups.
    pub outputs: usize,
    /// The length of the kernel.
    pub kernel: usize,
    /// See [`Conv1dOp::dilation`].
    pub dilation: usize,
    /// The number of rows that the kernel reaches back.
    pub before: usize,
    /// See [`Conv1dOp::groups`].
    pub groups: usize,
}

impl Conv1dSizes {
    /// Returns the number of elements of a window.
    fn window(&self) -> usize {
        self.inputs * self.kernel
    }
    /// Returns the number of elements of a window that one group sees: the number of weights of an output.
    fn of_group(&self) -> usize {
        self.window() / self.groups
    }
    /// Returns the sizes of the products over all rows.
    fn product(&self, rows: usize) -> DenseSizes {
        DenseSizes { samples: rows, inputs: self.window(), outputs: self.outputs }
    }
}

/// The kernels of convolutions along time. `windows` is `[rows, in, k]`.
pub trait Conv1dKernel: Storage {
    /// Gathers the windows of all rows. `past` has the rows before the first of each sample, `[samples, before, in]`; it is empty if
    /// they are zero.
    fn conv1d_gather(
        &self,
        s: &Conv1dSizes,
        sequences: Sequences<'_, Self>,
        past: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        windows: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to the input, the sums of what the windows have of each row; set or added.
    fn conv1d_gather_backward(
        &self,
        s: &Conv1dSizes,
        sequences: Sequences<'_, Self>,
        d_windows: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// Moves the rows of `x` into `past`, which then has the last `before` rows of each sample.
    fn conv1d_remember(
        &self,
        s: &Conv1dSizes,
        sequences: Sequences<'_, Self>,
        x: Self::Ref<'_, f32>,
        past: Self::Mut<'_, f32>,
    );
    /// `y = windows·Wᵀ + b` for each group; `bias` is empty if the layer has none.
    fn conv1d_grouped(
        &self,
        s: &Conv1dSizes,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        windows: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// `dW = dyᵀ·windows` for each group, and `db = Σ dy` unless `d_bias` is empty; set or added.
    fn conv1d_grouped_backward_weights(
        &self,
        s: &Conv1dSizes,
        windows: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        weight_and_bias: [Self::Mut<'_, f32>; 2],
        write: Write,
    );
    /// `d windows = dy·W` for each group.
    fn conv1d_grouped_backward_windows(
        &self,
        s: &Conv1dSizes,
        weight: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_windows: Self::Mut<'_, f32>,
    );
}

impl Conv1dOp {
    /// Returns the sizes of one call. Panics unless the types of rows have the sizes that follow from the weights.
    fn sizes<W: Kernel, X: Pod, Y: Pod>(self) -> Conv1dSizes {
        let Conv1dOp { causal, dilation, groups, .. } = self;
        let (inputs, outputs, [height, kernel]) = (W::COLUMNS * groups, W::ROWS, W::SIZE);
        assert!(
            height == 1 && kernel > 0 && outputs.is_multiple_of(groups),
            "kernels of a convolution along time, and its groups"
        );
        assert!(X::LEN.is_multiple_of(inputs) && Y::LEN.is_multiple_of(outputs), "rows of a convolution along time");
        let reach = (kernel - 1) * dilation;
        let before = if causal { reach } else { reach / 2 };
        Conv1dSizes { inputs, outputs, kernel, dilation, before, groups }
    }
    /// `output = f(W * input + b)` along time, `[T, I]` → `[T, O]`.
    pub fn forward<D: Device, W: Kernel, X: Pod<Element = f32>, Y: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let nothing = D::slice(input.data(), 0..0);
        self.run(context, sequences, weights, nothing, input, output);
    }
    /// Continues streams by the rows of `sequences`; `state` has [`Conv1dOp::state_len`] numbers for each stream, the last rows that it
    /// has seen, which are zero before the first.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn step<D: Device, W: Kernel, X: Pod<Element = f32>, Y: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        _: Streams<D>,
        weights: View<D, W>,
        input: View<D, X>,
        state: D::Mut<'_, f32>,
        output: ViewMut<D, Y>,
    ) {
        self.run(context, sequences, weights, D::share(&state), input, output);
        context.device.conv1d_remember(&self.sizes::<W, X, Y>(), sequences, input.data(), state);
    }
    /// Returns the number of floats of the state of one stream.
    pub const fn state_len<W: Kernel>(self) -> usize {
        (W::SIZE[1] - 1) * self.dilation * W::COLUMNS * self.groups
    }
    fn run<D: Device, W: Kernel, X: Pod<Element = f32>, Y: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        weights: View<D, W>,
        past: D::Ref<'_, f32>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let (s, rows, device) = (self.sizes::<W, X, Y>(), sequences.rows(), context.device);
        let ([weight, bias], mut y) = (conv2d::split(weights), output.into_data());
        device.with_scratch(rows * s.window(), |mut windows| {
            device.conv1d_gather(&s, sequences, past, input.data(), D::reborrow(&mut windows));
            let windows = D::share(&windows);
            if s.groups == 1 {
                return device.dense_forward(s.product(rows), self.activation, weight, bias, windows, y);
            }
            device.conv1d_grouped(&s, weight, bias, windows, D::reborrow(&mut y));
            if self.activation != Activation::Identity {
                device.activation_forward_in_place(self.activation, y);
            }
        });
    }
    /// Computes the gradients to the weights and, unless `None`, to the input. `d_output` is the gradient to the sums, before the
    /// activation.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn backward<D: Device, W: Kernel, X: Pod<Element = f32>, Y: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        weights: View<D, W>,
        input: View<D, X>,
        d_output: View<D, Y>,
        d_weights: Grad<D, W>,
        d_input: Option<Grad<D, X>>,
    ) {
        let (s, rows, device) = (self.sizes::<W, X, Y>(), sequences.rows(), context.device);
        let frozen = context.frozen.all::<D>(weights.data());
        let ([weight, _], dy, nothing) = (conv2d::split(weights), d_output.data(), D::slice(input.data(), 0..0));
        let (d_weight, d_bias) = D::split_mut(d_weights.to.into_data(), W::WEIGHTS);
        device.with_scratch(rows * s.window(), |mut windows| {
            if !frozen {
                device.conv1d_gather(&s, sequences, nothing, input.data(), D::reborrow(&mut windows));
                let (seen, write) = (D::share(&windows), d_weights.write);
                if s.groups == 1 {
                    device.dense_backward_weights(s.product(rows), seen, dy, d_weight, d_bias, write);
                } else {
                    device.conv1d_grouped_backward_weights(&s, seen, dy, [d_weight, d_bias], write);
                }
            }
            let Some(Grad { to, write }) = d_input else { return };
            // The gradient to the windows takes their place.
            let d_windows = D::reborrow(&mut windows);
            if s.groups == 1 {
                device.dense_backward_input(s.product(rows), weight, dy, d_windows, Write::Set);
            } else {
                device.conv1d_grouped_backward_windows(&s, weight, dy, d_windows);
            }
            device.conv1d_gather_backward(&s, sequences, D::share(&windows), to.into_data(), write);
        });
    }
}
