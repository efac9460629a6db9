//! Dense layers as ONNX's `Gemm`, or as `MatMul` and `Add` for rows of more dimensions.

use super::{DenseKernel, DenseSizes};
use crate::device::recorder::{Content, Place, Product, Recorder, not_recorded};
use crate::ops::Activation;
use crate::ops::activation::onnx::activate_place;
use crate::ops::conv1d::onnx::of_windows;
use crate::tensor::Write;

impl DenseKernel for Recorder {
    fn dense_forward(&self, sizes: DenseSizes, activation: Activation, weight: Place, bias: Place, x: Place, y: Place) {
        self.record(|graph| {
            let DenseSizes { inputs, outputs, .. } = sizes;
            if let Content::Windows(windows) = graph.content(x)? {
                let value = of_windows(graph, &windows, weight, bias)?;
                graph.write(y, value);
                return activate_place(graph, activation, y);
            }
            let x = graph.read(x)?;
            let x = graph.with_last(x, &[inputs]);
            // Queries, keys and values have tensors of their own, and are values of their own from here on.
            let tensors = graph.tensors_in(weight);
            let rows = |len: usize| len / inputs.max(1);
            if tensors.len() < 2 || tensors.iter().any(|tensor| !tensor.len().is_multiple_of(inputs)) {
                graph.put(y, Content::Product(Box::new(Product { x, weight, bias, inputs, outputs })));
                return activate_place(graph, activation, y);
            }
            let mut first = 0;
            for tensor in tensors {
                let len = rows(tensor.len());
                let weight = weight.part(first * inputs..(first + len) * inputs);
                let weight = graph.matrix(weight, len, inputs)?;
                let bias = if bias.is_empty() { None } else { Some(graph.weight(bias.part(first..first + len))?) };
                let value = graph.dense(x.clone(), &weight, bias.as_ref());
                graph.write_columns(y, outputs, first, len, value);
                first += len;
            }
            activate_place(graph, activation, y)
        });
    }
    not_recorded! {
        dense_backward_input(DenseSizes, Place, Place, Place, Write),
        dense_backward_weights(DenseSizes, Place, Place, Place, Place, Write),
    }
}
