//! Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks", CVPR 2017: DenseNet-121.

use crate::check::{Names, check};
use dl::loss::CrossEntropy;
use dl::prelude::*;

model! {
    block layer(x, growth, inner) {
        x -> concat {
            identity;
            batch_norm -> relu -> conv2d(inner, 1, bias: false)
                -> batch_norm -> relu -> conv2d(growth, 3, padding: 1, bias: false)
        }
    }
    block two(x) { x -> layer(32, 128) -> layer(32, 128) }
    block six(x) { x -> two -> two -> two }
    block twelve(x) { x -> six -> six }

    block transition(x: [c, h, w]) { x -> batch_norm -> relu -> conv2d(c / 2, 1, bias: false) -> avg_pool2d(2) }
    block stem(x, channels) {
        x -> conv2d(channels, 7, stride: 2, padding: 3, bias: false) -> batch_norm -> relu
            -> max_pool2d(3, stride: 2, padding: 1)
    }
    block head(x, classes) { x -> batch_norm -> relu -> global_avg_pool2d -> dense(classes) }

    DenseNet121(image: [3, 224, 224]) -> [1000] {
        image -> stem(64)
            -> six -> transition
            -> twelve -> transition
            -> twelve -> twelve -> transition
            -> twelve -> two -> two
            -> head(1000)
    }

    Narrow(image: [3, 32, 32]) -> [10] {
        image -> stem(8)
            -> layer(4, 8) -> layer(4, 8) -> transition
            -> layer(4, 8) -> layer(4, 8) -> layer(4, 8)
            -> head(10)
    }
}

const _: () = assert!(DenseNet121::PARAMETERS == 7_978_856);

#[test]
fn narrow() {
    check::<Narrow, _>("densenet", Names::InOrder, &CrossEntropy);
}
