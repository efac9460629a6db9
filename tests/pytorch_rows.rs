//! Losses over rows, CTC, parameters, convolutions along time and dense layers of any shape against PyTorch.
#![allow(missing_docs)]

mod common;

use common::devices::{self, on_devices};
use common::{Fixture, PASS, agree, check};
use dl::loss::RowCrossEntropy;
use dl::pod::{flat, zeroed_box};
use dl::prelude::*;
use dl::{Objective, Pod};
use std::slice::from_ref;

const WEIGHTS: [f32; 5] = [1.0, 0.5, 2.0, 0.0, 0.25];

model! {
    Rows(x: [4, 7]) -> [4, 5] { x -> dense(5) }
    Single(x: [7]) -> [5] { x -> dense(5) }
    Grid(x: [2, 4, 7]) -> [2, 4, 5] { x -> dense(5, axis: -1) }
    Parameters(x: [4, 7]) -> [4, 5] {
        let queries = parameter([4, 7]);
        (x + queries) -> dense(5)
    }
    Causal(x: [3, 12]) -> [4, 12] { x -> conv1d(4, 3, padding: causal) }
    CausalStrided(x: [3, 12]) -> [4, 6] { x -> conv1d(4, 3, padding: causal, stride: 2, dilation: 2) }
}

/// One test for each case of the file, with a loss from outside the model.
macro_rules! cases {
    ($($case:ident: $model:ident, $loss:expr;)*) => { $(
        #[test]
        fn $case() {
            let (fixture, case) = (Fixture::open("rows.safetensors"), stringify!($case));
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &$loss);
        }
    )* };
}

const ROWS: RowCrossEntropy<'static> = CrossEntropy.rows();

cases! {
    rows: Rows, ROWS;
    rows_smoothing: Rows, CrossEntropy.label_smoothing(0.1).rows();
    rows_ignore: Rows, ROWS.ignore(255);
    rows_weights: Rows, ROWS.weights(&WEIGHTS);
    rows_all: Rows, CrossEntropy.label_smoothing(0.2).ignore(255).weights(&WEIGHTS).rows();
    single_all: Single, CrossEntropy.label_smoothing(0.2).ignore(255).weights(&WEIGHTS);
    grid: Grid, ROWS.ignore(1);
    parameter: Parameters, ROWS;
    causal: Causal, Mse;
    causal_strided: CausalStrided, Mse;
}

model! {
    OwnRows(x: [4, 7]) -> [4, 5] { x -> dense(5) } loss(target: u32[4]) { cross_entropy(output, target) }
    OwnSmooth(x: [4, 7]) -> [4, 5] { x -> dense(5) } loss(target: u32[4]) {
        cross_entropy(output, target, label_smoothing: 0.2, ignore: 255, weights: [1, 0.5, 2, 0, 0.25])
    }
    OwnSingle(x: [7]) -> [5] { x -> dense(5) } loss(target: u32) {
        cross_entropy(output, target, label_smoothing: 0.2, ignore: 255, weights: [1, 0.5, 2, 0, 0.25])
    }
    OwnGrid(x: [2, 4, 7]) -> [2, 4, 5] { x -> dense(5, axis: -1) } loss(target: u32[2, 4]) {
        cross_entropy(output, target, ignore: 1)
    }
    Ctc(x: [9, 7]) -> [9, 5] { x -> dense(5) } loss(labels: u32[3]) { ctc(output, labels) }
}

/// The same cases with the loss in the model.
macro_rules! own {
    ($($test:ident: $case:literal, $model:ident;)*) => { $(
        #[test]
        fn $test() {
            on_devices!(|device| own::<$model>(device, &Fixture::open("rows.safetensors"), $case));
        }
    )* };
}

own! {
    own_rows: "rows", OwnRows;
    own_smooth: "rows_all", OwnSmooth;
    own_single: "single_all", OwnSingle;
    own_grid: "grid", OwnGrid;
    ctc: "ctc", Ctc;
}

fn own<M>(device: impl Device, fixture: &Fixture, case: &str)
where
    M: Objective<Input: Pod<Element = f32>, Target: Pod<Element = u32>>,
{
    let agrees = |found: &[f32], part: &str| {
        let name = format!("{case}/{part}");
        agree(&name, found, &fixture.floats(&name), PASS);
    };
    let net = fixture.model::<M>(&format!("{case}/weights/"));
    let mut inputs: Vec<M::Input> = fixture.samples(&format!("{case}/input"));
    let targets: Vec<M::Target> = fixture.samples(&format!("{case}/target"));
    let mut training = Training::on(device, &net, inputs.len()).unwrap().with_input_gradients().unwrap();
    agrees(&[training.evaluate_objective(&inputs, &targets).unwrap()], "loss");
    training.forward(&inputs).unwrap();
    agrees(&[training.objective(&targets).unwrap()], "loss");
    training.backward();
    training.input_gradients(&mut inputs).unwrap();
    agrees(flat(&inputs), "d_input");
    let mut gradients = zeroed_box::<M>();
    training.gradients(&mut gradients).unwrap();
    for tensor in M::TENSORS.iter() {
        agrees(&flat(from_ref(&*gradients))[tensor.range()], &format!("gradients/{}", tensor.name));
    }
}

model! {
    /// The class with the largest score chooses a vector; its scores learn from the second output alone.
    Chosen(x: [6]) -> (vector: [4], scores: [3]) {
        let scores = x -> dense(3);
        let vector = scores -> argmax -> embedding(3, 4) as table;
        (vector, scores)
    }
    OneHot(x: [2, 3]) -> [2, 3] { x -> argmax -> one_hot(3) }
}

