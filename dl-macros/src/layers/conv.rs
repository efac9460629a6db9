//! Convolutions of images and sequences: plain, depthwise and transposed ones. `conv_over_time.rs` has those of run-time lengths.

use super::window::{Arguments, GROUPS, Window, Windowed};
use super::*;
use crate::check;
use quote::quote;

/// A convolution layer.
pub struct Conv {
    name: &'static str,
    name_prefix: &'static str,
    kind: ConvKind,
    sequence: bool,
    shapes: &'static str,
    line: &'static str,
    parameters: &'static [Parameter],
}

/// The connections and the direction of a convolution.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ConvKind {
    /// Each output channel depends on all input channels of its group.
    Grouped,
    /// Each input channel has output channels of its own.
    Depthwise,
    /// The operation is the transpose of a [`ConvKind::Grouped`] convolution.
    Transposed,
}

pub const IMAGE: Arguments = Arguments { of: Windowed::Convolution, sequence: false };
const SEQUENCE: Arguments = Arguments { sequence: true, ..IMAGE };

pub const CHANNELS: Parameter =
    Parameter::positional("channels", Kind::Size, Default::Required, "number of output channels").counting("channel");
pub const BIAS: Parameter =
    Parameter::named("bias", Kind::Flag, Default::Flag(true), "whether a learned bias is added to each output channel");
pub const INIT: Parameter =
    Parameter::named("init", Kind::Init, Default::ByLayer, "initialisation of the weights, `pytorch` by default");
pub const BIAS_INIT: Parameter = Parameter::named(
    "bias_init",
    Kind::Init,
    Default::ByLayer,
    "initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given",
);

/// The parameter `multiplier` of depthwise convolutions.
pub const fn multiplier(doc: &'static str) -> Parameter {
    Parameter::named("multiplier", Kind::Size, Default::Size(1), doc).at_least_one()
}

pub static CONV2D: Conv = Conv {
    name: "conv2d",
    name_prefix: "conv",
    kind: ConvKind::Grouped,
    sequence: false,
    shapes: "`[c, h, w]` → `[channels, h', w']`",
    line: "convolves the image with one learned kernel for each output channel, plus a bias",
    parameters: &convolution(IMAGE),
};
pub static CONV1D: Conv = Conv {
    name: "conv1d",
    sequence: true,
    shapes: "`[c, l]` → `[channels, l']`, `[.., c]` → `[.., channels]`",
    line: "convolves along time, with one learned kernel for each output channel, plus a bias. Time is the last axis of `[c, l]`, as in \
           PyTorch, and the run-time length `..` of `[.., c]`, which stays: there the stride is 1, and the padding `causal` or `same`",
    parameters: &convolution(SEQUENCE),
    ..CONV2D
};
pub static DEPTHWISE_CONV2D: Conv = Conv {
    name: "depthwise_conv2d",
    name_prefix: "depthwise_conv",
    kind: ConvKind::Depthwise,
    shapes: "`[c, h, w]` → `[multiplier·c, h', w']`",
    line: "convolves each channel with kernels of its own: `conv2d` with as many groups as channels",
    parameters: &[
        IMAGE.kernel(),
        IMAGE.stride(),
        IMAGE.padding(),
        IMAGE.dilation(),
        multiplier("number of output channels for each input channel"),
        BIAS,
        INIT,
        BIAS_INIT,
    ],
    ..CONV2D
};
pub static CONV_TRANSPOSE2D: Conv = Conv {
    name: "conv_transpose2d",
    name_prefix: "conv_transpose",
    kind: ConvKind::Transposed,
    line: "computes a transposed convolution: every input element adds its scaled kernel to a larger output",
    parameters: &transposed(false),
    ..CONV2D
};
pub static CONV_TRANSPOSE1D: Conv = Conv {
    name: "conv_transpose1d",
    sequence: true,
    shapes: "`[c, l]` → `[channels, l']`",
    parameters: &transposed(true),
    ..CONV_TRANSPOSE2D
};

const fn convolution(of: Arguments) -> [Parameter; 9] {
    [CHANNELS, of.kernel(), of.stride(), of.padding(), of.dilation(), GROUPS, BIAS, INIT, BIAS_INIT]
}
// The parameters are in PyTorch's order.
const fn transposed(sequence: bool) -> [Parameter; 10] {
    let of = Arguments { of: Windowed::TransposedConvolution, sequence };
    let [kernel, stride, padding] = [of.kernel(), of.stride(), of.padding()];
    [CHANNELS, kernel, stride, padding, of.output_padding(), GROUPS, of.dilation(), BIAS, INIT, BIAS_INIT]
}

