//! Compares embeddings with rows by index, and gradients with sums in `f64`.

use super::{Embedding, EmbeddingOp, Tokens};
use crate::Context;
use crate::init::InitLayer;
use crate::init::{Init, rng};
use crate::random::Rng;
use crate::tensor::Write;
use crate::testing::{TestDevice, assert_close, numbers, on_every_device};

fn tokens(n: usize, vocabulary: usize) -> Vec<u32> {
    let mut rng = Rng::new(7);
    (0..n).map(|_| rng.below(vocabulary) as u32).collect()
}

fn case<T: Tokens<F>, const V: usize, const F: usize>(samples: usize) {
    let tokens = tokens(samples * T::LEN, V);
    let (w, dy) = (numbers(1, V * F), numbers(2, tokens.len() * F));
    let what = format!("{samples} × {} of {V} tokens with {F} features", T::LEN);
    let [y, dw] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(dy.len()));
        let (input, w, dy) = (device.tensor(&tokens), device.tensor(&w), device.tensor(&dy));
        let (net, input) = (w.view::<Embedding<V, F>>(), input.view::<T>());
        EmbeddingOp {}.forward(&context, net, input, y.view_mut());
        let dw = device.set_and_add(w.len(), |d, write| {
            EmbeddingOp {}.backward(&context, net, input, dy.view(), d.grad(write));
        });
        [y.read(), dw]
    });
    let rows: Vec<f32> = tokens.iter().flat_map(|&t| w[t as usize * F..][..F].iter().copied()).collect();
    assert_eq!(y, rows, "{what}");
    let mut expected = vec![0.0; w.len()];
    for (token, dy) in tokens.iter().zip(dy.chunks(F)) {
        dy.iter().enumerate().for_each(|(j, dy)| expected[*token as usize * F + j] += f64::from(*dy));
    }
    assert_close(&what, &dw, &expected, 5e-7);
}

#[test]
fn values_and_gradients() {
    case::<u32, 1, 1>(1);
    case::<[u32; 1], 3, 5>(1);
    case::<[u32; 7], 11, 3>(4);
    case::<[[u32; 3]; 2], 5, 16>(3);
}

/// The output and the gradient to the table for batches of `N` tokens.
fn passes<const V: usize, const F: usize, const N: usize>(w: &[f32], tokens: &[u32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (context, mut y, mut dw) = (Context::new(device, 0), device.output(dy.len()), device.output(w.len()));
        let (w, tokens, dy) = (device.tensor(w), device.tensor(tokens), device.tensor(dy));
        let (net, input) = (w.view::<Embedding<V, F>>(), tokens.view::<[u32; N]>());
        EmbeddingOp {}.forward(&context, net, input, y.view_mut());
        EmbeddingOp {}.backward(&context, net, input, dy.view(), dw.grad(Write::Set));
        [y.read(), dw.read()]
    })
}

#[test]
fn a_token_beyond_the_table_is_seen() {
    let [y, dw] = passes::<2, 1, 2>(&[1.0, 2.0], &[1, 2], &[5.0, 7.0]);
    assert!(y[0] == 2.0 && y[1].is_nan());
    assert_eq!(dw, [0.0, 5.0]);
}

#[test]
fn begins_as_it_is_told() {
    let mut table = Embedding::<50, 40> { weight: [[0.0; 40]; 50] };
    table.init((Init::Normal { std: 1.0 },), &mut rng(3));
    let square = table.weight.as_flattened().iter().map(|w| w * w).sum::<f32>() / 2000.0;
    assert!((square - 1.0).abs() < 0.15, "{square}");
}

#[test]
fn any_number_of_threads() {
    passes::<300, 33, 9>(&numbers(1, 300 * 33), &tokens(9000, 300), &numbers(2, 9000 * 33));
}
