//! Networks whose images lie in blocks of channels at inference, against the same networks with sizes that only rustc knows, which have
//! no blocks: every operation that takes blocks, models inside others, and conversions for what takes none.
#![allow(missing_docs)]

mod common;

use common::devices::{self, on_devices};
use dl::prelude::*;

/// The size of the images.
const S: usize = 13;

/// Declares a network for images of `$size` × `$size`, from which a loss takes a value inside it, too.
macro_rules! network {
    ($name:ident, $inside:ident, $size:tt) => {
        model! {
            block inverted(x: [c, h, w]) {
                let y = x -> conv2d(2 * c, 1, bias: false) -> batch_norm -> relu6
                    -> depthwise_conv2d(3, padding: 1, bias: false) -> batch_norm -> relu6
                    -> conv2d(c, 1, bias: false) -> batch_norm;
                relu(x + y)
            }

            block fire(x: [c, h, w]) {
                let thin = x -> conv2d(8, 1) -> relu;
                concat(thin -> conv2d(16, 1) -> relu, thin -> conv2d(8, 3, padding: 1) -> relu) -> conv2d(16, 1)
            }

            // Each part of what is concatenated is a part of the next concatenation, too.
            block dense_layer(x) {
                x -> concat { identity; batch_norm -> relu -> conv2d(8, 3, padding: 1) }
            }

            $inside(x: [16, $size, $size]) -> [16, $size, $size] {
                let wide = x -> dense_layer -> dense_layer -> dense_layer;
                wide -> conv2d(16, 1) -> repeat 3 { inverted }
            }

            $name(image: [3, $size, $size]) -> (classes: [10], picture: [16, $size, $size]) {
                let start = image -> conv2d(16, 3, padding: 1) -> batch_norm -> relu -> $inside;
                let middle = start -> max_pool2d(3, stride: 1, padding: 1) -> fire -> conv2d(16, 3, padding: 1, groups: 2) -> silu;
                let all = middle -> avg_pool2d(3, stride: 1, padding: 1, count_include_pad: false);
                let mixed = (all * start + 0.5 * start) -> dropout(0.5) -> conv2d(16, 3, padding: 2, dilation: 2);
                let plain = mixed -> layer_norm -> prelu(per_channel: true);
                let small = (plain + mixed) -> conv2d(24, 3, stride: 2) -> upsample(2) -> conv2d(24, 1)
                    -> adaptive_max_pool2d([3, 4]) -> upsample([2, 1], mode: bilinear) -> conv2d(8, 1) -> adaptive_avg_pool2d(2);
                ((small -> flatten -> dense(10)) + (mixed -> global_avg_pool2d -> dense(10)), mixed - all)
            }
            loss(class: u32, other: [16, $size, $size]) {
                cross_entropy(classes, class) + mse(middle, other)
            }
        }
    };
}

network!(Blocks, BlocksInside, 13);
network!(Planes, PlanesInside, S);

/// Returns numbers in ±1.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0).collect()
}

#[track_caller]
fn close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "number {i} is {found}, not {expected}");
    }
}

#[test]
fn predictions_and_losses_are_those_of_planes() {
    let samples = 3;
    let numbers = numbers(samples * 16 * S * S);
    let images: &[[[[f32; S]; S]; 3]] = &dl::pod::shaped(&numbers).unwrap()[..samples];
    let others: &[[[[f32; S]; S]; 16]] = dl::pod::shaped(&numbers).unwrap();
    let (blocks, planes) = (Blocks::init(1), Planes::init(1));
    let expected = planes.predict(images);
    let of_blocks: Vec<_> = others.iter().map(|other| BlocksTarget { class: 3, other: *other }).collect();
    let of_planes: Vec<_> = others.iter().map(|other| PlanesTarget { class: 3, other: *other }).collect();
    on_devices!(|device| {
        let mut session = dl::Session::on(device.clone(), &blocks, samples).unwrap();
        let mut outputs = blocks.predict(images);
        session.predict_into(images, &mut outputs).unwrap();
        for (found, expected) in outputs.iter().zip(&expected) {
            close(&found.classes, &expected.classes);
            close(dl::pod::flat(&found.picture), dl::pod::flat(&expected.picture));
        }
        // One sample at a time, for which parts are written into what is concatenated.
        let mut alone = dl::Session::on(device.clone(), &blocks, 1).unwrap();
        for (k, expected) in expected.iter().enumerate() {
            for session in [&mut session, &mut alone] {
                session.predict_into(&images[k..=k], &mut outputs[..1]).unwrap();
                close(&outputs[0].classes, &expected.classes);
                close(dl::pod::flat(&outputs[0].picture), dl::pod::flat(&expected.picture));
            }
        }
        let found = blocks.training(device.clone(), samples).unwrap().evaluate_objective(images, &of_blocks).unwrap();
        let expected = planes.training(device, samples).unwrap().evaluate_objective(images, &of_planes).unwrap();
        close(&[found], &[expected]);
    });
}

#[test]
fn a_model_for_blocks_predicts_from_planes_too() {
    let numbers = numbers(2 * 16 * S * S);
    let images: &[[[[f32; S]; S]; 16]] = dl::pod::shaped(&numbers).unwrap();
    let (blocks, planes) = (BlocksInside::init(2), PlanesInside::init(2));
    let expected = planes.predict(images);
    on_devices!(|device| {
        let mut session = dl::Session::on(device, &blocks, 2).unwrap();
        let mut outputs = blocks.predict(images);
        session.predict_into(images, &mut outputs).unwrap();
        close(dl::pod::flat(&outputs), dl::pod::flat(&expected));
    });
}
