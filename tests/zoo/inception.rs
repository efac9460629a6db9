//! Szegedy et al., "Going deeper with convolutions", CVPR 2015: GoogLeNet as torchvision has it, without the auxiliary
//! classifiers (and, where that rounds the sizes of pools up, with padding).

use crate::check::{Names, check};
use dl::loss::Mse;
use dl::prelude::*;

model! {
    block conv(x, channels, kernel, stride: 1) {
        x -> conv2d(channels, kernel, stride: stride, padding: kernel / 2, bias: false) -> batch_norm(epsilon: 1e-3) -> relu
    }

    block inception(x, one, three, three_out, five, five_out, pool) {
        x -> concat {
            conv(one, 1);
            conv(three, 1) -> conv(three_out, 3);
            conv(five, 1) -> conv(five_out, 3);
            max_pool2d(3, stride: 1, padding: 1) -> conv(pool, 1)
        }
    }

    GoogLeNet(image: [3, 224, 224]) -> [1000] {
        image -> conv(64, 7, stride: 2) -> max_pool2d(3, stride: 2, padding: 1)
            -> conv(64, 1) -> conv(192, 3) -> max_pool2d(3, stride: 2, padding: 1)
            -> inception(64, 96, 128, 16, 32, 32)
            -> inception(128, 128, 192, 32, 96, 64) -> max_pool2d(3, stride: 2, padding: 1)
            -> inception(192, 96, 208, 16, 48, 64)
            -> inception(160, 112, 224, 24, 64, 64)
            -> inception(128, 128, 256, 24, 64, 64)
            -> inception(112, 144, 288, 32, 64, 64)
            -> inception(256, 160, 320, 32, 128, 128) -> max_pool2d(2)
            -> inception(256, 160, 320, 32, 128, 128)
            -> inception(384, 192, 384, 48, 128, 128)
            -> global_avg_pool2d -> dropout(0.2) -> dense(1000)
    }

    Module(maps: [6, 7, 5]) -> [16, 7, 5] { maps -> inception(4, 3, 5, 2, 3, 4) }
}

const _: () = assert!(GoogLeNet::PARAMETERS == 6_624_904);

#[test]
fn module() {
    check::<Module, _>("inception", Names::InOrder, &Mse);
}
