//! Recurrent layers against PyTorch: every option as a model, and packed sequences of different lengths by the operation itself.
#![allow(missing_docs)]

mod common;

use common::devices::on_devices;
use common::{Fixture, PASS, agree, check, devices};
use dl::loss::Mse;
use dl::ops::recurrent::{Cell, Gru, Lstm, RecurrentOp, Rnn, Weights};
use dl::prelude::*;
use dl::tensor::{Grad, Sequences, Write};
use dl::{Context, View, ViewMut};

/// One test for each model, named as the case in the file; the loss compares with random numbers.
macro_rules! operations {
    ($($case:ident: $model:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            let fixture = Fixture::open("recurrent.safetensors");
            let case = stringify!($case);
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &Mse);
        }
    )* };
}

model! {
    LstmPlain(x: [6, 4]) -> [6, 7] { x -> lstm(7) }
    LstmOne(x: [1, 1]) -> [1, 1] { x -> lstm(1) }
    LstmNoBias(x: [6, 3]) -> [6, 5] { x -> lstm(5, bias: false) }
    LstmLayers(x: [6, 3]) -> [6, 6] { x -> lstm(6, layers: 3) }
    LstmBidirectional(x: [6, 4]) -> [6, 10] { x -> lstm(5, bidirectional: true) }
    LstmBoth(x: [6, 3]) -> [6, 8] { x -> lstm(4, layers: 2, bidirectional: true) }
    LstmWide(x: [9, 20]) -> [9, 33] { x -> lstm(33) }
    GruPlain(x: [6, 4]) -> [6, 7] { x -> gru(7) }
    GruOne(x: [1, 1]) -> [1, 1] { x -> gru(1) }
    GruNoBias(x: [6, 3]) -> [6, 5] { x -> gru(5, bias: false) }
    GruLayers(x: [6, 3]) -> [6, 6] { x -> gru(6, layers: 3) }
    GruBidirectional(x: [6, 4]) -> [6, 10] { x -> gru(5, bidirectional: true) }
    GruBoth(x: [6, 3]) -> [6, 8] { x -> gru(4, layers: 2, bidirectional: true) }
    GruWide(x: [9, 20]) -> [9, 33] { x -> gru(33) }
    RnnPlain(x: [6, 4]) -> [6, 7] { x -> rnn(7) }
    RnnOne(x: [1, 1]) -> [1, 1] { x -> rnn(1) }
    RnnNoBias(x: [6, 3]) -> [6, 5] { x -> rnn(5, bias: false) }
    RnnLayers(x: [6, 3]) -> [6, 6] { x -> rnn(6, layers: 3) }
    RnnBidirectional(x: [6, 4]) -> [6, 10] { x -> rnn(5, bidirectional: true) }
    RnnBoth(x: [6, 3]) -> [6, 8] { x -> rnn(4, layers: 2, bidirectional: true) }
    RnnWide(x: [9, 20]) -> [9, 33] { x -> rnn(33) }
    RnnRelu(x: [6, 4]) -> [6, 7] { x -> rnn(7, activation: relu) }
    LstmProjection(x: [6, 4]) -> [6, 3] { x -> lstm(7, projection: 3) }
    LstmProjectionBoth(x: [6, 3]) -> [6, 4] { x -> lstm(6, projection: 2, layers: 2, bidirectional: true, bias: false) }
}
operations! {
    lstm: LstmPlain,
    lstm_one: LstmOne,
    lstm_no_bias: LstmNoBias,
    lstm_layers: LstmLayers,
    lstm_bidirectional: LstmBidirectional,
    lstm_both: LstmBoth,
    lstm_wide: LstmWide,
    gru: GruPlain,
    gru_one: GruOne,
    gru_no_bias: GruNoBias,
    gru_layers: GruLayers,
    gru_bidirectional: GruBidirectional,
    gru_both: GruBoth,
    gru_wide: GruWide,
    rnn: RnnPlain,
    rnn_one: RnnOne,
    rnn_no_bias: RnnNoBias,
    rnn_layers: RnnLayers,
    rnn_bidirectional: RnnBidirectional,
    rnn_both: RnnBoth,
    rnn_wide: RnnWide,
    rnn_relu: RnnRelu,
    lstm_projection: LstmProjection,
    lstm_projection_both: LstmProjectionBoth,
}

/// The passes of a case over sequences of different lengths.
fn ragged<W: Weights<I, O>, const I: usize, const O: usize>(case: &str, cell: Cell) {
    let fixture = Fixture::open("recurrent.safetensors");
    on_devices!(|device| ragged_on::<W, I, O>(&device, &fixture, case, cell));
}

fn ragged_on<W: Weights<I, O>, const I: usize, const O: usize>(
    device: &impl Device,
    fixture: &Fixture,
    case: &str,
    cell: Cell,
) {
    let floats = |part: &str| fixture.floats(&format!("{case}/{part}"));
    let mut end = 0;
    let ends = fixture.samples::<u32>(&format!("{case}/lengths")).into_iter().map(|len| {
        end += len;
        end
    });
    let ends: Vec<u32> = ends.collect();
    let [weights, input, d_output] = ["weights", "input", "d_output"].map(|part| upload(device, &floats(part)));
    let on_device = upload(device, &ends);
    let (rows, context) = (end as usize, Context::new(device, 0));
    let zeros = |len: usize| device.zeros::<f32>(len).unwrap();
    let (mut output, mut saved) = (zeros(rows * O), zeros(rows * W::SIZES.saved(cell)));
    let (mut d_weights, mut d_input) = (zeros(W::LEN), zeros(rows * I));
    let op = RecurrentOp { cell, dropout: 0.0, id: 0 };
    run::<_, W, I, O>(
        &context,
        op,
        &ends,
        &on_device,
        [&weights, &input, &d_output],
        [&mut output, &mut saved, &mut d_weights, &mut d_input],
    );
    for (part, found) in [("output", &output), ("gradients", &d_weights), ("d_input", &d_input)] {
        agree(&format!("{case}/{part}"), &download(device, found), &floats(part), PASS);
    }
}

