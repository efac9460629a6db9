//! Runs the table of a network with real numbers, value by value, so that the calibration sees all of them.

use super::{Graph, Node, Op, PoolSizes, Windows};
use crate::Cpu;
use crate::ops::Activation;
use crate::ops::activation::ActivationKernel as _;
use crate::ops::conv2d::{Conv2dKernel as _, Conv2dSizes, Direction};
use crate::ops::dense::{DenseKernel as _, DenseSizes};
use crate::ops::pool::{self, PoolKernel as _};
use crate::tensor::Write;

/// The weights of a dense layer or a convolution with real numbers, in which batch norm is already a part.
#[derive(Clone, Debug, Default)]
pub(super) struct Real {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// Computes all values of `samples`, of which `values` has the inputs; `weights` has those of each node.
pub(super) fn run(cpu: &Cpu, graph: &Graph, weights: &[Real], samples: usize, values: &mut [Vec<f32>]) {
    for (node, weights) in graph.nodes.iter().zip(weights) {
        let mut y = std::mem::take(&mut values[node.output]);
        y.resize(samples * graph.values[node.output].1, 0.0);
        let x: Vec<&[f32]> = node.inputs.iter().map(|&input| &values[input][..]).collect();
        compute(cpu, node, weights, samples, &x, &mut y);
        if let Some([min, max]) = node.limits {
            y.iter_mut().for_each(|y| *y = y.clamp(min, max));
        }
        values[node.output] = y;
    }
}

fn compute(cpu: &Cpu, node: &Node, Real { weight, bias }: &Real, samples: usize, x: &[&[f32]], y: &mut [f32]) {
    let identity = Activation::Identity;
    match &node.op {
        Op::Conv2d(op) => {
            let super::Conv2dOp { inputs, image, outputs, size, kernel, stride, padding, dilation, groups } = *op;
            let sizes = Conv2dSizes {
                samples,
                inputs,
                outputs,
                image,
                output: size,
                kernel,
                stride,
                padding,
                dilation,
                groups,
            };
            cpu.conv2d(&sizes, Direction::Forward, identity, [weight, bias], x[0], (y, Write::Set));
        }
        Op::Dense(_) => {
            let outputs = bias.len();
            let sizes = DenseSizes { samples: y.len() / outputs, inputs: weight.len() / outputs, outputs };
            cpu.dense_forward(sizes, identity, weight, bias, x[0], y);
        }
        Op::MaxPool(op) => cpu.max_pool_forward(&pool_sizes(&op.0, y.len()), x[0], y),
        Op::AvgPool(op) => cpu.avg_pool_forward(&pool_sizes(&op.0, y.len()), false, x[0], y),
        Op::PaddedAvgPool(op) => cpu.avg_pool_forward(&pool_sizes(&op.0, y.len()), true, x[0], y),
        Op::Add(_) => each(x, y, |a, b| a + b),
        Op::Sub(_) => each(x, y, |a, b| a - b),
        Op::Mul(_) => each(x, y, |a, b| a * b),
        Op::Concat(op) => {
            let (outer, whole) = (samples * op.outer, op.parts.iter().sum::<usize>());
            let mut offset = 0;
            for (x, &part) in x.iter().zip(op.parts) {
                for i in 0..outer {
                    y[i * whole + offset..][..part].copy_from_slice(&x[i * part..][..part]);
                }
                offset += part;
            }
        }
        Op::Pad2d(op) => {
            let ([height, width], [left, right, top, bottom]) = (op.image, op.padding);
            let wide = width + left + right;
            y.fill(0.0);
            for (x, y) in x[0].chunks_exact(height * width).zip(y.chunks_exact_mut((height + top + bottom) * wide)) {
                for (x, y) in x.chunks_exact(width).zip(y[top * wide..].chunks_exact_mut(wide)) {
                    y[left..left + width].copy_from_slice(x);
                }
            }
        }
        Op::Softmax(op) => {
            for (x, y) in x[0].chunks_exact(op.row).zip(y.chunks_exact_mut(op.row)) {
                let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                x.iter().zip(&mut *y).for_each(|(x, y)| *y = (x - max).exp());
                let sum: f32 = y.iter().sum();
                y.iter_mut().for_each(|y| *y /= sum);
            }
        }
        Op::Function(f) => cpu.activation_forward(*f, x[0], y),
        Op::Same => y.copy_from_slice(x[0]),
    }
}

/// Computes each element of `y` from those of two operands.
fn each(x: &[&[f32]], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    x[0].iter().zip(x[1]).zip(y).for_each(|((a, b), y)| *y = f(*a, *b));
}

fn pool_sizes(sizes: &PoolSizes, elements: usize) -> pool::PoolSizes {
    let windows = match sizes.windows {
        Windows::Sliding { kernel, stride, padding } => pool::Windows::Sliding { kernel, stride, padding },
        Windows::Adaptive => pool::Windows::Adaptive,
    };
    let planes = elements / (sizes.size[0] * sizes.size[1]).max(1);
    pool::PoolSizes { windows, planes, image: sizes.image, output: sizes.size }
}