impl Layer for Conv {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Weights, self.shapes, self.line)
    }
    fn name_prefix(&self) -> &'static str {
        self.name_prefix
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn check(&self, call: &Call) -> bool {
        let good = check::not_zero(call) & check::bias_is_used(call);
        good && (self.kind != ConvKind::Transposed || window::output_padding_below_stride(call))
    }
    fn inferred(&self) -> Option<Inferred> {
        (self.kind != ConvKind::Depthwise).then_some(Inferred::Channels)
    }
    fn is_sequence(&self) -> bool {
        self.sequence
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        let input = call.known_input().filter(|input| self.is_over_time(input))?;
        Some(Shape::of([call.given_size("channels")?]).with_length(input.length))
    }
    fn build(&self, call: &Call) -> Option<Built> {
        if self.is_over_time(&call.input()) {
            return conv_over_time::build(call);
        }
        let [inputs, height, width] = check::image(call)?;
        let (outputs, groups) = match self.kind {
            ConvKind::Depthwise => (inputs.mul(&call.size("multiplier")), inputs.clone()),
            ConvKind::Grouped | ConvKind::Transposed => (call.size("channels"), call.size("groups")),
        };
        let divided = window::divided(call, &inputs, &outputs, &groups);
        let (window, image) = (Window::of(call)?, [&height, &width]);
        let transposed = self.kind == ConvKind::Transposed;
        let causal = call.is_causal_padding("padding");
        let size = if transposed {
            window.transposed_output(call, image)?
        } else if causal {
            let (one, stride) = (Dim::Known(1), &window.stride[1]);
            [one.clone(), width.sub(&one).div(stride).add(&one)]
        } else {
            window.output(call, image, false)?
        };
        if !divided {
            return None;
        }
        // There is a kernel for each pair of `channels` and `of_group` channels, which is applied to every window.
        let (path, channels, of_group, windows) = if transposed {
            (quote!(dl::ops::conv2d::ConvTranspose2dOp), &inputs, outputs.div(&groups), image)
        } else {
            (quote!(dl::ops::conv2d::Conv2dOp), &outputs, inputs.div(&groups), size.each_ref())
        };
        let [kernel_height, kernel_width] = &window.kernel;
        let multiply_adds = Dim::product([channels, windows[0], windows[1], &of_group, kernel_height, kernel_width]);
        let weights = weights(call, transposed, [channels, &of_group], &outputs, &window.kernel);
        let Window { stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw], .. } = &window;
        let config = if causal {
            let fields = quote!(stride: #sw, dilation: #dw, groups: #groups,);
            Config::with_activation(quote!(dl::ops::conv2d::CausalConv1dOp), fields)
        } else {
            let fields = quote!(stride: [#sh, #sw], padding: [#ph, #pw], dilation: [#dh, #dw], groups: #groups,);
            Config::with_activation(path, fields)
        };
        let mut op = Op::new(config, BackwardReads::INPUTS);
        op.takes_batch_norm = !transposed && !causal;
        if !transposed && !causal {
            let ([out_height, out_width], [kh, kw]) = (&size, &window.kernel);
            let settings = quote!({
                inputs: #inputs, image: [#height, #width], outputs: #outputs, size: [#out_height, #out_width],
                kernel: [#kh, #kw], stride: [#sh, #sw], padding: [#ph, #pw], dilation: [#dh, #dw], groups: #groups,
            });
            op.blocks = Blocks::Convolution(Channels {
                inputs: inputs.clone(),
                outputs: outputs.clone(),
                groups: groups.clone(),
            });
            let parameters = Type::layer(quote!(dl::int8::Conv2d), [&of_group, &outputs, kh, kw]);
            op.int8 = Int8::operation("Conv2d", settings, Some(quote!(#parameters)));
        }
        Some(Built::new(call.sized(outputs, size), op).with_weights(weights, multiply_adds))
    }
}

impl Conv {
    /// Returns whether it convolves an input along its run-time length.
    fn is_over_time(&self, input: &Shape) -> bool {
        self.sequence && self.kind == ConvKind::Grouped && conv_over_time::takes(input)
    }
}

/// Returns the weights: a matrix of kernels of the given `shape`, and a bias for each of the `outputs` channels.
pub fn weights(call: &Call, transposed: bool, shape: [&Dim; 2], outputs: &Dim, kernel: &[Dim; 2]) -> Weights {
    let bias = call.flag("bias");
    let path = match (transposed, call.sequence) {
        (false, false) => quote!(dl::layers::Conv2d),
        (false, true) => quote!(dl::layers::Conv1d),
        (true, false) => quote!(dl::layers::ConvTranspose2d),
        (true, true) => quote!(dl::layers::ConvTranspose1d),
    };
    let kernel: Vec<&Dim> = kernel.iter().skip(usize::from(call.sequence)).collect();
    // The types of weights name the input channels first.
    let [first, second] = shape;
    let [a, b] = if transposed { shape } else { [second, first] };
    let mut sizes = vec![a, b];
    sizes.extend(&kernel);
    // The number of biases is a size of its own unless it equals the output channels of the type.
    let same = matches!(b.equals(outputs), crate::dim::Cond::Known(true));
    let none = Dim::Known(0);
    match (bias, same) {
        (true, true) => {}
        (true, false) => sizes.push(outputs),
        (false, _) => sizes.push(&none),
    }
    let mut dims = shape.to_vec();
    dims.extend(kernel);
    let mut tensors = vec![Tensor::new("weight", &dims, Role::Weight)];
    if bias {
        tensors.push(Tensor::new("bias", &[outputs], Role::Bias));
    }
    Weights { ty: Type::layer(path, sizes), tensors, init: call.init() }
}