fn run<D: Device, W: Weights<I, O>, const I: usize, const O: usize>(
    context: &Context<D>,
    op: RecurrentOp,
    ends: &[u32],
    on_device: &D::Buffer<u32>,
    [weights, input, d_output]: [&D::Buffer<f32>; 3],
    [output, saved, d_weights, d_input]: [&mut D::Buffer<f32>; 4],
) {
    let rows = ends.last().map_or(0, |end| *end as usize);
    let sequences = || Sequences::<D>::ragged(ends, on_device);
    let saved_len = rows * W::SIZES.saved(op.cell);
    let weights = View::<D, W>::new(D::whole(weights), 1);
    let input = View::<D, [f32; I]>::new(D::whole(input), rows);
    let d_output = View::<D, [f32; O]>::new(D::whole(d_output), rows);
    let to = ViewMut::<D, [f32; O]>::new(D::whole_mut(output), rows);
    op.forward(context, sequences(), None, weights, input, to, ViewMut::<D, f32>::new(D::whole_mut(saved), saved_len));
    let output = View::<D, [f32; O]>::new(D::whole(output), rows);
    let saved = View::<D, f32>::new(D::whole(saved), saved_len);
    let d_weights = Grad { to: ViewMut::<D, W>::new(D::whole_mut(d_weights), 1), write: Write::Set };
    let d_input = Grad { to: ViewMut::<D, [f32; I]>::new(D::whole_mut(d_input), rows), write: Write::Set };
    op.backward(context, sequences(), None, weights, input, output, saved, d_output, d_weights, Some(d_input));
}

fn upload<D: Device, E: dl::tensor::Element>(device: &D, host: &[E]) -> D::Buffer<E> {
    let mut buffer = device.zeros(host.len()).unwrap();
    device.upload(host, D::whole_mut(&mut buffer)).unwrap();
    buffer
}

fn download<D: Device>(device: &D, buffer: &D::Buffer<f32>) -> Vec<f32> {
    let mut host = vec![0.0; D::len(D::whole(buffer))];
    device.download(D::whole(buffer), &mut host).unwrap();
    host
}

#[test]
fn packed_sequences() {
    ragged::<Lstm<4, 7, 28>, 4, 7>("lstm_ragged", Cell::Lstm);
    ragged::<Lstm<3, 6, 24, 12, 2, 1>, 3, 12>("lstm_ragged_both", Cell::Lstm);
    ragged::<Lstm<3, 6, 24, 4, 2, 1, 24, 2, 2>, 3, 4>("lstm_ragged_projection", Cell::Lstm);
    ragged::<Gru<4, 7, 21>, 4, 7>("gru_ragged", Cell::Gru);
    ragged::<Gru<3, 6, 18, 12, 2, 1>, 3, 12>("gru_ragged_both", Cell::Gru);
    ragged::<Rnn<4, 7>, 4, 7>("rnn_ragged", Cell::Tanh);
    ragged::<Rnn<3, 6, 6, 12, 2, 1>, 3, 12>("rnn_ragged_both", Cell::Relu);
}

model! {
    Generic<const INPUTS: usize, const HIDDEN: usize>(x: [6, INPUTS]) -> [6, HIDDEN] { x -> rnn(HIDDEN) }
}

#[test]
fn a_generic_model() {
    let fixture = Fixture::open("recurrent.safetensors");
    check(&fixture, "rnn", &*fixture.model::<Generic<4, 7>>("rnn/weights/"), &Mse);
}

model! {
    Gru128(x: [64, 32]) -> [64, 128] { x -> gru(128) }
}

#[test]
fn names_are_those_of_a_state_dict() {
    let names: Vec<String> = LstmProjectionBoth::TENSORS.iter().map(|tensor| tensor.name.clone()).collect();
    let of_layer = |layer: usize| {
        ["", "_reverse"].into_iter().flat_map(move |end| {
            ["weight_ih", "weight_hh", "weight_hr"].map(|name| format!("lstm1.{name}_l{layer}{end}"))
        })
    };
    assert_eq!(names, (0..2).flat_map(of_layer).collect::<Vec<_>>());
}

#[test]
fn initial_weights_are_pytorchs() {
    let net = Gru128::init(3);
    let numbers = dl::pod::flat(std::slice::from_ref(&*net));
    let bound = 1.0 / 128.0_f32.sqrt();
    assert!(numbers.iter().all(|w| w.abs() <= bound) && numbers.iter().any(|w| w.abs() > 0.99 * bound));
    // Every tensor has numbers of its own.
    for tensor in Gru128::TENSORS.iter() {
        let part = &numbers[tensor.range()];
        assert!(part.iter().sum::<f32>().abs() / (part.len() as f32) < 0.2 * bound, "{}", tensor.name);
        assert!(part[0] != part[1], "{}", tensor.name);
    }
}
