//! Every loss against `f64` and central differences, with large numbers, and what `check` refuses.

use super::{BceWithLogits, CrossEntropy, Huber, Loss, Mae, Mse};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, view, view_mut, wide};
use crate::{Cpu, Error, Pass, Plain, View};

/// Per-sample losses and the gradient of their mean.
fn run<Y: Plain<Element = f32>, L: Loss<Y>>(cpu: &Cpu, loss: &L, y: &[f32], t: &[L::Target]) -> (Vec<f32>, Vec<f32>) {
    let pass = Pass { device: cpu, seed: 0 };
    let target = View::<Cpu, L::Target>::new(crate::plain::flat(t), t.len());
    let (mut losses, mut alone, mut dy) = (vec![0.0; t.len()], vec![0.0; t.len()], vec![f32::NAN; y.len()]);
    loss.loss(&pass, view::<Y>(y), target, view_mut(&mut losses), Some(view_mut(&mut dy)));
    loss.loss(&pass, view::<Y>(y), target, view_mut(&mut alone), None);
    let bits = |losses: &[f32]| losses.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&losses), bits(&alone), "the gradient changes nothing");
    (losses, dy)
}

/// Checks `loss` on numbers against `f` of one number.
fn elementwise<L: Loss<[[f32; 3]; 5], Target = [[f32; 3]; 5]>>(loss: L, targets: &[f32], f: impl Fn(f64, f64) -> f64) {
    let cpu = Cpu::with_threads(1);
    let samples = targets.len() / 15;
    let y = numbers(1, targets.len());
    let t: Vec<[[f32; 3]; 5]> =
        (0..samples).map(|n| std::array::from_fn(|i| std::array::from_fn(|j| targets[(n * 5 + i) * 3 + j]))).collect();
    loss.check(&t).unwrap();
    let (losses, dy) = run::<[[f32; 3]; 5], L>(&cpu, &loss, &y, &t);
    let mean = |y: &[f64]| {
        let all = y.chunks(15).zip(targets.chunks(15));
        all.map(|(y, t)| y.iter().zip(t).map(|(&y, &t)| f(y, f64::from(t))).sum::<f64>() / 15.0).collect::<Vec<_>>()
    };
    assert_close(L::NAME, &losses, &mean(&wide(&y)), 3e-7);
    let ones = vec![1.0 / samples as f32; samples];
    // Gradients of a mean are small: compared as those of the sum.
    let scale = (15 * samples) as f64;
    let expected: Vec<f64> = gradient(mean, &wide(&y), &ones).iter().map(|d| d * scale).collect();
    let dy: Vec<f32> = dy.iter().map(|d| d * scale as f32).collect();
    assert_close(L::NAME, &dy, &expected, 1e-6);
}

#[test]
fn losses_of_numbers() {
    for samples in [1, 4] {
        let targets = numbers(2, 15 * samples);
        elementwise(Mse, &targets, |y, t| (y - t).powi(2));
        elementwise(Mae, &targets, |y, t| (y - t).abs());
        for delta in [0.5, 1.0, 2.5] {
            let bend = f64::from(delta);
            elementwise(Huber { delta }, &targets, |y, t| {
                let d = (y - t).abs();
                if d < bend { 0.5 * d * d } else { bend * (d - 0.5 * bend) }
            });
        }
        let shares: Vec<f32> = targets.iter().map(|t| t.abs() / 2.0).collect();
        elementwise(BceWithLogits, &shares, |x, t| {
            let p = 1.0 / (1.0 + (-x).exp());
            -(t * p.ln() + (1.0 - t) * (1.0 - p).ln())
        });
    }
}

/// `Σ` over classes of the smoothed target times `-ln softmax`, averaged over the places of each sample.
fn cross_entropy(epsilon: f64, classes: usize, places: usize, x: &[f64], labels: &[u32]) -> Vec<f64> {
    let one = |(x, labels): (&[f64], &[u32])| {
        let place = |p: usize| {
            let logit = |c: usize| x[c * places + p];
            let log_sum = (0..classes).map(|c| logit(c).exp()).sum::<f64>().ln();
            let wanted =
                |c: usize| if labels[p] as usize == c { 1.0 - epsilon } else { 0.0 } + epsilon / classes as f64;
            (0..classes).map(|c| wanted(c) * (log_sum - logit(c))).sum::<f64>()
        };
        (0..places).map(place).sum::<f64>() / places as f64
    };
    x.chunks(classes * places).zip(labels.chunks(places)).map(one).collect()
}

fn classes<T: super::Labels, const C: usize>(samples: usize, epsilon: f32, targets: &[T::Of]) {
    let cpu = Cpu::with_threads(1);
    let x = numbers(1, samples * C * T::LEN);
    let loss = CrossEntropy.label_smoothing(epsilon);
    Loss::<[T; C]>::check(&loss, targets).unwrap();
    let (losses, dx) = run::<[T; C], _>(&cpu, &loss, &x, targets);
    let what = format!("cross-entropy of {samples} × {C} classes at {} places, smoothing {epsilon}", T::LEN);
    let labels = crate::plain::flat(targets);
    let reference = |x: &[f64]| cross_entropy(f64::from(epsilon), C, T::LEN, x, labels);
    assert_close(&what, &losses, &reference(&wide(&x)), 3e-7);
    let ones = vec![1.0 / samples as f32; samples];
    let scale = (samples * T::LEN) as f64;
    let expected: Vec<f64> = gradient(reference, &wide(&x), &ones).iter().map(|d| d * scale).collect();
    let dx: Vec<f32> = dx.iter().map(|d| d * scale as f32).collect();
    assert_close(&what, &dx, &expected, 1e-6);
    if epsilon == 0.0 {
        assert_eq!(run::<[T; C], _>(&cpu, &CrossEntropy, &x, targets).0, losses);
    }
}

