//! The initial weights of each kind of layer.

use super::{Init, Rng};
use dl_core::layers::*;
use dl_core::ops::conv2d::Kernel;
use dl_core::pod::{Pod, flat_mut};
use std::slice;

/// A layer whose weights are initialised by `Rules`: none, `(weight,)`, or `(weight, bias)`.
#[doc(hidden)]
pub trait InitLayer<Rules> {
    /// Initialises all weights.
    fn init(&mut self, rules: Rules, rng: &mut Rng);
}

/// The bias follows PyTorch's rule, or is zero with any other initialisation.
impl<const I: usize, const O: usize, const B: usize> InitLayer<(Init, Init)> for Dense<I, O, B> {
    fn init(&mut self, (weight, bias): (Init, Init), rng: &mut Rng) {
        weight.fill(flat_mut(&mut self.weight), I, O, rng);
        bias.fill(&mut self.bias, I, O, rng);
    }
}

/// As in PyTorch, fan in and fan out are channels times elements of a kernel.
macro_rules! convolutions {
    ($($name:ident<I, O, $($size:ident),+; B>)*) => {$(
        impl<const I: usize, const O: usize, $(const $size: usize,)+ const B: usize> InitLayer<(Init, Init)>
            for $name<I, O, $($size,)+ B>
        {
            fn init(&mut self, (weight, bias): (Init, Init), rng: &mut Rng) {
                let elements = Self::SIZE[0] * Self::SIZE[1];
                let (fan_in, fan_out) = (Self::COLUMNS * elements, Self::ROWS * elements);
                weight.fill(flat_mut(&mut self.weight), fan_in, fan_out, rng);
                bias.fill(&mut self.bias, fan_in, fan_out, rng);
            }
        }
    )*};
}
convolutions! {
    Conv2d<I, O, KH, KW; B>
    Conv1d<I, O, K; B>
    ConvTranspose2d<I, O, KH, KW; B>
    ConvTranspose1d<I, O, K; B>
}

/// Both convolutions have their own fan-in and fan-out.
impl<const M: usize, const O: usize, const KH: usize, const KW: usize, const B: usize> InitLayer<(Init, Init)>
    for SeparableConv2d<M, O, KH, KW, B>
{
    fn init(&mut self, rules: (Init, Init), rng: &mut Rng) {
        self.depthwise.init(rules, rng);
        self.pointwise.init(rules, rng);
    }
}

/// Those of one dense layer with all outputs, as PyTorch's `MultiheadAttention` draws them.
impl<const I: usize, const Q: usize, const KV: usize, const BQ: usize, const BKV: usize> InitLayer<(Init, Init)>
    for Projections<I, Q, KV, BQ, BKV>
{
    fn init(&mut self, (weight, bias): (Init, Init), rng: &mut Rng) {
        let outputs = Q + 2 * KV;
        for weights in [&mut self.q_weight[..], &mut self.k_weight, &mut self.v_weight] {
            weight.fill(flat_mut(weights), I, outputs, rng);
        }
        for biases in [&mut self.q_bias[..], &mut self.k_bias, &mut self.v_bias] {
            bias.fill(biases, I, outputs, rng);
        }
    }
}

/// PyTorch's rule is a normal distribution with standard deviation 1.
impl<const V: usize, const F: usize> InitLayer<(Init,)> for Embedding<V, F> {
    fn init(&mut self, (weight,): (Init,), rng: &mut Rng) {
        weight.fill(flat_mut(&mut self.weight), V, F, rng);
    }
}

impl<const T: usize, const N: usize> InitLayer<(Init,)> for LearnedPositions<T, N> {
    fn init(&mut self, (weight,): (Init,), rng: &mut Rng) {
        weight.fill(flat_mut(&mut self.weight), N, T, rng);
    }
}

/// For rules that depend on them, the inputs and outputs of a row are its length, the second rule.
impl<T: Pod<Element = f32>> InitLayer<(Init, usize)> for Parameter<T> {
    fn init(&mut self, (weight, row): (Init, usize), rng: &mut Rng) {
        weight.fill(flat_mut(slice::from_mut(&mut self.weight)), row, row, rng);
    }
}

impl<const C: usize> InitLayer<(Init,)> for Prelu<C> {
    fn init(&mut self, (weight,): (Init,), rng: &mut Rng) {
        weight.fill(&mut self.weight, 1, 1, rng);
    }
}

impl<const N: usize> InitLayer<(Init,)> for Scale<N> {
    fn init(&mut self, (weight,): (Init,), rng: &mut Rng) {
        weight.fill(&mut self.weight, 1, 1, rng);
    }
}

/// All weights and biases are from ±1/√H, as in PyTorch.
impl<
    const I: usize,
    const H: usize,
    const G: usize,
    const O: usize,
    const D: usize,
    const M: usize,
    const B: usize,
    const S: usize,
    const P: usize,
> InitLayer<()> for Recurrent<I, H, G, O, D, M, B, S, P>
{
    fn init(&mut self, (): (), rng: &mut Rng) {
        let bound = Init::Uniform { bound: 1.0 / (H as f32).sqrt() };
        bound.fill(flat_mut(slice::from_mut(self)), H, H, rng);
    }
}

/// Normalisations begin with scale 1, shift 0, mean 0 and variance 1, and draw no random numbers.
macro_rules! normalisations {
    ($($name:ident { $($member:ident: $value:literal),* })*) => {$(
        impl<const N: usize> InitLayer<()> for $name<N> {
            fn init(&mut self, (): (), _: &mut Rng) {
                $(self.$member.fill($value);)*
            }
        }
    )*};
}
normalisations! {
    BatchNorm { weight: 1.0, bias: 0.0, running_mean: 0.0, running_var: 1.0 }
    GroupNorm { weight: 1.0, bias: 0.0 }
    LayerNorm { weight: 1.0, bias: 0.0 }
    RmsNorm { weight: 1.0 }
}
