//! Tests losses as operations: compares values with `f64`, and weighted gradients to every input with central
//! differences.

use crate::ops::loss::{Classes, Elementwise, NtXent, Pairs, PositiveWeights, Reduction, Summed, Triplet};
use crate::tensor::Labels;
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Device, View, ViewMut};
use std::marker::PhantomData;

/// The vectors of the tests.
type V = [f32; 5];

/// A loss of several inputs, as the tests call it.
pub(super) trait Operation {
    /// Writes the loss of every sample.
    fn losses<D: Device>(&self, context: &Context<D>, x: &[Tensor<D>], losses: ViewMut<D, f32>);
    /// Writes the gradient to input `input`; `d_losses` holds the weight of each sample.
    fn gradient<D: Device>(
        &self,
        context: &Context<D>,
        x: &[Tensor<D>],
        input: usize,
        d_losses: View<D, f32>,
        d: &mut Tensor<D>,
        write: Write,
    );
}

/// Returns the loss of every sample, and the gradients to the first `of` inputs.
fn passes(op: &impl Operation, inputs: &[Vec<f32>], of: usize, d_losses: &[f32]) -> (Vec<f32>, Vec<Vec<f32>>) {
    on_every_device!(|device| {
        let (context, mut losses) = (Context::new(device, 0), device.output(d_losses.len()));
        let (x, d_losses) = (inputs.iter().map(|x| device.tensor(x)).collect::<Vec<_>>(), device.tensor(d_losses));
        op.losses(&context, &x, losses.view_mut());
        let gradient = |input: usize| {
            device.set_and_add(x[input].len(), |d, write| {
                op.gradient(&context, &x, input, d_losses.view(), d, write);
            })
        };
        (losses.read(), (0..of).map(gradient).collect::<Vec<_>>())
    })
}

/// Compares an operation, and the gradients to its first `of` inputs, with `reference`; returns the losses.
pub(super) fn check(
    what: &str,
    op: &impl Operation,
    inputs: &[Vec<f32>],
    of: usize,
    reference: impl Fn(&[Vec<f64>]) -> Vec<f64>,
) -> Vec<f32> {
    let all: Vec<_> = inputs.iter().map(|x| wide(x)).collect();
    let expected = reference(&all);
    let d_losses = numbers(9, expected.len());
    let (losses, gradients) = passes(op, inputs, of, &d_losses);
    assert_close(what, &losses, &expected, 1e-6);
    for (input, found) in gradients.iter().enumerate() {
        let of_one = |x: &[f64]| {
            let mut all = all.clone();
            all[input] = x.to_vec();
            reference(&all)
        };
        assert_close(&format!("{what}, input {input}"), found, &gradient(of_one, &all[input], &d_losses), 2e-6);
    }
    losses
}

