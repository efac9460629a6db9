//! Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image segmentation", MICCAI 2015, with padding,
//! so that shapes stay as they are.

use crate::check::{Names, check};
use dl::loss::Mse;
use dl::prelude::*;

model! {
    block double(x, channels) {
        x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1) -> relu
    }
    block down(x, channels) { x -> max_pool2d(2) -> double(channels) }
    block up(x, skip: [channels, h, w]) {
        concat(x -> conv_transpose2d(channels, 2, stride: 2), skip) -> double(channels)
    }

    UNet(image: [1, 512, 512]) -> [2, 512, 512] {
        let a = image -> double(64);
        let b = a -> down(128);
        let c = b -> down(256);
        let d = c -> down(512);
        d -> down(1024) -> up(d) -> up(c) -> up(b) -> up(a) -> conv2d(2, 1)
    }

    Narrow(image: [1, 16, 24]) -> [2, 16, 24] {
        let a = image -> double(4);
        let b = a -> down(8);
        b -> down(16) -> up(b) -> up(a) -> conv2d(2, 1)
    }
}

/// From the definition: of two convolutions from `i` to `o` channels.
const fn double(i: usize, o: usize) -> usize {
    (9 * i + 1) * o + (9 * o + 1) * o
}

/// From the definition: of a step up to `o` channels.
const fn up(o: usize) -> usize {
    (4 * 2 * o + 1) * o + double(2 * o, o)
}

const DOWN: usize = double(1, 64) + double(64, 128) + double(128, 256) + double(256, 512) + double(512, 1024);
const _: () = assert!(UNet::PARAMETERS == DOWN + up(512) + up(256) + up(128) + up(64) + 2 * (64 + 1));
const _: () = assert!(UNet::PARAMETERS == 31_030_658);

#[test]
fn narrow() {
    check::<Narrow, _>("unet", Names::InOrder, &Mse);
}
