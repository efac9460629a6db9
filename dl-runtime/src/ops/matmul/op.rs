//! The product of two tensors, `[.., m, k] × [.., k, n]` → `[.., m, n]`, matrix by matrix over equal leading axes.
//!
//! With `Y = A·B`, the gradients are `dA = dY·Bᵀ` and `dB = Aᵀ·dY`.

use super::{Epilogue, Matrix, WORTH_THREADS, matmul};
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Device;
use crate::ops::parts::accumulate;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Cpu, Pod, View, ViewMut};

/// The settings of a product of two tensors.
#[derive(Clone, Copy, Debug)]
pub struct MatmulOp {
    /// The rows of the first factor and of the product.
    pub m: usize,
    /// The columns of the first factor, and the rows of the second.
    pub k: usize,
    /// The columns of the second factor and of the product.
    pub n: usize,
}

/// The sizes of a product, and which of its factors are stored transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// The rows of the product.
    pub rows: usize,
    /// The length of the sums.
    pub inner: usize,
    /// The columns of the product.
    pub columns: usize,
    /// True if the first factor is stored as [inner, rows].
    pub left_transposed: bool,
    /// True if the second factor is stored as [columns, inner]; the first must not be transposed then.
    pub right_transposed: bool,
}

/// The kernel of products of tensors; the number of matrices follows from the lengths.
pub trait MatmulKernel: Storage {
    /// `C = A·B` for every matrix, or `+=` with [`Write::Add`].
    fn matmul_each(
        &self,
        product: Product,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        c: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl MatmulOp {
    fn product(self) -> Product {
        let MatmulOp { m, k, n } = self;
        Product { rows: m, inner: k, columns: n, left_transposed: false, right_transposed: false }
    }
    /// Checks that the types have the sizes of the settings.
    fn assert_sizes<A: Pod, B: Pod, O: Pod>(self) {
        let count = O::LEN / (self.m * self.n);
        let fit = A::LEN == count * self.m * self.k && B::LEN == count * self.k * self.n;
        assert!(fit && O::LEN == count * self.m * self.n, "sizes of a matrix product");
    }
    /// `output = a·b`, `[.., m, k] × [.., k, n]` → `[.., m, n]`.
    pub fn forward<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, A>,
        b: View<D, B>,
        output: ViewMut<D, O>,
    ) {
        self.assert_sizes::<A, B, O>();
        context.device.matmul_each(self.product(), a.data(), b.data(), output.into_data(), Write::Set);
    }
    /// Computes the gradient to input `k`: `d_output·bᵀ` to `a` (0), `aᵀ·d_output` to `b` (1).
    pub fn backward<D, A, B, O, I>(
        self,
        context: &Context<D>,
        k: usize,
        a: View<D, A>,
        b: View<D, B>,
        d_output: View<D, O>,
        d_input: Grad<D, I>,
    ) where
        D: Device,
        A: Pod<Element = f32>,
        B: Pod<Element = f32>,
        O: Pod<Element = f32>,
        I: Pod<Element = f32>,
    {
        self.assert_sizes::<A, B, O>();
        assert_eq!(I::LEN, [A::LEN, B::LEN][k], "elements of input {k}");
        let (a, b, dy, Grad { to, write }) = (a.data(), b.data(), d_output.data(), d_input);
        if k == 0 {
            let product = Product { inner: self.n, columns: self.k, right_transposed: true, ..self.product() };
            context.device.matmul_each(product, dy, b, to.into_data(), write);
        } else {
            let product = Product { rows: self.k, inner: self.m, left_transposed: true, ..self.product() };
            context.device.matmul_each(product, a, dy, to.into_data(), write);
        }
    }
}

/// Views `data` as a matrix of `rows` by `columns`, which is stored transposed if `transposed`.
fn matrix(data: &[f32], rows: usize, columns: usize, transposed: bool) -> Matrix<'_> {
    if transposed { Matrix::new(data, columns, rows).transposed() } else { Matrix::new(data, rows, columns) }
}

simd! {
    /// Computes small products one after the other. It needs no scratch memory, so a thread that runs its first task
    /// allocates nothing.
    fn small<S>(p: Product, a: &[f32], b: &[f32], c: &mut [f32], write: Write) {
        let (of_a, of_b, of_c) = (p.rows * p.inner, p.inner * p.columns, p.rows * p.columns);
        for ((a, b), c) in a.chunks_exact(of_a).zip(b.chunks_exact(of_b)).zip(c.chunks_exact_mut(of_c)) {
            for (i, c) in c.chunks_exact_mut(p.columns).enumerate() {
                if p.right_transposed {
                    let row = &a[i * p.inner..(i + 1) * p.inner];
                    for (c, column) in c.iter_mut().zip(b.chunks_exact(p.inner)) {
                        accumulate(c, sum::<S, 2>([row, column], |[a, b]| a * b), write);
                    }
                    continue;
                }
                if write == Write::Set {
                    c.fill(0.0);
                }
                for (l, row) in b.chunks_exact(p.columns).enumerate() {
                    let a = if p.left_transposed { a[l * p.rows + i] } else { a[i * p.inner + l] };
                    c.iter_mut().zip(row).for_each(|(c, b)| *c = S::mul_add(a, *b, *c));
                }
            }
        }
    }
}

