//! Makes the integers of a network on int8 from a trained network and the scales of its values.

use super::run::Real;
use super::{
    Calibration, Graph, Multiplier, Node, Op, Output, Product, Quantization, QuantizedModel, Scaling, Sum, files, table,
};
use crate::ops::activation::ActivationKernel as _;
use crate::tensor::pod::flat;
use crate::{Cpu, Error, Passes, Pod, Result};
use std::collections::HashMap;
use std::slice;

/// A network that `#[int8]` gives a form on int8.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no form on int8",
    note = "`#[int8]` before the model in `model!` makes one"
)]
pub trait Quantize: Passes<Input: Pod<Element = f32>, Output: Pod> {
    /// The network on int8: `LeNetI8` for `LeNet`.
    type Quantized: QuantizedModel<Input = Self::Input, Output = Self::Output>;
    /// The operations of the network on int8.
    #[doc(hidden)]
    const GRAPH: Graph;

    /// Quantizes a trained network after its training: computes the network on int8 that is nearest to it, in the scheme of TensorFlow
    /// Lite. The samples should be a few hundred of those that the application will see; the range of each value follows from them.
    ///
    /// ```ignore
    /// let small: Box<LeNetI8> = LeNet::quantize(&net, &digits.train.inputs)?;
    /// small.save("digits-int8.safetensors")?;
    /// let mut scratch = Scratch::new();
    /// small.predict_into(&image, &mut scores, &mut scratch);
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without samples, [`Error::SampleNotFinite`] for a sample with NaN or infinity, and [`Error::Quantize`] for a
    /// value that has no range, or that is not finite; it names the value.
    fn quantize(&self, samples: &[Self::Input]) -> Result<Box<Self::Quantized>> {
        Calibration::new().quantize(self, samples)
    }
}

impl Calibration {
    /// Quantizes a network with these settings: see [`Quantize::quantize`].
    ///
    /// # Errors
    /// As [`Quantize::quantize`], and [`Error::Setting`].
    pub fn quantize<M: Quantize>(&self, net: &M, samples: &[M::Input]) -> Result<Box<M::Quantized>> {
        let samples: Vec<&[f32]> = samples.iter().map(|sample| flat(slice::from_ref(sample))).collect();
        let tensors = M::TENSORS.iter();
        let floats = flat(slice::from_ref(net));
        let floats: HashMap<String, &[f32]> =
            tensors.map(|tensor| (tensor.name.clone(), &floats[tensor.range()])).collect();
        let parameters = self.parameters(&M::GRAPH, &floats, &samples)?;
        files::filled(|tensor| parameters.get(&tensor.name).map(Vec::as_slice))
    }

    /// Returns the bytes of each tensor of the network on int8.
    fn parameters(
        &self,
        graph: &Graph,
        floats: &HashMap<String, &[f32]>,
        samples: &[&[f32]],
    ) -> Result<HashMap<String, Vec<u8>>> {
        if samples.is_empty() {
            return Err(Error::Empty { what: "set of samples for the calibration" });
        }
        for (sample, numbers) in samples.iter().enumerate() {
            if let Some(at) = numbers.iter().position(|x| !x.is_finite()) {
                return Err(Error::SampleNotFinite { sample, index: vec![at], value: numbers[at] });
            }
        }
        let weights: Vec<Real> = graph.nodes.iter().map(|node| folded(node, floats)).collect();
        let scales = self.measure(graph, &weights, samples)?;
        let mut tensors = Tensors(HashMap::new());
        for (value, name) in [graph.input, graph.output] {
            tensors.add(name, "scale", scales[value].scale.to_ne_bytes());
            tensors.int8(name, "zero_point", [scales[value].zero_point]);
        }
        for (node, weights) in graph.nodes.iter().zip(&weights) {
            if let Some(name) = node.parameters {
                tensors.node(name, node, weights, &scales);
            }
        }
        Ok(tensors.0)
    }
}

/// Returns the weights of a node, with the batch norm after it: a normalisation scales the sums of a channel, and so its weights.
fn folded(node: &Node, floats: &HashMap<String, &[f32]>) -> Real {
    let Some(name) = node.weights else { return Real::default() };
    let outputs = match &node.op {
        Op::Conv2d(op) => op.outputs,
        Op::Dense(op) => op.outputs,
        _ => return Real::default(),
    };
    let tensor = |name: &str, of: &str| floats.get(&format!("{name}.{of}")).map(|tensor| tensor.to_vec());
    let mut weight = tensor(name, "weight").unwrap_or_default();
    let mut bias = tensor(name, "bias").unwrap_or_else(|| vec![0.0; outputs]);
    if let Some((norm, epsilon)) = node.batch_norm {
        let [scale, shift, mean, variance] =
            ["weight", "bias", "running_mean", "running_var"].map(|of| tensor(norm, of).unwrap_or_default());
        let row = weight.len() / outputs.max(1);
        for (o, row) in weight.chunks_exact_mut(row.max(1)).enumerate() {
            let factor = f64::from(scale[o]) / (f64::from(variance[o]) + f64::from(epsilon)).sqrt();
            row.iter_mut().for_each(|w| *w = (f64::from(*w) * factor) as f32);
            bias[o] = ((f64::from(bias[o]) - f64::from(mean[o])) * factor + f64::from(shift[o])) as f32;
        }
    }
    Real { weight, bias }
}

