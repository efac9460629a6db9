//! Compares the trainer's losses as sums with the same losses as means, and tests the settings of positive weights.

use super::run;
use crate::Pod;
use crate::loss::{
    Bce, BceWithLogits, CrossEntropy, Focal, Hinge, Huber, Loss, Mae, Mse, MultiMargin, Nll, Reduced, Reduction,
    SigmoidFocal, Summed,
};
use crate::testing::{assert_close, numbers, wide};

/// Tests that the sum has `count` times the loss of a sample, and `count` times the number of samples the gradient.
fn is_summed<Y: Pod<Element = f32>, L: Reduced<Y> + Copy>(loss: L, y: &[f32], t: &[L::Target], count: usize) {
    assert_eq!(<Summed<L> as Loss<Y>>::REDUCTION, Reduction::Sum);
    let ((mean, d_mean), (sum, d_sum)) = (run::<Y, _>(&loss, y, t), run::<Y, _>(&Summed(loss), y, t));
    let times = |x: &[f32], factor: usize| wide(x).iter().map(|x| x * factor as f64).collect::<Vec<_>>();
    assert_close(L::NAME, &sum, &times(&mean, count), 3e-7);
    assert_close(L::NAME, &d_sum, &times(&d_mean, count * t.len()), 1e-6);
}

#[test]
fn sums_of_the_trainer() {
    type Y = [[f32; 3]; 2];
    let y = numbers(1, 6 * 5);
    let of = |number: &dyn Fn(usize) -> f32| -> Vec<Y> {
        (0..5).map(|n| std::array::from_fn(|i| std::array::from_fn(|j| number(n * 6 + i * 3 + j)))).collect()
    };
    let (t, shares) = (of(&|i| (i * i % 7) as f32 - 3.0), of(&|i| (i * i % 7) as f32 / 6.0));
    is_summed::<Y, _>(Mse, &y, &t, 6);
    is_summed::<Y, _>(Mae, &y, &t, 6);
    is_summed::<Y, _>(Huber { delta: 0.5 }, &y, &t, 6);
    is_summed::<Y, _>(Hinge, &y, &of(&|i| if i % 3 == 0 { 1.0 } else { -1.0 }), 6);
    is_summed::<Y, _>(BceWithLogits, &y, &shares, 6);
    is_summed::<Y, _>(BceWithLogits.pos_weight(&[3.0]), &y, &shares, 6);
    is_summed::<Y, _>(SigmoidFocal::default(), &y, &shares, 6);
    let probabilities: Vec<f32> = y.iter().map(|y| 0.5 + y / 4.1).collect();
    is_summed::<Y, _>(Bce, &probabilities, &shares, 6);
    let (one, rows) = ([1, 0, 1, 1, 0], [[1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 1, 0], [1, 1, 1]]);
    is_summed::<[f32; 6], _>(CrossEntropy, &y, &one, 1);
    is_summed::<Y, _>(CrossEntropy.label_smoothing(0.1), &y, &rows, 3);
    is_summed::<Y, _>(Focal::default(), &y, &rows, 3);
    is_summed::<Y, _>(MultiMargin::default(), &y, &rows, 3);
    is_summed::<Y, _>(Nll, &y, &rows, 3);
    // Without weights, every target counts once.
    is_summed::<Y, _>(CrossEntropy.ignore(7), &y, &rows, 3);
    is_summed::<[[f32; 2]; 3], _>(CrossEntropy.rows().ignore(7), &y, &rows, 3);
}

#[test]
fn a_sum_is_not_divided_by_the_weights() {
    let weights = [0.5, 3.0];
    let loss = CrossEntropy.weights(&weights).ignore(9);
    let (x, t) = (numbers(1, 8), [1, 0, 9, 1]);
    let (mean, _) = run::<[f32; 2], _>(&loss, &x, &t);
    let (sum, _) = run::<[f32; 2], _>(&loss.sum(), &x, &t);
    // The mean is 4 / (3 + 0.5 + 3) times the sum.
    assert_close("weights", &sum, &wide(&mean).iter().map(|x| x * 6.5 / 4.0).collect::<Vec<_>>(), 3e-7);
}

#[test]
fn wrong_positive_weights() {
    let error =
        |weights: &[f32]| Loss::<[f32; 3]>::check(&BceWithLogits.pos_weight(weights), &[]).unwrap_err().to_string();
    let wants = "`pos_weight` of `BceWithLogits` is a list of";
    assert_eq!(error(&[]), format!("{wants} 0 numbers; it must be one number, or one for each of 3 outputs"));
    assert_eq!(error(&[1.0; 2]), format!("{wants} 2 numbers; it must be one number, or one for each of 3 outputs"));
    let of = "`pos_weight` of `BceWithLogits` is";
    assert_eq!(error(&[1.0, -2.0, 1.0]), format!("{of} -2; it must be a finite number of at least 0"));
    assert_eq!(error(&[f32::NAN]), format!("{of} NaN; it must be a finite number of at least 0"));
    assert_eq!(error(&[f32::INFINITY]), format!("{of} inf; it must be a finite number of at least 0"));
    let channels = BceWithLogits.pos_weight(&[1.0, 2.0]);
    assert!(Loss::<[[[f32; 5]; 4]; 2]>::check(&channels, &[]).is_ok());
    assert!(Loss::<[[f32; 2]; 7]>::check(&channels.sum(), &[]).is_ok(), "rows");
    let error = Loss::<[f32; 2]>::check(&channels, &[[0.0, 1.5]]).unwrap_err().to_string();
    assert_eq!(error, "sample 0: target 1.5 is out of range; expected 0 to 1");
}

#[test]
fn large_logits_do_not_overflow() {
    let loss = BceWithLogits.pos_weight(&[2.0]);
    let (losses, dx) = run::<[f32; 4], _>(&loss, &[1e4, -1e4, 200.0, -30.0], &[[0.0, 1.0, 1.0, 0.0]]);
    let small = (-30_f64).exp().ln_1p();
    assert_close("losses", &losses, &[(1e4 + 2e4 + small) / 4.0], 1e-7);
    assert_close("gradient", &dx, &[0.25, -0.5, 0.0, 0.25 * (-30_f64).exp()], 1e-7);
    let (losses, dx) = run::<[f32; 1], _>(&loss, &[f32::NAN], &[[1.0]]);
    assert!(losses[0].is_nan() && dx[0].is_nan());
}
