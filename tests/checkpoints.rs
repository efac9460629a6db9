//! Gradient checkpointing: a model with `checkpoint { … }` computes the same bits as without, in less memory.
#![allow(missing_docs)]

#[path = "common/devices.rs"]
mod devices;

use devices::on_devices;
use dl::loss::Mse;
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::prelude::*;
use dl::{Device, Pack, Pod};
use std::slice::from_ref;

model! {
    /// Statistics of the batch, random numbers, indices of a maximum, and values of one region that the other reads.
    block stage(x, channels) {
        let h = x -> conv2d(channels, 3, padding: 1, bias: false) -> batch_norm -> relu -> dropout(0.3);
        h -> concat(h -> gaussian_noise(0.1)) -> conv2d(channels, 1) -> batch_norm -> gelu
            -> residual { conv2d(channels, 3, padding: 1) -> stochastic_depth(0.5) }
    }
    Images(image: [1, 8, 8]) -> [10] {
        image -> stage(4) -> max_pool2d(2) -> stage(6) -> flatten -> dense(10)
    }
    ImagesAgain(image: [1, 8, 8]) -> [10] {
        image -> checkpoint { stage(4) -> max_pool2d(2) } -> checkpoint { stage(6) -> flatten -> dense(10) }
    }

    block layer(x) {
        x -> residual { layer_norm -> attention(heads: 2, causal: true, dropout: 0.2) -> dropout(0.1) }
            -> residual { layer_norm -> dense(32) -> gelu -> dense(8) -> dropout(0.1) }
    }
    Text(tokens: u32[..]) -> [.., 5] {
        tokens -> embedding(5, 8) -> repeat 6 { layer } as layers -> layer_norm -> dense(5)
    }
    TextAgain(tokens: u32[..]) -> [.., 5] {
        tokens -> embedding(5, 8) -> repeat 6 { checkpoint { layer } } as layers -> layer_norm -> dense(5)
    }

    /// Two lengths, and a value from outside the braces.
    Translator(source: [.., 4], target: [.., 8]) -> [target.., 3] {
        let memory = source -> dense(8) -> tanh;
        target -> cross_attention(memory, heads: 2) -> dense(8) -> add(target) -> cross_attention(memory, heads: 2) -> dense(3)
    }
    TranslatorAgain(source: [.., 4], target: [.., 8]) -> [target.., 3] {
        let memory = source -> checkpoint { dense(8) -> tanh };
        target -> checkpoint { cross_attention(memory, heads: 2) -> dense(8) -> add(target) }
            -> checkpoint { cross_attention(memory, heads: 2) -> dense(3) }
    }

    Reader(x: [.., 3]) -> [.., 4] { x -> lstm(6, layers: 2, dropout: 0.2) -> dense(5) -> gru(6) -> rnn(4) -> dense(4) }
    ReaderAgain(x: [.., 3]) -> [.., 4] {
        x -> checkpoint { lstm(6, layers: 2, dropout: 0.2) -> dense(5) } -> checkpoint { gru(6) -> rnn(4) -> dense(4) }
    }

    /// Checkpoints in checkpoints, around copies, and a model of its own.
    Inner(x: [6]) -> [6] { x -> dense(12) -> tanh -> dense(6) }
    InnerAgain(x: [6]) -> [6] { x -> checkpoint { dense(12) -> tanh -> dense(6) } }
    block cell(x) { x -> residual { batch_norm -> dense(9) -> silu -> dropout(0.2) -> dense(6) } -> sigmoid }
    block plain(x) { x -> residual { layer_norm -> dense(9) -> silu -> dense(6) } }
    Nested(x: [6]) -> [4] {
        x -> repeat 2 { cell -> cell -> cell -> repeat 3 { plain } -> dense(6) } as outer -> tanh -> Inner as inner -> reshape([2, 3])
            -> flatten -> dense(4)
    }
    NestedAgain(x: [6]) -> [4] {
        x -> repeat 2 { checkpoint { cell -> checkpoint { cell -> cell } -> repeat 3 { checkpoint { plain } } -> dense(6) } } as outer
            -> checkpoint { tanh -> InnerAgain as inner -> reshape([2, 3]) -> flatten -> dense(4) }
    }

    /// No weights before the braces, so that some steps only serve the gradient to the input; a branch without a gradient; and a loss of
    /// its own that reads values of the body.
    Judge(x: [6]) -> [6] {
        let warped = x -> tanh -> exp -> sigmoid;
        let hidden = warped -> dense(8) -> gelu;
        let frozen = hidden -> stop_gradient -> tanh;
        (hidden + frozen) -> silu -> dense(6)
    }
    loss(target: [6]) { mse(output, target) + 0.1 * mse(hidden -> dropout(0.5), frozen) }
    JudgeAgain(x: [6]) -> [6] {
        let warped = x -> checkpoint { tanh -> exp -> sigmoid };
        let hidden = warped -> checkpoint { dense(8) -> gelu };
        let frozen = hidden -> checkpoint { stop_gradient -> tanh };
        (hidden + frozen) -> checkpoint { silu -> dense(6) }
    }
    loss(target: [6]) { mse(output, target) + 0.1 * mse(hidden -> dropout(0.5), frozen) }
}

