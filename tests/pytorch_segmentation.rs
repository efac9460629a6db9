//! Losses of overlap, positive weights, sums, and losses written in `model!` against MONAI and PyTorch, with all gradients.
#![allow(missing_docs)]

mod common;

use common::devices::{self, on_devices};
use common::{Fixture, PASS, agree, check};
use dl::loss::{Dice, Jaccard, SigmoidDice, SigmoidJaccard};
use dl::pod::{flat, zeroed_box};
use dl::prelude::*;
use std::slice::from_ref;

model! {
    Maps(x: [7]) -> [3, 2, 4] { x -> dense(24) -> reshape([3, 2, 4]) }
    Scores(x: [7]) -> [5] { x -> dense(5) }

    /// The logarithm of the hyperbolic cosine.
    loss LogCosh<const N: usize>(y: [N], target: [N]) {
        let d = y - target;
        (d + ((0.0 - 2.0 * d) -> softplus) - std::f32::consts::LN_2) -> mean
    }

    const QUANTILE: f32 = 0.9;

    /// The pinball loss of a quantile.
    loss Pinball(output: [5], target: [5]) {
        let short = target - output;
        (QUANTILE * short + ((0.0 - short) -> relu)) -> mean
    }

    loss TwoTerms(y: [5], target: [5]) {
        mse(y, target, reduction: sum) + 0.25 * (y -> square -> mean)
    }

    block log_cosh(y, target: [_]) {
        let d = y - target;
        (d + ((0.0 - 2.0 * d) -> softplus) - std::f32::consts::LN_2) -> mean
    }
    WithBlock(x: [7]) -> [5] { x -> dense(5) }
    loss(target: [5]) { log_cosh(output, target) }
}

/// One test for each loss, named as the case in the file.
macro_rules! losses {
    ($($case:ident: $model:ident, $loss:expr;)*) => { $(
        #[test]
        fn $case() {
            let (fixture, case) = (Fixture::open("segmentation.safetensors"), stringify!($case));
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &$loss);
        }
    )* };
}

losses! {
    dice: Maps, Dice::default();
    dice_smooth: Maps, Dice::default().smooth(1.0);
    dice_batch: Maps, Dice::default().batch();
    jaccard: Maps, Jaccard::default().smooth(1.0);
    sigmoid_dice: Maps, SigmoidDice::default();
    sigmoid_dice_shares: Maps, SigmoidDice::default().smooth(1.0);
    sigmoid_jaccard_batch: Maps, SigmoidJaccard::default().smooth(1.0).batch();
    dice_void: Maps, Dice::default().ignore(255);
    dice_void_batch: Maps, Dice::default().ignore(255).batch();
    jaccard_void: Maps, Jaccard::default().ignore(255).smooth(0.5);
    sigmoid_dice_void: Maps, SigmoidDice::default().ignore(-1.0).smooth(1.0);
    sigmoid_jaccard_void: Maps, SigmoidJaccard::default().ignore(-1.0).smooth(1.0);
    pos_weight: Scores, BceWithLogits.pos_weight(&[3.5]);
    pos_weight_each: Scores, BceWithLogits.pos_weight(&[0.5, 2.0, 7.0, 0.0, 1.0]);
    pos_weight_channels: Maps, BceWithLogits.pos_weight(&[0.5, 2.0, 7.0]);
    pos_weight_sum: Scores, BceWithLogits.pos_weight(&[0.5, 2.0, 7.0, 0.0, 1.0]).sum();
    mse_sum: Scores, Mse.sum();
    mae_sum: Scores, Mae.sum();
    huber_sum: Scores, Huber::default().sum();
    bce_with_logits_sum: Scores, BceWithLogits.sum();
    cross_entropy_sum: Maps, CrossEntropy.sum();
    cross_entropy_sum_weighted: Maps, CrossEntropy.label_smoothing(0.1).weights(&[0.5, 2.0, 3.0]).ignore(255).sum();
    multi_margin_sum: Scores, MultiMargin::default().sum();
    nll_sum: Scores, Nll.sum();
    log_cosh: Scores, LossOf::<LogCosh<5>>::new();
    pinball: Scores, LossOf::<Pinball>::new();
    two_terms_sum: Scores, LossOf::<TwoTerms>::new();
}

/// A block in a clause is the same loss.
#[test]
fn a_block_in_a_clause() {
    let fixture = Fixture::open("segmentation.safetensors");
    on_devices!(|device| {
        let net = fixture.model::<WithBlock>("log_cosh/weights/");
        let (inputs, targets) =
            (fixture.samples::<[f32; 7]>("log_cosh/input"), fixture.samples::<[f32; 5]>("log_cosh/target"));
        let mut training = Training::on(device, &*net, inputs.len()).unwrap();
        training.forward(&inputs).unwrap();
        agree("loss", &[training.objective(&targets).unwrap()], &fixture.floats("log_cosh/loss"), PASS);
        training.backward();
        let mut gradients = zeroed_box::<WithBlock>();
        training.gradients(&mut gradients).unwrap();
        let weight = &flat(from_ref(&*gradients))[WithBlock::TENSORS.iter().next().unwrap().range()];
        agree("gradients", weight, &fixture.floats("log_cosh/gradients/dense1.weight"), PASS);
    });
}
