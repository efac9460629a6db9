//! Convolutions, batch norms, pooling, resizing and padding.

use super::array::{Array, size};
use super::graph::Node;
use super::importer::{Importer, constants, scalar, weight};
use super::network::{Call, Id, Shapes, Value, View, Weight, What, float, pair};
use std::rc::Rc;

/// A window: what convolutions and pooling have.
struct Window {
    kernel: Vec<usize>,
    stride: Vec<usize>,
    padding: Vec<usize>,
    dilation: Vec<usize>,
}

impl Window {
    fn new(node: &Node, kernel: Option<&[usize]>) -> Option<Self> {
        let kernel = node.sizes("kernel_shape").or_else(|| kernel.map(<[usize]>::to_vec))?;
        let ones = || vec![1; kernel.len()];
        let pads = node.sizes("pads").unwrap_or_else(|| vec![0; 2 * kernel.len()]);
        let (before, after) = pads.split_at_checked(kernel.len())?;
        let fits = before == after && matches!(&*node.text("auto_pad", "NOTSET"), "NOTSET" | "" | "VALID");
        let (stride, dilation) = (node.sizes("strides").unwrap_or_else(ones), node.sizes("dilations").unwrap_or_else(ones));
        let same = [stride.len(), dilation.len(), before.len()].iter().all(|len| *len == kernel.len());
        let window = Window { padding: before.to_vec(), kernel, stride, dilation };
        (fits && same && window.stride.iter().all(|stride| *stride > 0)).then_some(window)
    }
    /// Returns the sizes of the output for those of an image.
    fn output(&self, image: &[usize], ceil: bool) -> Option<Vec<usize>> {
        (0..self.kernel.len()).map(|at| {
            let padded = image.get(at)?.checked_add(2 * self.padding[at])?;
            let free = padded.checked_sub(self.dilation[at].checked_mul(self.kernel[at].checked_sub(1)?)?.checked_add(1)?)?;
            let mut out = if ceil { free.div_ceil(self.stride[at]) } else { free / self.stride[at] } + 1;
            // No window begins in the padding behind the image.
            if ceil && (out - 1) * self.stride[at] >= image[at] + self.padding[at] {
                out -= 1;
            }
            Some(out)
        }).collect()
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
            "InstanceNormalization" => {
                let id = self.settle(&view)?;
                let (scale, bias) = (weight(inputs.get(1)?.as_ref()?)?, weight(inputs.get(2)?.as_ref()?)?);
                let call = Call::new("instance_norm").named("affine", "true");
                let call = call.unless("1e-5", "epsilon", float(node.float("epsilon", 1e-5).into()));
                let shapes = self.layers[id].shapes.clone();
                Some(self.call(call, vec![id], vec![named("weight", scale), named("bias", bias)], shapes))
            }
            "MaxPool" | "AveragePool" if node.outputs.len() == 1 => self.pooled(node, &view),
            "GlobalAveragePool" | "GlobalMaxPool" => self.global(node, &view, node.operator == "GlobalMaxPool"),
            "ReduceMean" | "ReduceMax" | "ReduceSum" => self.reduced(node, &view, inputs),
            "Resize" | "Upsample" => self.resized(node, &view, inputs),
            "Pad" => self.padded(node, &view, inputs),
            "Concat" => self.concatenated(node, inputs),
            _ => None,
        }
    }
    fn with_channels(&self, id: Id, channels: usize, f: impl Fn(&[usize]) -> Option<Vec<usize>>) -> Option<Shapes> {
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
        let bias = inputs.get(2).and_then(Option::as_ref).map(|value| weight(value)).map_or(Some(None), |bias| bias.map(Some))?;
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
        let bias = inputs.get(2).and_then(Option::as_ref).map(|value| weight(value)).map_or(Some(None), |bias| bias.map(Some))?;
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
            (0..kernel.len()).map(|at| {
                let reach = window.dilation[at].checked_mul(kernel[at].checked_sub(1)?)?;
                let full = image[at].checked_sub(1)?.checked_mul(window.stride[at])?.checked_add(reach + more[at] + 1)?;
                full.checked_sub(2 * window.padding[at])
            }).collect()
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
        let factor: Vec<f32> =
            scale.data.iter().zip(&variance.data).map(|(scale, variance)| scale / (variance + epsilon).sqrt()).collect();
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
    fn pooled(&mut self, node: &Node, view: &View) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let window = Window::new(node, None)?;
        let shape = self.layers[id].shapes[0].clone();
        let max = node.operator == "MaxPool";
        if window.dilation.iter().any(|dilation| *dilation != 1) || window.kernel.len() + 2 != shape.len() {
            return None;
        }
        if !max && window.kernel == shape[2..] && window.padding.iter().all(|padding| *padding == 0) {
            return self.global(node, view, false);
        }
        let name = match (max, window.kernel.len()) {
            (true, 2) => "max_pool2d",
            (true, 1) => "max_pool1d",
            (false, 2) => "avg_pool2d",
            (false, 1) => "avg_pool1d",
            _ => return None,
        };
        let ceil = node.int("ceil_mode", 0) != 0;
        let padded = window.padding.iter().any(|padding| *padding > 0);
        let call = Call::new(name)
            .with("kernel", pair(&window.kernel))
            .unless(&pair(&window.kernel), "stride", pair(&window.stride))
            .unless("0", "padding", pair(&window.padding))
            .unless("false", "ceil_mode", ceil);
        let counts = max || !padded || node.int("count_include_pad", 0) != 0;
        let call = if counts { call } else { call.named("count_include_pad", "false") };
        let shapes = self.with_channels(id, shape[1], |image| window.output(image, ceil))?;
        Some(self.call(call, vec![id], Vec::new(), shapes))
    }
    /// Translates pooling of whole images: the result has no sizes of 1, and the view of it does.
    fn global(&mut self, node: &Node, view: &View, max: bool) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let shape = self.layers[id].shapes[0].clone();
        let name = match (max, shape.len()) {
            (false, 4) => "global_avg_pool2d",
            (true, 4) => "global_max_pool2d",
            (false, 3) => "global_avg_pool1d",
            (true, 3) => "global_max_pool1d",
            _ => return None,
        };
        let shapes = [0, 1].map(|at| self.layers[id].shapes[at][..2].to_vec());
        let id = self.push(What::Call(Call::new(name)), vec![id], Vec::new(), shapes.clone());
        let keep = node.int("keepdims", 1) != 0;
        let [a, b] = shapes.map(|shape| if keep { [&shape[..], &vec![1; view.shapes[0].len() - 2]].concat() } else { shape });
        Some(vec![Value::Flow(View { of: id, shapes: [a, b], places: None })])
    }
    fn reduced(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let given = inputs.get(1).and_then(Option::as_ref).map(constants).map_or(Some(None), |given| given.map(Some))?;
        let rank = view.shapes[0].len();
        let axes = super::constants::axes(node, given.as_ref().map(|pair| &pair[0]))?;
        let mut axes: Vec<usize> =
            axes.into_iter().map(|axis| super::constants::index(axis, rank)).collect::<Option<_>>()?;
        axes.sort_unstable();
        if rank == 4 && axes == [2, 3] && node.operator != "ReduceSum" {
            return self.global(node, view, node.operator == "ReduceMax");
        }
        let id = self.settle(view)?;
        if axes.first() == Some(&0) || axes.iter().any(|axis| *axis >= rank) {
            return None;
        }
        let name = match &*node.operator {
            "ReduceMean" => "mean",
            "ReduceMax" => "max",
            _ => "sum",
        };
        let of_sample: Vec<usize> = axes.iter().map(|axis| axis - 1).collect();
        let text = if let [axis] = of_sample[..] { axis.to_string() } else { format!("{of_sample:?}") };
        let keep = node.int("keepdims", 1) != 0;
        let call = Call::new(name).named("axis", text).unless("false", "keep", keep);
        let [a, b] = [0, 1].map(|at| {
            let kept = |(axis, size): (usize, &usize)| match axes.contains(&axis) {
                true => keep.then_some(1),
                false => Some(*size),
            };
            self.layers[id].shapes[at].iter().enumerate().filter_map(kept).collect::<Vec<_>>()
        });
        Some(self.call(call, vec![id], Vec::new(), [a, b]))
    }
    fn resized(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let shape = self.layers[id].shapes[0].clone();
        let [_, _, height, width] = shape[..] else { return None };
        let list = |at: usize| inputs.get(at).and_then(Option::as_ref).and_then(constants);
        // Upsample has its factors second, and Resize third, or sizes fourth.
        let factors = list(if node.operator == "Upsample" { 1 } else { 2 }).filter(|pair| !pair[0].array.data.is_empty());
        let (h, w) = match (factors, list(3)) {
            (Some(factors), _) => match factors[0].array.data[..] {
                [1.0, 1.0, h, w] => (h, w),
                _ => return None,
            },
            (None, Some(sizes)) => match sizes[0].ints()[..] {
                [_, _, h, w] => (h as f64 / height as f64, w as f64 / width as f64),
                _ => return None,
            },
            _ => return None,
        };
        if h.fract() != 0.0 || w.fract() != 0.0 || h < 1.0 || w < 1.0 {
            return None;
        }
        let (h, w) = (h as usize, w as usize);
        let transform = node.text("coordinate_transformation_mode", "half_pixel");
        let call = Call::new("upsample").with("factor", pair(&[h, w]));
        let call = match (&*node.text("mode", "nearest"), &*transform, &*node.text("nearest_mode", "floor")) {
            ("nearest", "asymmetric", "floor") => call,
            // With whole factors, the nearest pixel is the same.
            ("nearest", "half_pixel", "round_prefer_floor") => call,
            ("linear", "half_pixel" | "pytorch_half_pixel", _) => call.named("mode", "bilinear"),
            ("linear", "align_corners", _) => call.named("mode", "bilinear").named("align_corners", "true"),
            _ => return None,
        };
        let shapes = self.with_channels(id, shape[1], |image| Some(vec![image[0].checked_mul(h)?, image[1].checked_mul(w)?]))?;
        Some(self.call(call, vec![id], Vec::new(), shapes))
    }
    fn padded(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let pads = inputs.get(1).and_then(Option::as_ref).and_then(constants).map(|pair| pair[0].ints()).or_else(|| node.ints("pads"))?;
        let zero = inputs.get(2).and_then(Option::as_ref).map_or(Some(0.0), scalar)?;
        let [0, 0, top, left, 0, 0, bottom, right] = pads[..] else { return None };
        let sides: Vec<usize> = [top, bottom, left, right].iter().map(|side| usize::try_from(*side).ok()).collect::<Option<_>>()?;
        let mode = match &*node.text("mode", "constant") {
            "constant" if zero == 0.0 => "zeros",
            "reflect" => "reflect",
            "edge" => "replicate",
            _ => return None,
        };
        let call = Call::new("pad2d").with("sides", pair(&sides)).unless("zeros", "mode", mode);
        let channels = self.layers[id].shapes[0][1];
        let shapes =
            self.with_channels(id, channels, |image| Some(vec![image[0] + sides[0] + sides[1], image[1] + sides[2] + sides[3]]))?;
        Some(self.call(call, vec![id], Vec::new(), shapes))
    }
    fn concatenated(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let mut ids = Vec::new();
        for input in inputs.iter().flatten() {
            let Value::Flow(view) = input else { return None };
            ids.push(self.settle(view)?);
        }
        let rank = self.layers[*ids.first()?].shapes[0].len();
        let axis = super::constants::index(node.int("axis", 0), rank)?.checked_sub(1)?;
        let [a, b] = [0, 1].map(|at| {
            let mut shape = self.layers[ids[0]].shapes[at].clone();
            shape[axis + 1] = ids.iter().map(|id| self.layers[*id].shapes[at].get(axis + 1)).sum::<Option<usize>>()?;
            Some(shape)
        });
        let (a, b) = (a?, b?);
        size(&a)?;
        let call = Call::new("concat").unless("0", "axis", axis);
        Some(self.call(call, ids, Vec::new(), [a, b]))
    }
}

/// Makes a weight with a name.
pub fn named(name: &str, array: Rc<Array<f32>>) -> Weight {
    Weight { name: name.into(), array }
}
