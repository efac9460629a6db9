//! Three whole networks against PyTorch, with weights from plain PyTorch files, loaded by name.
#![allow(missing_docs)]

mod common;

use common::places::fixture;
use common::{Fixture, check};
use dl::loss::CrossEntropy;
use dl::prelude::*;

model! {
    Mlp(x: [11]) -> [5] { x -> dense(13) -> relu -> dense(9) -> gelu -> dense(5) as scores }

    LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(120) -> relu
            -> dense(84) -> relu
            -> dense(10) as logits
    }

    Residual(image: [3, 9, 7]) -> [4] {
        let a = image -> conv2d(6, 3, padding: 1, bias: false) -> batch_norm -> relu;
        let b = a
            -> conv2d(6, 3, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(6, 3, padding: 1, bias: false) -> batch_norm;
        let c = (a + b) -> relu;
        let d = c
            -> conv2d(10, 3, stride: 2, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(10, 3, padding: 1, bias: false) -> batch_norm;
        let e = c -> conv2d(10, 1, stride: 2, bias: false) as shortcut -> batch_norm;
        (d + e) -> relu -> global_avg_pool2d -> dense(4) as scores
    }
}

/// Loads a `state_dict` by name, and compares all that one training pass computes.
macro_rules! networks {
    ($($case:ident: $model:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            let case = stringify!($case);
            let net = $model::load(fixture(&format!("{case}.safetensors"))).unwrap();
            check(&Fixture::open("networks.safetensors"), case, &*net, &CrossEntropy);
        }
    )* };
}

networks! { mlp: Mlp, lenet: LeNet, residual: Residual }
