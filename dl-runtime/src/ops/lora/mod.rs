//! A dense layer with a low-rank update of its weights: `y = f(W·x + b + s·B·(A·x))`, where `A` has shape [rank, in], `B` [out, rank], and
//! `s` is alpha/rank.
//!
//! Source: Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, Chen, "LoRA: low-rank adaptation of large language models", arXiv:2106.09685, 2021,
//! §4.1. `A` is initialised as in the Python library `peft`, and `B` is zero, so that a new layer computes what it does without the update.
//! Fine-tuning trains `A` and `B` alone, and [`merge`] adds their product to `W`.
//!
//! With `u = s·A·x`, which the forward pass saves, and `du = s·Bᵀ·dy`, the gradients are `dB = dy·uᵀ`, `dA = du·xᵀ`, and `Aᵀ·du` in addition
//! to the gradient to the input of the dense layer. If `W` and `b` are frozen, their gradients are not computed. It is a composition of the
//! kernels of other operations.

#[cfg(test)]
mod tests;

pub use dl_core::ops::lora::LoraDense;

use crate::init::{Init, InitLayer, Rng};
use crate::ops::dense::DenseSizes;
use crate::ops::matmul::Product;
use crate::ops::{Activation, Device};
use crate::tensor::context::splitmix64;
use crate::tensor::pod::{flat, flat_mut};
use crate::tensor::{Grad, Rows, Write};
use crate::{Context, Pod, View, ViewMut};
use std::mem::offset_of;

impl<const I: usize, const O: usize, const R: usize, const B: usize> InitLayer<(Init, Init)> for LoraDense<I, O, R, B> {
    /// Draws the weights as a dense layer does, and `A` uniformly in ±1/√in. `A` has random numbers of its own, so that the layers after
    /// this one get the same as without the update.
    fn init(&mut self, (weight, bias): (Init, Init), rng: &mut Rng) {
        weight.fill(flat_mut(&mut self.weight), I, O, rng);
        bias.fill(&mut self.bias, I, O, rng);
        let mut own = Rng::new(splitmix64(rng.seed(), rng.position()));
        Init::PyTorch.fill(flat_mut(&mut self.lora_a), I, R, &mut own);
        flat_mut(&mut self.lora_b).fill(0.0);
    }
}

/// Adds the update `scale·B·A` to the weights of a layer, and sets `B` to zero. Returns the number of layers that it merged: 1.
pub fn merge<const I: usize, const O: usize, const R: usize, const B: usize>(
    layer: &mut LoraDense<I, O, R, B>,
    scale: f32,
) -> usize {
    merge_rows(flat_mut(&mut layer.weight), flat(&layer.lora_a), flat_mut(&mut layer.lora_b), I, R, scale);
    1
}

/// [`merge`], not generic, so that a debug build of an application has it optimised.
fn merge_rows(weight: &mut [f32], a: &[f32], b: &mut [f32], inputs: usize, rank: usize, scale: f32) {
    for (weight, b) in weight.chunks_exact_mut(inputs).zip(b.chunks_exact_mut(rank)) {
        for (i, weight) in weight.iter_mut().enumerate() {
            let update: f64 = b.iter().enumerate().map(|(r, b)| f64::from(*b) * f64::from(a[r * inputs + i])).sum();
            *weight = (f64::from(*weight) + f64::from(scale) * update) as f32;
        }
        b.fill(0.0);
    }
}

/// The settings of a dense layer with a low-rank update.
#[derive(Clone, Copy, Debug)]
pub struct LoraDenseOp {
    /// The factor of the update: alpha/rank.
    pub scale: f32,
    /// The activation, which is applied to the sums in the same pass.
    pub activation: Activation,
}

/// The parts of the weights of a layer on a device.
struct Parts<'a, D: Device> {
    weight: D::Ref<'a, f32>,
    bias: D::Ref<'a, f32>,
    a: D::Ref<'a, f32>,
    b: D::Ref<'a, f32>,
}

impl<'a, D: Device> Parts<'a, D> {
    fn of<const I: usize, const O: usize, const R: usize, const B: usize>(
        weights: View<'a, D, LoraDense<I, O, R, B>>,
    ) -> Self {
        Parts {
            weight: weights.field::<[[f32; I]; O]>(offset_of!(LoraDense<I, O, R, B>, weight)).data(),
            bias: weights.field::<[f32; B]>(offset_of!(LoraDense<I, O, R, B>, bias)).data(),
            a: weights.field::<[[f32; I]; R]>(offset_of!(LoraDense<I, O, R, B>, lora_a)).data(),
            b: weights.field::<[[f32; R]; O]>(offset_of!(LoraDense<I, O, R, B>, lora_b)).data(),
        }
    }
}

/// The sizes of one call.
#[derive(Clone, Copy)]
struct Sizes {
    /// The batch size: the number of samples times the rows of a sample.
    samples: usize,
    inputs: usize,
    outputs: usize,
    rank: usize,
}

impl Sizes {
    /// Those of the dense layer.
    fn dense(self) -> DenseSizes {
        DenseSizes { samples: self.samples, inputs: self.inputs, outputs: self.outputs }
    }
    /// Those of `A`.
    fn down(self) -> DenseSizes {
        DenseSizes { outputs: self.rank, ..self.dense() }
    }
    /// Those of `B`.
    fn up(self) -> DenseSizes {
        DenseSizes { inputs: self.rank, ..self.dense() }
    }
}

