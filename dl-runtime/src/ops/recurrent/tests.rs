//! Compares recurrent layers with their definition in `f64`, their gradients with central differences, and steps with the whole.

mod carried;

use super::*;
use crate::Context;
use crate::testing::{Lengths, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// One direction of one layer over one sample, whose rows are in the order of time, from a state, which it replaces by the last; `w` is
/// cut into its weights from the front.
fn along_time(cell: Cell, s: &Sizes, inputs: usize, w: &[f64], rows: &[Vec<f64>], state: &mut [f64]) -> Vec<Vec<f64>> {
    let (weight_ih, w) = w.split_at(s.gates * inputs);
    let (weight_hh, w) = w.split_at(s.gates * s.state);
    let (bias_ih, w) = w.split_at(if s.bias { s.gates } else { 0 });
    let (bias_hh, weight_hr) = w.split_at(bias_ih.len());
    let sums = |w: &[f64], bias: &[f64], x: &[f64]| -> Vec<f64> {
        let row =
            |(g, w): (usize, &[f64])| bias.get(g).unwrap_or(&0.0) + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        w.chunks(x.len()).enumerate().map(row).collect()
    };
    let (mut h, mut c) = (state[..s.state].to_vec(), state[s.state..].to_vec());
    let mut outputs = Vec::new();
    for x in rows {
        let (a, b) = (sums(weight_ih, bias_ih, x), sums(weight_hh, bias_hh, &h));
        let gate = |k: usize, j: usize| a[k * s.hidden + j] + b[k * s.hidden + j];
        let new: Vec<f64> = (0..s.hidden)
            .map(|j| match cell {
                Cell::Lstm => {
                    c[j] = sigmoid(gate(1, j)) * c[j] + sigmoid(gate(0, j)) * gate(2, j).tanh();
                    sigmoid(gate(3, j)) * c[j].tanh()
                }
                Cell::Gru => {
                    let (r, z, at) = (sigmoid(gate(0, j)), sigmoid(gate(1, j)), 2 * s.hidden + j);
                    (1.0 - z) * (a[at] + r * b[at]).tanh() + z * h[j]
                }
                Cell::Tanh => gate(0, j).tanh(),
                Cell::Relu => gate(0, j).max(0.0),
            })
            .collect();
        h = if s.projection { sums(weight_hr, &[], &new) } else { new };
        outputs.push(h.clone());
    }
    state.copy_from_slice(&[h, c].concat());
    outputs
}

fn reference(cell: Cell, s: &Sizes, lengths: &Lengths, w: &[f64], x: &[f64]) -> Vec<f64> {
    let states = lengths.ranges().len() * s.layers * cell.state(s);
    reference_from(cell, s, lengths, w, x, &mut vec![0.0; states])
}

/// [`reference`] from `states`, which those after the last rows replace; a second direction starts from zero.
fn reference_from(cell: Cell, s: &Sizes, lengths: &Lengths, w: &[f64], x: &[f64], states: &mut [f64]) -> Vec<f64> {
    let of_layer = cell.state(s);
    let mut rows: Vec<Vec<f64>> = x.chunks(s.inputs).map(<[f64]>::to_vec).collect();
    let mut w = w;
    for layer in 0..s.layers {
        let inputs = s.inputs_of(layer);
        let mut outputs = vec![Vec::new(); rows.len()];
        for direction in 0..s.directions {
            let places = s.places(0, 0);
            let len = places.weight_hr.end - places.weight_ih.len() + s.gates * inputs;
            for (i, range) in lengths.ranges().into_iter().enumerate() {
                let order: Vec<usize> = if direction == 0 { range.collect() } else { range.rev().collect() };
                let sample: Vec<Vec<f64>> = order.iter().map(|&row| rows[row].clone()).collect();
                let first = (i * s.layers + layer) * of_layer;
                let (mut zeros, state) = (vec![0.0; of_layer], &mut states[first..first + of_layer]);
                let state = if direction == 0 { state } else { &mut zeros };
                for (row, h) in order.into_iter().zip(along_time(cell, s, inputs, &w[..len], &sample, state)) {
                    outputs[row].extend(h);
                }
            }
            w = &w[len..];
        }
        rows = outputs;
    }
    assert!(w.is_empty());
    rows.concat()
}

/// Weights of a usual size.
fn weights<W: Pod>() -> Vec<f32> {
    numbers(1, W::LEN).into_iter().map(|w| 0.4 * w).collect()
}

fn op(cell: Cell) -> RecurrentOp {
    RecurrentOp { cell, dropout: 0.0, id: 3 }
}

/// Returns the output of `forward` and the gradients to weights and input.
fn passes<D: Device, W: Weights<I, O>, const I: usize, const O: usize>(
    device: &D,
    op: RecurrentOp,
    lengths: &Lengths,
    [w, x, dy]: [&[f32]; 3],
) -> [Vec<f32>; 3] {
    let (context, mut y) = (Context::new(device, 7), device.output(dy.len()));
    let mut saved = device.output(lengths.rows() * W::SIZES.saved(op.cell));
    let ([w, x, dy], ends) = ([w, x, dy].map(|x| device.tensor(x)), lengths.ends_on(device));
    let (sequences, weights) = (lengths.sequences(&ends), w.view::<W>());
    op.forward(
        &context,
        sequences,
        None,
        weights,
        x.view::<[f32; I]>(),
        y.view_mut::<[f32; O]>(),
        saved.view_mut::<f32>(),
    );
    let gradients = |dw: crate::tensor::Grad<D, W>, dx: Option<crate::tensor::Grad<D, [f32; I]>>| {
        let (x, y, dy) = (x.view(), y.view::<[f32; O]>(), dy.view());
        op.backward(&context, sequences, None, weights, x, y, saved.view::<f32>(), dy, dw, dx);
    };
    let dw = device.set_and_add(W::LEN, |dw, write| gradients(dw.grad(write), None));
    let dx = device.set_and_add(x.len(), |dx, write| {
        gradients(device.output(W::LEN).grad(crate::tensor::Write::Set), Some(dx.grad(write)));
    });
    [y.read(), dw, dx]
}

fn case<W: Weights<I, O>, const I: usize, const O: usize>(cell: Cell, lengths: &Lengths) {
    let rows = lengths.rows();
    let (w, x, dy) = (weights::<W>(), numbers(2, rows * I), numbers(3, rows * O));
    let [y, dw, dx, inferred] = on_every_device!(|device| {
        let [y, dw, dx] = passes::<_, W, I, O>(device, op(cell), lengths, [&w, &x, &dy]);
        let (context, mut inferred) = (Context::new(device, 0), device.output(dy.len()));
        let ([w, x], ends) = ([&w, &x].map(|x| device.tensor(x)), lengths.ends_on(device));
        let output = inferred.view_mut::<[f32; O]>();
        op(cell).infer(&context, lengths.sequences(&ends), w.view::<W>(), x.view::<[f32; I]>(), output);
        [y, dw, dx, inferred.read()]
    });
    let (what, s) = (format!("{cell:?} {:?} over {lengths:?}", W::SIZES), &W::SIZES);
    let (w, x) = (wide(&w), wide(&x));
    let expected = reference(cell, s, lengths, &w, &x);
    assert_close(&what, &y, &expected, 1e-6);
    assert_close(&what, &inferred, &expected, 1e-6);
    assert_close(&what, &dw, &gradient(|w| reference(cell, s, lengths, w, &x), &w, &dy), 2e-6);
    assert_close(&what, &dx, &gradient(|x| reference(cell, s, lengths, &w, x), &x, &dy), 2e-6);
}

const CELLS: [Cell; 4] = [Cell::Lstm, Cell::Gru, Cell::Tanh, Cell::Relu];

#[test]
fn lstm() {
    case::<Lstm<1, 1, 4>, 1, 1>(Cell::Lstm, &Lengths::equal(1, 1));
    case::<Lstm<3, 5, 20>, 3, 5>(Cell::Lstm, &Lengths::equal(3, 4));
    case::<Lstm<2, 17, 68>, 2, 17>(Cell::Lstm, &Lengths::ragged(&[1, 4, 0, 2]));
    case::<Lstm<3, 2, 8, 4, 2, 1>, 3, 4>(Cell::Lstm, &Lengths::ragged(&[2, 5, 1]));
    case::<Lstm<3, 2, 8, 2, 1, 2, 0>, 3, 2>(Cell::Lstm, &Lengths::equal(2, 3));
    case::<Lstm<2, 5, 20, 6, 2, 1, 20, 3, 3>, 2, 6>(Cell::Lstm, &Lengths::ragged(&[3, 1, 4]));
    case::<Lstm<2, 3, 12, 1, 1, 0, 0, 1, 1>, 2, 1>(Cell::Lstm, &Lengths::ragged(&[0, 0, 3]));
}

#[test]
fn gru() {
    case::<Gru<1, 1, 3>, 1, 1>(Cell::Gru, &Lengths::equal(1, 1));
    case::<Gru<3, 5, 15>, 3, 5>(Cell::Gru, &Lengths::equal(3, 4));
    case::<Gru<2, 17, 51>, 2, 17>(Cell::Gru, &Lengths::ragged(&[1, 4, 0, 2]));
    case::<Gru<3, 2, 6, 4, 2, 1>, 3, 4>(Cell::Gru, &Lengths::ragged(&[2, 5, 1]));
    case::<Gru<3, 2, 6, 2, 1, 2, 0>, 3, 2>(Cell::Gru, &Lengths::equal(2, 3));
}

#[test]
fn rnn() {
    for cell in [Cell::Tanh, Cell::Relu] {
        case::<Rnn<1, 1>, 1, 1>(cell, &Lengths::equal(1, 1));
        case::<Rnn<3, 5>, 3, 5>(cell, &Lengths::equal(3, 4));
        case::<Rnn<2, 17>, 2, 17>(cell, &Lengths::ragged(&[1, 4, 0, 2]));
        case::<Rnn<3, 2, 2, 4, 2, 1>, 3, 4>(cell, &Lengths::ragged(&[2, 5, 1]));
        case::<Rnn<3, 2, 2, 2, 1, 2, 0>, 3, 2>(cell, &Lengths::equal(2, 3));
    }
}

/// Computes the output and the gradients of a case from weights, inputs and the gradient to the output.
type Run<'r> = dyn Fn(&Lengths, [&[f32]; 3]) -> [Vec<f32>; 3] + 'r;

/// More samples than one block has, and tiles of every height.
#[test]
fn many_samples() {
    let lengths: Vec<usize> = (0..75).map(|i| i * 7 % 5).collect();
    for cell in CELLS {
        let rows = lengths.iter().sum::<usize>();
        let check = |w: Vec<f32>, s: &Sizes, run: &Run<'_>| {
            let (x, dy) = (numbers(2, rows * 3), numbers(3, rows * 9));
            let lengths = Lengths::ragged(&lengths);
            let [y, _, _] = run(&lengths, [&w, &x, &dy]);
            assert_close("many samples", &y, &reference(cell, s, &lengths, &wide(&w), &wide(&x)), 1e-6);
        };
        type L = Lstm<3, 9, 36>;
        type G = Gru<3, 9, 27>;
        type R = Rnn<3, 9>;
        match cell {
            Cell::Lstm => check(weights::<L>(), &L::SIZES, &|lengths, data| {
                on_every_device!(|device| passes::<_, L, 3, 9>(device, op(cell), lengths, data))
            }),
            Cell::Gru => check(weights::<G>(), &G::SIZES, &|lengths, data| {
                on_every_device!(|device| passes::<_, G, 3, 9>(device, op(cell), lengths, data))
            }),
            Cell::Tanh | Cell::Relu => check(weights::<R>(), &R::SIZES, &|lengths, data| {
                on_every_device!(|device| passes::<_, R, 3, 9>(device, op(cell), lengths, data))
            }),
        }
    }
}