/// A size from outside.
const WIDE: usize = 12;

model! {
    /// Sizes that only rustc knows, and the words of generated code as names.
    Wide<const H: usize>(slots: [H]) -> [3] {
        let arena = slots -> dense(WIDE) -> tanh;
        let again_arena = arena -> dense(H) -> gelu -> dropout(0.1) -> dense(H);
        (again_arena + slots) -> layer_norm -> dense(WIDE) -> silu -> dense(3)
    }
    WideAgain<const H: usize>(slots: [H]) -> [3] {
        let arena = slots -> checkpoint { dense(WIDE) -> tanh };
        let again_arena = arena -> checkpoint { dense(H) -> gelu -> dropout(0.1) -> dense(H) };
        (again_arena + slots) -> checkpoint { layer_norm -> dense(WIDE) -> silu -> dense(3) }
    }
}

/// Numbers that look random, the same each time.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut numbers = vec![0.0; count];
    dl::init::Init::Normal { std: 1.0 }.fill(&mut numbers, 1, 1, &mut dl::init::rng(seed));
    numbers
}
fn samples<T: Pod<Element = f32>>(count: usize, seed: u64) -> Vec<T> {
    let mut samples: Vec<T> = (0..count).map(|_| *zeroed_box::<T>()).collect();
    flat_mut(&mut samples).copy_from_slice(&numbers(count * T::LEN, seed));
    samples
}
fn rows<const N: usize>(lengths: &[usize], seed: u64) -> Vec<Vec<[f32; N]>> {
    lengths.iter().enumerate().map(|(i, &len)| samples::<[f32; N]>(len, seed + i as u64)).collect()
}
fn bits<T: Pod<Element = f32>>(of: &T) -> Vec<u32> {
    flat(from_ref(of)).iter().map(|number| number.to_bits()).collect()
}

/// The bits of everything that three steps compute: outputs, losses, gradients, and weights with the state of layers.
fn trained<M: Model, D: Device>(
    device: D,
    inputs: &[M::Input],
    step: impl Fn(&mut Training<M, D>) -> f32,
    carry: impl FnOnce(Training<M, D>) -> Training<M, D>,
) -> Vec<Vec<u32>>
where
    M::Input: Default + Clone,
    M::Output: Default + Clone,
{
    let mut net = M::init(7);
    let mut training = carry(net.training(device, inputs.len()).unwrap().seed(3));
    let mut seen = Vec::new();
    for _ in 0..3 {
        training.forward(inputs).unwrap();
        let loss = step(&mut training);
        training.backward();
        let mut outputs = vec![M::Output::default(); inputs.len()];
        training.outputs(&mut outputs).unwrap();
        let mut gradients = zeroed_box::<M>();
        training.gradients(&mut gradients).unwrap();
        training.step(&Adam::new(1e-2)).unwrap();
        training.store(&mut net).unwrap();
        let parts = (0..M::Output::PARTS.len()).flat_map(|k| outputs.iter().flat_map(move |output| output.part(k)));
        seen.extend([parts.map(|x| x.to_bits()).collect(), vec![loss.to_bits()], bits(&*gradients), bits(&*net)]);
    }
    seen
}

