//! Compares every loss of the trainer with `f64` and central differences, with large numbers, and tests what `check`
//! rejects.

mod ctc;
mod operations;
mod overlap;
mod sums;
mod weighted;

use super::{
    Bce, BceWithLogits, CrossEntropy, Focal, Hinge, Huber, Loss, Mae, Mse, MultiMargin, Nll, Pairs, SigmoidFocal,
};
use crate::tensor::pod::flat;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Error, Pod};

/// Returns the loss of every sample and the gradient of their mean.
fn run<Y: Pod<Element = f32>, L: Loss<Y>>(loss: &L, y: &[f32], t: &[L::Target]) -> (Vec<f32>, Vec<f32>) {
    let [losses, alone, dy] = on_every_device!(|device| {
        let (context, y, target) = (Context::new(device, 0), device.tensor(y), device.tensor(flat(t)));
        let (mut losses, mut alone, mut dy) = (device.output(t.len()), device.output(t.len()), device.output(y.len()));
        loss.loss(&context, y.view(), target.view(), losses.view_mut(), Some(dy.view_mut()));
        loss.loss(&context, y.view(), target.view(), alone.view_mut(), None);
        [losses.read(), alone.read(), dy.read()]
    });
    let bits = |losses: &[f32]| losses.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&losses), bits(&alone), "the gradient changes nothing");
    (losses, dy)
}

/// Compares `loss` on the outputs `y` with `f` of single numbers.
fn elementwise<L: Loss<[[f32; 3]; 5], Target = [[f32; 3]; 5]>>(
    loss: L,
    y: &[f32],
    targets: &[f32],
    f: impl Fn(f64, f64) -> f64,
) {
    let samples = targets.len() / 15;
    let t: Vec<[[f32; 3]; 5]> =
        (0..samples).map(|n| std::array::from_fn(|i| std::array::from_fn(|j| targets[(n * 5 + i) * 3 + j]))).collect();
    loss.check(&t).unwrap();
    let (losses, dy) = run::<[[f32; 3]; 5], L>(&loss, y, &t);
    let mean = |y: &[f64]| {
        let all = y.chunks(15).zip(targets.chunks(15));
        all.map(|(y, t)| y.iter().zip(t).map(|(&y, &t)| f(y, f64::from(t))).sum::<f64>() / 15.0).collect::<Vec<_>>()
    };
    assert_close(L::NAME, &losses, &mean(&wide(y)), 3e-7);
    let ones = vec![1.0 / samples as f32; samples];
    // The gradients of a mean are small, so the gradients of the sum are compared.
    let scale = (15 * samples) as f64;
    let expected: Vec<f64> = gradient(mean, &wide(y), &ones).iter().map(|d| d * scale).collect();
    let dy: Vec<f32> = dy.iter().map(|d| d * scale as f32).collect();
    assert_close(L::NAME, &dy, &expected, 1e-6);
}

#[test]
fn losses_of_numbers() {
    for samples in [1, 4] {
        let (y, targets) = (numbers(1, 15 * samples), numbers(2, 15 * samples));
        elementwise(Mse, &y, &targets, |y, t| (y - t).powi(2));
        elementwise(Mae, &y, &targets, |y, t| (y - t).abs());
        for delta in [0.5, 1.0, 2.5] {
            let bend = f64::from(delta);
            elementwise(Huber { delta }, &y, &targets, |y, t| {
                let d = (y - t).abs();
                if d < bend { 0.5 * d * d } else { bend * (d - 0.5 * bend) }
            });
        }
        let shares: Vec<f32> = targets.iter().map(|t| t.abs() / 2.0).collect();
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let bce = |p: f64, t: f64| -(t * p.ln() + (1.0 - t) * (1.0 - p).ln());
        elementwise(BceWithLogits, &y, &shares, |x, t| bce(sigmoid(x), t));
        let probabilities: Vec<f32> = y.iter().map(|y| 0.5 + y / 4.1).collect();
        elementwise(Bce, &probabilities, &shares, bce);
        let signs: Vec<f32> = targets.iter().map(|t| t.signum()).collect();
        elementwise(Hinge, &y, &signs, |y, t| (1.0 - t * y).max(0.0));
        let answers: Vec<f32> = signs.iter().map(|t| t.max(0.0)).collect();
        for (gamma, alpha, targets) in [(2.0, 0.25, &answers), (0.5, 1.0, &shares), (0.0, 0.5, &shares)] {
            let (g, a) = (f64::from(gamma), f64::from(alpha));
            elementwise(SigmoidFocal { gamma, alpha }, &y, targets, |x, t| {
                let p = sigmoid(x);
                let (right, weight) = (p * t + (1.0 - p) * (1.0 - t), a * t + (1.0 - a) * (1.0 - t));
                weight * (1.0 - right).powf(g) * bce(p, t)
            });
        }
    }
}

