//! Compares losses of overlap with their definition in `f64`, and their gradients with central differences.

use super::operations::{Operation, check};
use super::run;
use crate::loss::{Dice, Jaccard, Loss, SigmoidDice, SigmoidJaccard};
use crate::ops::loss::{ClassOverlap, MaskOverlap, Measure, Overlap};
use crate::tensor::Write;
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, wide};
use crate::{Context, Device, View, ViewMut};

/// The classes or masks, and the pixels of a sample.
const C: usize = 3;
const P: usize = 4;
type Maps = [[[f32; 2]; 2]; C];

/// The score by its definition, over pairs of a probability and a target.
fn score(overlap: Overlap, pixels: &[(f64, f64)]) -> f64 {
    let sum = |f: &dyn Fn(f64, f64) -> f64| pixels.iter().map(|(p, t)| f(*p, *t)).sum::<f64>();
    let (both, areas, smooth) = (sum(&|p, t| p * t), sum(&|p, t| p + t), f64::from(overlap.smooth));
    match overlap.measure {
        Measure::Dice => (2.0 * both + smooth) / (areas + smooth),
        Measure::Jaccard => (both + smooth) / (areas - both + smooth),
    }
}

/// Returns the loss of each sample; `pixels` are those of a sample and an area that count.
fn losses(overlap: Overlap, samples: usize, pixels: impl Fn(usize, usize) -> Vec<(f64, f64)>) -> Vec<f64> {
    let of = |samples: &[usize]| {
        let area = |area: usize| samples.iter().flat_map(|n| pixels(*n, area)).collect::<Vec<_>>();
        1.0 - (0..C).map(|c| score(overlap, &area(c))).sum::<f64>() / C as f64
    };
    let all: Vec<usize> = (0..samples).collect();
    if overlap.batch { vec![of(&all); samples] } else { (0..samples).map(|n| of(&[n])).collect() }
}

/// Every measure, for each sample and for the batch.
fn settings() -> impl Iterator<Item = Overlap> {
    [Measure::Dice, Measure::Jaccard].into_iter().flat_map(|measure| {
        [(1e-5, false), (1.0, false), (0.3, true)].map(|(smooth, batch)| Overlap { measure, smooth, batch })
    })
}

/// [`ClassOverlap`] with its labels.
struct Labelled {
    op: ClassOverlap,
    labels: Vec<u32>,
}

impl Operation for Labelled {
    fn losses<D: Device>(&self, context: &Context<D>, x: &[Tensor<D>], losses: ViewMut<D, f32>) {
        let labels = context.device.tensor(&self.labels);
        self.op.forward(context, x[0].view::<Maps>(), labels.view::<[[u32; 2]; 2]>(), losses);
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
        let labels = labels.view::<[[u32; 2]; 2]>();
        self.op.backward(context, x[0].view::<Maps>(), labels, d_losses, d.grad(write));
    }
}

#[test]
fn overlap_of_classes() {
    for (overlap, last) in settings().flat_map(|overlap| [(overlap, false), (overlap, true)]) {
        for samples in [1, 5] {
            // Sample 0 has every class, sample 1 nothing but void, and sample 2 only class 2.
            let labels = [[0, 1, 2, 0], [9, 9, 9, 9], [2, 2, 9, 2], [1, 9, 1, 0], [0, 0, 0, 1]];
            let labels = labels[..samples].concat();
            let op = ClassOverlap { overlap, classes: C, last, ignore: Some(9) };
            let x = [numbers(1, samples * C * P)];
            check(&format!("{op:?}"), &Labelled { op, labels: labels.clone() }, &x, 1, |x| {
                let at = |n: usize, c: usize, p: usize| if last { (n * P + p) * C + c } else { (n * C + c) * P + p };
                losses(overlap, samples, |n, c| {
                    let counts = (0..P).filter(|p| labels[n * P + p] != 9);
                    let pixel = |p: usize| {
                        let sum: f64 = (0..C).map(|c| x[0][at(n, c, p)].exp()).sum();
                        (x[0][at(n, c, p)].exp() / sum, f64::from(u8::from(labels[n * P + p] == c as u32)))
                    };
                    counts.map(pixel).collect()
                })
            });
        }
    }
}

impl Operation for MaskOverlap {
    fn losses<D: Device>(&self, context: &Context<D>, x: &[Tensor<D>], losses: ViewMut<D, f32>) {
        self.forward(context, x[0].view::<Maps>(), x[1].view(), losses);
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
        self.backward(context, input, x[0].view::<Maps>(), x[1].view(), d_losses, d.grad(write));
    }
}

