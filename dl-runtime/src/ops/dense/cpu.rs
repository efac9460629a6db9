//! Dense layers on the CPU, as three matrix products.

use super::{DenseKernel, DenseSizes, small};
use crate::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::chunks_mut;
use crate::ops::matmul::{Bias, Epilogue, Matrix, matmul};
use crate::ops::{Activation, activation::ActivationKernel};
use crate::tensor::Write;

/// The number of features of one task of the bias gradient.
const TASK: usize = 128;

impl DenseKernel for Cpu {
    fn dense_forward(&self, s: DenseSizes, f: Activation, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
        let bias = if bias.is_empty() { Bias::None } else { Bias::Columns(bias) };
        let epilogue = Epilogue { bias, relu: f == Activation::Relu, write: Write::Set };
        let weight = Matrix::new(weight, s.outputs, s.inputs).transposed();
        matmul(self.threads(), Matrix::new(x, s.samples, s.inputs), weight, y, epilogue);
        if !matches!(f, Activation::Identity | Activation::Relu) {
            self.activation_forward_in_place(f, y);
        }
    }
    #[inline]
    fn dense_forward_one<const I: usize, const O: usize>(
        &self,
        f: Activation,
        weight: &[f32],
        bias: &[f32],
        x: &[f32],
        y: &mut [f32],
    ) {
        let (weight, bias) = (weight.as_chunks::<I>().0.first_chunk::<O>(), bias.first_chunk::<O>());
        if let (Some(weight), Some(x), Some(y)) = (weight, x.first_chunk::<I>(), y.first_chunk_mut::<O>()) {
            small::forward(weight, bias, x, y, f == Activation::Relu);
        }
        if !matches!(f, Activation::Identity | Activation::Relu) {
            self.activation_forward_in_place(f, y);
        }
    }
    fn dense_backward_input(&self, s: DenseSizes, weight: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let dy = Matrix::new(dy, s.samples, s.outputs);
        matmul(self.threads(), dy, Matrix::new(weight, s.outputs, s.inputs), dx, Epilogue::plain(write));
    }
    fn dense_backward_weights(
        &self,
        s: DenseSizes,
        x: &[f32],
        dy: &[f32],
        d_weight: &mut [f32],
        d_bias: &mut [f32],
        write: Write,
    ) {
        let rows = Matrix::new(dy, s.samples, s.outputs).transposed();
        matmul(self.threads(), rows, Matrix::new(x, s.samples, s.inputs), d_weight, Epilogue::plain(write));
        self.threads().split(chunks_mut(d_bias, TASK), &|task, d_bias| {
            sum_rows(dy, s.outputs, task * TASK, d_bias, write == Write::Add);
        });
    }
}

simd! {
    /// Sets `to` to the sums of some columns of a matrix, from `first` on, or adds them.
    fn sum_rows<S>(matrix: &[f32], columns: usize, first: usize, to: &mut [f32], add: bool) {
        if !add {
            to.fill(0.0);
        }
        for row in matrix.chunks_exact(columns) {
            to.iter_mut().zip(&row[first..]).for_each(|(to, x)| *to += x);
        }
    }
}
