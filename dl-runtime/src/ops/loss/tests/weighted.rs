//! Compares weighted losses of classes, and their gradients, with the formula over the whole batch in `f64`.

use super::log_softmax;
use crate::Context;
use crate::loss::{CrossEntropy, Loss};
use crate::ops::loss::{Classes, Reduction, RowClasses, WeightedClasses};
use crate::testing::{Lengths, Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// The classes of every case.
const C: usize = 7;
const WEIGHTS: [f32; C] = [1.0, 0.5, 2.0, 0.0, 0.25, 3.0, 1.5];

/// Returns the sum of the losses of some targets, each with the numbers of its classes, and the sum of their weights.
fn sums(op: &WeightedClasses, targets: &[(Vec<f64>, u32)]) -> [f64; 2] {
    let (mut loss, mut weights) = (0.0, 0.0);
    let weight = |class: usize| op.weights.get(class).map_or(1.0, |&weight| f64::from(weight));
    for (x, target) in targets.iter().filter(|(_, target)| op.ignore != Some(*target)) {
        let (log, t) = (log_softmax(x), *target as usize);
        weights += weight(t);
        loss += match op.loss {
            Classes::CrossEntropy { label_smoothing } => {
                let epsilon = f64::from(label_smoothing);
                let all: f64 = (0..C).map(|c| -weight(c) * log[c]).sum();
                (1.0 - epsilon) * weight(t) * -log[t] + epsilon / C as f64 * all
            }
            Classes::Focal { gamma } => weight(t) * -(1.0 - log[t].exp()).powf(f64::from(gamma)) * log[t],
            Classes::MultiMargin { margin } => {
                let others = (0..C).filter(|&c| c != t);
                others.map(|c| (f64::from(margin) - x[t] + x[c]).max(0.0)).sum::<f64>() / C as f64
            }
            Classes::Nll => weight(t) * -x[t],
        };
    }
    [loss, weights]
}

/// Returns the loss of each sample: `N / Σ w` times its sum, or the sum itself.
fn reference(op: &WeightedClasses, samples: &[Vec<(Vec<f64>, u32)>]) -> Vec<f64> {
    let sums: Vec<_> = samples.iter().map(|targets| sums(op, targets)).collect();
    let weights: f64 = sums.iter().map(|[_, weights]| weights).sum();
    let mean = op.reduction == Reduction::Mean;
    let factor = if !mean {
        1.0
    } else if weights == 0.0 {
        0.0
    } else {
        samples.len() as f64 / weights
    };
    sums.iter().map(|[loss, _]| factor * loss).collect()
}

fn targets(n: usize) -> Vec<u32> {
    (0..n).map(|i| [3, 0, 6, 255, 1, 1, 5, 2, 4, 0][i * i % 10]).collect()
}

/// Every loss with weights, and with a class that is ignored.
fn settings() -> Vec<WeightedClasses<'static>> {
    let plain = Classes::CrossEntropy { label_smoothing: 0.0 };
    let smooth = Classes::CrossEntropy { label_smoothing: 0.2 };
    let of = |loss, weights| WeightedClasses {
        loss,
        classes: C,
        last: true,
        ignore: Some(255),
        weights,
        reduction: Reduction::Mean,
    };
    let margin = Classes::MultiMargin { margin: 1.0 };
    vec![
        of(plain, &[]),
        of(plain, &WEIGHTS),
        of(smooth, &[]),
        of(smooth, &WEIGHTS),
        of(Classes::Nll, &WEIGHTS),
        of(Classes::Focal { gamma: 1.5 }, &[]),
        of(margin, &[]),
        WeightedClasses { reduction: Reduction::Sum, ..of(plain, &[]) },
        WeightedClasses { reduction: Reduction::Sum, ..of(smooth, &WEIGHTS) },
    ]
}

/// Compares rows of sequences, with `per_row` targets in each row.
fn rows(op: WeightedClasses<'static>, lengths: &Lengths, per_row: usize) {
    let t = targets(lengths.rows() * per_row);
    let (x, d_losses) = (numbers(1, t.len() * C), numbers(2, lengths.ranges().len()));
    let ([losses, dx], what) = (
        on_every_device!(|device| {
            let (context, mut losses) = (Context::new(device, 0), device.output(d_losses.len()));
            let (x, t, d, ends) =
                (device.tensor(&x), device.tensor(&t), device.tensor(&d_losses), lengths.ends_on(device));
            let sequences = lengths.sequences(&ends);
            let (y, target) = (x.view::<[f32; C]>(), t.view::<u32>());
            RowClasses(op).forward(&context, sequences, y, target, losses.view_mut());
            let backward = |d_output: &mut Tensor<_>, write| {
                let d_output = d_output.grad::<[f32; C]>(write);
                RowClasses(op).backward(&context, sequences, y, target, d.view(), d_output);
            };
            [losses.read(), device.set_and_add(x.len(), backward)]
        }),
        format!("{op:?} {lengths:?}"),
    );
    let expected = |x: &[f64]| {
        let one = |i: usize| (x[i * C..(i + 1) * C].to_vec(), t[i]);
        let sample = |range: std::ops::Range<usize>| (range.start * per_row..range.end * per_row).map(one).collect();
        reference(&op, &lengths.ranges().into_iter().map(sample).collect::<Vec<_>>())
    };
    assert_close(&what, &losses, &expected(&wide(&x)), 1e-6);
    assert_close(&what, &dx, &gradient(expected, &wide(&x), &d_losses), 2e-6);
}