/// `ln softmax(x)`.
fn log_softmax(x: &[f64]) -> Vec<f64> {
    let log_sum = x.iter().map(|x| x.exp()).sum::<f64>().ln();
    x.iter().map(|x| x - log_sum).collect()
}

/// The sum over classes of the smoothed target probability times `-ln softmax`.
fn cross_entropy(epsilon: f64, x: &[f64], label: usize) -> f64 {
    let wanted = |c: usize| if label == c { 1.0 - epsilon } else { 0.0 } + epsilon / x.len() as f64;
    log_softmax(x).iter().enumerate().map(|(c, log)| -wanted(c) * log).sum()
}

/// Compares `loss` with `f` of the numbers and the class of one position.
fn classes<T: super::Labels, const C: usize, L: Loss<[T; C], Target = T::Of>>(
    loss: L,
    targets: &[T::Of],
    f: impl Fn(&[f64], usize) -> f64,
) {
    let (samples, positions) = (targets.len(), T::LEN);
    let x = numbers(1, samples * C * positions);
    loss.check(targets).unwrap();
    let (losses, dx) = run::<[T; C], _>(&loss, &x, targets);
    let what = format!("{} of {samples} × {C} classes at {positions} positions", L::NAME);
    let labels = flat(targets);
    let reference = |x: &[f64]| {
        let one = |(x, labels): (&[f64], &[u32])| {
            let place = |p: usize| x.iter().skip(p).step_by(positions).copied().collect::<Vec<_>>();
            (0..positions).map(|p| f(&place(p), labels[p] as usize)).sum::<f64>() / positions as f64
        };
        x.chunks(C * positions).zip(labels.chunks(positions)).map(one).collect::<Vec<f64>>()
    };
    assert_close(&what, &losses, &reference(&wide(&x)), 3e-7);
    let ones = vec![1.0 / samples as f32; samples];
    let scale = (samples * positions) as f64;
    let expected: Vec<f64> = gradient(reference, &wide(&x), &ones).iter().map(|d| d * scale).collect();
    let dx: Vec<f32> = dx.iter().map(|d| d * scale as f32).collect();
    assert_close(&what, &dx, &expected, 1e-6);
}

/// Runs [`classes`] with several sizes.
macro_rules! sizes_of_classes {
    ($loss:expr, $f:expr) => {
        classes::<f32, 1, _>($loss, &[0, 0], $f);
        classes::<f32, 2, _>($loss, &[1], $f);
        classes::<f32, 10, _>($loss, &[9, 0, 4], $f);
        classes::<f32, 77, _>($loss, &[76, 13], $f);
        classes::<[f32; 3], 4, _>($loss, &[[3, 0, 1], [1, 1, 2]], $f);
        classes::<[[f32; 2]; 1], 3, _>($loss, &[[[2, 0]]], $f);
    };
}

#[test]
fn losses_of_classes() {
    sizes_of_classes!(CrossEntropy, |x, t| cross_entropy(0.0, x, t));
    for epsilon in [0.1, 1.0] {
        sizes_of_classes!(CrossEntropy.label_smoothing(epsilon), |x, t| cross_entropy(f64::from(epsilon), x, t));
    }
    sizes_of_classes!(Nll, |x, t| -x[t]);
    for margin in [1.0, 0.3] {
        sizes_of_classes!(MultiMargin { margin }, |x, t| {
            let wrong = x.iter().enumerate().filter(|(c, _)| *c != t);
            wrong.map(|(_, x_c)| (f64::from(margin) - x[t] + x_c).max(0.0)).sum::<f64>() / x.len() as f64
        });
    }
    for gamma in [2.0, 0.5, 0.0] {
        sizes_of_classes!(Focal { gamma }, |x, t| {
            let log = log_softmax(x)[t];
            // The rounding error of 1 - 1 in f64 may be negative, and has no root then.
            -(1.0 - log.exp()).max(0.0).powf(f64::from(gamma)) * log
        });
    }
}