/// The gradients of a ragged batch are the sums of those of its samples alone.
#[test]
fn a_ragged_batch_is_its_samples() {
    type Net = Gru<3, 6, 18, 12, 2, 1>;
    let lengths = Lengths::ragged(&[4, 1, 7, 0, 3]);
    let (w, x, dy) = (weights::<Net>(), numbers(2, 15 * 3), numbers(3, 15 * 12));
    let cpu = crate::Cpu::with_threads(2);
    let [y, dw, dx] = passes::<_, Net, 3, 12>(&cpu, op(Cell::Gru), &lengths, [&w, &x, &dy]);
    let mut sums = vec![0.0; w.len()];
    for range in lengths.ranges() {
        let (x, dy) = (&x[3 * range.start..3 * range.end], &dy[12 * range.start..12 * range.end]);
        let alone = Lengths::equal(1, range.len());
        let [alone_y, alone_dw, alone_dx] = passes::<_, Net, 3, 12>(&cpu, op(Cell::Gru), &alone, [&w, x, dy]);
        assert_close("output", &y[12 * range.start..12 * range.end], &wide(&alone_y), 1e-6);
        assert_close("gradient to the input", &dx[3 * range.start..3 * range.end], &wide(&alone_dx), 1e-6);
        sums.iter_mut().zip(wide(&alone_dw)).for_each(|(sum, d)| *sum += d);
    }
    assert_close("gradient to the weights", &dw, &sums, 1e-6);
}

