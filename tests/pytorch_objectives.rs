//! Losses against PyTorch, beside those of `pytorch_ops.rs`: of the trainer under one layer.
#![allow(missing_docs)]

mod common;

use common::{Fixture, check};
use dl::prelude::*;

model! {
    Scores(x: [7]) -> [5] { x -> dense(5) }
    Probabilities(x: [7]) -> [5] { x -> dense(5) -> sigmoid }
    Logarithms(x: [7]) -> [5] { x -> dense(5) -> softmax -> log }
}

/// One test for each loss, named as the case in the file.
macro_rules! losses {
    ($($case:ident: $model:ident, $loss:expr;)*) => { $(
        #[test]
        fn $case() {
            let (fixture, case) = (Fixture::open("objectives.safetensors"), stringify!($case));
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &$loss);
        }
    )* };
}

losses! {
    nll: Scores, Nll;
    nll_log_softmax: Logarithms, Nll;
    bce: Probabilities, Bce;
    hinge: Scores, Hinge;
    multi_margin: Scores, MultiMargin::default();
    multi_margin_half: Scores, MultiMargin { margin: 0.5 };
    focal: Scores, Focal::default();
    focal_far: Scores, Focal::default();
    focal_gamma: Scores, Focal { gamma: 0.7 };
    sigmoid_focal: Scores, SigmoidFocal::default();
    sigmoid_focal_settings: Scores, SigmoidFocal { gamma: 1.5, alpha: 0.6 };
}