#[test]
fn large_numbers_do_not_overflow() {
    let (losses, dx) = run::<[f32; 2], _>(&CrossEntropy, &[1e4, -1e4, 1e4, 9999.0], &[1, 0]);
    assert_close("losses", &losses, &[2e4, (-1f64).exp().ln_1p()], 1e-7);
    assert_close("gradient", &dx, &[0.5, -0.5, -0.134_470_7, 0.134_470_7], 1e-7);
    let (losses, dx) = run::<[f32; 3], _>(&BceWithLogits, &[1e4, -1e4, 200.0], &[[0.0, 0.0, 1.0]]);
    assert_close("losses", &losses, &[1e4 / 3.0], 1e-7);
    assert_close("gradient", &dx, &[1.0 / 3.0, 0.0, 0.0], 1e-7);
    let (losses, dx) = run::<[f32; 2], _>(&Focal::default(), &[1e4, -1e4, 1e4, -1e4], &[1, 0]);
    assert_close("losses", &losses, &[2e4, 0.0], 1e-7);
    assert_close("gradient", &dx, &[0.5, -0.5, 0.0, 0.0], 1e-7);
    let (losses, dx) = run::<[f32; 2], _>(&SigmoidFocal::default(), &[1e4, -1e4], &[[0.0, 0.0]]);
    assert_close("losses", &losses, &[0.75 * 1e4 / 2.0], 1e-7);
    assert_close("gradient", &dx, &[0.75 / 2.0, 0.0], 1e-7);
    let (losses, dx) = run::<[f32; 2], _>(&Bce, &[1.0, 0.0], &[[0.0, 0.0]]);
    assert_close("losses", &losses, &[50.0], 1e-7);
    assert_close("gradient", &dx, &[0.5e12, 0.0], 1e-7);
    let (losses, dx) = run::<[f32; 2], _>(&Huber::default(), &[1e30, -1e30], &[[0.0, 0.0]]);
    assert_close("losses", &losses, &[1e30], 1e-7);
    assert_eq!(dx, [0.5, -0.5]);
}

/// Checks an elementwise loss of one number at all ends, against its value and slope.
fn far_ends<L: Loss<[f32; 1], Target = [f32; 1]>>(
    loss: L,
    outputs: &[f32],
    targets: &[f32],
    value: impl Fn(f64, f64) -> f64,
    slope: impl Fn(f64, f64) -> f64,
) {
    for (&y, &t) in outputs.iter().flat_map(|y| targets.iter().map(move |t| (y, t))) {
        let (losses, dy) = run::<[f32; 1], L>(&loss, &[y], &[[t]]);
        for (what, found, of, floor) in
            [("loss", losses[0], &value as &dyn Fn(f64, f64) -> f64, 1e-37), ("slope", dy[0], &slope, 1e-7)]
        {
            let expected = of(y.into(), t.into());
            let (exact, error) = (found == expected as f32, (f64::from(found) - expected).abs());
            let name = L::NAME;
            assert!(
                exact || error <= 1e-6 * expected.abs() + floor,
                "{what} of {name}({y}, {t}): {found}, not {expected}"
            );
        }
    }
}

