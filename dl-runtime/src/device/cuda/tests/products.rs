//! Products for which cuBLASLt has no algorithm.

use super::super::{Cuda, Precision};
use super::{alone, download, upload};
use crate::ops::Activation;
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
