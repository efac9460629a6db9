//! Products for which cuBLASLt has no algorithm.

use super::super::{Cuda, Precision};
use super::queued;
use super::{alone, download, upload};
use crate::ops::Activation;
use crate::ops::dense::{DenseKernel, DenseSizes};
use crate::ops::matmul::Product;
use crate::ops::matmul::cuda::Beside;
use crate::tensor::{Storage, Write};
use crate::testing::{assert_close, numbers};
use dl_emulation::{Order, last_mistake, order};

/// The product in `f64`, with bias and ReLU, and added to what was there if `write` says so.
fn expected(p: Product, [a, b, bias, c]: [&[f32]; 4], activation: Activation, write: Write) -> Vec<f64> {
    let at = |row: usize, column: usize, [rows, columns]: [usize; 2], transposed: bool| {
        if transposed { column * rows + row } else { row * columns + column }
    };
    let mut to = Vec::new();
    for row in 0..p.rows {
        for column in 0..p.columns {
            let product = |k| {
                let left = a[at(row, k, [p.rows, p.inner], p.left_transposed)];
                f64::from(left) * f64::from(b[at(k, column, [p.inner, p.columns], p.right_transposed)])
            };
            let old = if write == Write::Add { f64::from(c[row * p.columns + column]) } else { 0.0 };
            let sum = (0..p.inner).map(product).sum::<f64>() + f64::from(bias[column]) + old;
            to.push(if activation == Activation::Relu { sum.max(0.0) } else { sum });
        }
    }
    to
}

#[test]
fn they_are_computed_by_own_kernels() {
    for (precision, tolerance) in [(Precision::F32, 1e-5), (Precision::Tf32, 2e-3), (Precision::Bf16, 2e-2)] {
        for seed in 1..4 {
            let Some(cuda) = alone(precision) else { return };
            let _refusals = order(Order::RefusedProducts, seed);
            for (turn, [rows, inner, columns]) in
                [[5, 70, 9], [33, 40, 17], [64, 130, 24], [2, 300, 50]].into_iter().enumerate()
            {
                let (activation, write) = match turn % 3 {
                    0 => (Activation::Relu, Write::Set),
                    1 => (Activation::Identity, Write::Add),
                    _ => (Activation::Identity, Write::Set),
                };
                let p = Product { rows, inner, columns, left_transposed: turn % 2 == 1, right_transposed: turn > 1 };
                let hosts = [rows * inner, inner * columns, columns, rows * columns];
                let hosts = [0, 1, 2, 3].map(|i: usize| numbers(i as u64 + 10 * seed, hosts[i]));
                let [a, b, bias, mut c] = hosts.each_ref().map(|host| upload(&cuda, host));
                let beside = Beside { bias: Some(Cuda::whole(&bias)), activation, write };
                cuda.matmul_large(p, 1, Cuda::whole(&a), Cuda::whole(&b), Cuda::whole_mut(&mut c), beside);
                let found = download(&cuda, &c)
                    .unwrap_or_else(|error| panic!("{p:?} in {precision:?}: {error}, {:?}", last_mistake()));
                let hosts = hosts.each_ref().map(Vec::as_slice);
                assert_close(
                    "a product",
                    &found,
                    &expected(p, hosts, activation, write),
                    tolerance * (inner as f64).sqrt(),
                );
            }
        }
    }
}

/// A large layer's gradient to the bias is computed by the product that computes the one to the weights, where cuBLASLt can and nothing is
/// there to be added to.
#[test]
fn gradients_to_weights_and_bias() {
    let s = DenseSizes { samples: 2100, inputs: 11, outputs: 12 };
    let DenseSizes { samples, inputs, outputs } = s;
    let [x, dy] = [(1, inputs), (2, outputs)].map(|(seed, n)| numbers(seed, samples * n));
    let [dw, db] = [(3, inputs * outputs), (4, outputs)].map(|(seed, n)| numbers(seed, n));
    let sum = |f: &dyn Fn(usize) -> f64| (0..samples).map(f).sum::<f64>();
    let of_bias = |j: usize| sum(&|n| f64::from(dy[n * outputs + j]));
    let of_weight = |j: usize, i: usize| sum(&|n| f64::from(dy[n * outputs + j]) * f64::from(x[n * inputs + i]));
    let sums: Vec<f64> = (0..outputs).map(of_bias).collect();
    let products: Vec<f64> = (0..outputs * inputs).map(|at| of_weight(at / inputs, at % inputs)).collect();
    let plus =
        |old: &[f32], new: &[f64]| old.iter().zip(new).map(|(old, new)| f64::from(*old) + new).collect::<Vec<_>>();
    for (precision, tolerance, roundings) in
        [(Precision::F32, 1e-5, 0), (Precision::Tf32, 1e-3, 0), (Precision::Bf16, 1e-2, 2)]
    {
        for (write, seed) in [(Write::Set, 0), (Write::Set, 1), (Write::Set, 2), (Write::Add, 0)] {
            let Some(cuda) = alone(precision) else { return };
            let _refusals = (seed > 0).then(|| order(Order::RefusedProducts, seed));
            let [x, dy, mut d_weight, mut d_bias] = [&x, &dy, &dw, &db].map(|host| upload(&cuda, host));
            let [to_weight, to_bias] = [&mut d_weight, &mut d_bias].map(Cuda::whole_mut);
            cuda.dense_backward_weights(s, Cuda::whole(&x), Cuda::whole(&dy), to_weight, to_bias, write);
            if (write, seed) == (Write::Set, 0) {
                assert_eq!(queued(&cuda), 1 + roundings, "{precision:?}");
            }
            let found = [&d_weight, &d_bias].map(|to| {
                download(&cuda, to).unwrap_or_else(|error| panic!("{precision:?}: {error}, {:?}", last_mistake()))
            });
            let expected = match write {
                Write::Set => [products.clone(), sums.clone()],
                Write::Add => [plus(&dw, &products), plus(&db, &sums)],
            };
            for (found, expected) in found.iter().zip(&expected) {
                assert_close(&format!("{precision:?}, {write:?}, seed {seed}"), found, expected, tolerance);
            }
        }
    }
}