#[test]
fn the_far_ends() {
    let positive = [0.0, 1e-45, 1e-30, 1.0, 3.0, 20.0, 88.0, 1e4, 1e16, 3.4e38_f32];
    let y: Vec<f32> = positive.iter().flat_map(|y| [*y, -y]).collect();
    let (shares, numbers) = ([0.0, 0.25, 1.0], [0.0, 1e-45, -88.0, 1e16, 3.4e38]);
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    far_ends(Mse, &y, &numbers, |y, t| (y - t).powi(2), |y, t| 2.0 * (y - t));
    far_ends(Mae, &y, &numbers, |y, t| (y - t).abs(), |y, t| if y == t { 0.0 } else { (y - t).signum() });
    for delta in [1.0, 2.5] {
        let bend = f64::from(delta);
        let value = |y: f64, t: f64| {
            let d = (y - t).abs();
            if d < bend { 0.5 * d * d } else { bend * (d - 0.5 * bend) }
        };
        far_ends(Huber { delta }, &y, &numbers, value, |y, t| (y - t).clamp(-bend, bend));
    }
    far_ends(Hinge, &y, &[1.0, -1.0], |y, t| (1.0 - t * y).max(0.0), |y, t| if t * y < 1.0 { -t } else { 0.0 });
    far_ends(BceWithLogits, &y, &shares, |x, t| t * softplus(-x) + (1.0 - t) * softplus(x), |x, t| sigmoid(x) - t);
    for (gamma, alpha) in [(2.0, 0.25), (0.5, 0.25), (0.0, 0.5)] {
        let (g, a) = (f64::from(gamma), f64::from(alpha));
        // `z` is the logit of being right, and `s` its derivative.
        let sides = |x: f64, t: f64| if t == 1.0 { (x, 1.0, a) } else { (-x, -1.0, 1.0 - a) };
        let value = |x: f64, t: f64| {
            let (z, _, weight) = sides(x, t);
            weight * sigmoid(-z).powf(g) * softplus(-z)
        };
        let slope = |x: f64, t: f64| {
            let (z, s, weight) = sides(x, t);
            let right = sigmoid(z);
            s * weight * sigmoid(-z).powf(g) * (-g * right * softplus(-z) - sigmoid(-z))
        };
        far_ends(SigmoidFocal { gamma, alpha }, &y, &[0.0, 1.0], value, slope);
    }
    // PyTorch bounds the logarithms of probabilities by -100, and the variance by 1e-12.
    let bce = |p: f64, t: f64| -(t * p.ln().max(-100.0) + (1.0 - t) * (-p).ln_1p().max(-100.0));
    let slope = |p: f64, t: f64| (p - t) / (p * (1.0 - p)).max(1e-12);
    far_ends(Bce, &[0.0, 1e-45, 1e-30, 1e-3, 0.5, 0.999, 1.0], &shares, bce, slope);
}

#[test]
fn the_far_ends_of_classes() {
    // Two classes: the loss is that of their difference.
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let close = |what: &str, found: f32, expected: f64| {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= 1e-6 * expected.abs() + 1e-7, "{what}: {found}, not {expected}");
    };
    for x in [0.0, 1e-45, 88.0, 1e4, 1e16, 3.4e38_f32].into_iter().flat_map(|x| [x, -x]) {
        let z = f64::from(x);
        let (losses, dy) = run::<[f32; 2], _>(&CrossEntropy, &[x, 0.0], &[0]);
        close(&format!("cross entropy of {x}"), losses[0], softplus(-z));
        close(&format!("its slope at {x}"), dy[0], -sigmoid(-z));
        close(&format!("its slope at {x}"), dy[1], sigmoid(-z));
        let (losses, dy) = run::<[f32; 2], _>(&Focal { gamma: 2.0 }, &[x, 0.0], &[0]);
        let (wrong, right) = (sigmoid(-z), sigmoid(z));
        close(&format!("focal of {x}"), losses[0], wrong * wrong * softplus(-z));
        close(&format!("its slope at {x}"), dy[0], -wrong * wrong * (2.0 * right * softplus(-z) + wrong));
        let (losses, dy) = run::<[f32; 2], _>(&MultiMargin { margin: 1.0 }, &[x, 0.0], &[0]);
        // The mean over both classes.
        close(&format!("multi_margin of {x}"), losses[0], (1.0 - z).max(0.0) / 2.0);
        close(&format!("its slope at {x}"), dy[0], if z < 1.0 { -0.5 } else { 0.0 });
        let (losses, dy) = run::<[f32; 2], _>(&Nll, &[x, 0.0], &[0]);
        assert_eq!((losses[0], dy[0]), (-x, -1.0));
    }
}