#[test]
fn losses_of_classes() {
    for epsilon in [0.0, 0.1, 1.0] {
        classes::<f32, 1>(2, epsilon, &[0, 0]);
        classes::<f32, 2>(1, epsilon, &[1]);
        classes::<f32, 10>(3, epsilon, &[9, 0, 4]);
        classes::<f32, 77>(2, epsilon, &[76, 13]);
        classes::<[f32; 3], 4>(2, epsilon, &[[3, 0, 1], [1, 1, 2]]);
    }
}

#[test]
fn large_numbers_do_not_overflow() {
    let cpu = Cpu::with_threads(1);
    let (losses, dx) = run::<[f32; 2], _>(&cpu, &CrossEntropy, &[1e4, -1e4, 1e4, 9999.0], &[1, 0]);
    assert_close("losses", &losses, &[2e4, (-1f64).exp().ln_1p()], 1e-7);
    assert_close("gradient", &dx, &[0.5, -0.5, -0.134_470_7, 0.134_470_7], 1e-7);
    let (losses, dx) = run::<[f32; 3], _>(&cpu, &BceWithLogits, &[1e4, -1e4, 200.0], &[[0.0, 0.0, 1.0]]);
    assert_close("losses", &losses, &[1e4 / 3.0], 1e-7);
    assert_close("gradient", &dx, &[1.0 / 3.0, 0.0, 0.0], 1e-7);
    let (losses, dx) = run::<[f32; 2], _>(&cpu, &Huber::default(), &[1e30, -1e30], &[[0.0, 0.0]]);
    assert_close("losses", &losses, &[1e30], 1e-7);
    assert_eq!(dx, [0.5, -0.5]);
}

#[test]
fn what_is_not_a_number_is_seen() {
    let cpu = Cpu::with_threads(1);
    let nan = [f32::NAN, 0.0];
    assert!(run::<[f32; 2], _>(&cpu, &CrossEntropy, &nan, &[1]).0[0].is_nan());
    assert!(run::<[f32; 2], _>(&cpu, &CrossEntropy, &[0.0, 1.0], &[2]).0[0].is_nan(), "a label that is no class");
    let all = [
        run::<[f32; 2], _>(&cpu, &Mse, &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&cpu, &Mae, &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&cpu, &Huber::default(), &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&cpu, &BceWithLogits, &nan, &[[0.0; 2]]),
    ];
    assert!(all.iter().all(|(losses, dy)| losses[0].is_nan() && dy[0].is_nan()));
}

#[test]
fn equal_numbers_have_no_gradient() {
    let (losses, dy) = run::<[f32; 1], _>(&Cpu::with_threads(1), &Mae, &[2.0], &[[2.0]]);
    assert_eq!((losses[0], dy[0]), (0.0, 0.0));
}

#[test]
fn check_names_the_sample_and_the_range() {
    fn message<Y: Plain<Element = f32>, L: Loss<Y>>(loss: &L, targets: &[L::Target]) -> String {
        loss.check(targets).unwrap_err().to_string()
    }
    let places = [[0, 1], [1, 7]];
    assert_eq!(
        message::<[[f32; 2]; 3], _>(&CrossEntropy, &places),
        "sample 1: label 7 is out of range; with 3 classes, labels are 0 to 2"
    );
    assert_eq!(
        message::<[f32; 3], _>(&CrossEntropy.label_smoothing(1.5), &[0]),
        "label_smoothing: expected 0 to 1, found 1.5"
    );
    assert_eq!(
        message::<[f32; 3], _>(&CrossEntropy.label_smoothing(f32::NAN), &[0]),
        "label_smoothing: expected 0 to 1, found NaN"
    );
    assert_eq!(message::<[f32; 1], _>(&Huber { delta: 0.0 }, &[]), "delta: expected a positive number, found 0");
    assert_eq!(
        message::<[f32; 2], _>(&Mae, &[[0.0; 2], [0.0; 2], [1.0, f32::NEG_INFINITY]]),
        "sample 2: target -inf is not a finite number"
    );
    assert_eq!(
        message::<[f32; 2], _>(&BceWithLogits, &[[0.0, 1.0], [1.5, 0.0]]),
        "sample 1: target 1.5 is out of range; expected 0 to 1"
    );
    assert!(matches!(
        Loss::<[f32; 3]>::check(&CrossEntropy, &[0, 3]),
        Err(Error::LabelOutOfRange { sample: 1, label: 3, classes: 3 })
    ));
}

#[test]
fn any_number_of_threads() {
    let (y, t) = (numbers(1, 999 * 10), numbers(2, 999 * 10));
    let labels: Vec<u32> = (0..999).map(|i| i % 10).collect();
    let targets: Vec<[f32; 10]> = t.chunks(10).map(|t| std::array::from_fn(|i| t[i])).collect();
    same_on_any_threads(|cpu| {
        let (a, da) = run::<[f32; 10], _>(cpu, &CrossEntropy, &y, &labels);
        let (b, db) = run::<[f32; 10], _>(cpu, &Huber::default(), &y, &targets);
        [a, da, b, db].concat()
    });
}