impl MatmulKernel for Cpu {
    fn matmul_each(&self, p: Product, a: &[f32], b: &[f32], c: &mut [f32], write: Write) {
        let (of_a, of_b, of_c) = (p.rows * p.inner, p.inner * p.columns, p.rows * p.columns);
        let work = of_a * p.columns;
        if work < WORTH_THREADS && c.len() > of_c {
            let count = (WORTH_THREADS / 4).div_ceil(work);
            let parts = (chunks(a, count * of_a), chunks(b, count * of_b), chunks_mut(c, count * of_c));
            return self.threads().split(parts, &|_, (a, b, c)| small(p, a, b, c, write));
        }
        // Each of these products uses all threads.
        for ((a, b), c) in a.chunks_exact(of_a).zip(b.chunks_exact(of_b)).zip(c.chunks_exact_mut(of_c)) {
            let a = matrix(a, p.rows, p.inner, p.left_transposed);
            let b = matrix(b, p.inner, p.columns, p.right_transposed);
            matmul(self.threads(), a, b, c, Epilogue::plain(write));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

    fn reference(op: MatmulOp, a: &[f64], b: &[f64]) -> Vec<f64> {
        let mut c = Vec::new();
        for (a, b) in a.chunks(op.m * op.k).zip(b.chunks(op.k * op.n)) {
            for i in 0..op.m {
                c.extend((0..op.n).map(|j| (0..op.k).map(|l| a[i * op.k + l] * b[l * op.n + j]).sum::<f64>()));
            }
        }
        c
    }

    fn case<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(op: MatmulOp, samples: usize) {
        let (a, b, dy) = (numbers(1, samples * A::LEN), numbers(2, samples * B::LEN), numbers(3, samples * O::LEN));
        let [y, da, db] = on_every_device!(|device| {
            let (context, mut y) = (Context::new(device, 0), device.output(dy.len()));
            let [a, b, dy] = [&a, &b, &dy].map(|x| device.tensor(x));
            let (left, right, dy) = (a.view::<A>(), b.view::<B>(), dy.view::<O>());
            op.forward(&context, left, right, y.view_mut::<O>());
            let da = device.set_and_add(a.len(), |d, write| {
                op.backward(&context, 0, left, right, dy, d.grad::<A>(write));
            });
            let db = device.set_and_add(b.len(), |d, write| {
                op.backward(&context, 1, left, right, dy, d.grad::<B>(write));
            });
            [y.read(), da, db]
        });
        let (what, a, b) = (format!("{samples} samples of {op:?}"), wide(&a), wide(&b));
        assert_close(&what, &y, &reference(op, &a, &b), 5e-7);
        assert_close(&what, &da, &gradient(|a| reference(op, a, &b), &a, &dy), 1e-6);
        assert_close(&what, &db, &gradient(|b| reference(op, &a, b), &b, &dy), 1e-6);
    }

    type Matrices<const B: usize, const R: usize, const C: usize> = [[[f32; C]; R]; B];

    #[test]
    fn values_and_gradients() {
        case::<[[f32; 1]; 1], [[f32; 1]; 1], [[f32; 1]; 1]>(MatmulOp { m: 1, k: 1, n: 1 }, 1);
        case::<[[f32; 5]; 3], [[f32; 7]; 5], [[f32; 7]; 3]>(MatmulOp { m: 3, k: 5, n: 7 }, 3);
        case::<Matrices<2, 3, 4>, Matrices<2, 4, 5>, Matrices<2, 3, 5>>(MatmulOp { m: 3, k: 4, n: 5 }, 2);
        case::<Matrices<3, 1, 9>, Matrices<3, 9, 1>, Matrices<3, 1, 1>>(MatmulOp { m: 1, k: 9, n: 1 }, 1);
        case::<Matrices<2, 17, 3>, Matrices<2, 3, 33>, Matrices<2, 17, 33>>(MatmulOp { m: 17, k: 3, n: 33 }, 1);
        case::<Matrices<1, 9, 40>, Matrices<1, 40, 5>, Matrices<1, 9, 5>>(MatmulOp { m: 9, k: 40, n: 5 }, 1);
    }

    #[test]
    fn any_number_of_threads() {
        let (a, b) = (numbers(1, 60 * 24 * 33), numbers(2, 60 * 33 * 40));
        on_every_device!(|device| {
            let (a, b, mut y) = (device.tensor(&a), device.tensor(&b), device.output(60 * 24 * 40));
            let (a, b) = (a.view::<[[f32; 33]; 24]>(), b.view::<[[f32; 40]; 33]>());
            let op = MatmulOp { m: 24, k: 33, n: 40 };
            op.forward(&Context::new(device, 0), a, b, y.view_mut::<[[f32; 40]; 24]>());
            y.read()
        });
    }
}