/// `operation!(Op, [further inputs])`.
macro_rules! operation {
    ($op:ty, [$($number:literal),*]) => {
        impl Operation for $op {
            fn losses<D: Device>(&self, context: &Context<D>, x: &[Tensor<D>], losses: ViewMut<D, f32>) {
                self.forward(context, x[0].view::<V>(), $(x[$number].view(),)* losses);
            }
            fn gradient<D: Device>(
                &self,
                context: &Context<D>,
                x: &[Tensor<D>],
                input: usize,
                d_losses: View<D, f32>,
                d: &mut Tensor<D>,
                write: Write,
            ) {
                let d_input = d.grad::<V>(write);
                self.backward(context, input, x[0].view::<V>(), $(x[$number].view(),)* d_losses, d_input);
            }
        }
    };
}
operation!(Elementwise, [1]);
operation!(Summed<Elementwise>, [1]);
operation!(PositiveWeights<'_>, [1]);
operation!(Pairs, [1, 2]);
operation!(Triplet, [1, 2]);

/// Compares an elementwise loss with `f`, summed over a sample and divided by `count`.
fn elementwise(op: Elementwise, a: Vec<f32>, b: Vec<f32>, count: f64, f: impl Fn(f64, f64) -> f64) {
    let samples = |x: &[Vec<f64>]| {
        let samples = x[0].chunks(5).zip(x[1].chunks(5));
        samples.map(|(a, b)| a.iter().zip(b).map(|(a, b)| f(*a, *b)).sum::<f64>() / count).collect()
    };
    check(&format!("{op:?}"), &op, &[a, b], 2, samples);
}

#[test]
fn losses_of_numbers_have_gradients_to_both_sides() {
    for samples in [1, 7] {
        let (a, b) = (numbers(1, 5 * samples), numbers(2, 5 * samples));
        let both = |op, f: &dyn Fn(f64, f64) -> f64| elementwise(op, a.clone(), b.clone(), 5.0, f);
        both(Elementwise::Mse, &|a, b| (a - b).powi(2));
        both(Elementwise::Mae, &|a, b| (a - b).abs());
        both(Elementwise::Hinge, &|a, b| (1.0 - a * b).max(0.0));
        both(Elementwise::Huber { delta: 0.5 }, &|a, b| {
            let d = (a - b).abs();
            if d < 0.5 { 0.5 * d * d } else { 0.5 * (d - 0.25) }
        });
        elementwise(Elementwise::KlNormal, a.clone(), b.clone(), 1.0, |m, v| -0.5 * (1.0 + v - m * m - v.exp()));
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let bce = |p: f64, t: f64| -(t * p.ln() + (1.0 - t) * (1.0 - p).ln());
        let share = |x: &[f32]| x.iter().map(|x| 0.5 + x / 4.1).collect::<Vec<_>>();
        elementwise(Elementwise::Bce, share(&a), share(&b), 5.0, bce);
        elementwise(Elementwise::BceWithLogits, a.clone(), share(&b), 5.0, |x, t| bce(sigmoid(x), t));
        let focal = Elementwise::SigmoidFocal { gamma: 1.5, alpha: 0.3 };
        elementwise(focal, a.clone(), share(&b), 5.0, |x, t| {
            let p = sigmoid(x);
            let wrong = p * (1.0 - t) + (1.0 - p) * t;
            (0.3_f32 as f64 * t + 0.7 * (1.0 - t)) * wrong.powf(1.5) * bce(p, t)
        });
    }
}

#[test]
fn sums_of_numbers() {
    let (a, b) = (numbers(1, 35), numbers(2, 35));
    let sums = |x: &[Vec<f64>], f: &dyn Fn(f64, f64) -> f64| {
        x[0].chunks(5).zip(x[1].chunks(5)).map(|(a, b)| a.iter().zip(b).map(|(a, b)| f(*a, *b)).sum()).collect()
    };
    let inputs = [a, b];
    check("summed mse", &Summed(Elementwise::Mse), &inputs, 2, |x| sums(x, &|a, b| (a - b).powi(2)));
    let kl = |m: f64, v: f64| -0.5 * (1.0 + v - m * m - v.exp());
    check("summed kl_normal", &Summed(Elementwise::KlNormal), &inputs, 2, |x| sums(x, &kl));
}

/// Binary cross-entropy with weights, by its definition.
fn weighted_bce(p: f64, x: f64, t: f64) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    -(p * t * sigmoid(x).ln() + (1.0 - t) * sigmoid(-x).ln())
}

#[test]
fn positive_weights() {
    let share = |x: Vec<f32>| x.iter().map(|x| 0.5 + x / 4.1).collect::<Vec<_>>();
    let inputs = [numbers(1, 35), share(numbers(2, 35))];
    let each = [0.5, 3.0, 0.0, 1.0, 7.5_f32];
    for (reduction, count) in [(Reduction::Mean, 5.0), (Reduction::Sum, 1.0)] {
        for weights in [&[2.5][..], &each] {
            let op = PositiveWeights { weights, positions: 1, reduction };
            check(&format!("{op:?}"), &op, &inputs, 2, |x| {
                let samples = x[0].chunks(5).zip(x[1].chunks(5));
                let one = |(x, t): (&[f64], &[f64])| {
                    let weight = |i: usize| f64::from(weights[i % weights.len()]);
                    (0..5).map(|i| weighted_bce(weight(i), x[i], t[i])).sum::<f64>() / count
                };
                samples.map(one).collect()
            });
        }
    }
}