/// The tensors of a network on int8, by their names.
struct Tensors(HashMap<String, Vec<u8>>);

impl Tensors {
    fn add(&mut self, name: &str, tensor: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(format!("{name}.{tensor}"), bytes.into());
    }
    fn int8(&mut self, name: &str, tensor: &str, numbers: impl IntoIterator<Item = i8>) {
        let bytes: Vec<u8> = numbers.into_iter().map(|x| x as u8).collect();
        self.add(name, tensor, bytes);
    }
    fn int32(&mut self, name: &str, tensor: &str, numbers: impl IntoIterator<Item = i32>) {
        let bytes: Vec<u8> = numbers.into_iter().flat_map(i32::to_ne_bytes).collect();
        self.add(name, tensor, bytes);
    }
    fn output(&mut self, name: &str, output: Output) {
        self.int8(name, "output", [output.zero_point, output.min, output.max]);
    }

    /// Adds the parameters of a node.
    fn node(&mut self, name: &str, node: &Node, weights: &Real, scales: &[Quantization]) {
        let to = scales[node.output];
        let output = Output::limited(to, node.limits.unwrap_or([f32::NEG_INFINITY, f32::INFINITY]));
        let operands = || [scales[node.inputs[0]], scales[node.inputs[1]]];
        let input = scales[node.inputs[0]];
        match &node.op {
            Op::Conv2d(_) | Op::Dense(_) => {
                self.weights(name, weights, input, to);
                self.output(name, output);
                self.int8(name, "input_zero_point", [input.zero_point]);
            }
            Op::Add(_) | Op::Sub(_) => {
                let Sum { multiplier, exponent, zero_point, output } = Sum::new(operands(), to.scale, output);
                self.int32(name, "multiplier", multiplier);
                self.int8(name, "exponent", exponent);
                self.int8(name, "zero_point", zero_point);
                self.output(name, output);
            }
            Op::Mul(_) => {
                let Product { multiplier, exponent, zero_point, output } = Product::new(operands(), to.scale, output);
                self.int32(name, "multiplier", [multiplier]);
                self.int8(name, "exponent", [exponent]);
                self.int8(name, "zero_point", zero_point);
                self.output(name, output);
            }
            Op::Softmax(_) => {
                let Scaling { multiplier, least, exponent } = Scaling::new(input.scale);
                self.int32(name, "multiplier", [multiplier]);
                self.int32(name, "least", [least]);
                self.int8(name, "exponent", [exponent]);
            }
            Op::Function(f) => {
                let cpu = Cpu::with_threads(1);
                let f = |x: f32| {
                    let mut y = [x];
                    cpu.activation_forward_in_place(*f, &mut y);
                    y[0]
                };
                self.int8(name, "table", table(input, to, f));
            }
            Op::PaddedAvgPool(_) | Op::Pad2d(_) => self.int8(name, "zero_point", [input.zero_point]),
            Op::MaxPool(_) | Op::AvgPool(_) | Op::Concat(_) | Op::Same => {}
        }
    }

    /// Adds the weights of a layer: symmetric, with a scale for each output channel.
    fn weights(&mut self, name: &str, Real { weight, bias }: &Real, input: Quantization, to: Quantization) {
        let row = (weight.len() / bias.len().max(1)).max(1);
        let (mut integers, mut biases, mut factors) = (Vec::with_capacity(weight.len()), Vec::new(), Vec::new());
        for (row, &bias) in weight.chunks_exact(row).zip(bias) {
            let from = f64::from(input.scale);
            let largest = row.iter().fold(0.0_f32, |largest, w| largest.max(w.abs()));
            // A bias that is large beside its weights must fit, too; a channel without weights has the bias alone.
            let least = (f64::from(bias.abs()) / (from * f64::from(1 << 29))).max(f64::from(f32::MIN_POSITIVE));
            let scale = (f64::from(largest) / 127.0).max(least);
            let start = integers.len();
            integers.extend(row.iter().map(|&w| (f64::from(w) / scale).round().clamp(-127.0, 127.0) as i8));
            let sum: i64 = integers[start..].iter().map(|&w| i64::from(w)).sum();
            let bias = (f64::from(bias) / (from * scale)).round() as i64 - sum * i64::from(input.zero_point);
            biases.push(bias.clamp(i32::MIN.into(), i32::MAX.into()) as i32);
            factors.push(Multiplier::new(from * scale / f64::from(to.scale)));
        }
        self.int8(name, "weight", integers);
        self.int32(name, "bias", biases);
        self.int32(name, "multiplier", factors.iter().map(|factor| factor.mantissa));
        self.int8(name, "exponent", factors.iter().map(|factor| factor.exponent));
    }
}
