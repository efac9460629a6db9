//! Compares convolutions along time with their definition in `f64`, their gradients with central differences, and steps with the whole.

use super::Conv1dOp;
use crate::ops::Activation;
use crate::ops::conv2d::{Conv1d, Kernel};
use crate::tensor::Streams;
use crate::testing::{Lengths, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Device, Pod};

/// The definition, for each sample by itself.
fn reference<W: Kernel>(op: Conv1dOp, lengths: &Lengths, w: &[f64], x: &[f64]) -> Vec<f64> {
    let (per_group, outputs, [_, kernel]) = (W::COLUMNS, W::ROWS, W::SIZE);
    let (inputs, reach) = (per_group * op.groups, (kernel - 1) * op.dilation);
    let before = if op.causal { reach } else { reach / 2 };
    let mut y = Vec::new();
    for range in lengths.ranges() {
        let x = &x[range.start * inputs..range.end * inputs];
        for t in 0..range.len() {
            for o in 0..outputs {
                let mut sum = w.get(W::WEIGHTS + o).copied().unwrap_or(0.0);
                for i in 0..per_group {
                    let feature = o / (outputs / op.groups) * per_group + i;
                    for j in 0..kernel {
                        let row = (t + j * op.dilation).checked_sub(before).filter(|row| *row < range.len());
                        sum += row.map_or(0.0, |row| w[(o * per_group + i) * kernel + j] * x[row * inputs + feature]);
                    }
                }
                y.push(sum);
            }
        }
    }
    y
}

