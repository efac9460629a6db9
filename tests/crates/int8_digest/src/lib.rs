//! One number from all kernels of int8: every processor must compute the same.

#![cfg_attr(target_os = "none", no_std)]

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;
use dl_core::int8::{
    self, Conv2dOp, Kernels, Multiplier, Output, PoolSizes, Portable, Product, Quantization, Scaling, Sum, Weights,
    Windows, conv2d, dense, pool, softmax,
};

/// Numbers that look random, and the digest of the results.
struct Digest {
    state: u32,
    hash: u32,
}

impl Digest {
    fn next(&mut self) -> u32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.state >> 8
    }
    fn numbers(&mut self, n: usize) -> Vec<i8> {
        (0..n).map(|_| self.next() as u8 as i8).collect()
    }
    /// FNV-1a.
    fn add(&mut self, y: &[i8]) {
        y.iter().for_each(|&y| self.hash = (self.hash ^ u32::from(y as u8)).wrapping_mul(0x0100_0193));
    }

    /// Calls `f` with the weights of `outputs` channels.
    fn weighted(&mut self, outputs: usize, window: usize, f: impl FnOnce(Weights<'_>)) {
        let weight: Vec<i8> = self.numbers(outputs * window).into_iter().map(|w| w.max(-127)).collect();
        let bias: Vec<i32> = (0..outputs).map(|_| self.next() as i32 % 20_000 - 10_000).collect();
        // Some factors are above 1.
        let factors = (0..outputs).map(|_| Multiplier {
            mantissa: (1 << 30) + (self.next() << 5) as i32,
            exponent: 1 - (self.next() % 12) as i8,
        });
        let factors: Vec<Multiplier> = factors.collect();
        let multiplier: Vec<i32> = factors.iter().map(|factor| factor.mantissa).collect();
        let exponent: Vec<i8> = factors.iter().map(|factor| factor.exponent).collect();
        let output = Output { zero_point: -3, min: -100, max: 120 };
        let (weight, bias, multiplier, exponent) = (&weight[..], &bias[..], &multiplier[..], &exponent[..]);
        f(Weights { weight, bias, multiplier, exponent, input_zero_point: 5, output });
    }
    fn conv2d(&mut self, kernels: impl Kernels, op: Conv2dOp) {
        let x = self.numbers(op.inputs * op.image[0] * op.image[1]);
        let mut y = vec![0; op.outputs * op.size[0] * op.size[1]];
        self.weighted(op.outputs, op.window(), |weights| {
            conv2d::conv2d(kernels, &op, weights, &x, &mut y, &mut vec![0; op.columns()]);
        });
        self.add(&y);
    }
}

/// Returns the digest of the results of all operations.
pub fn digest_of(kernels: impl Kernels) -> u32 {
    let mut digest = Digest { state: 15, hash: 0x811c_9dc5 };
    for inputs in [1, 2, 3, 5, 8, 17] {
        for outputs in [1, 2, 3, 6] {
            for kernel in [1, 2, 3, 5] {
                for (stride, padding, dilation) in [(1, 0, 1), (1, kernel / 2, 1), (2, kernel / 2, 1), (1, 1, 2)] {
                    let size = |len: usize| {
                        (len + 2 * padding).checked_sub(dilation * (kernel - 1) + 1).map(|room| room / stride + 1)
                    };
                    let (Some(height), Some(width)) = (size(7), size(6)) else { continue };
                    let op = Conv2dOp {
                        inputs,
                        image: [7, 6],
                        outputs,
                        size: [height, width],
                        kernel: [kernel; 2],
                        stride: [stride; 2],
                        padding: [padding; 2],
                        dilation: [dilation; 2],
                        groups: 1,
                    };
                    digest.conv2d(kernels, op);
                    digest.conv2d(kernels, Conv2dOp { outputs: 2 * inputs, groups: inputs, ..op });
                    digest.conv2d(kernels, Conv2dOp { outputs: inputs, groups: inputs, ..op });
                }
            }
        }
    }
    for inputs in (1..40).chain([64, 100, 257]) {
        let (x, mut y) = (digest.numbers(inputs), [0; 7]);
        digest.weighted(7, inputs, |weights| dense::dense(kernels, weights, &x, &mut y));
        digest.add(&y);
    }
    let x = digest.numbers(5 * 8 * 9);
    let windows = Windows::Sliding { kernel: [3; 2], stride: [2; 2], padding: [1; 2] };
    for (size, windows) in [([4, 5], windows), ([3, 2], Windows::Adaptive)] {
        let (sizes, mut y) = (PoolSizes { image: [8, 9], size, windows }, vec![0; 5 * size[0] * size[1]]);
        pool::max(&sizes, &x, &mut y);
        digest.add(&y);
        for zero_point in [None, Some(-7)] {
            pool::avg(&sizes, zero_point, &x, &mut y);
            digest.add(&y);
        }
    }
    for (a, b, to) in [(0.1, 0.2, 0.25), (0.5, 0.001, 0.4), (0.03, 0.03, 0.01)] {
        let operands = [Quantization { scale: a, zero_point: 4 }, Quantization { scale: b, zero_point: -90 }];
        let output = Output { zero_point: -12, min: -128, max: 127 };
        let ([a, b], mut y) = ([digest.numbers(300), digest.numbers(300)], [0; 300]);
        int8::add(&Sum::new(operands, to, output), &a, &b, &mut y);
        digest.add(&y);
        int8::sub(&Sum::new(operands, to, output), &a, &b, &mut y);
        digest.add(&y);
        int8::mul(&Product::new(operands, to * 3.0, output), &a, &b, &mut y);
        digest.add(&y);
    }
    for scale in [0.001, 0.02, 0.1, 0.7] {
        let (x, mut y) = (digest.numbers(60), [0; 60]);
        softmax::softmax(Scaling::new(scale), 12, &x, &mut y);
        digest.add(&y);
    }
    digest.hash
}

/// Returns the digest with the kernels that the crate is built for.
#[unsafe(no_mangle)]
pub extern "C" fn digest() -> u32 {
    digest_of(Portable)
}