/// Streams of different lengths in pieces of 0 to 3 rows, or row by row, give what the whole sequences do.
fn steps<W: Weights<I, O>, const I: usize, const O: usize>(cell: Cell) {
    let lengths = [5, 1, 8];
    let whole = Lengths::ragged(&lengths);
    let (w, x) = (weights::<W>(), numbers(2, whole.rows() * I));
    for pieces in [&[3, 0, 2, 5, 20][..], &[1; 8]] {
        let [y, stepped] = on_every_device!(|device| {
            let (context, mut y) = (Context::new(device, 0), device.output(whole.rows() * O));
            let ([w, rows], ends) = ([&w, &x].map(|x| device.tensor(x)), whole.ends_on(device));
            let weights = w.view::<W>();
            op(cell).infer(
                &context,
                whole.sequences(&ends),
                weights,
                rows.view::<[f32; I]>(),
                y.view_mut::<[f32; O]>(),
            );
            let len = op(cell).state_len::<W, I, O>();
            let mut state = device.tensor(&vec![0.0; lengths.len() * len]);
            let (mut past, mut outputs) = (vec![0; 3], vec![Vec::new(); 3]);
            for &piece in pieces {
                let wanted = |i: usize| if piece == 1 { 1 } else { piece * (i + 1) / 2 };
                let new: Vec<usize> = (0..3).map(|i| wanted(i).min(lengths[i] - past[i])).collect();
                let starts = whole.ranges();
                let rows = |i: usize| (starts[i].start + past[i]) * I..(starts[i].start + past[i] + new[i]) * I;
                let x: Vec<f32> = (0..3).flat_map(|i| x[rows(i)].to_vec()).collect();
                let new = Lengths::ragged(&new);
                let (ends, x, mut y) = (new.ends_on(device), device.tensor(&x), device.output(new.rows() * O));
                let seen: Vec<u32> = past.iter().map(|&past| past as u32).collect();
                let device_past = device.tensor(&seen);
                let streams = Streams { past: &seen, on_device: device_past.buffer(), capacity: 100 };
                let (x, output) = (x.view::<[f32; I]>(), y.view_mut::<[f32; O]>());
                op(cell).step(&context, new.sequences(&ends), streams, weights, x, state.data_mut(), output);
                let y = y.read();
                for (i, range) in new.ranges().into_iter().enumerate() {
                    past[i] += range.len();
                    outputs[i].extend(&y[range.start * O..range.end * O]);
                }
            }
            assert_eq!(past, lengths);
            [y.read(), outputs.concat()]
        });
        assert_close(&format!("{cell:?} in pieces {pieces:?}"), &stepped, &wide(&y), 1e-6);
    }
}