fn case<const I: usize, const G: usize, const O: usize, const K: usize, const B: usize>(
    op: Conv1dOp,
    lengths: &Lengths,
    tolerance: f64,
) {
    type W<const G: usize, const O: usize, const K: usize, const B: usize> = Conv1d<G, O, K, B>;
    let rows = lengths.rows();
    let (w, x, dy) = (numbers(1, W::<G, O, K, B>::LEN), numbers(2, rows * I), numbers(3, rows * O));
    let activations = [Activation::Identity, Activation::Relu, Activation::Tanh];
    let (outputs, gradients) = on_every_device!(|device| {
        let context = Context::new(device, 0);
        let ([w, x, dy], ends) = ([&w, &x, &dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let (net, sequences) = (w.view::<W<G, O, K, B>>(), lengths.sequences(&ends));
        let outputs = activations.map(|activation| {
            let (op, mut y) = (Conv1dOp { activation, ..op }, device.output(rows * O));
            op.forward(&context, sequences, net, x.view::<[f32; I]>(), y.view_mut::<[f32; O]>());
            y.read()
        });
        let (x, dy) = (x.view::<[f32; I]>(), dy.view::<[f32; O]>());
        let d_weights = device.set_and_add(w.len(), |d, write| {
            op.backward(&context, sequences, net, x, dy, d.grad(write), None);
        });
        let d_input = device.set_and_add(rows * I, |d, write| {
            let mut d_weights = device.output(w.len());
            op.backward(
                &context,
                sequences,
                net,
                x,
                dy,
                d_weights.grad(crate::tensor::Write::Set),
                Some(d.grad(write)),
            );
        });
        (outputs, [d_weights, d_input])
    });
    let what = format!("{op:?} of {lengths:?}, {I} to {O}");
    let expected = reference::<W<G, O, K, B>>(op, lengths, &wide(&w), &wide(&x));
    let functions: [fn(f64) -> f64; 3] = [|x| x, |x| x.max(0.0), f64::tanh];
    for (y, f) in outputs.iter().zip(functions) {
        assert_close(&what, y, &expected.iter().copied().map(f).collect::<Vec<_>>(), tolerance);
    }
    let [dw, dx] = gradients;
    let of_weights = |w: &[f64]| reference::<W<G, O, K, B>>(op, lengths, w, &wide(&x));
    assert_close(&what, &dw, &gradient(of_weights, &wide(&w), &dy), tolerance);
    let of_input = |x: &[f64]| reference::<W<G, O, K, B>>(op, lengths, &wide(&w), x);
    assert_close(&what, &dx, &gradient(of_input, &wide(&x), &dy), tolerance);
}

fn op(causal: bool, dilation: usize, groups: usize) -> Conv1dOp {
    Conv1dOp { causal, dilation, groups, activation: Activation::Identity }
}

#[test]
fn values_and_gradients() {
    for lengths in [
        Lengths::ragged(&[1]),
        Lengths::ragged(&[4, 1, 9, 2]),
        Lengths::ragged(&[0, 3, 0, 0, 12, 0]),
        Lengths::equal(2, 5),
    ] {
        for causal in [true, false] {
            case::<1, 1, 1, 1, 1>(op(causal, 1, 1), &lengths, 1e-5);
            case::<3, 3, 4, 3, 4>(op(causal, 1, 1), &lengths, 1e-5);
            case::<2, 2, 3, 5, 0>(op(causal, 2, 1), &lengths, 1e-5);
            // An even kernel, one that reaches beyond every sample, and groups: with several features each, and depthwise.
            case::<3, 3, 2, 2, 2>(op(causal, 2, 1), &lengths, 1e-5);
            case::<2, 2, 2, 3, 2>(op(causal, 40, 1), &lengths, 1e-5);
            case::<6, 3, 4, 3, 4>(op(causal, 1, 2), &lengths, 1e-5);
            case::<5, 1, 5, 4, 0>(op(causal, 1, 5), &lengths, 1e-5);
            case::<3, 1, 6, 3, 6>(op(causal, 2, 3), &lengths, 1e-5);
        }
    }
}

#[test]
fn many_rows_and_features() {
    let lengths = Lengths::ragged(&[70, 1, 300, 2, 33]);
    case::<9, 9, 17, 3, 17>(op(true, 1, 1), &lengths, 1e-5);
    case::<12, 1, 12, 4, 12>(op(true, 1, 12), &lengths, 1e-5);
    case::<8, 4, 6, 3, 6>(op(false, 3, 2), &lengths, 1e-5);
}

/// Shows the rows of streams in pieces, of which some are empty, and compares with the whole.
fn steps<const I: usize, const G: usize, const O: usize, const K: usize>(op: Conv1dOp) {
    let pieces = [[3, 0, 1], [0, 1, 1], [1, 1, 0], [1, 7, 1], [6, 1, 2]];
    let lengths = Lengths::ragged(&[0, 1, 2].map(|stream| pieces.iter().map(|piece| piece[stream]).sum()));
    let (w, x) = (numbers(1, Conv1d::<G, O, K>::LEN), numbers(2, lengths.rows() * I));
    let state_len = op.state_len::<Conv1d<G, O, K>>();
    let y = on_every_device!(|device| {
        let (context, w) = (Context::new(device, 0), device.tensor(&w));
        let mut state = device.tensor(&vec![0.0; 3 * state_len]);
        let (mut past, mut y) = ([0; 3], [vec![], vec![], vec![]]);
        for piece in pieces {
            let new = Lengths::ragged(&piece);
            let rows = lengths.ranges().into_iter().zip(past).zip(piece);
            let rows: Vec<f32> =
                rows.flat_map(|((all, past), n)| x[(all.start + past) * I..][..n * I].to_vec()).collect();
            let (x, ends, mut out) = (device.tensor(&rows), new.ends_on(device), device.output(new.rows() * O));
            let counts: Vec<u32> = past.iter().map(|&n| n as u32).collect();
            let on_device = device.tensor(&counts);
            let streams = Streams { past: &counts, on_device: on_device.buffer(), capacity: 40 };
            let (x, to) = (x.view::<[f32; I]>(), out.view_mut::<[f32; O]>());
            let (sequences, net) = (new.sequences(&ends), w.view::<Conv1d<G, O, K>>());
            op.step(&context, sequences, streams, net, x, state.data_mut(), to);
            let out = out.read();
            for (stream, range) in new.ranges().into_iter().enumerate() {
                y[stream].extend(&out[range.start * O..range.end * O]);
                past[stream] += piece[stream];
            }
        }
        y.concat()
    });
    let expected = reference::<Conv1d<G, O, K>>(op, &lengths, &wide(&w), &wide(&x));
    assert_close(&format!("steps of {op:?}"), &y, &expected, 1e-5);
}

#[test]
fn steps_equal_the_whole() {
    steps::<3, 3, 4, 3>(op(true, 1, 1));
    steps::<2, 2, 5, 4>(op(true, 3, 1));
    steps::<2, 2, 3, 1>(op(true, 1, 1));
    steps::<4, 1, 4, 3>(op(true, 2, 4));
}

/// Checks that a convolution of one sample is PyTorch's of the transposed one, as the room of images computes it.
#[test]
fn rows_are_transposed_channels() {
    use crate::ops::conv2d::CausalConv1dOp;
    const T: usize = 6;
    let (w, x) = (numbers(1, Conv1d::<3, 2, 3>::LEN), numbers(2, T * 3));
    let turned: Vec<f32> = (0..3).flat_map(|i| (0..T).map(move |t| (t, i))).map(|(t, i)| x[t * 3 + i]).collect();
    let [along_time, along_channels] = on_every_device!(|device| {
        let (context, w) = (Context::new(device, 0), device.tensor(&w));
        let (net, [x, turned]) = (w.view::<Conv1d<3, 2, 3>>(), [&x, &turned].map(|x| device.tensor(x)));
        let [mut y, mut other] = [(); 2].map(|()| device.output(T * 2));
        let lengths = Lengths::equal(1, T);
        let ends = lengths.ends_on(device);
        let sequences = lengths.sequences(&ends);
        op(true, 2, 1).forward(&context, sequences, net, x.view::<[[f32; 3]; T]>(), y.view_mut::<[[f32; 2]; T]>());
        let causal = CausalConv1dOp { stride: 1, dilation: 2, groups: 1, activation: Activation::Identity };
        causal.forward(&context, net, turned.view::<[[f32; T]; 3]>(), other.view_mut::<[[f32; T]; 2]>());
        [y.read(), other.read()]
    });
    let back: Vec<f64> = (0..T * 2).map(|i| f64::from(along_channels[i % 2 * T + i / 2])).collect();
    assert_close("rows", &along_time, &back, 1e-5);
}

/// Calls that a device gets without rows.
#[test]
fn nothing_to_do() {
    let lengths = Lengths::ragged(&[0, 0]);
    let w = numbers(1, Conv1d::<3, 2, 3>::LEN);
    let dw = on_every_device!(|device| empty(device, &lengths, &w));
    assert!(dw.iter().all(|d| *d == 0.0));
}

fn empty<D: Device>(device: &D, lengths: &Lengths, w: &[f32]) -> Vec<f32> {
    let (context, w, nothing) = (Context::new(device, 0), device.tensor(w), device.tensor::<f32>(&[]));
    let ends = lengths.ends_on(device);
    let (net, sequences) = (w.view::<Conv1d<3, 2, 3>>(), lengths.sequences(&ends));
    let (mut y, mut dx, mut dw) = (device.output(0), device.output(0), device.output(w.len()));
    op(true, 1, 1).forward(&context, sequences, net, nothing.view::<[f32; 3]>(), y.view_mut::<[f32; 2]>());
    let (x, dy) = (nothing.view::<[f32; 3]>(), nothing.view::<[f32; 2]>());
    let set = crate::tensor::Write::Set;
    op(true, 1, 1).backward(&context, sequences, net, x, dy, dw.grad(set), Some(dx.grad(set)));
    dw.read()
}