/// Two channels of three pixels each.
struct Channels(PositiveWeights<'static>);

impl Operation for Channels {
    fn losses<D: Device>(&self, context: &Context<D>, x: &[Tensor<D>], losses: ViewMut<D, f32>) {
        self.0.forward(context, x[0].view::<[[[f32; 3]; 1]; 2]>(), x[1].view(), losses);
    }
    fn gradient<D: Device>(
        &self,
        context: &Context<D>,
        x: &[Tensor<D>],
        input: usize,
        d_losses: View<D, f32>,
        d: &mut Tensor<D>,
        write: Write,
    ) {
        let (logits, mask) = (x[0].view::<[[[f32; 3]; 1]; 2]>(), x[1].view());
        self.0.backward(context, input, logits, mask, d_losses, d.grad(write));
    }
}

#[test]
fn positive_weights_of_channels() {
    let inputs = [numbers(1, 24), numbers(2, 24).iter().map(|x| 0.5 + x / 4.1).collect()];
    let op = Channels(PositiveWeights { weights: &[0.25, 4.0], positions: 3, reduction: Reduction::Mean });
    check("channels", &op, &inputs, 2, |x| {
        let weight = |i: usize| [0.25, 4.0][i / 3];
        let one = |(x, t): (&[f64], &[f64])| (0..6).map(|i| weighted_bce(weight(i), x[i], t[i])).sum::<f64>() / 6.0;
        x[0].chunks(6).zip(x[1].chunks(6)).map(one).collect()
    });
}

/// Tests that `losses.cuh` has the same entries in the same order.
#[cfg(feature = "cuda")]
#[test]
fn the_table_of_cuda_is_the_same() {
    let entries = include_str!("../cuda/losses.cuh").lines().filter_map(|line| line.strip_prefix("LOSS("));
    let names: Vec<_> = entries.filter_map(|entry| entry.split(',').next()).collect();
    assert_eq!(names, crate::ops::loss::elementwise::TABLE);
}

/// A loss of `C` classes with its labels.
struct Labelled<T: Labels, const C: usize> {
    op: Classes,
    labels: Vec<u32>,
    shape: PhantomData<T>,
}

impl<T: Labels, const C: usize> Operation for Labelled<T, C> {
    fn losses<D: Device>(&self, context: &Context<D>, x: &[Tensor<D>], losses: ViewMut<D, f32>) {
        let labels = context.device.tensor(&self.labels);
        self.op.forward(context, x[0].view::<[T; C]>(), labels.view(), losses);
    }
    fn gradient<D: Device>(
        &self,
        context: &Context<D>,
        x: &[Tensor<D>],
        _: usize,
        d_losses: View<D, f32>,
        d: &mut Tensor<D>,
        write: Write,
    ) {
        let labels = context.device.tensor(&self.labels);
        self.op.backward(context, x[0].view::<[T; C]>(), labels.view(), d_losses, d.grad(write));
    }
}

#[test]
fn losses_of_classes_weigh_each_sample() {
    let (labels, positions) = ([4_u32, 0, 2], [[1, 0], [0, 0], [1, 1]]);
    let x = numbers(1, 15);
    let cross_entropy = |x: &[f64], t: u32| x.iter().map(|x| x.exp()).sum::<f64>().ln() - x[t as usize];
    let op = Classes::CrossEntropy { label_smoothing: 0.0 };
    let one_place = Labelled::<f32, 5> { op, labels: labels.to_vec(), shape: PhantomData };
    check("cross_entropy", &one_place, std::slice::from_ref(&x), 1, |x| {
        x[0].chunks(5).zip(labels).map(|(x, t)| cross_entropy(x, t)).collect()
    });
    let two_places = Labelled::<[f32; 2], 2> { op, labels: positions.as_flattened().to_vec(), shape: PhantomData };
    check("cross_entropy at two positions", &two_places, &[x[..12].to_vec()], 1, |x| {
        let place = |x: &[f64], t: [u32; 2], p: usize| cross_entropy(&[x[p], x[2 + p]], t[p]);
        let samples = x[0].chunks(4).zip(positions);
        samples.map(|(x, t)| (place(x, t, 0) + place(x, t, 1)) / 2.0).collect()
    });
}

fn distance(a: &[f64], b: &[f64], shift: f64) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b + shift).powi(2)).sum::<f64>().sqrt()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// A loss of two vectors that belong together or not.
type Formula<'a> = &'a dyn Fn(&[f64], &[f64], bool) -> f64;

#[test]
fn losses_of_pairs() {
    let inputs = [numbers(1, 40), numbers(2, 40), vec![1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0]];
    let pairs = |op: Pairs, f: Formula| {
        check(&format!("{op:?}"), &op, &inputs, 2, |x| {
            (0..8).map(|n| f(&x[0][5 * n..5 * n + 5], &x[1][5 * n..5 * n + 5], x[2][n] == 1.0)).collect()
        });
    };
    for margin in [-0.5, 0.0, 0.4] {
        let bound = f64::from(margin);
        pairs(Pairs::CosineEmbedding { margin }, &|a, b, same| {
            if same { 1.0 - cosine(a, b) } else { (cosine(a, b) - bound).max(0.0) }
        });
    }
    for margin in [1.0, 4.0] {
        let bound = f64::from(margin);
        pairs(Pairs::Contrastive { margin }, &|a, b, same| {
            let distance = distance(a, b, 0.0);
            0.5 * if same { distance } else { (bound - distance).max(0.0) }.powi(2)
        });
    }
}

