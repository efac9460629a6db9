//! Convolutions, pooling, resizing and padding, and the norms of channels.

use super::Lowering;
use super::emit::{float, int, ints, text};
use crate::file::pt2::schema::Node;
use dl_onnx::AttributeProto;

impl Lowering<'_> {
    pub fn images(&mut self, node: &Node, family: &str) -> Option<Vec<String>> {
        let result = match family {
            "conv1d" => self.convolution(node, 1, false),
            "conv2d" => self.convolution(node, 2, false),
            "conv_transpose1d" => self.convolution(node, 1, true),
            "conv_transpose2d" => self.convolution(node, 2, true),
            "convolution" | "_convolution" => {
                let dimensions = usize::try_from(self.rank(node.tensor("weight")?)? - 2).ok()?;
                self.convolution(node, dimensions, node.flag("transposed", false)?)
            }
            "max_pool1d" => self.pool(node, 1, true),
            "max_pool2d" | "max_pool2d_with_indices" => self.pool(node, 2, true),
            "avg_pool1d" => self.pool(node, 1, false),
            "avg_pool2d" => self.pool(node, 2, false),
            "adaptive_avg_pool1d" | "adaptive_avg_pool2d" | "_adaptive_avg_pool2d" => self.adaptive(node, false),
            "adaptive_max_pool1d" | "adaptive_max_pool2d" => self.adaptive(node, true),
            "upsample_nearest2d" => self.resize(node, "nearest"),
            "upsample_bilinear2d" => self.resize(node, "linear"),
            "pad" | "constant_pad_nd" | "reflection_pad2d" | "replication_pad2d" => self.pad(node, family),
            "batch_norm" | "_native_batch_norm_legit_no_training" | "_batch_norm_no_update" | "cudnn_batch_norm" => {
                self.batch_norm(node)
            }
            "instance_norm" => self.instance_norm(node),
            "group_norm" | "native_group_norm" => self.group_norm(node),
            "pixel_shuffle" => {
                let x = self.x(node)?;
                let factor = node.int("upscale_factor", 1)?;
                Some(self.emit("DepthToSpace", &[&x], vec![int("blocksize", factor), text("mode", "CRD")]))
            }
            _ => None,
        };
        Some(vec![result?])
    }
    fn convolution(&mut self, node: &Node, dimensions: usize, transposed: bool) -> Option<String> {
        let (x, weight) = (self.x(node)?, node.tensor("weight")?);
        let dilation = node.window("dilation", dimensions, 1)?;
        let padding = match node.text("padding", "") {
            Some(mode) if mode == "same" => {
                let kernel = self.sizes(weight)?.split_off(2);
                let reach: Option<Vec<i64>> = kernel
                    .iter()
                    .zip(&dilation)
                    .map(|(size, dilation)| Some((*size)?.checked_sub(1)? * dilation))
                    .collect();
                let reach = reach?;
                if reach.iter().any(|reach| reach % 2 != 0) {
                    return self.refuse("with more padding on one side");
                }
                reach.into_iter().map(|reach| reach / 2).collect()
            }
            Some(_) => vec![0; dimensions],
            None => node.window("padding", dimensions, 0)?,
        };
        let mut attributes = vec![
            ints("strides", &node.window("stride", dimensions, 1)?),
            ints("pads", &[&padding[..], &padding].concat()),
            ints("dilations", &dilation),
            int("group", node.int("groups", 1)?),
        ];
        if transposed {
            attributes.push(ints("output_padding", &node.window("output_padding", dimensions, 0)?));
        }
        let weight = self.of(weight)?;
        let bias = match node.tensor("bias") {
            Some(bias) => Some(self.of(bias)?),
            None => None,
        };
        let inputs: Vec<&str> = [&x, &weight].into_iter().chain(&bias).map(|name| &**name).collect();
        Some(self.emit(if transposed { "ConvTranspose" } else { "Conv" }, &inputs, attributes))
    }
    fn pool(&mut self, node: &Node, dimensions: usize, max: bool) -> Option<String> {
        let x = self.x(node)?;
        if node.argument("divisor_override").is_some() {
            return self.refuse("with a divisor of its own");
        }
        let kernel = node.window("kernel_size", dimensions, 1)?;
        let stride = match &node.ints("stride")?[..] {
            [] => kernel.clone(),
            _ => node.window("stride", dimensions, 1)?,
        };
        let padding = node.window("padding", dimensions, 0)?;
        let ceil = node.flag("ceil_mode", false)?;
        let mut attributes = vec![
            ints("kernel_shape", &kernel),
            ints("strides", &stride),
            ints("pads", &[&padding[..], &padding].concat()),
            int("ceil_mode", i64::from(ceil)),
        ];
        if max {
            attributes.push(ints("dilations", &node.window("dilation", dimensions, 1)?));
        } else {
            attributes.push(int("count_include_pad", i64::from(node.flag("count_include_pad", true)?)));
        }
        Some(self.emit(if max { "MaxPool" } else { "AveragePool" }, &[&x], attributes))
    }
    fn adaptive(&mut self, node: &Node, max: bool) -> Option<String> {
        let x = self.x(node)?;
        let dimensions = usize::try_from(self.rank(node.input()?)? - 2).ok()?;
        let size = node.window("output_size", dimensions, 1)?;
        if size.iter().all(|size| *size == 1) {
            return Some(self.emit(if max { "GlobalMaxPool" } else { "GlobalAveragePool" }, &[&x], Vec::new()));
        }
        let operator = if max { "torch.adaptive_max_pool" } else { "torch.adaptive_avg_pool" };
        Some(self.emit(operator, &[&x], vec![ints("output_size", &size)]))
    }
    fn resize(&mut self, node: &Node, mode: &str) -> Option<String> {
        let (x, result) = (self.x(node)?, node.results().first().copied()?);
        let factors = match node.first(&["scale_factors"]) {
            Some(crate::file::pt2::schema::Argument::Floats(factors)) => factors.clone(),
            _ => {
                let (from, to) = (self.sizes(node.input()?)?, self.sizes(result)?);
                let factor = |(from, to): (&Option<i64>, &Option<i64>)| Some((*to)? as f64 / (*from)? as f64);
                from.iter().zip(&to).skip(2).map(factor).collect::<Option<_>>()?
            }
        };
        let [height, width] = factors[..] else { return None };
        let scales = self.floats(&[4], &[1.0, 1.0, height as f32, width as f32]);
        let transform = match (mode, node.flag("align_corners", false)?) {
            ("nearest", _) => "asymmetric",
            (_, false) => "half_pixel",
            (_, true) => "align_corners",
        };
        let attributes =
            vec![text("mode", mode), text("coordinate_transformation_mode", transform), text("nearest_mode", "floor")];
        Some(self.emit("Resize", &[&x, "", &scales], attributes))
    }
    fn pad(&mut self, node: &Node, family: &str) -> Option<String> {
        let (x, rank) = (self.x(node)?, usize::try_from(self.rank(node.input()?)?).ok()?);
        let sides = match node.ints("pad")? {
            sides if sides.is_empty() => node.ints("padding")?,
            sides => sides,
        };
        // PyTorch begins with the last dimension, and has both of its sides beside each other.
        let mut pads = vec![0; 2 * rank];
        for (from_end, pair) in sides.chunks(2).enumerate() {
            let dimension = rank.checked_sub(from_end + 1)?;
            (pads[dimension], pads[rank + dimension]) = (*pair.first()?, *pair.get(1)?);
        }
        let mode = match (family, &*node.text("mode", "constant")?) {
            ("reflection_pad2d", _) | (_, "reflect") => "reflect",
            ("replication_pad2d", _) | (_, "replicate") => "edge",
            (_, "constant") => "constant",
            _ => return self.refuse("of another mode"),
        };
        let pads = self.list(&pads);
        let value = self.float(node.number("value", 0.0)?);
        Some(self.emit("Pad", &[&x, &pads, &value], vec![text("mode", mode)]))
    }
    fn batch_norm(&mut self, node: &Node) -> Option<String> {
        if node.flag("training", false)? {
            return self.refuse("of a network in training; export it after `model.eval()`");
        }
        let (Some(mean), Some(variance)) = (node.tensor("running_mean"), node.tensor("running_var")) else {
            return self.refuse("without running statistics");
        };
        let channels = self.sizes(mean)?.first().copied().flatten()?;
        let (x, scale, bias) = (self.x(node)?, self.scale(node, channels)?, self.bias(node, channels)?);
        let (mean, variance) = (self.of(mean)?, self.of(variance)?);
        let epsilon = float("epsilon", node.number("eps", 1e-5)?);
        Some(self.emit("BatchNormalization", &[&x, &scale, &bias, &mean, &variance], vec![epsilon]))
    }
    fn instance_norm(&mut self, node: &Node) -> Option<String> {
        if !node.flag("use_input_stats", true)? {
            return self.refuse("with running statistics");
        }
        let channels = self.sizes(node.input()?)?.get(1).copied().flatten()?;
        let (x, scale, bias) = (self.x(node)?, self.scale(node, channels)?, self.bias(node, channels)?);
        let epsilon = float("epsilon", node.number("eps", 1e-5)?);
        Some(self.emit("InstanceNormalization", &[&x, &scale, &bias], vec![epsilon]))
    }
    fn group_norm(&mut self, node: &Node) -> Option<String> {
        let channels = self.sizes(node.input()?)?.get(1).copied().flatten()?;
        let (x, scale, bias) = (self.x(node)?, self.scale(node, channels)?, self.bias(node, channels)?);
        let groups = node.int("num_groups", node.int("group", 1)?)?;
        let attributes: Vec<AttributeProto> =
            vec![int("num_groups", groups), float("epsilon", node.number("eps", 1e-5)?)];
        Some(self.emit("torch.group_norm", &[&x, &scale, &bias], attributes))
    }
    /// Returns the factors of a norm, which are ones if it has none.
    pub fn scale(&mut self, node: &Node, channels: i64) -> Option<String> {
        self.part(node, "weight", channels, 1.0)
    }
    /// Returns what a norm adds, which are zeros if it has nothing.
    pub fn bias(&mut self, node: &Node, channels: i64) -> Option<String> {
        self.part(node, "bias", channels, 0.0)
    }
    fn part(&mut self, node: &Node, name: &str, channels: i64, default: f32) -> Option<String> {
        if let Some(tensor) = node.tensor(name) {
            return self.of(tensor);
        }
        // A number in the file takes no memory.
        let len = usize::try_from(channels).ok().filter(|len| *len <= self.filled)?;
        self.filled -= len;
        Some(self.floats(&[channels], &vec![default; len]))
    }
}