#[test]
fn overlap_of_masks() {
    for overlap in settings() {
        for (samples, ignore) in [(1, None), (5, None), (5, Some(-1.0))] {
            let mut mask: Vec<f32> = numbers(2, samples * C * P).iter().map(|x| 0.5 + x / 4.1).collect();
            if let Some(ignore) = ignore {
                mask.iter_mut().step_by(3).for_each(|t| *t = ignore);
            }
            let op = MaskOverlap { overlap, masks: C, ignore };
            let void: Vec<bool> = mask.iter().map(|t| Some(*t) == ignore).collect();
            let x = [numbers(1, samples * C * P), mask];
            check(&format!("{op:?}"), &op, &x, 2, |x| {
                losses(overlap, samples, |n, c| {
                    let pixels = (0..P).map(|p| (n * C + c) * P + p).filter(|i| !void[*i]);
                    pixels.map(|i| (1.0 / (1.0 + (-x[0][i]).exp()), x[1][i])).collect()
                })
            });
        }
    }
}

/// Many pixels: sums over several threads of a group.
#[test]
fn large_masks() {
    const SIZE: usize = 1500;
    let n = 2;
    let (x, t) = (numbers(1, n * SIZE), numbers(2, n * SIZE));
    let masks: Vec<[[f32; 50]; 30]> = t
        .chunks(SIZE)
        .map(|t| std::array::from_fn(|i| std::array::from_fn(|j| f32::from(u8::from(t[50 * i + j] > 0.4)))))
        .collect();
    let truth: Vec<f64> = t.iter().map(|t| f64::from(u8::from(*t > 0.4))).collect();
    let one = |overlap: Overlap, x: &[f64]| {
        let pixels =
            |range: std::ops::Range<usize>| range.map(|i| (1.0 / (1.0 + (-x[i]).exp()), truth[i])).collect::<Vec<_>>();
        (0..n).map(|k| 1.0 - score(overlap, &pixels(k * SIZE..(k + 1) * SIZE))).collect::<Vec<_>>()
    };
    let overlap = Overlap { measure: Measure::Dice, smooth: 1.0, batch: false };
    let (losses, dx) = run::<[[f32; 50]; 30], _>(&SigmoidDice::default().smooth(1.0), &x, &masks);
    assert_close("dice", &losses, &one(overlap, &wide(&x)), 1e-6);
    let expected = gradient(|x| one(overlap, x), &wide(&x), &vec![1.0 / n as f32; n]);
    let scaled = |x: f64| x * SIZE as f64;
    let dx: Vec<f32> = dx.iter().map(|d| scaled(f64::from(*d)) as f32).collect();
    assert_close("dice", &dx, &expected.iter().map(|d| scaled(*d)).collect::<Vec<_>>(), 2e-6);
}

#[test]
fn what_is_absent_has_no_loss() {
    // Two classes; the second neither occurs nor is predicted.
    let x = [50.0, 50.0, -50.0, -50.0];
    for loss in [Dice::default().smooth(1.0), Dice::default()] {
        let (losses, dx) = run::<[[f32; 2]; 2], _>(&loss, &x, &[[0, 0]]);
        assert_close("losses", &losses, &[0.0], 1e-7);
        assert_close("gradient", &dx, &[0.0; 4], 1e-7);
    }
    let (losses, dx) = run::<[[f32; 2]; 2], _>(&Jaccard::default().ignore(7), &[f32::NAN; 4], &[[7, 7]]);
    assert_eq!((losses, dx), (vec![0.0], vec![0.0; 4]), "nothing but void");
    let (losses, dx) = run::<[f32; 2], _>(&SigmoidJaccard::default().ignore(-1.0), &[f32::NAN, 1.0], &[[-1.0, 1.0]]);
    assert!(losses[0].is_finite() && dx[0] == 0.0 && dx[1] < 0.0);
}

#[test]
fn wrong_targets_and_settings() {
    let (losses, dx) = run::<[[f32; 2]; 2], _>(&Dice::default(), &[1.0; 4], &[[2, 0]]);
    assert!(losses[0].is_nan() && dx.iter().all(|d| d.is_nan()), "a label that is no class");
    let (losses, dx) = run::<[f32; 2], _>(&SigmoidDice::default(), &[f32::NAN, 1.0], &[[1.0, 0.0]]);
    assert!(losses[0].is_nan() && dx[0].is_nan());
    let message = |check: crate::Result<()>| check.unwrap_err().to_string();
    let dice = |loss: Dice| message(Loss::<[[f32; 2]; 3]>::check(&loss, &[[1, 9], [0, 3]]));
    assert_eq!(dice(Dice::default().ignore(9)), "sample 1: label 3 is out of range; with 3 classes, labels are 0 to 2");
    assert_eq!(dice(Dice::default().smooth(0.0)), "`smooth` of `Dice` is 0; it must be a finite number above 0");
    let jaccard = SigmoidJaccard::default().smooth(f32::NAN);
    let error = message(Loss::<[f32; 1]>::check(&jaccard, &[]));
    assert_eq!(error, "`smooth` of `Jaccard` is NaN; it must be a finite number above 0");
    let error = message(Loss::<[f32; 1]>::check(&SigmoidDice::default(), &[[0.0], [-1.0]]));
    assert_eq!(error, "sample 1: target -1 is out of range; expected 0 to 1");
}
