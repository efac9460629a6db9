//! Losses as operations: values against `f64`, gradients to every input against central differences, weighed by sample.

use crate::ops::loss::{Classes, Elementwise, NtXent, Pairs, Triplet};
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, View, testing::Device};

/// The vectors of the tests.
type V = [f32; 5];
/// What `nt_xent` saves.
type Saved = [[f32; 2]; 2];

/// Writes the loss of every sample of some inputs.
type Forward<'a> = &'a dyn Fn(&Context<Device>, &[Vec<f32>], &mut [f32]);
/// Writes the gradient to the input of a number, with how much each sample counts.
type Backward<'a> = &'a dyn Fn(&Context<Device>, &[Vec<f32>], usize, View<Device, f32>, &mut [f32], Write);

/// Checks an operation against `reference`, with the gradients to the first `of` inputs.
fn check(
    what: &str,
    inputs: &[Vec<f32>],
    of: usize,
    reference: impl Fn(&[Vec<f64>]) -> Vec<f64>,
    forward: Forward,
    backward: Backward,
) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let all: Vec<_> = inputs.iter().map(|x| wide(x)).collect();
    let expected = reference(&all);
    let (mut losses, d_losses) = (vec![f32::NAN; expected.len()], numbers(9, expected.len()));
    forward(&context, inputs, &mut losses);
    assert_close(what, &losses, &expected, 1e-6);
    for input in 0..of {
        let found = set_and_add(inputs[input].len(), |d, write| {
            backward(&context, inputs, input, view(&d_losses), d, write);
        });
        let of_one = |x: &[f64]| {
            let mut all = all.clone();
            all[input] = x.to_vec();
            reference(&all)
        };
        assert_close(&format!("{what}, input {input}"), &found, &gradient(of_one, &all[input], &d_losses), 2e-6);
    }
}

fn grad<T: Pod<Element = f32>>(d: &mut [f32], write: Write) -> Grad<'_, Device, T> {
    Grad { to: view_mut(d), write }
}

/// Checks a loss of numbers against `f`, summed over a sample and divided by `count`.
fn elementwise(op: Elementwise, a: Vec<f32>, b: Vec<f32>, count: f64, f: impl Fn(f64, f64) -> f64) {
    let samples = |x: &[Vec<f64>]| {
        let samples = x[0].chunks(5).zip(x[1].chunks(5));
        samples.map(|(a, b)| a.iter().zip(b).map(|(a, b)| f(*a, *b)).sum::<f64>() / count).collect()
    };
    check(
        &format!("{op:?}"),
        &[a, b],
        2,
        samples,
        &|context, x, losses| op.forward(context, view::<V>(&x[0]), view(&x[1]), view_mut(losses)),
        &|context, x, input, d_losses, d, write| {
            op.backward(context, input, view::<V>(&x[0]), view(&x[1]), d_losses, grad(d, write));
        },
    );
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
fn losses_of_classes_weigh_each_sample() {
    let (labels, places) = ([4_u32, 0, 2], [[1, 0], [0, 0], [1, 1]]);
    let x = numbers(1, 15);
    let cross_entropy = |x: &[f64], t: u32| x.iter().map(|x| x.exp()).sum::<f64>().ln() - x[t as usize];
    let op = Classes::CrossEntropy { label_smoothing: 0.0 };
    check(
        "cross_entropy",
        std::slice::from_ref(&x),
        1,
        |x| x[0].chunks(5).zip(labels).map(|(x, t)| cross_entropy(x, t)).collect(),
        &|context, x, losses| op.forward(context, view::<V>(&x[0]), View::new(&labels[..], 3), view_mut(losses)),
        &|context, x, _, d_losses, d, write| {
            op.backward(context, view::<V>(&x[0]), View::new(&labels[..], 3), d_losses, grad(d, write));
        },
    );
    check(
        "cross_entropy at two places",
        &[x[..12].to_vec()],
        1,
        |x| {
            let place = |x: &[f64], t: [u32; 2], p: usize| cross_entropy(&[x[p], x[2 + p]], t[p]);
            let samples = x[0].chunks(4).zip(places);
            samples.map(|(x, t)| (place(x, t, 0) + place(x, t, 1)) / 2.0).collect()
        },
        &|context, x, losses| {
            op.forward(context, view::<[[f32; 2]; 2]>(&x[0]), View::new(places.as_flattened(), 3), view_mut(losses));
        },
        &|context, x, _, d_losses, d, write| {
            let target = View::new(places.as_flattened(), 3);
            op.backward(context, view::<[[f32; 2]; 2]>(&x[0]), target, d_losses, grad(d, write));
        },
    );
}

fn distance(a: &[f64], b: &[f64], shift: f64) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b + shift).powi(2)).sum::<f64>().sqrt()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The loss of two vectors that belong together or not.
type Formula<'a> = &'a dyn Fn(&[f64], &[f64], bool) -> f64;