#[test]
fn equal_vectors_and_wrong_targets() {
    for op in [Pairs::CosineEmbedding { margin: 0.0 }, Pairs::Contrastive { margin: 1.0 }] {
        let [losses, d, d_target] = on_every_device!(|device| {
            let (context, x) = (Context::new(device, 0), device.tensor(&[0.0; 10]));
            let (t, ones) = (device.tensor(&[-1.0, 0.5]), device.tensor(&[1.0; 2]));
            let (mut losses, mut d, mut d_target) = (device.output(2), device.output(10), device.output(2));
            let (x, t) = (x.view::<V>(), t.view());
            op.forward(&context, x, x, t, losses.view_mut());
            op.backward(&context, 0, x, x, t, ones.view(), d.grad::<V>(Write::Set));
            op.backward(&context, 2, x, x, t, ones.view(), d_target.grad::<f32>(Write::Set));
            [losses.read(), d.read(), d_target.read()]
        });
        assert!(losses[0].is_finite() && losses[1].is_nan(), "{op:?}: {losses:?}");
        assert!(d[..5].iter().all(|d| *d == 0.0) && d[5..].iter().all(|d| d.is_nan()), "{op:?}: {d:?}");
        assert_eq!(d_target, [0.0; 2]);
    }
}

#[test]
fn triplets() {
    for (samples, margin) in [(1, 10.0), (9, 1.0), (9, 0.2)] {
        let inputs = [numbers(1, 5 * samples), numbers(2, 5 * samples), numbers(3, 5 * samples)];
        let op = Triplet { margin };
        check(&format!("{op:?}"), &op, &inputs, 3, |x| {
            let vector = |input: usize, n: usize| &x[input][5 * n..5 * n + 5];
            let apart = |n: usize, input: usize| distance(vector(0, n), vector(input, n), 1e-6);
            (0..samples).map(|n| (apart(n, 1) - apart(n, 2) + f64::from(margin)).max(0.0)).collect()
        });
    }
}

/// The loss of SimCLR by its definition.
fn nt_xent(temperature: f64, a: &[f64], b: &[f64]) -> Vec<f64> {
    let views: Vec<&[f64]> = a.chunks(5).chain(b.chunks(5)).collect();
    let n = views.len() / 2;
    let of_view = |r: usize, other: usize| {
        let similarity = |k: usize| cosine(views[r], views[k]) / temperature;
        let sum: f64 = (0..2 * n).filter(|k| *k != r).map(|k| similarity(k).exp()).sum();
        sum.ln() - similarity(other)
    };
    (0..n).map(|i| 0.5 * (of_view(i, n + i) + of_view(n + i, i))).collect()
}

impl Operation for NtXent {
    fn losses<D: Device>(&self, context: &Context<D>, x: &[Tensor<D>], losses: ViewMut<D, f32>) {
        let mut saved = context.device.output(4 * losses.len());
        self.forward(context, x[0].view::<V>(), x[1].view(), losses, saved.view_mut());
    }
    fn gradient<D: Device>(
        &self,
        context: &Context<D>,
        x: &[Tensor<D>],
        input: usize,
        d_losses: View<D, f32>,
        d: &mut Tensor<D>,
        write: Write,
    ) {
        let (a, b, samples) = (x[0].view::<V>(), x[1].view(), d_losses.len());
        let (mut losses, mut saved) = (context.device.output(samples), context.device.output(4 * samples));
        self.forward(context, a, b, losses.view_mut(), saved.view_mut());
        self.backward(context, input, a, b, saved.view(), d_losses, d.grad(write));
    }
}

#[test]
fn views_of_a_batch() {
    for (samples, temperature) in [(1, 0.5), (2, 0.1), (7, 0.5), (20, 0.07)] {
        let inputs = [numbers(1, 5 * samples), numbers(2, 5 * samples)];
        let op = NtXent { temperature };
        let losses = check(&format!("{op:?} of {samples} samples"), &op, &inputs, 2, |x| {
            nt_xent(f64::from(temperature), &x[0], &x[1])
        });
        let inferred = on_every_device!(|device| {
            let [a, b] = inputs.each_ref().map(|x| device.tensor(x));
            let mut losses = device.output(samples);
            op.infer(&Context::new(device, 0), a.view::<V>(), b.view(), losses.view_mut());
            losses.read()
        });
        assert_eq!(inferred, losses);
    }
}

#[test]
fn any_number_of_threads() {
    let (a, b, d_losses) = (numbers(1, 3000), numbers(2, 3000), numbers(3, 600));
    let signs: Vec<f32> = d_losses.iter().map(|d| d.signum()).collect();
    passes(&NtXent { temperature: 0.5 }, &[a.clone(), b.clone()], 2, &d_losses);
    passes(&Pairs::CosineEmbedding { margin: 0.0 }, &[a, b, signs], 1, &d_losses);
}
