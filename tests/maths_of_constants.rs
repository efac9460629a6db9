//! Layers of shapes, sums and products whose sizes only rustc knows: constants from outside, and parameters of generic models.
#![allow(missing_docs)]

use dl::prelude::*;

const N: usize = 6;

model! {
    Outside(x: [N, 4], gate: [N, 1]) -> [N] {
        let y = (x * gate) -> transpose -> transpose([1, 0]) -> slice(0, 2, axis: 1);
        let z = concat(y, y, axis: 1) -> softmax(axis: -1) -> reshape([N, 4]) -> group_norm(2);
        let w = matmul(z, x -> transpose) -> mean(axis: 1) -> l2_normalize -> rms_norm;
        w + (z -> max(axis: 1)) + (z -> sum(axis: 1))
    }

    Generic<const A: usize, const B: usize>(x: [A, B]) -> [A] {
        let y = x -> softmax(axis: -1) -> l2_normalize -> rms_norm -> prelu(per_channel: true);
        let z = matmul(y, y -> transpose) -> instance_norm;
        z -> mean(axis: 1)
    }
}

#[test]
fn constants_from_outside() {
    let net = Outside::init(1);
    let y = net.predict_one(&OutsideInput { x: [[0.5; 4]; N], gate: [[2.0]; N] });
    assert!(y.iter().all(|y| y.is_finite()));
}

#[test]
fn parameters() {
    let net = Generic::<3, 5>::init(1);
    let x = [[0.1, 0.9, -0.3, 2.0, 0.5], [1.0; 5], [0.0; 5]];
    assert!(net.predict_one(&x).iter().all(|y| y.is_finite()));
}
