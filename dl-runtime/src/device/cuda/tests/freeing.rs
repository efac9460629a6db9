//! Buffers that are freed while queued library calls still need them, or what was made from them.

use super::super::{Cuda, Precision};
use super::{alone, download, upload};
use crate::ops::Activation;
use crate::ops::matmul::Product;
use crate::ops::matmul::cuda::Beside;
use crate::tensor::{Storage, Write};
use crate::testing::numbers;

/// The sizes of a product with sums that are long enough to be split, which takes a workspace.
const PRODUCT: Product = Product { rows: 8, inner: 96, columns: 16, left_transposed: false, right_transposed: false };

/// Queues a product for cuBLASLt.
fn multiply(
    cuda: &Cuda,
    a: &super::super::Buffer<f32>,
    b: &super::super::Buffer<f32>,
    c: &mut super::super::Buffer<f32>,
) {
    let beside = Beside { bias: None, activation: Activation::Identity, write: Write::Set };
    cuda.matmul_large(PRODUCT, 1, Cuda::whole(a), Cuda::whole(b), Cuda::whole_mut(c), beside);
}

#[test]
fn the_origin_of_a_rounded_matrix() {
    let Some(cuda) = alone(Precision::Bf16) else { return };
    let Product { rows, inner, columns, .. } = PRODUCT;
    let [a, b] = [numbers(1, rows * inner), numbers(2, inner * columns)].map(|host| upload(&cuda, &host));
    let mut c = cuda.zeros(rows * columns).expect("memory");
    multiply(&cuda, &a, &b, &mut c);
    let expected = download(&cuda, &c).expect("a product");
    // Nothing was written to the factors, so that this product reads what was rounded for the last one.
    multiply(&cuda, &a, &b, &mut c);
    drop((a, b));
    assert!(download(&cuda, &c).expect("a product") == expected);
}

#[test]
fn the_workspace_of_a_handle() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let Product { rows, inner, columns, .. } = PRODUCT;
    let [a, b] = [numbers(1, rows * inner), numbers(2, inner * columns)].map(|host| upload(&cuda, &host));
    let mut c = cuda.zeros(rows * columns).expect("memory");
    multiply(&cuda, &a, &b, &mut c);
    let expected = download(&cuda, &c).expect("a product");
    let other = cuda.clone();
    multiply(&other, &a, &b, &mut c);
    drop(other);
    assert!(download(&cuda, &c).expect("a product") == expected);
}
