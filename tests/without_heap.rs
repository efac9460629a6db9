//! Prediction without a heap (`Predict`) computes what `Model::predict` does, for every layer that `dl-core` knows.

use dl::prelude::*;
use dl::{Declared, Pod, Predict, Scratch};
use std::slice;

/// Returns numbers that look random, between -1 and 1.
fn numbers<T: Pod<Element = f32>>(seed: u32) -> T {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut value = dl::pod::zeroed_box::<T>();
    for number in dl::pod::flat_mut(slice::from_mut(&mut *value)) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *number = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
    }
    *value
}

/// Compares `predict_into` with `predict`, with weights and running statistics that are all different. The memory and the output begin
/// with NaN.
fn same<M>(seed: u32, input: M::Takes)
where
    M: Predict + Model<Input = <M as Declared>::Takes, Output = <M as Declared>::Makes>,
    M::Makes: Pod<Element = f32>,
{
    let mut net = M::init(u64::from(seed));
    for (i, weight) in dl::pod::flat_mut(slice::from_mut(&mut *net)).iter_mut().enumerate() {
        // Variances stay positive.
        *weight += 0.3 + 0.2 * ((i * 7 + seed as usize) % 11) as f32 / 11.0;
    }
    let expected = net.predict_one(&input);
    let mut output = dl::pod::zeroed_box::<M::Makes>();
    dl::pod::flat_mut(slice::from_mut(&mut *output)).fill(f32::NAN);
    let mut scratch = Box::new(Scratch::<M>::new());
    // SAFETY: the memory consists of numbers, of which all bits are values.
    unsafe { std::ptr::from_mut(&mut *scratch).cast::<u8>().write_bytes(0xff, size_of::<Scratch<M>>()) };
    net.predict_into(&input, &mut output, &mut scratch);
    let (expected, output) = (dl::pod::flat(slice::from_ref(&*expected)), dl::pod::flat(slice::from_ref(&*output)));
    let scale = expected.iter().fold(1e-3, |scale: f32, x| scale.max(x.abs()));
    for (i, (y, expected)) in output.iter().zip(expected).enumerate() {
        assert!((y - expected).abs() <= 1e-5 * scale, "{} {i}: {y} is not {expected}", M::NAME);
    }
}

/// A model, and a test that compares both ways of predicting.
macro_rules! cases {
    ($($test:ident { $name:ident($($declaration:tt)*) -> [$($output:tt)*] { $($body:tt)* } })*) => {$(
        #[test]
        fn $test() {
            model! { $name($($declaration)*) -> [$($output)*] { $($body)* } }
            same::<$name>(1, numbers(3));
            same::<$name>(2, numbers(4));
        }
    )*};
}

cases! {
    lenet {
        LeNet(image: [1, 28, 28]) -> [10] {
            image
                -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
                -> conv2d(16, 5) -> relu -> max_pool2d(2)
                -> flatten
                -> dense(120) -> relu
                -> dense(84) -> relu
                -> dense(10)
        }
    }
    sine { Sine(x: [1]) -> [1] { x -> dense(16) -> relu -> dense(16) -> relu -> dense(1) } }
    convolutions {
        Convolutions(x: [4, 9, 11]) -> [6, 3, 4] {
            x -> conv2d(8, [3, 5], padding: [1, 2], groups: 2) -> batch_norm -> leaky_relu(0.1)
              -> conv2d(8, 3, stride: 2, padding: 1, groups: 8, bias: false) -> tanh
              -> conv2d(6, 3, dilation: [1, 2], padding: [0, 1])
        }
    }
    edges { Edges(x: [2, 3, 3]) -> [3, 8, 8] { x -> conv2d(3, [2, 4], padding: [3, 4]) } }
    sequences { Sequences(x: [3, 17]) -> [4, 9] { x -> conv1d(5, 3, padding: 1) -> gelu -> conv1d(4, 3, stride: 2, padding: causal) } }
    transposed {
        Transposed(x: [4, 5, 3]) -> [6, 11, 7] { x -> conv_transpose2d(6, 3, stride: 2, groups: 2) -> sigmoid }
    }
    pools {
        Pools(x: [3, 11, 9]) -> [3, 2, 2] {
            let a = x -> max_pool2d(3, stride: 2, padding: 1) -> avg_pool2d(2, padding: 1, ceil_mode: true) -> adaptive_avg_pool2d(2);
            let b = x -> avg_pool2d(3, stride: 3, count_include_pad: false) -> adaptive_max_pool2d(2);
            a + b
        }
    }
    global_pools { GlobalPools(x: [5, 4, 3]) -> [10] { x -> concat { global_avg_pool2d; global_max_pool2d } } }
    residual {
        Residual(x: [4, 6, 6]) -> [4, 6, 6] {
            x -> conv2d(4, 3, padding: 1) -> residual { batch_norm -> relu -> conv2d(4, 3, padding: 1) } -> relu
        }
    }
    arithmetic {
        Arithmetic(x: [3, 4, 5]) -> [3, 4, 5] {
            let a = x * 2.0 + 1.0;
            let b = x -> square;
            let c = x -> mean(axis: 1, keep: true);
            let d = a / (b + 0.5) - c * x;
            let e = 3.0 / ((d -> square) + 1.0);
            (e -> softmax(axis: 0)) + (a -> log_softmax) * 0.1
        }
    }
}