impl LoraDenseOp {
    /// `output = f(W·input + b + s·B·(A·input))`, `[I]` → `[O]`, or `[…, I]` → `[…, O]` for every row. It writes `s·A·input`, `[R]` for every
    /// row, to `saved`.
    pub fn forward<
        D: Device,
        X: Rows<I>,
        Y: Rows<O>,
        V,
        const I: usize,
        const O: usize,
        const R: usize,
        const B: usize,
    >(
        self,
        context: &Context<D>,
        weights: View<D, LoraDense<I, O, R, B>>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
        saved: ViewMut<D, V>,
    ) where
        V: Pod<Element = f32>,
    {
        const { assert!(X::LEN * O == Y::LEN * I && V::LEN * O == Y::LEN * R, "as many rows out as in") };
        let sizes = Sizes { samples: input.rows::<I>().len(), inputs: I, outputs: O, rank: R };
        let parts = Parts::of(weights);
        self.run(context, sizes, &parts, input.data(), output.into_data(), saved.into_data());
    }
    /// Computes the output of [`LoraDenseOp::forward`].
    pub fn infer<D: Device, X: Rows<I>, Y: Rows<O>, const I: usize, const O: usize, const R: usize, const B: usize>(
        self,
        context: &Context<D>,
        weights: View<D, LoraDense<I, O, R, B>>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        const { assert!(X::LEN * O == Y::LEN * I, "as many rows out as in") };
        let sizes = Sizes { samples: input.rows::<I>().len(), inputs: I, outputs: O, rank: R };
        let parts = Parts::of(weights);
        context.device.with_scratch(sizes.samples * R, |update| {
            self.run(context, sizes, &parts, input.data(), output.into_data(), update);
        });
    }
    /// Computes `y`, and `u = s·A·x` on the way.
    fn run<D: Device>(
        self,
        context: &Context<D>,
        sizes: Sizes,
        parts: &Parts<'_, D>,
        x: D::Ref<'_, f32>,
        mut y: D::Mut<'_, f32>,
        mut u: D::Mut<'_, f32>,
    ) {
        let (device, none) = (context.device, Activation::Identity);
        device.dense_forward(sizes.dense(), none, parts.weight, parts.bias, x, D::reborrow(&mut y));
        device.dense_forward(sizes.down(), none, parts.a, D::slice(parts.a, 0..0), x, D::reborrow(&mut u));
        self.scale(device, D::reborrow(&mut u));
        let Sizes { samples, outputs, rank, .. } = sizes;
        let up =
            Product { rows: samples, inner: rank, columns: outputs, left_transposed: false, right_transposed: true };
        device.matmul_each(up, D::share(&u), parts.b, D::reborrow(&mut y), Write::Add);
        if self.activation != none {
            device.activation_forward_in_place(self.activation, y);
        }
    }
    fn scale<D: Device>(self, device: &D, u: D::Mut<'_, f32>) {
        if self.scale.to_bits() != 1f32.to_bits() {
            device.affine_in_place(self.scale, 0.0, u);
        }
    }
    /// Computes the gradients to the weights and, unless `None`, to the input. `d_output` is the gradient to the sums, before the
    /// activation.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn backward<
        D: Device,
        X: Rows<I>,
        Y: Rows<O>,
        V,
        const I: usize,
        const O: usize,
        const R: usize,
        const B: usize,
    >(
        self,
        context: &Context<D>,
        weights: View<D, LoraDense<I, O, R, B>>,
        input: View<D, X>,
        saved: View<D, V>,
        d_output: View<D, Y>,
        d_weights: Grad<D, LoraDense<I, O, R, B>>,
        d_input: Option<Grad<D, X>>,
    ) where
        V: Pod<Element = f32>,
    {
        let sizes = Sizes { samples: input.rows::<I>().len(), inputs: I, outputs: O, rank: R };
        let (parts, device) = (Parts::of(weights), context.device);
        let base_is_frozen = context.frozen.all::<D>(D::slice(weights.data(), 0..I * O + B));
        let (x, u, dy, write) = (input.data(), saved.data(), d_output.data(), d_weights.write);
        let (d_weight, rest) = D::split_mut(d_weights.to.into_data(), I * O);
        let (d_bias, rest) = D::split_mut(rest, B);
        let (d_a, d_b) = D::split_mut(rest, R * I);
        let (d_b, none) = D::split_mut(d_b, O * R);
        device.dense_backward_weights(sizes.up(), u, dy, d_b, none, write);
        device.with_scratch(sizes.samples * R, |mut du| {
            device.dense_backward_input(sizes.up(), parts.b, dy, D::reborrow(&mut du), Write::Set);
            self.scale(device, D::reborrow(&mut du));
            let (d_a, none) = D::split_mut(d_a, R * I);
            device.dense_backward_weights(sizes.down(), x, D::share(&du), d_a, none, write);
            let Some(Grad { to, write: write_input }) = d_input else {
                if !base_is_frozen {
                    device.dense_backward_weights(sizes.dense(), x, dy, d_weight, d_bias, write);
                }
                return;
            };
            let mut dx = to.into_data();
            let (to, to_weights) = (D::reborrow(&mut dx), [d_weight, d_bias]);
            if base_is_frozen {
                device.dense_backward_input(sizes.dense(), parts.weight, dy, to, write_input);
            } else {
                device.dense_backward(sizes.dense(), parts.weight, x, dy, to_weights, write, to, write_input);
            }
            device.dense_backward_input(sizes.down(), parts.a, D::share(&du), dx, Write::Add);
        });
    }
}