#[test]
fn rows_of_sequences() {
    for op in settings() {
        rows(op, &Lengths::equal(3, 5), 1);
        rows(op, &Lengths::equal(2, 3), 4);
        rows(op, &Lengths::ragged(&[4, 1, 0, 9]), 1);
    }
    rows(settings()[1], &Lengths::ragged(&[300, 2]), 1);
}

/// The classes in the first dimension, as for images.
#[test]
fn classes_before_positions() {
    for op in settings() {
        let op = WeightedClasses { last: false, ..op };
        let (samples, positions) = (3, 4);
        let t = targets(samples * positions);
        let (x, d_losses) = (numbers(1, t.len() * C), numbers(2, samples));
        let [losses, dx] = on_every_device!(|device| {
            let (context, mut losses) = (Context::new(device, 0), device.output(samples));
            let (x, t, d) = (device.tensor(&x), device.tensor(&t), device.tensor(&d_losses));
            let (y, target) = (x.view::<[[f32; 4]; C]>(), t.view::<[u32; 4]>());
            op.forward(&context, y, target, losses.view_mut());
            let backward = |d_output: &mut Tensor<_>, write| {
                op.backward(&context, y, target, d.view(), d_output.grad::<[[f32; 4]; C]>(write));
            };
            [losses.read(), device.set_and_add(x.len(), backward)]
        });
        let expected = |x: &[f64]| {
            let one = |n: usize, p: usize| {
                let column = (0..C).map(|c| x[(n * C + c) * positions + p]);
                (column.collect(), t[n * positions + p])
            };
            let samples = (0..samples).map(|n| (0..positions).map(|p| one(n, p)).collect());
            reference(&op, &samples.collect::<Vec<_>>())
        };
        assert_close(&format!("{op:?}"), &losses, &expected(&wide(&x)), 1e-6);
        assert_close(&format!("{op:?}"), &dx, &gradient(expected, &wide(&x), &d_losses), 2e-6);
    }
}

/// More classes than one launch takes weights for.
#[test]
fn many_classes() {
    let weights: Vec<f32> = (0..300).map(|c| 0.5 + (c % 7) as f32).collect();
    let (x, t) = (numbers(1, 4 * 300), [299, 62, 61, 124]);
    let loss = CrossEntropy.weights(&weights).rows();
    let (losses, _) = super::run::<[[f32; 300]; 2], _>(&loss, &x, &[[t[0], t[1]], [t[2], t[3]]]);
    let x = wide(&x);
    let term = |i: usize| -f64::from(weights[t[i] as usize]) * log_softmax(&x[i * 300..(i + 1) * 300])[t[i] as usize];
    let all: f64 = t.iter().map(|&t| f64::from(weights[t as usize])).sum();
    let expected = [0, 2].map(|i| 2.0 / all * (term(i) + term(i + 1)));
    assert_close("300 classes", &losses, &expected, 1e-6);
}

#[test]
fn nothing_counts() {
    let x = [f32::NAN, 1.0, 2.0, 3.0];
    let (losses, dx) = super::run::<[[f32; 2]; 2], _>(&CrossEntropy.rows().ignore(9), &x, &[[9, 9]]);
    assert_eq!((losses, dx), (vec![0.0], vec![0.0; 4]));
    let (losses, dx) = super::run::<[f32; 2], _>(&CrossEntropy.ignore(1), &x, &[1, 1]);
    assert_eq!((losses, dx), (vec![0.0; 2], vec![0.0; 4]));
}

#[test]
fn wrong_targets_and_settings() {
    let (losses, dx) = super::run::<[[f32; 2]; 2], _>(&CrossEntropy.rows(), &[1.0; 4], &[[2, 0]]);
    assert!(losses[0].is_nan() && dx[0].is_nan(), "a label that is no class");
    let check = |loss: &dyn Fn() -> crate::Result<()>| loss().unwrap_err().to_string();
    assert_eq!(
        check(&|| Loss::<[[f32; 3]; 2]>::check(&CrossEntropy.rows().ignore(9), &[[0, 9], [1, 3]])),
        "sample 1: label 3 is out of range; with 3 classes, labels are 0 to 2"
    );
    assert_eq!(
        check(&|| Loss::<[f32; 3]>::check(&CrossEntropy.weights(&[1.0]), &[0])),
        "`weights` of `CrossEntropy` is 1; it must be one weight for each of 3 classes"
    );
    assert_eq!(
        check(&|| Loss::<[f32; 2]>::check(&CrossEntropy.weights(&[1.0, -1.0]), &[0])),
        "`weights` of `CrossEntropy` is -1; it must be a finite number of at least 0"
    );
}

#[test]
fn metrics_leave_out_what_is_ignored() {
    use crate::train::{Metric, Perplexity};
    let loss = CrossEntropy.rows().ignore(9);
    let mut metrics = Loss::<[[f32; 2]; 3]>::metrics(&loss);
    metrics[0].add(&[[2.0, 1.0], [0.0, 5.0], [1.0, 0.0]], &[0, 9, 1]);
    assert_eq!(metrics[0].value(), 0.5);
    let mut perplexity = Perplexity::but(Some(9));
    Metric::<[[f32; 2]; 3], _>::add(&mut perplexity, &[[2.0, 1.0], [0.0, 5.0], [1.0, 0.0]], &[0, 9, 1]);
    let mean = ((-1.0_f64).exp().ln_1p() + 1.0_f64.exp().ln_1p()) / 2.0;
    assert!((Metric::<[[f32; 2]; 3], _>::value(&perplexity) - mean.exp()).abs() < 1e-12);
}