cases! {
    norms {
        Norms(x: [4, 6]) -> [4, 6] {
            (x -> layer_norm -> scale) + (x -> rms_norm) * (x -> l2_normalize) + (x -> group_norm(2) -> prelu)
        }
    }
    image_layers {
        ImageLayers(x: [4, 5, 6]) -> [3, 14, 16] {
            x -> pad2d([1, 1, 1, 1], mode: reflect) -> separable_conv2d(3, 3, padding: 1) -> upsample(2, mode: bilinear)
              -> instance_norm
        }
    }
    axes { Axes(x: [3, 4, 5]) -> [5, 3] { x -> transpose([2, 0, 1]) -> max(axis: 2) } }
    low_rank { LowRank(x: [3, 6]) -> [3, 4] { x -> dense(4, lora: 2, lora_alpha: 3.0) -> relu } }
    parts { Parts(x: [6, 2]) -> [6] { let (a, b) = x -> flatten -> split([6, 6]); (a -> dropout(0.5) -> softplus) - (b -> mish) } }
}

cases! {
    lstm { Lstm(x: [6, 4]) -> [6, 5] { x -> lstm(5) } }
    lstm_layers { LstmLayers(x: [6, 3]) -> [6, 2] { x -> lstm(6, layers: 3, projection: 2, bias: false) } }
    lstm_both { LstmBoth(x: [6, 3]) -> [6, 8] { x -> lstm(4, layers: 2, bidirectional: true) } }
    gru { Gru(x: [6, 4]) -> [6, 10] { x -> gru(5, bidirectional: true) } }
    gru_layers { GruLayers(x: [6, 4]) -> [6, 5] { x -> gru(5, layers: 2) } }
    rnn { Rnn(x: [6, 4]) -> [6, 5] { x -> rnn(5, activation: relu) -> rnn(5) } }
    rows { SomeRows(x: [6, 4]) -> [8] { (x -> reverse -> rnn(4)) -> concat { first; last } } }
    attention {
        Attention(x: [7, 8]) -> [7, 8] {
            x -> attention(heads: 4, kv_heads: 2, rotary: 10000.0) -> attention(heads: 2, causal: true, alibi: true)
              -> attention(heads: 2, causal: true, window: 3, bias: false)
        }
    }
    other_attention {
        OtherAttention(x: [7, 8]) -> [7, 8] {
            let memory = x -> dense(6);
            x -> cross_attention(memory, heads: 4, kv_heads: 2) -> cross_attention(memory, heads: 2, lora: 2)
        }
    }
    positions { Positions(x: [7, 8]) -> [7, 8] { (x -> learned_positions) * (x -> sinusoidal_positions(order: halves)) } }
    products { Products(x: [2, 3, 4]) -> [2, 3, 3] { matmul(x, x -> transpose([0, 2, 1])) -> cumsum(axis: 1) -> cumsum(axis: 2) } }
    noise { Noise(x: [4]) -> [4] { (x -> gaussian_noise(1.0)) + (x -> random_normal) } }
}

#[test]
fn a_model_inside_with_several_inputs_and_outputs() {
    model! {
        Outer(x: [3, 4]) -> [3, 4] { let (sum, difference) = x -> Pair(x -> relu); sum * difference }
        Pair(left: [3, 4], right: [3, 4]) -> (sum: [3, 4], difference: [3, 4]) { (left + right, left - right) }
    }
    same::<Outer>(1, numbers(3));
}

#[test]
fn classes() {
    model! { Classes(x: u32[3]) -> [3, 4] { x -> one_hot(4) } }
    let mut output = [[f32::NAN; 4]; 3];
    Classes::init(1).predict_into(&[2, 0, 4], &mut output, &mut Scratch::new());
    assert_eq!(output[..2], [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]);
    assert!(output[2].iter().all(|x| x.is_nan()));
}

