//! Convolutions and batch norms.

use super::array::Array;
use super::graph::Node;
use super::importer::Importer;
use super::network::{Call, Id, Shapes, Value, View, Weight, What, float, pair};
use super::values::weight;
use std::rc::Rc;

/// A window: what convolutions and pooling have.
pub struct Window {
    pub kernel: Vec<usize>,
    pub stride: Vec<usize>,
    pub padding: Vec<usize>,
    pub dilation: Vec<usize>,
}

impl Window {
    pub fn new(node: &Node, kernel: Option<&[usize]>) -> Option<Self> {
        let kernel = node.sizes("kernel_shape").or_else(|| kernel.map(<[usize]>::to_vec))?;
        let ones = || vec![1; kernel.len()];
        let pads = node.sizes("pads").unwrap_or_else(|| vec![0; 2 * kernel.len()]);
        let (before, after) = pads.split_at_checked(kernel.len())?;
        let fits = before == after && matches!(&*node.text("auto_pad", "NOTSET"), "NOTSET" | "" | "VALID");
        let (stride, dilation) =
            (node.sizes("strides").unwrap_or_else(ones), node.sizes("dilations").unwrap_or_else(ones));
        let same = [stride.len(), dilation.len(), before.len()].iter().all(|len| *len == kernel.len());
        let window = Window { padding: before.to_vec(), kernel, stride, dilation };
        (fits && same && window.stride.iter().all(|stride| *stride > 0)).then_some(window)
    }
    /// Returns the sizes of the output for those of an image.
    pub fn output(&self, image: &[usize], ceil: bool) -> Option<Vec<usize>> {
        (0..self.kernel.len())
            .map(|at| {
                let padded = image.get(at)?.checked_add(2 * self.padding[at])?;
                let free = padded
                    .checked_sub(self.dilation[at].checked_mul(self.kernel[at].checked_sub(1)?)?.checked_add(1)?)?;
                let mut out = if ceil { free.div_ceil(self.stride[at]) } else { free / self.stride[at] } + 1;
                // No window begins in the padding behind the image.
                if ceil && (out - 1) * self.stride[at] >= image[at] + self.padding[at] {
                    out -= 1;
                }
                Some(out)
            })
            .collect()
    }
}