/// Requires the same bits, and says which are the first to differ.
fn agree(left: &[Vec<u32>], right: &[Vec<u32>]) {
    let parts = ["outputs", "loss", "gradients", "weights"];
    for (i, (left, right)) in left.iter().zip(right).enumerate() {
        let different = left.iter().zip(right).position(|(a, b)| a != b);
        assert_eq!((left.len(), different), (right.len(), None), "{} of step {}", parts[i % 4], i / 4);
    }
    assert!(left.len() == right.len() && left.iter().flatten().any(|&bits| bits != 0));
}

/// Compares a model with its twin that has checkpoints.
macro_rules! same {
    ($plain:ty, $again:ty, $inputs:expr, $step:expr, $carry:expr) => {{
        let inputs = $inputs;
        on_devices!(|device| {
            let plain = trained::<$plain, _>(device.clone(), &inputs, $step, $carry);
            agree(&plain, &trained::<$again, _>(device, &inputs, $step, $carry));
        });
        let names =
            |tensors: dl::Tensors| tensors.iter().map(|tensor| (tensor.range(), tensor.name)).collect::<Vec<_>>();
        assert_eq!(names(<$plain>::TENSORS), names(<$again>::TENSORS));
        assert!(<$again>::TRAINING_MEMORY.per_sample < <$plain>::TRAINING_MEMORY.per_sample);
    }};
}

#[test]
fn images_with_batch_norm_and_random_numbers() {
    let labels = [3, 1, 4, 1, 5];
    same!(Images, ImagesAgain, samples(5, 1), |t| t.loss(&CrossEntropy, &labels).unwrap(), |t| t);
}

#[test]
fn a_transformer_over_texts_of_different_lengths() {
    let texts: Vec<Vec<u32>> =
        [7usize, 1, 4, 9].map(|len| (0..len).map(|i| (i * i % 5) as u32).collect::<Vec<u32>>()).to_vec();
    let next: Vec<Vec<u32>> = texts.iter().map(|text| text.iter().map(|token| (token + 2) % 5).collect()).collect();
    same!(Text, TextAgain, texts.clone(), |t| t.loss(&CrossEntropy, &next).unwrap(), |t| t);
}

#[test]
fn two_sequences_and_a_value_from_outside() {
    let inputs = |source: Vec<Vec<[f32; 4]>>, target: Vec<Vec<[f32; 8]>>| source.into_iter().zip(target);
    let (source, target) = (rows::<4>(&[3, 5, 2], 1), rows::<8>(&[4, 1, 6], 5));
    let goal = rows::<3>(&[4, 1, 6], 9);
    let plain = inputs(source.clone(), target.clone()).map(|(source, target)| TranslatorInput { source, target });
    let again = inputs(source, target).map(|(source, target)| TranslatorAgainInput { source, target });
    let (plain, again) = (plain.collect::<Vec<_>>(), again.collect::<Vec<_>>());
    on_devices!(|device| {
        agree(
            &trained::<Translator, _>(device.clone(), &plain, |t| t.loss(&Mse, &goal).unwrap(), |t| t),
            &trained::<TranslatorAgain, _>(device, &again, |t| t.loss(&Mse, &goal).unwrap(), |t| t),
        );
    });
}

#[test]
fn recurrent_layers_that_carry_their_states_or_not() {
    let goal = rows::<4>(&[3, 5, 2], 9);
    same!(Reader, ReaderAgain, rows::<3>(&[3, 5, 2], 1), |t| t.loss(&Mse, &goal).unwrap(), |t| t);
    same!(Reader, ReaderAgain, rows::<3>(&[3, 5, 2], 1), |t| t.loss(&Mse, &goal).unwrap(), |t| t
        .carry_state(true)
        .unwrap());
}

