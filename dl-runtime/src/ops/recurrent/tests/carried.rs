//! Compares layers that start from a carried state with the definition, and windows with whole sequences.

use super::*;
use crate::tensor::{InitialStates, States, Write};

/// Numbers of other layers before and after the states of the layer.
const BEFORE: usize = 2;
const AFTER: usize = 3;

/// Returns the output from `states`, the states after it, and the gradients to weights and input.
fn passes_from<D: Device, W: Weights<I, O>, const I: usize, const O: usize>(
    device: &D,
    cell: Cell,
    lengths: &Lengths,
    [w, x, dy]: [&[f32]; 3],
    states: &[f32],
) -> [Vec<f32>; 4] {
    let (context, mut y) = (Context::new(device, 7), device.output(dy.len()));
    let mut saved = device.output(lengths.rows() * W::SIZES.saved(cell));
    let stride = BEFORE + op(cell).state_len::<W, I, O>() + AFTER;
    let (initial, mut carried) = (device.tensor(states), device.tensor(states));
    let ([w, x, dy], ends) = ([w, x, dy].map(|x| device.tensor(x)), lengths.ends_on(device));
    let (sequences, weights, input) = (lengths.sequences(&ends), w.view::<W>(), x.view::<[f32; I]>());
    let (output, kept) = (y.view_mut::<[f32; O]>(), saved.view_mut::<f32>());
    {
        let mut from = States::new(carried.data_mut(), stride);
        op(cell).forward(&context, sequences, Some(from.at(BEFORE)), weights, input, output, kept);
    }
    let gradients = |dw: Grad<D, W>, dx: Option<Grad<D, [f32; I]>>| {
        let (x, y, dy) = (x.view(), y.view::<[f32; O]>(), dy.view());
        let initial = InitialStates::new(initial.data(), stride);
        let initial = Some(initial.at(BEFORE));
        op(cell).backward(&context, sequences, initial, weights, x, y, saved.view::<f32>(), dy, dw, dx);
    };
    let dw = device.set_and_add(W::LEN, |dw, write| gradients(dw.grad(write), None));
    let dx = device.set_and_add(x.len(), |dx, write| {
        gradients(device.output(W::LEN).grad(Write::Set), Some(dx.grad(write)));
    });
    [y.read(), carried.read(), dw, dx]
}

/// A case whose gradients are those to weights and input with the states as constants.
fn case<W: Weights<I, O>, const I: usize, const O: usize>(cell: Cell, lengths: &Lengths) {
    let (samples, rows, s) = (lengths.ranges().len(), lengths.rows(), &W::SIZES);
    let len = op(cell).state_len::<W, I, O>();
    let stride = BEFORE + len + AFTER;
    let (w, x, dy) = (weights::<W>(), numbers(2, rows * I), numbers(3, rows * O));
    let states = numbers(4, samples * stride);
    let [y, carried, dw, dx] =
        on_every_device!(|device| passes_from::<_, W, I, O>(device, cell, lengths, [&w, &x, &dy], &states));
    let own = |all: &[f32]| wide(&all.chunks(stride).flat_map(|of| of[BEFORE..][..len].to_vec()).collect::<Vec<_>>());
    let from = |w: &[f64], x: &[f64], states: &mut [f64]| reference_from(cell, s, lengths, w, x, states);
    let (what, wide_w, wide_x) = (format!("{cell:?} {s:?} over {lengths:?}"), wide(&w), wide(&x));
    let (initial, mut after) = (own(&states), own(&states));
    assert_close(&what, &y, &from(&wide_w, &wide_x, &mut after), 1e-6);
    let mut expected = wide(&states);
    for (to, of) in expected.chunks_mut(stride).zip(after.chunks(len)) {
        to[BEFORE..][..len].copy_from_slice(of);
    }
    assert_close(&what, &carried, &expected, 1e-6);
    assert_close(&what, &dw, &gradient(|w| from(w, &wide_x, &mut initial.clone()), &wide_w, &dy), 2e-6);
    assert_close(&what, &dx, &gradient(|x| from(&wide_w, x, &mut initial.clone()), &wide_x, &dy), 2e-6);
}

