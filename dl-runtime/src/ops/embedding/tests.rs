//! Embeddings against rows by index, gradients against sums in `f64`.

use super::{Embedding, Op, Tokens};
use crate::init::{Init, rng};
use crate::random::Rng;
use crate::tensor::Grad;
use crate::testing::{assert_close, numbers, same_on_any_threads, set_and_add, view, view_mut};
use crate::{Context, View, testing::Device};

fn tokens(n: usize, vocabulary: usize) -> Vec<u32> {
    let mut rng = Rng::new(7);
    (0..n).map(|_| rng.below(vocabulary) as u32).collect()
}

fn case<T: Tokens<F>, const V: usize, const F: usize>(samples: usize) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let tokens = tokens(samples * T::LEN, V);
    let (w, dy) = (numbers(1, V * F), numbers(2, tokens.len() * F));
    let input = View::<Device, T>::new(&tokens, samples);
    let what = format!("{samples} × {} of {V} tokens with {F} features", T::LEN);
    let mut y = vec![f32::NAN; dy.len()];
    Op {}.forward(&context, view::<Embedding<V, F>>(&w), input, view_mut(&mut y));
    let rows: Vec<f32> = tokens.iter().flat_map(|&t| w[t as usize * F..][..F].iter().copied()).collect();
    assert_eq!(y, rows, "{what}");
    let dw = set_and_add(w.len(), |d, write| {
        let d_weights = Grad { to: view_mut(d), write };
        Op {}.backward(&context, view::<Embedding<V, F>>(&w), input, view(&dy), d_weights);
    });
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

#[test]
fn a_token_beyond_the_table_is_seen() {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let (w, input, mut y, mut dw) = ([1.0, 2.0], [1, 2], [0.0; 2], [9.0; 2]);
    let input = View::<Device, [u32; 2]>::new(&input, 1);
    Op {}.forward(&context, view::<Embedding<2, 1>>(&w), input, view_mut(&mut y));
    assert!(y[0] == 2.0 && y[1].is_nan());
    let d_weights = Grad::set(view_mut(&mut dw));
    Op {}.backward(&context, view::<Embedding<2, 1>>(&w), input, view(&[5.0, 7.0]), d_weights);
    assert_eq!(dw, [0.0, 5.0]);
}

#[test]
fn begins_as_it_is_told() {
    let mut table = Embedding::<50, 40> { weight: [[0.0; 40]; 50] };
    table.init(Init::Normal { std: 1.0 }, &mut rng(3));
    let square = table.weight.as_flattened().iter().map(|w| w * w).sum::<f32>() / 2000.0;
    assert!((square - 1.0).abs() < 0.15, "{square}");
}

#[test]
fn any_number_of_threads() {
    let tokens = tokens(9000, 300);
    let (w, dy) = (numbers(1, 300 * 33), numbers(2, 9000 * 33));
    same_on_any_threads(|cpu| {
        let context = Context { device: cpu, seed: 0 };
        let input = View::<Device, [u32; 9]>::new(&tokens, 1000);
        let (mut y, mut dw) = (vec![0.0; dy.len()], vec![0.0; w.len()]);
        Op {}.forward(&context, view::<Embedding<300, 33>>(&w), input, view_mut(&mut y));
        Op {}.backward(&context, view::<Embedding<300, 33>>(&w), input, view(&dy), Grad::set(view_mut(&mut dw)));
        [y, dw].concat()
    });
}