impl Importer {
    pub fn image(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let Some(Some(Value::Flow(view))) = inputs.first() else { return None };
        let view = view.clone();
        match &*node.operator {
            "Conv" => self.convolution(node, &view, inputs),
            "ConvTranspose" => self.transposed_convolution(node, &view, inputs),
            "BatchNormalization" => self.batch_norm(node, &view, inputs),
            "MaxPool" | "AveragePool" if node.outputs.len() == 1 => self.pooled(node, &view),
            "GlobalAveragePool" | "GlobalMaxPool" => self.global(node, &view, node.operator == "GlobalMaxPool"),
            "ReduceMean" | "ReduceMax" | "ReduceSum" => self.reduced(node, &view, inputs),
            "Resize" | "Upsample" => self.resized(node, &view, inputs),
            "Pad" => self.padded(node, &view, inputs),
            "Concat" => self.concatenated(node, inputs),
            operator if operator.ends_with("Normalization") => self.norm(node, &view, inputs),
            _ => None,
        }
    }
    pub fn with_channels(&self, id: Id, channels: usize, f: impl Fn(&[usize]) -> Option<Vec<usize>>) -> Option<Shapes> {
        let shapes = &self.layers[id].shapes;
        let of = |at: usize| {
            let sizes = f(shapes[at].get(2..)?)?;
            Some([&[shapes[at][0], channels], &sizes[..]].concat())
        };
        Some([of(0)?, of(1)?])
    }
    fn convolution(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let weights = weight(inputs.get(1)?.as_ref()?)?;
        let [channels, per_group, ref kernel @ ..] = weights.shape[..] else { return None };
        let window = Window::new(node, Some(kernel))?;
        let groups = usize::try_from(node.int("group", 1)).ok()?;
        let input = *self.layers[id].shapes[0].get(1)?;
        let dimensions = self.layers[id].shapes[0].len() - 2;
        if per_group.checked_mul(groups)? != input || window.kernel != kernel || kernel.len() != dimensions {
            return None;
        }
        let depthwise = groups > 1 && groups == input && channels == input && dimensions == 2;
        let name = match dimensions {
            1 => "conv1d",
            2 if depthwise => "depthwise_conv2d",
            2 => "conv2d",
            _ => return None,
        };
        let bias = bias(node, inputs)?;
        let call = Call::new(name);
        let call = if depthwise { call } else { call.with("channels", channels) };
        let call = call
            .with("kernel", pair(kernel))
            .or_default("1", "stride", pair(&window.stride))
            .unless("0", "padding", pair(&window.padding))
            .unless("1", "dilation", pair(&window.dilation));
        let call = if depthwise { call } else { call.unless("1", "groups", groups) };
        let call = if bias.is_some() { call } else { call.named("bias", "false") };
        let shapes = self.with_channels(id, channels, |image| window.output(image, false))?;
        let mut all = vec![named("weight", weights)];
        all.extend(bias.map(|bias| named("bias", bias)));
        Some(self.call(call, vec![id], all, shapes))
    }
    fn transposed_convolution(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let weights = weight(inputs.get(1)?.as_ref()?)?;
        let [input, per_group, ref kernel @ ..] = weights.shape[..] else { return None };
        let window = Window::new(node, Some(kernel))?;
        let groups = usize::try_from(node.int("group", 1)).ok()?;
        let channels = per_group.checked_mul(groups)?;
        let more = node.sizes("output_padding").unwrap_or_else(|| vec![0; kernel.len()]);
        let name = match self.layers[id].shapes[0].len() {
            3 => "conv_transpose1d",
            4 => "conv_transpose2d",
            _ => return None,
        };
        let fits = self.layers[id].shapes[0][1] == input && more.len() == kernel.len() && !node.has("output_shape");
        if !fits || kernel.len() + 2 != self.layers[id].shapes[0].len() || groups == 0 || input % groups != 0 {
            return None;
        }
        let bias = bias(node, inputs)?;
        let call = Call::new(name)
            .with("channels", channels)
            .with("kernel", pair(kernel))
            .or_default("1", "stride", pair(&window.stride))
            .unless("0", "padding", pair(&window.padding))
            .unless("0", "output_padding", pair(&more))
            .unless("1", "groups", groups)
            .unless("1", "dilation", pair(&window.dilation));
        let call = if bias.is_some() { call } else { call.named("bias", "false") };
        let shapes = self.with_channels(id, channels, |image| {
            (0..kernel.len())
                .map(|at| {
                    let reach = window.dilation[at].checked_mul(kernel[at].checked_sub(1)?)?;
                    let full =
                        image[at].checked_sub(1)?.checked_mul(window.stride[at])?.checked_add(reach + more[at] + 1)?;
                    full.checked_sub(2 * window.padding[at])
                })
                .collect()
        })?;
        let mut all = vec![named("weight", weights)];
        all.extend(bias.map(|bias| named("bias", bias)));
        Some(self.call(call, vec![id], all, shapes))
    }
    fn batch_norm(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let parts: Vec<Rc<Array<f32>>> = (1..5).map(|at| weight(inputs.get(at)?.as_ref()?)).collect::<Option<_>>()?;
        let channels = *self.layers[id].shapes[0].get(1)?;
        if node.int("training_mode", 0) != 0 || parts.iter().any(|part| part.data.len() != channels) {
            return None;
        }
        let epsilon = node.float("epsilon", 1e-5);
        if self.options.fold_batch_norm
            && let Some(folded) = self.folded(id, &parts, epsilon)
        {
            return Some(folded);
        }
        let call = Call::new("batch_norm").unless("1e-5", "epsilon", float(epsilon.into()));
        let names = ["weight", "bias", "running_mean", "running_var"];
        let weights = names.into_iter().zip(parts).map(|(name, part)| named(name, part)).collect();
        let shapes = self.layers[id].shapes.clone();
        Some(self.call(call, vec![id], weights, shapes))
    }
    /// Folds a batch norm into the convolution or dense layer before it, whose output channels are its first dimension.
    fn folded(&mut self, id: Id, parts: &[Rc<Array<f32>>], epsilon: f32) -> Option<Vec<Value>> {
        let layer = self.layers[id].clone();
        let What::Call(mut call) = layer.what else { return None };
        if !matches!(call.name, "conv1d" | "conv2d" | "depthwise_conv2d" | "dense") {
            return None;
        }
        let [scale, bias, mean, variance] = parts else { return None };
        let factor: Vec<f32> = scale
            .data
            .iter()
            .zip(&variance.data)
            .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
            .collect();
        let weights = &layer.weights.first()?.array;
        let width = weights.data.len().checked_div(factor.len())?;
        let data = weights.data.iter().enumerate().map(|(at, number)| number * factor[at / width]).collect();
        let weights = Array::new(weights.shape.clone(), data)?;
        let before = |at: usize| layer.weights.get(1).map_or(0.0, |bias| bias.array.data[at]);
        let data = (0..factor.len()).map(|at| bias.data[at] + (before(at) - mean.data[at]) * factor[at]).collect();
        let bias = Array::new(vec![factor.len()], data)?;
        call.arguments.retain(|argument| argument.name != Some("bias"));
        let weights = vec![named("weight", Rc::new(weights)), named("bias", Rc::new(bias))];
        let values = self.call(call, layer.inputs, weights, layer.shapes);
        // The convolution keeps its name.
        let last = self.layers.last_mut()?;
        (last.path, last.class, last.own) = (layer.path, layer.class, layer.own);
        Some(values)
    }
}

/// Returns the bias of a convolution. Some exporters write zeros where there is none.
#[expect(clippy::option_option, reason = "no bias is told from one that is not known")]
fn bias(node: &Node, inputs: &[Option<Value>]) -> Option<Option<Rc<Array<f32>>>> {
    let Some(value) = inputs.get(2).and_then(Option::as_ref) else { return Some(None) };
    let bias = weight(value)?;
    let made_up = !node.inputs[2].ends_with("bias") && bias.data.iter().all(|number| *number == 0.0);
    Some((!made_up).then_some(bias))
}

/// Makes a weight with a name.
pub fn named(name: &str, array: Rc<Array<f32>>) -> Weight {
    Weight { name: name.into(), array }
}
