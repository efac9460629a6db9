//! Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015: VGG-16.

use crate::check::{Names, check};
use dl::loss::CrossEntropy;
use dl::prelude::*;

model! {
    block two(x, channels) {
        x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1) -> relu
    }
    block three(x, channels) { x -> two(channels) -> conv2d(channels, 3, padding: 1) -> relu }

    block vgg16(x, width, classes, rate: 0.5) {
        x -> two(width) -> max_pool2d(2)
            -> two(2 * width) -> max_pool2d(2)
            -> three(4 * width) -> max_pool2d(2)
            -> three(8 * width) -> max_pool2d(2)
            -> three(8 * width) -> max_pool2d(2)
            -> flatten
            -> dense(64 * width) -> relu -> dropout(rate)
            -> dense(64 * width) -> relu -> dropout(rate)
            -> dense(classes)
    }

    Vgg16(image: [3, 224, 224]) -> [1000] { image -> vgg16(64, 1000) }
    Narrow(image: [3, 64, 64]) -> [10] { image -> vgg16(2, 10, rate: 0) }
}

const _: () = assert!(Vgg16::PARAMETERS == 138_357_544);

#[test]
fn narrow() {
    check::<Narrow, _>("vgg16", Names::InOrder, &CrossEntropy);
}
