//! Average pooling against its definition in f64, and its gradient against central differences of that.

use super::*;
use crate::Cpu;
use crate::ops::conv2d::output_size;

/// Numbers that look random.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(next).collect()
}

/// The definition for one plane.
fn pool(op: Op, s: &Sizes, x: &[f64]) -> Vec<f64> {
    let [h, w] = s.image;
    let window = |r: usize, c: usize| {
        let mut sum = 0.0;
        for k in 0..op.kernel[0] {
            for l in 0..op.kernel[1] {
                let row = (r * op.stride[0] + k).checked_sub(op.padding[0]).filter(|row| *row < h);
                let column = (c * op.stride[1] + l).checked_sub(op.padding[1]).filter(|column| *column < w);
                if let (Some(row), Some(column)) = (row, column) {
                    sum += x[row * w + column];
                }
            }
        }
        sum / (op.kernel[0] * op.kernel[1]) as f64
    };
    (0..s.output[0]).flat_map(|r| (0..s.output[1]).map(move |c| (r, c))).map(|(r, c)| window(r, c)).collect()
}

fn check(planes: usize, image: [usize; 2], op: Op) {
    const STEP: f64 = 1e-4;
    let size = |i: usize| output_size(image[i], op.kernel[i], op.stride[i], op.padding[i], 1);
    let s = op.sizes(planes, image, [size(0), size(1)]);
    let (area, out_area) = (image[0] * image[1], s.output[0] * s.output[1]);
    let (x, dy) = (numbers(planes * area, 1), numbers(planes * out_area, 2));
    let cpu = Cpu::with_threads(2);
    let mut y = vec![7.0; planes * out_area];
    cpu.avg_pool2d_forward(op, &s, &x, &mut y);
    for write in [Write::Set, Write::Add] {
        let mut dx = vec![0.5; x.len()];
        cpu.avg_pool2d_backward(op, &s, &dy, &mut dx, write);
        for plane in 0..planes {
            let mut x: Vec<f64> = x[plane * area..][..area].iter().map(|x| f64::from(*x)).collect();
            for (expected, y) in pool(op, &s, &x).iter().zip(&y[plane * out_area..]) {
                assert!((expected - f64::from(*y)).abs() < 1e-6, "{op:?} {s:?}: {y} is not {expected}");
            }
            let objective = |x: &[f64]| -> f64 {
                pool(op, &s, x).iter().zip(&dy[plane * out_area..]).map(|(y, d)| y * f64::from(*d)).sum()
            };
            for i in 0..area {
                let old = x[i];
                x[i] = old + STEP;
                let above = objective(&x);
                x[i] = old - STEP;
                let slope = (above - objective(&x)) / (2.0 * STEP);
                x[i] = old;
                let expected = slope + if write == Write::Add { 0.5 } else { 0.0 };
                let found = f64::from(dx[plane * area + i]);
                assert!((found - expected).abs() < 1e-5, "{op:?} {s:?} at {i}: {found} is not {expected}");
            }
        }
    }
}

#[test]
fn windows_of_many_sizes() {
    let op = |kernel, stride, padding| Op { kernel, stride, padding };
    check(1, [1, 1], op([1, 1], [1, 1], [0, 0]));
    check(3, [5, 7], op([2, 2], [2, 2], [0, 0]));
    check(2, [7, 6], op([3, 3], [2, 2], [1, 1]));
    check(2, [5, 9], op([2, 3], [1, 2], [0, 2]));
    check(2, [5, 5], op([5, 5], [5, 5], [0, 0]));
    check(300, [8, 8], op([2, 2], [2, 2], [0, 0]));
}