#[test]
fn tokens() {
    model! { Tokens(words: u32[5]) -> [5, 3] { words -> embedding(7, 3) } }
    let net = Tokens::init(1);
    let (mut output, words) = ([[f32::NAN; 3]; 5], [6, 0, 3, 3, 1]);
    net.predict_into(&words, &mut output, &mut Scratch::new());
    assert_eq!(output, *net.predict_one(&words));
    net.predict_into(&[7, 0, 0, 0, 0], &mut output, &mut Scratch::new());
    assert!(output[0].iter().all(|x| x.is_nan()));
}

#[test]
fn every_activation() {
    macro_rules! each {
        ($($name:ident: $($layer:tt)*),* $(,)?) => {$({
            model! { $name(x: [40]) -> [40] { x -> $($layer)* } }
            let input = std::array::from_fn(|i| 0.3 * (i as f32 - 19.5));
            same::<$name>(1, input);
        })*};
    }
    macro_rules! activations {
        ($($name:ident($($layer:tt)*))*) => { $(each!($name: $($layer)*);)* };
    }
    activations! {
        A(relu) B(leaky_relu(0.2)) C(elu) D(gelu) E(gelu(approximate: tanh)) F(silu) G(sigmoid) H(tanh) I(softplus) J(selu)
        K(mish) L(log_sigmoid) M(softsign) N(hard_tanh) O(hard_sigmoid) P(hard_swish) Q(clamp(-0.5, 2.0)) R(exp) S(square) T(abs)
    }
}

mod elsewhere {
    dl::model! { pub Encoder(x: [6]) -> [4] { x -> dense(4) -> tanh } }
    dl::layer! {
        /// Multiplies by factors.
        pub struct Factors<const N: usize> {
            /// The factors.
            pub factor: [f32; N] as Scale,
        }
    }
    impl<const N: usize> dl::Layer for Factors<N> {
        type Input = [f32; N];
        type Output = [f32; N];
        fn init(&mut self, _: &mut dl::init::Rng) {
            self.factor.fill(2.0);
        }
        fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
            for (x, y) in inputs.iter().zip(outputs) {
                *y = std::array::from_fn(|i| self.factor[i] * x[i]);
            }
        }
        fn backward(&self, _: &[[f32; N]], _: &[[f32; N]], _: &[[f32; N]], _: &mut Self, _: &mut [[f32; N]]) {}
    }
}

#[test]
fn models_inside_models() {
    model! {
        Head(x: [4]) -> [4] { x -> residual { dense(4) -> relu } }
        Whole(x: [6]) -> [4] {
            x -> elsewhere::Encoder: [4] as encoder -> elsewhere::Factors::<4>: [4] -> repeat 3 { residual { dense(4) -> tanh } } -> Head
        }
        Outer(x: [6]) -> [4] { x -> Whole }
    }
    same::<Whole>(1, numbers(2));
    same::<Outer>(1, numbers(2));
}

#[test]
fn generic_models_and_blocks() {
    model! {
        block wide(x, n) { x -> dense(n) -> relu }
        Mlp<const IN: usize, const HIDDEN: usize>(x: [IN]) -> [3] { x -> wide(HIDDEN) -> wide(HIDDEN) -> dense(3) }
    }
    same::<Mlp<5, 9>>(1, numbers(2));
    assert_eq!(size_of::<Scratch<Mlp<5, 9>>>(), 2 * 9 * 4);
    same::<Mlp<2, 1>>(1, numbers(2));
}

#[test]
fn several_inputs_and_outputs() {
    model! {
        Pair(left: [4], right: [4]) -> (sum: [4], scores: [2]) {
            let sum = left + right;
            (sum, sum -> dense(2))
        }
    }
    let input = PairInput { left: [1.0, 2.0, 3.0, 4.0], right: [0.5; 4] };
    same::<Pair>(3, input);
}

#[test]
fn the_memory_is_planned() {
    model! { Small(x: [1]) -> [1] { x -> dense(16) -> relu -> dense(16) -> relu -> dense(1) } }
    const _: () = assert!(size_of::<Scratch<Small>>() == 2 * 16 * 4);
    static NET: Small = Small {
        dense1: dl::layers::Dense { weight: [[1.0]; 16], bias: [0.0; 16] },
        dense2: dl::layers::Dense { weight: [[1.0; 16]; 16], bias: [1.0; 16] },
        dense3: dl::layers::Dense { weight: [[0.5; 16]; 1], bias: [0.25] },
    };
    let mut output = [0.0];
    NET.predict_into(&[2.0], &mut output, &mut Scratch::new());
    assert_eq!(output, [8.0 * 33.0 + 0.25]);
}