#[test]
fn argmax_chooses() {
    let net = OneHot::init(1);
    let y = net.predict_one(&[[0.5, 2.0, 2.0], [-1.0, -3.0, -2.0]]);
    assert_eq!(*y, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
    let net = Chosen::init(1);
    let x = [0.3, -0.2, 0.9, 0.1, -0.7, 0.4];
    let ChosenOutput { vector, scores } = *net.predict_one(&x);
    let most = (0..3).fold(0, |most, c| if scores[c] > scores[most] { c } else { most });
    assert_eq!(vector, net.table.weight[most]);
}

model! {
    /// A decoder whose layers see the memory, and a dense block whose copies add features.
    Unrolled(x: [4, 7], memory: [4, 7]) -> [10] {
        (x -> repeat 2 { dense(7) as fc -> add(memory) -> relu } as layers) -> flatten
            -> repeat 2 { concat { identity; dense(3) } } as growth -> dense(10)
    }
}

#[test]
fn unrolled_copies_have_the_names_of_stacked_ones() {
    let net = Unrolled::init(1);
    assert_eq!((net.layers1.fc.weight.len(), net.growth1.dense1.weight[0].len()), (7, 31));
    let names: Vec<String> = Unrolled::TENSORS.iter().map(|tensor| tensor.name).collect();
    assert_eq!(names[..4], ["layers.0.fc.weight", "layers.0.fc.bias", "layers.1.fc.weight", "layers.1.fc.bias"]);
    let inputs = UnrolledInput { x: [[0.5; 7]; 4], memory: [[1.0; 7]; 4] };
    let targets = [[0.25; 10]];
    let mut training = net.training(Cpu::new(), 1).unwrap();
    let mut loss = || {
        training.forward(&[inputs]).unwrap();
        let loss = training.loss(&Mse, &targets).unwrap();
        training.backward();
        training.step(&Sgd::new(0.01)).unwrap();
        loss
    };
    let first = loss();
    assert!((0..20).map(|_| loss()).last().unwrap() < first);
}

model! {
    RaggedCausal(x: [.., 5]) -> [.., 4] { x -> conv1d(4, 3, padding: causal) }
    RaggedDilated(x: [.., 3]) -> [.., 6] { x -> conv1d(6, 4, padding: causal, dilation: 2, bias: false) }
    RaggedGroups(x: [.., 6]) -> [.., 4] { x -> conv1d(4, 3, padding: causal, groups: 2) }
    RaggedDepthwise(x: [.., 5]) -> [.., 5] { x -> conv1d(5, 4, padding: causal, groups: 5) }
    RaggedSame(x: [.., 5]) -> [.., 4] { x -> conv1d(4, 3, padding: same) }
    RaggedSameDilated(x: [.., 4]) -> [.., 6] { x -> conv1d(6, 5, padding: same, dilation: 3, groups: 2) }
}

#[test]
fn convolutions_of_ragged_batches() {
    let fixture = Fixture::open("rows.safetensors");
    on_devices!(|device| {
        ragged::<RaggedCausal, 5, 4>(device.clone(), &fixture, "ragged_causal");
        ragged::<RaggedDilated, 3, 6>(device.clone(), &fixture, "ragged_causal_dilated");
        ragged::<RaggedGroups, 6, 4>(device.clone(), &fixture, "ragged_causal_groups");
        ragged::<RaggedDepthwise, 5, 5>(device.clone(), &fixture, "ragged_causal_depthwise");
        ragged::<RaggedSame, 5, 4>(device.clone(), &fixture, "ragged_same");
        ragged::<RaggedSameDilated, 4, 6>(device, &fixture, "ragged_same_dilated");
    });
}

/// All passes of a model of sequences, over a batch of different lengths.
fn ragged<M, const I: usize, const O: usize>(device: impl Device, fixture: &Fixture, case: &str)
where
    M: Model<Input = Vec<[f32; I]>, Output = Vec<[f32; O]>>,
{
    let agrees = |found: &[f32], part: &str| {
        let name = format!("{case}/{part}");
        agree(&name, found, &fixture.floats(&name), PASS);
    };
    let lengths = fixture.samples::<u32>(&format!("{case}/lengths"));
    let net = fixture.model::<M>(&format!("{case}/weights/"));
    let mut inputs = split(&fixture.samples::<[f32; I]>(&format!("{case}/input")), &lengths);
    let targets = split(&fixture.samples::<[f32; O]>(&format!("{case}/target")), &lengths);
    let mut outputs = targets.clone();
    Session::on(device.clone(), &*net, inputs.len()).unwrap().predict_into(&inputs, &mut outputs).unwrap();
    agrees(flat(&outputs.concat()), "output");

    let mut training = Training::on(device, &net, inputs.len()).unwrap().with_input_gradients().unwrap();
    training.forward(&inputs).unwrap();
    agrees(&[training.loss(&Mse, &targets).unwrap()], "loss");
    training.backward();
    training.input_gradients(&mut inputs).unwrap();
    agrees(flat(&inputs.concat()), "d_input");
    let mut gradients = zeroed_box::<M>();
    training.gradients(&mut gradients).unwrap();
    for tensor in M::TENSORS.iter() {
        agrees(&flat(from_ref(&*gradients))[tensor.range()], &format!("gradients/{}", tensor.name));
    }
}

fn split<T: Clone>(rows: &[T], lengths: &[u32]) -> Vec<Vec<T>> {
    let mut rows = rows.iter().cloned();
    lengths.iter().map(|&len| rows.by_ref().take(len as usize).collect()).collect()
}