#[test]
fn step_by_step_equals_the_whole() {
    steps::<Lstm<3, 5, 20>, 3, 5>(Cell::Lstm);
    steps::<Lstm<3, 5, 20, 2, 1, 1, 20, 2, 2>, 3, 2>(Cell::Lstm);
    steps::<Gru<3, 5, 15, 5, 1, 2>, 3, 5>(Cell::Gru);
    steps::<Rnn<3, 5>, 3, 5>(Cell::Tanh);
}

/// Two layers with dropout are one layer, dropout, and another layer.
#[test]
fn dropout_is_between_layers() {
    use crate::ops::dropout::DropoutOp;
    use crate::tensor::Write;
    type Both = Lstm<3, 4, 16, 4, 1, 1>;
    type First = Lstm<3, 4, 16>;
    type Second = Lstm<4, 4, 16>;
    let lengths = Lengths::ragged(&[3, 5]);
    let (w, x, dy) = (weights::<Both>(), numbers(2, 8 * 3), numbers(3, 8 * 4));
    let both = RecurrentOp { cell: Cell::Lstm, dropout: 0.5, id: 3 };
    let [y, dw, dx, masked, sum_dw, sum_dx] = on_every_device!(|device| {
        let [y, dw, dx] = passes::<_, Both, 3, 4>(device, both, &lengths, [&w, &x, &dy]);
        let (first, second) = w.split_at(First::LEN);
        let [between, ..] = passes::<_, First, 3, 4>(device, op(Cell::Lstm), &lengths, [first, &x, &dy]);
        let (context, between, mut masked) = (Context::new(device, 7), device.tensor(&between), device.output(8 * 4));
        let dropout = DropoutOp { rate: 0.5, id: 3 + (4 << 28) };
        dropout.forward(&context.copy(1), between.view::<[f32; 4]>(), masked.view_mut());
        let masked = masked.read();
        let [last, second_dw, d_masked] =
            passes::<_, Second, 4, 4>(device, op(Cell::Lstm), &lengths, [second, &masked, &dy]);
        let (d_masked, mut d_between) = (device.tensor(&d_masked), device.output(8 * 4));
        dropout.backward(&context.copy(1), d_masked.view::<[f32; 4]>(), d_between.grad(Write::Set));
        let d_between = d_between.read();
        let [_, first_dw, first_dx] =
            passes::<_, First, 3, 4>(device, op(Cell::Lstm), &lengths, [first, &x, &d_between]);
        [y, dw, dx, last, [first_dw, second_dw].concat(), first_dx]
    });
    assert!(y == masked && dw == sum_dw && dx == sum_dx);
}

#[test]
fn pytorch_counts() {
    const { assert!(Lstm::<32, 128, 512>::LEN == 82_944) };
    const { assert!(Gru::<32, 128, 384>::LEN == 62_208) };
    const { assert!(Lstm::<32, 128, 512, 256, 2, 1>::LEN == 561_152) };
}
