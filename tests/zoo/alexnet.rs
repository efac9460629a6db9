//! Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as torchvision has it.

use crate::check::{Names, check};
use dl::loss::CrossEntropy;
use dl::prelude::*;

model! {
    block alexnet(x, width, classes, rate: 0.5) {
        x -> conv2d(width, 11, stride: 4, padding: 2) -> relu -> max_pool2d(3, stride: 2)
            -> conv2d(3 * width, 5, padding: 2) -> relu -> max_pool2d(3, stride: 2)
            -> conv2d(6 * width, 3, padding: 1) -> relu
            -> conv2d(4 * width, 3, padding: 1) -> relu
            -> conv2d(4 * width, 3, padding: 1) -> relu -> max_pool2d(3, stride: 2)
            -> flatten
            -> dropout(rate) -> dense(64 * width) -> relu
            -> dropout(rate) -> dense(64 * width) -> relu
            -> dense(classes)
    }

    AlexNet(image: [3, 224, 224]) -> [1000] { image -> alexnet(64, 1000) }
    Narrow(image: [3, 67, 67]) -> [10] { image -> alexnet(4, 10, rate: 0) }
}

const _: () = assert!(AlexNet::PARAMETERS == 61_100_840);

#[test]
fn narrow() {
    check::<Narrow, _>("alexnet", Names::InOrder, &CrossEntropy);
}