#[test]
fn losses_of_pairs() {
    let inputs = [numbers(1, 40), numbers(2, 40), vec![1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0]];
    let pairs = |op: Pairs, f: Formula| {
        check(
            &format!("{op:?}"),
            &inputs,
            2,
            |x| (0..8).map(|n| f(&x[0][5 * n..5 * n + 5], &x[1][5 * n..5 * n + 5], x[2][n] == 1.0)).collect(),
            &|context, x, losses| op.forward(context, view::<V>(&x[0]), view(&x[1]), view(&x[2]), view_mut(losses)),
            &|context, x, input, d_losses, d, write| {
                let (a, b, target) = (view::<V>(&x[0]), view(&x[1]), view(&x[2]));
                op.backward(context, input, a, b, target, d_losses, grad::<V>(d, write));
            },
        );
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
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let (zeros, target) = ([0.0; 10], [-1.0, 0.5]);
    for op in [Pairs::CosineEmbedding { margin: 0.0 }, Pairs::Contrastive { margin: 1.0 }] {
        let (mut losses, mut d, mut d_target) = ([0.0; 2], [f32::NAN; 10], [f32::NAN; 2]);
        let (a, b, t) = (view::<V>(&zeros), view::<V>(&zeros), view::<f32>(&target));
        op.forward(&context, a, b, t, view_mut(&mut losses));
        op.backward(&context, 0, a, b, t, view(&[1.0, 1.0]), Grad::set(view_mut::<V>(&mut d)));
        op.backward(&context, 2, a, b, t, view(&[1.0, 1.0]), Grad::set(view_mut::<f32>(&mut d_target)));
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
        check(
            &format!("{op:?}"),
            &inputs,
            3,
            |x| {
                let vector = |input: usize, n: usize| &x[input][5 * n..5 * n + 5];
                let apart = |n: usize, input: usize| distance(vector(0, n), vector(input, n), 1e-6);
                (0..samples).map(|n| (apart(n, 1) - apart(n, 2) + f64::from(margin)).max(0.0)).collect()
            },
            &|context, x, losses| op.forward(context, view::<V>(&x[0]), view(&x[1]), view(&x[2]), view_mut(losses)),
            &|context, x, input, d_losses, d, write| {
                let (anchor, positive, negative) = (view::<V>(&x[0]), view(&x[1]), view(&x[2]));
                op.backward(context, input, anchor, positive, negative, d_losses, grad(d, write));
            },
        );
    }
}

/// Losses of SimCLR by the definition.
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

fn forward_nt_xent(op: NtXent, context: &Context<Device>, x: &[Vec<f32>], losses: &mut [f32]) -> Vec<f32> {
    let mut saved = vec![f32::NAN; 4 * losses.len()];
    op.forward(context, view::<V>(&x[0]), view(&x[1]), view_mut(losses), view_mut::<Saved>(&mut saved));
    saved
}

#[test]
fn views_of_a_batch() {
    for (samples, temperature) in [(1, 0.5), (2, 0.1), (7, 0.5), (20, 0.07)] {
        let inputs = [numbers(1, 5 * samples), numbers(2, 5 * samples)];
        let op = NtXent { temperature };
        check(
            &format!("{op:?} of {samples} samples"),
            &inputs,
            2,
            |x| nt_xent(f64::from(temperature), &x[0], &x[1]),
            &|context, x, losses| {
                forward_nt_xent(op, context, x, losses);
                let mut inferred = losses.to_vec();
                op.infer(context, view::<V>(&x[0]), view(&x[1]), view_mut(&mut inferred));
                assert_eq!(inferred, losses);
            },
            &|context, x, input, d_losses, d, write| {
                let saved = forward_nt_xent(op, context, x, &mut vec![0.0; samples]);
                let (a, b) = (view::<V>(&x[0]), view(&x[1]));
                op.backward(context, input, a, b, view(&saved), d_losses, grad(d, write));
            },
        );
    }
}

#[test]
fn any_number_of_threads() {
    let (a, b, c) = (numbers(1, 3000), numbers(2, 3000), numbers(3, 600));
    let inputs = [a, b];
    let signs: Vec<f32> = c.iter().map(|c| c.signum()).collect();
    same_on_any_threads(|cpu| {
        let context = Context { device: cpu, seed: 0 };
        let [mut losses, mut of_pairs] = [vec![0.0; 600], vec![0.0; 600]];
        let mut d = vec![0.0; 3000];
        let op = NtXent { temperature: 0.5 };
        let saved = forward_nt_xent(op, &context, &inputs, &mut losses);
        let (a, b) = (view::<V>(&inputs[0]), view::<V>(&inputs[1]));
        op.backward(&context, 1, a, b, view::<Saved>(&saved), view(&c), Grad::set(view_mut(&mut d)));
        let op = Pairs::CosineEmbedding { margin: 0.0 };
        op.forward(&context, a, b, view(&signs), view_mut(&mut of_pairs));
        op.backward(&context, 0, a, b, view(&signs), view(&c), Grad::add(view_mut::<V>(&mut d)));
        [losses, of_pairs, d].concat()
    });
}