#[test]
fn what_is_not_a_number_is_seen() {
    let nan = [f32::NAN, 0.0];
    let all = [
        run::<[f32; 2], _>(&CrossEntropy, &nan, &[1]),
        run::<[f32; 2], _>(&Focal::default(), &nan, &[1]),
        run::<[f32; 2], _>(&MultiMargin::default(), &nan, &[1]),
        run::<[f32; 2], _>(&Nll, &nan, &[2]),
    ];
    assert!(all.iter().all(|(losses, dy)| losses[0].is_nan() && dy[0].is_nan()));
    assert!(run::<[f32; 2], _>(&CrossEntropy, &[0.0, 1.0], &[2]).0[0].is_nan(), "a label that is no class");
    let all = [
        run::<[f32; 2], _>(&Mse, &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&Mae, &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&Huber::default(), &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&BceWithLogits, &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&Bce, &nan, &[[0.0; 2]]),
        run::<[f32; 2], _>(&Hinge, &nan, &[[1.0; 2]]),
        run::<[f32; 2], _>(&SigmoidFocal::default(), &nan, &[[0.0; 2]]),
    ];
    assert!(all.iter().all(|(losses, dy)| losses[0].is_nan() && dy[0].is_nan()));
}

#[test]
fn equal_numbers_have_no_gradient() {
    let (losses, dy) = run::<[f32; 1], _>(&Mae, &[2.0], &[[2.0]]);
    assert_eq!((losses[0], dy[0]), (0.0, 0.0));
}

#[test]
fn check_names_the_sample_and_the_range() {
    fn message<Y: Pod<Element = f32>, L: Loss<Y>>(loss: &L, targets: &[L::Target]) -> String {
        loss.check(targets).unwrap_err().to_string()
    }
    let positions = [[0, 1], [1, 7]];
    assert_eq!(
        message::<[[f32; 2]; 3], _>(&CrossEntropy, &positions),
        "sample 1: label 7 is out of range; with 3 classes, labels are 0 to 2"
    );
    assert_eq!(
        message::<[f32; 3], _>(&CrossEntropy.label_smoothing(1.5), &[0]),
        "`label_smoothing` of `CrossEntropy` is 1.5; it must be from 0 to 1"
    );
    assert_eq!(
        message::<[f32; 3], _>(&CrossEntropy.label_smoothing(f32::NAN), &[0]),
        "`label_smoothing` of `CrossEntropy` is NaN; it must be from 0 to 1"
    );
    assert_eq!(
        message::<[f32; 1], _>(&Huber { delta: 0.0 }, &[]),
        "`delta` of `Huber` is 0; it must be a finite number above 0"
    );
    assert_eq!(
        message::<[f32; 2], _>(&Mae, &[[0.0; 2], [0.0; 2], [1.0, f32::NEG_INFINITY]]),
        "sample 2: target -inf is not a finite number"
    );
    assert_eq!(
        message::<[f32; 2], _>(&BceWithLogits, &[[0.0, 1.0], [1.5, 0.0]]),
        "sample 1: target 1.5 is out of range; expected 0 to 1"
    );
    assert_eq!(message::<[f32; 1], _>(&Hinge, &[[1.0], [0.0]]), "sample 1: target 0 is neither 1 nor -1");
    let gamma = SigmoidFocal { gamma: -1.0, ..SigmoidFocal::default() };
    assert_eq!(
        message::<[f32; 1], _>(&gamma, &[]),
        "`gamma` of `SigmoidFocal` is -1; it must be a finite number of at least 0"
    );
    let alpha = SigmoidFocal { alpha: 2.0, ..SigmoidFocal::default() };
    assert_eq!(message::<[f32; 1], _>(&alpha, &[]), "`alpha` of `SigmoidFocal` is 2; it must be from 0 to 1");
    assert_eq!(
        message::<[f32; 2], _>(&Focal { gamma: f32::NAN }, &[]),
        "`gamma` of `Focal` is NaN; it must be a finite number of at least 0"
    );
    assert_eq!(
        message::<[f32; 2], _>(&MultiMargin { margin: 0.0 }, &[]),
        "`margin` of `MultiMargin` is 0; it must be above 0 and at most 1e18"
    );
    let far = Pairs::CosineEmbedding { margin: 1.5 };
    assert_eq!(
        far.check(&[1.0]).unwrap_err().to_string(),
        "`margin` of `CosineEmbedding` is 1.5; it must be from -1 to 1"
    );
    let pairs = Pairs::Contrastive { margin: 1.0 };
    assert_eq!(pairs.check(&[1.0, -1.0, 0.0]).unwrap_err().to_string(), "sample 2: target 0 is neither 1 nor -1");
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
    run::<[f32; 10], _>(&CrossEntropy, &y, &labels);
    run::<[f32; 10], _>(&Huber::default(), &y, &targets);
}