#[test]
fn checkpoints_in_checkpoints_and_models_in_them() {
    let goal = samples::<[f32; 4]>(5, 2);
    same!(Nested, NestedAgain, samples(5, 1), |t| t.loss(&Mse, &goal).unwrap(), |t| t);
}

#[test]
fn sizes_that_only_rustc_knows() {
    let goal = samples::<[f32; 3]>(5, 2);
    same!(Wide::<7>, WideAgain::<7>, samples(5, 1), |t| t.loss(&Mse, &goal).unwrap(), |t| t);
}

#[test]
fn the_gradient_to_the_input_and_a_loss_of_the_model() {
    let (inputs, goal) = (samples::<[f32; 6]>(5, 1), samples::<[f32; 6]>(5, 2));
    same!(Judge, JudgeAgain, inputs.clone(), |t| t.objective(&goal).unwrap(), |t| t);
    let input_gradients = |gradients: Vec<[f32; 6]>| flat(&gradients).iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    macro_rules! to_input {
        ($model:ident, $device:expr) => {{
            let mut training = $model::init(7).training($device, 5).unwrap().seed(3).with_input_gradients().unwrap();
            training.forward(&inputs).unwrap();
            training.objective(&goal).unwrap();
            training.backward();
            let mut gradients = samples::<[f32; 6]>(5, 3);
            training.input_gradients(&mut gradients).unwrap();
            input_gradients(gradients)
        }};
    }
    on_devices!(|device| assert_eq!(to_input!(Judge, device.clone()), to_input!(JudgeAgain, device)));
}

mod memory {
    use super::*;

    model! {
        Plain(x: [64]) -> [64] { x -> repeat 10 { dense(128) -> tanh -> dense(64) -> gelu } }
        Again(x: [64]) -> [64] { x -> repeat 10 { checkpoint { dense(128) -> tanh -> dense(64) -> gelu } } }

        /// Stages of different types use the same arena one after the other.
        Stages(x: [64]) -> [16] {
            x -> repeat 3 { checkpoint { dense(128) -> tanh -> dense(64) -> gelu } } -> dense(32)
                -> repeat 4 { checkpoint { dense(128) -> tanh -> dense(32) -> gelu } } -> dense(16)
                -> checkpoint { repeat 5 { dense(16) -> gelu } } -> checkpoint { repeat 5 { dense(16) -> gelu } }
        }
        /// Rows of sequences.
        Rows(x: [.., 64]) -> [.., 64] { x -> repeat 10 { checkpoint { dense(128) -> tanh -> dense(64) -> gelu } } }
    }

    #[test]
    fn copies_share_what_they_compute_again() {
        // A copy keeps the outputs of both dense layers; that of the second has place for the gradient to the first, too. Between
        // copies there are nine values and two gradients.
        let between = 9 + 2;
        let bytes = |floats: usize| size_of::<f32>() * (64 + 2 * 64 + floats);
        assert_eq!(Plain::TRAINING_MEMORY.per_sample, bytes(10 * (128 + 128) + between * 64));
        assert_eq!(Again::TRAINING_MEMORY.per_sample, bytes((128 + 128) + between * 64));
        assert_eq!(Rows::TRAINING_MEMORY.per_sample, bytes((128 + 128) + between * 64));
        assert_eq!(Again::INFERENCE_MEMORY, Plain::INFERENCE_MEMORY);
    }

    #[test]
    fn models_side_by_side_share_an_arena() {
        use dl::Passes;
        // The larger of the two stacks; and one of the two checkpoints of five layers, where all values but the last are computed again,
        // a gradient of theirs, and one to the output of a stack.
        assert_eq!(Stages::ARENA.floats(), (128 + 128) + 9 * 16 + 16 + 64);
    }
}
