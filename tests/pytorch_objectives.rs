//! Losses against PyTorch, beside those of `pytorch_ops.rs`: of the trainer under one layer, and of `loss` clauses between the
//! encodings of several inputs.
#![allow(missing_docs)]

mod common;

use common::devices::{self, on_devices};
use common::{Fixture, PASS, agree, check};
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::prelude::*;
use dl::{Objective, Pod};
use std::slice::from_ref;

model! {
    Scores(x: [7]) -> [5] { x -> dense(5) }
    Probabilities(x: [7]) -> [5] { x -> dense(5) -> sigmoid }
    Logarithms(x: [7]) -> [5] { x -> dense(5) -> softmax -> log }
}

/// One test for each loss, named as the case in the file.
macro_rules! losses {
    ($($case:ident: $model:ident, $loss:expr;)*) => { $(
        #[test]
        fn $case() {
            let (fixture, case) = (Fixture::open("objectives.safetensors"), stringify!($case));
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &$loss);
        }
    )* };
}

losses! {
    nll: Scores, Nll;
    nll_log_softmax: Logarithms, Nll;
    bce: Probabilities, Bce;
    hinge: Scores, Hinge;
    multi_margin: Scores, MultiMargin::default();
    multi_margin_half: Scores, MultiMargin { margin: 0.5 };
    focal: Scores, Focal::default();
    focal_far: Scores, Focal::default();
    focal_gamma: Scores, Focal { gamma: 0.7 };
    sigmoid_focal: Scores, SigmoidFocal::default();
    sigmoid_focal_settings: Scores, SigmoidFocal { gamma: 1.5, alpha: 0.6 };
}

model! {
    KlNormal(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { kl_normal(x, y) }

    MseOfTwo(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { mse(x, y) }

    MaeOfTwo(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { mae(x, y) }

    HuberOfTwo(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { huber(x, y) }

    BceOfTwo(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { bce_with_logits(x, y -> sigmoid) }

    CosineEmbedding(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss(target: f32) { cosine_embedding(x, y, target) }

    CosineEmbeddingMargin(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss(target: f32) { cosine_embedding(x, y, target, margin: -0.3) }

    Contrastive(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss(target: f32) { contrastive(x, y, target) }

    ContrastiveMargin(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss(target: f32) { contrastive(x, y, target, margin: 2.5) }

    Triplet(a: [7], b: [7], c: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        let z = c -> encoder -> tanh;
        x
    } loss { triplet(x, y, z) }

    TripletMargin(a: [7], b: [7], c: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        let z = c -> encoder -> tanh;
        x
    } loss { triplet(x, y, z, margin: 0.2) }

    NtXent(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { nt_xent(x, y) }

    NtXentSharp(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { nt_xent(x, y, temperature: 0.1) }

    TwoTerms(a: [7], b: [7]) -> [5] {
        let x = a -> dense(5) as encoder -> tanh;
        let y = b -> encoder -> tanh;
        x
    } loss { mse(x, y) + 0.25 * kl_normal(x, y) }
}

/// One test for each model, named as the case in the file.
macro_rules! objectives {
    ($($case:ident: $model:ident;)*) => { $(
        #[test]
        fn $case() {
            objective::<$model>(&Fixture::open("objectives.safetensors"), stringify!($case));
        }
    )* };
}

objectives! {
    kl_normal: KlNormal;
    mse_of_two: MseOfTwo;
    mae_of_two: MaeOfTwo;
    huber_of_two: HuberOfTwo;
    bce_with_logits_of_two: BceOfTwo;
    cosine_embedding: CosineEmbedding;
    cosine_embedding_margin: CosineEmbeddingMargin;
    contrastive: Contrastive;
    contrastive_margin: ContrastiveMargin;
    triplet: Triplet;
    triplet_margin: TripletMargin;
    nt_xent: NtXent;
    nt_xent_sharp: NtXentSharp;
    two_terms: TwoTerms;
}

/// Runs a model under its own loss, in training and in evaluation, and compares all that PyTorch computed. On every device.
fn objective<M>(fixture: &Fixture, case: &str)
where
    M: Objective<Input: Pod<Element = f32> + Clone, Output = [f32; 5], Target: Pod<Element = f32>>,
{
    on_devices!(|device| objective_on::<M>(device, fixture, case));
}

fn objective_on<M>(device: impl Device, fixture: &Fixture, case: &str)
where
    M: Objective<Input: Pod<Element = f32> + Clone, Output = [f32; 5], Target: Pod<Element = f32>>,
{
    const FEATURES: usize = 7;
    let agrees = |found: &[f32], part: &str| {
        let name = format!("{case}/{part}");
        agree(&name, found, &fixture.floats(&name), PASS);
    };
    let net = fixture.model::<M>(&format!("{case}/weights/"));
    // In memory, the inputs of a sample lie side by side.
    let names = &["a", "b", "c"][..M::Input::LEN / FEATURES];
    let given: Vec<Vec<f32>> = names.iter().map(|name| fixture.floats(&format!("{case}/{name}"))).collect();
    let samples = given[0].len() / FEATURES;
    let mut inputs = vec![*zeroed_box::<M::Input>(); samples];
    for (i, row) in flat_mut(&mut inputs).chunks_exact_mut(FEATURES).enumerate() {
        let (sample, input) = (i / names.len(), i % names.len());
        row.copy_from_slice(&given[input][sample * FEATURES..(sample + 1) * FEATURES]);
    }
    let targets: Vec<M::Target> = match M::Target::LEN {
        0 => (0..samples).map(|_| *zeroed_box::<M::Target>()).collect(),
        _ => fixture.samples(&format!("{case}/target")),
    };

    let mut training = Training::on(device, &net, samples).unwrap().with_input_gradients().unwrap();
    agrees(&[training.evaluate_objective(&inputs, &targets).unwrap()], "loss");
    training.forward(&inputs).unwrap();
    agrees(&[training.objective(&targets).unwrap()], "loss");
    let mut outputs = vec![[0.0; 5]; samples];
    training.outputs(&mut outputs).unwrap();
    agrees(flat(&outputs), "output");

    training.backward();
    training.input_gradients(&mut inputs).unwrap();
    for (input, name) in names.iter().enumerate() {
        let rows = flat(&inputs).chunks_exact(FEATURES).skip(input).step_by(names.len());
        agrees(&rows.flatten().copied().collect::<Vec<f32>>(), &format!("d_{name}"));
    }
    let mut gradients = zeroed_box::<M>();
    training.gradients(&mut gradients).unwrap();
    for tensor in M::TENSORS.iter() {
        agrees(&flat(from_ref(&*gradients))[tensor.range()], &format!("gradients/{}", tensor.name));
    }
}