#[test]
fn from_a_state() {
    case::<Lstm<1, 1, 4>, 1, 1>(Cell::Lstm, &Lengths::equal(1, 1));
    case::<Lstm<3, 5, 20>, 3, 5>(Cell::Lstm, &Lengths::equal(3, 4));
    case::<Lstm<2, 17, 68>, 2, 17>(Cell::Lstm, &Lengths::ragged(&[1, 4, 0, 2]));
    case::<Lstm<3, 4, 16, 4, 1, 2>, 3, 4>(Cell::Lstm, &Lengths::ragged(&[2, 5, 1]));
    case::<Lstm<2, 5, 20, 3, 1, 1, 20, 3, 3>, 2, 3>(Cell::Lstm, &Lengths::ragged(&[3, 1, 4]));
    case::<Lstm<2, 5, 20, 3, 1, 0, 0, 3, 3>, 2, 3>(Cell::Lstm, &Lengths::equal(3, 1));
    case::<Gru<3, 5, 15>, 3, 5>(Cell::Gru, &Lengths::equal(3, 4));
    case::<Gru<3, 4, 12, 4, 1, 1, 0>, 3, 4>(Cell::Gru, &Lengths::ragged(&[2, 0, 5, 1]));
    for cell in [Cell::Tanh, Cell::Relu] {
        case::<Rnn<3, 5>, 3, 5>(cell, &Lengths::equal(3, 4));
        case::<Rnn<3, 4, 4, 4, 1, 1>, 3, 4>(cell, &Lengths::ragged(&[2, 0, 5, 1]));
    }
}

/// More samples than one block has: each finds its own state.
#[test]
fn many_samples_have_states_of_their_own() {
    let lengths: Vec<usize> = (0..75).map(|i| i * 7 % 5).collect();
    let rows = lengths.iter().sum::<usize>();
    let lengths = Lengths::ragged(&lengths);
    type Net = Lstm<3, 9, 36>;
    let len = op(Cell::Lstm).state_len::<Net, 3, 9>();
    let (w, x, dy) = (weights::<Net>(), numbers(2, rows * 3), numbers(3, rows * 9));
    let states = numbers(4, 75 * (BEFORE + len + AFTER));
    let data = [&w[..], &x, &dy];
    let [_, _, dw, dx] =
        on_every_device!(|device| passes_from::<_, Net, 3, 9>(device, Cell::Lstm, &lengths, data, &states));
    let (cpu, mut sums) = (crate::Cpu::with_threads(1), vec![0.0; w.len()]);
    for (range, states) in lengths.ranges().into_iter().zip(states.chunks(BEFORE + len + AFTER)) {
        let data = [&w[..], &x[3 * range.start..3 * range.end], &dy[9 * range.start..9 * range.end]];
        let alone = Lengths::ragged(&[range.len()]);
        let [_, _, alone_dw, alone_dx] = passes_from::<_, Net, 3, 9>(&cpu, Cell::Lstm, &alone, data, states);
        assert_close("gradient to the input", &dx[3 * range.start..3 * range.end], &wide(&alone_dx), 1e-6);
        sums.iter_mut().zip(wide(&alone_dw)).for_each(|(sum, d)| *sum += d);
    }
    assert_close("gradient to the weights", &dw, &sums, 1e-6);
}

/// Without a state, and from zeros, every bit is the same.
#[test]
fn a_state_of_zeros_is_none() {
    type Net = Gru<3, 6, 18, 6, 1, 1>;
    let lengths = Lengths::ragged(&[4, 1, 7, 0, 3]);
    let (w, x, dy) = (weights::<Net>(), numbers(2, 15 * 3), numbers(3, 15 * 6));
    let zeros = vec![0.0; 5 * (BEFORE + 12 + AFTER)];
    let cpu = crate::Cpu::with_threads(2);
    let [y, dw, dx] = passes::<_, Net, 3, 6>(&cpu, op(Cell::Gru), &lengths, [&w, &x, &dy]);
    let [from_y, _, from_dw, from_dx] = passes_from::<_, Net, 3, 6>(&cpu, Cell::Gru, &lengths, [&w, &x, &dy], &zeros);
    assert!(y == from_y && dw == from_dw && dx == from_dx);
}
